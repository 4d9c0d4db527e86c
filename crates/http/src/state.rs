//! What handlers of all HTTP crates stand on.

use std::ops::Deref;
use std::sync::Arc;

use tatami_engine::{Engine, RequestLog};
use url::Url;

use crate::LoadShed;

/// What handlers share. Cheap to clone, which every request does a few times.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// What is in an [`AppState`].
pub struct Shared {
    /// The use cases.
    pub engine: Engine,
    /// Where payers reach this installation.
    pub public_url: Arc<Url>,
    /// How much is let in.
    pub load_shed: LoadShed,
    /// What is kept of requests, if they are logged.
    pub requests: Option<RequestLog>,
}

impl From<Shared> for AppState {
    fn from(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
