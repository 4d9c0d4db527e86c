//! The Dojo API over HTTP.
//!
//! A door: it reads a request, calls one use case, and writes the answer. What
//! it knows is the wire — names, types, versions, keys, problem details — and
//! no rule about money.
//!
//! [`router`] has the routes; [`around`] goes around them and all other routes of the
//! program; [`JsonAnswers`] writes answers for the engine.

mod answers;
mod around;
mod auth;
mod body;
mod browser;
mod captures;
mod connections;
mod cursor;
mod customers;
mod gate;
mod health;
mod input;
mod misplaced;
mod openapi;
mod page;
mod paths;
mod payment_intents;
mod problem;
mod refunds;
mod reversals;
mod routes;
mod sandbox;
mod setup_intents;
mod shape;
mod terminals;
mod trace;
mod versions;
mod webhooks;
pub mod wire;

use std::ops::Deref;
use std::sync::Arc;

use tatami_engine::Engine;
use url::Url;

pub use answers::JsonAnswers;
pub use around::{Around, Observed, Observing, Spans, answering, around};
pub use body::Pace;
pub use connections::{Connection, Connections, Room};
pub use gate::{Gate, Limits};
pub use openapi::document;
pub use problem::Problem;
pub use routes::router;
pub use sandbox::{Books, SandboxControls, behind_sandbox_key};

/// What the API's handlers share. Cheap to clone, which every request does a few
/// times.
#[derive(Clone)]
pub struct ApiState(Arc<Shared>);

/// What is in an [`ApiState`].
pub struct Shared {
    /// The use cases.
    pub engine: Engine,
    /// Where payers reach this installation.
    pub public_url: Arc<Url>,
    /// How much is let in.
    pub gate: Gate,
    /// The sandbox controls; without them, their paths do not exist.
    pub sandbox: Option<SandboxControls>,
}

impl From<Shared> for ApiState {
    fn from(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl Deref for ApiState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl ApiState {
    fn answers(&self) -> JsonAnswers {
        JsonAnswers {
            public_url: self.public_url.clone(),
        }
    }
}
