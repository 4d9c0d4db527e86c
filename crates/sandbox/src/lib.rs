//! What only a sandbox has: the bank's 3-D Secure pages, the test cards, the simulator of
//! card machines, the mailbox and the controls. Production knows nothing of it: it is
//! put in, or left out, where the program is wired.

mod assets;
mod bank;
mod controls;
mod headers;
mod machines;
mod pages;
mod portal;
mod routes;
#[cfg(test)]
mod tests;
mod wallets;

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRef;
use tatami_acquirer::SandboxAcquirer;
use tatami_epos::{Links, PosLinks, Registry, Tester};
use tatami_http::AppState;

pub use machines::Simulator;
pub use portal::{SECTIONS, listed};
pub use routes::{described, portal_router, router};
pub use wallets::SandboxWallets;

/// What the sandbox's handlers share.
#[derive(Clone)]
pub struct SandboxState {
    /// What all handlers of the program share.
    pub app: AppState,
    /// The acquirer, which also plays the bank.
    pub acquirer: Arc<SandboxAcquirer>,
    /// Who makes wallets' tokens.
    pub wallets: Arc<SandboxWallets>,
    /// The POS systems of merchants, as products call them.
    pub pos: Option<PosLinks>,
}

/// What developers of a POS look at.
#[derive(Clone)]
pub struct PosTools {
    pub registry: Registry,
    pub links: Links,
    pub tester: Tester,
}

impl Deref for SandboxState {
    type Target = AppState;

    fn deref(&self) -> &AppState {
        &self.app
    }
}

impl FromRef<SandboxState> for AppState {
    fn from_ref(state: &SandboxState) -> Self {
        state.app.clone()
    }
}
