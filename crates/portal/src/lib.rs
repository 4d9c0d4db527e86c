//! The portal: where developers and operators sign in and work, at `/` and under
//! `/portal`.
//!
//! Every page behind the sign-in is put up by [`guard::Guarded`], which looks up the
//! session, the location that the path names, and the right that the page needs, and of a
//! form whether it was ours. A page is an entry point over use cases that others have, too:
//! it decides nothing.

mod assets;
mod audit;
mod development;
mod fields;
mod frame;
mod guard;
mod home;
mod keys;
mod links;
mod money;
mod pages;
mod payments;
mod people;
mod profile;
mod routes;
mod sign_in;
mod times;
mod visit;
mod webhooks;

use std::sync::Arc;

use axum::Router;
use http::HeaderName;
use tatami_http::AppState;

pub use development::Development;
pub use guard::{Listed, Need};
pub use routes::listed;

/// What the pages stand on.
#[derive(Clone)]
pub struct PortalState {
    pub app: AppState,
    /// Signs in without a password, on an installation for development.
    pub development: Option<Arc<Development>>,
    /// The header in which a proxy tells the address of a client.
    pub address_header: Option<HeaderName>,
    /// Whether there are sandboxes.
    pub has_sandbox: bool,
}

impl PortalState {
    /// Where the installation is reached, for links in mails.
    fn base(&self) -> &str {
        self.app.public_url.as_str()
    }
}

/// The routes `/` and `/portal/…`.
pub fn router(state: PortalState) -> Router {
    routes::router(&state).with_state(state)
}
