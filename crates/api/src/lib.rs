//! The Dojo API over HTTP.
//!
//! The HTTP API: it reads a request, calls one use case, and writes the answer. What
//! it knows is the wire — names, types, versions, keys, problem details — and
//! no rule about money.
//!
//! [`router`] has the routes; [`JsonAnswers`] writes answers for the engine. What it
//! shares with other HTTP crates is in [`tatami_http`].

mod answers;
mod auth;
mod captures;
mod customers;
mod health;
mod openapi;
mod payment_intents;
mod refunds;
mod reversals;
mod routes;
mod setup_intents;
mod terminals;
mod transactions;
mod versions;
mod webhooks;
pub mod wire;

use std::ops::Deref;

use axum::extract::FromRef;
use tatami_http::AppState;

pub use answers::JsonAnswers;
pub use openapi::{Also, description, document, logged, published, tags_in_use, version_dates};
pub use routes::{router, till};

/// What the API's handlers share. Cheap to clone.
#[derive(Clone)]
pub struct ApiState {
    /// What all handlers of the program share.
    pub app: AppState,
    /// Operations of other crates that are part of the API's document.
    pub also: &'static [Also],
}

impl Deref for ApiState {
    type Target = AppState;

    fn deref(&self) -> &AppState {
        &self.app
    }
}

impl FromRef<ApiState> for AppState {
    fn from_ref(state: &ApiState) -> Self {
        state.app.clone()
    }
}

impl ApiState {
    fn answers(&self) -> JsonAnswers {
        JsonAnswers {
            public_url: self.public_url.clone(),
        }
    }
}
