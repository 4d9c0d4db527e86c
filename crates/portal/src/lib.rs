//! The portal: where developers and operators sign in and work, at `/` and under
//! `/portal`.
//!
//! Every page behind the sign-in is put up by [`guard::Guarded`], which looks up the
//! session, the location that the path names, and the right that the page needs, and of a
//! form whether it was ours. A page is an entry point over use cases that others have, too:
//! it decides nothing.

mod assets;
mod audit;
mod branding;
mod calls;
mod company;
mod csv;
mod customers;
mod deliveries;
mod development;
mod fields;
mod forms;
mod frame;
mod guard;
mod home;
mod keys;
mod limits;
mod links;
mod live;
mod logs;
mod money;
mod multipart;
mod orders;
mod pages;
mod payment_links;
mod payments;
mod people;
mod profile;
mod refunds;
mod routes;
mod second_factor;
mod sections;
mod settings;
mod setup_intents;
mod sign_in;
mod terminal;
mod times;
mod transactions;
mod visit;
mod webhooks;

use std::sync::Arc;

use axum::Router;
use http::HeaderName;
use http::request::Parts;
use serde_json::Value;
use tatami_core::account::Scope;
use tatami_engine::{Failure, NotedChange, Origin};
use tatami_epos::Gateway;
use tatami_http::{AppState, browser_token, origin_of};

pub use deliveries::state as delivery_state;
pub use development::Development;
pub use fields::Fields;
pub use frame::{Frame, Notice};
pub use guard::{Guarded, Listed, Need};
pub use live::Streams;
pub use pages::{explained, failed, page, page_with, redirect_or, refused};
pub use routes::listed;
pub use sections::Section;
pub use times::{local, moment};
pub use visit::{Here, Place, path_of};

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
    /// Whether the operator has published terms.
    pub has_terms: bool,
    /// How a receiver verifies a webhook: the titles of languages, and the samples of the
    /// documentation.
    pub verifiers: Arc<[(&'static str, String)]>,
    /// Sections of pages of other crates.
    pub added: &'static [Section],
    /// The connections of POSs.
    pub gateway: Gateway,
    /// The streams of news that are open.
    pub streams: Streams,
}

impl PortalState {
    /// Where the installation is reached, for links in mails.
    fn base(&self) -> &str {
        self.app.public_url.as_str()
    }

    /// Notes what the visitor does at the location of the page, which it gives: the commit
    /// that does it writes it into the audit trail.
    ///
    /// # Errors
    /// If there is no location.
    async fn note<'h>(
        &self,
        here: &'h Here,
        action: &str,
        subject: &str,
        new: Option<Value>,
    ) -> Result<&'h Scope, Failure> {
        let change = NotedChange {
            action,
            subject,
            old: None,
            new,
        };
        self.note_change(here, change)
    }

    /// The same with what was there before.
    fn note_change<'h>(
        &self,
        here: &'h Here,
        change: NotedChange<'_>,
    ) -> Result<&'h Scope, Failure> {
        let scope = &here.location()?.scope;
        let people = self.app.engine.people();
        people.note(&here.visitor, scope, change)?;
        Ok(scope)
    }

    /// Where a request comes from, and from which browser.
    fn origin(&self, parts: &Parts) -> Origin {
        origin_of(parts, self.address_header.as_ref())
            .with_browser(browser_token(parts, &self.app.public_url))
    }
}

/// The routes `/` and `/portal/…`.
pub fn router(state: PortalState) -> Router {
    routes::router(&state).with_state(state)
}
