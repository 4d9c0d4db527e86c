//! What the handlers share.

use axum::extract::FromRef;
use tatami_engine::Failure;
use tatami_http::AppState;

use crate::events::Events;
use crate::gateway::Gateway;
use crate::integration::{Integration, Registry};
use crate::routes::Partner;
use crate::tester::Tester;

/// What the handlers share. Cheap to clone.
#[derive(Clone)]
pub struct EposState {
    /// What all handlers of the program share.
    pub app: AppState,
    /// What is registered.
    pub registry: Registry,
    /// What POS systems say that changed.
    pub events: Events,
    /// Their connections.
    pub gateway: Gateway,
    /// Tests of POS systems.
    pub tester: Tester,
}

impl EposState {
    /// The registrations that a caller asks about.
    pub(crate) async fn registered(&self, partner: &Partner) -> Result<Vec<Integration>, Failure> {
        let house = partner.house.as_deref();
        self.registry.integrations(&partner.scope, house).await
    }
}

impl FromRef<EposState> for AppState {
    fn from_ref(state: &EposState) -> Self {
        state.app.clone()
    }
}
