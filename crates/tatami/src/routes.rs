//! All routes behind one service.

use std::sync::Arc;

use tatami_acquirer::SandboxAcquirer;
use tatami_api::{Also, ApiState};
use tatami_checkout::{CheckoutState, Hosts, OperatorWallets, PayerLimits, WalletKeys};
use tatami_engine::Engine;
use tatami_http::{AppState, Around, Shared};
use tatami_sandbox::{SandboxState, SandboxWallets};
use url::Url;

use crate::server::Program;

/// The API and the payers' pages, and those of the sandbox if there is one, with what
/// goes around every route.
pub fn router(
    engine: Engine,
    sandbox: Option<(Arc<SandboxAcquirer>, Arc<SandboxWallets>)>,
    public_url: &Arc<Url>,
    payers: PayerLimits,
    hosts: Hosts,
    operator: Option<OperatorWallets>,
    around: Around,
) -> impl Program {
    let also = sandbox
        .is_some()
        .then_some(tatami_sandbox::described as Also);
    let app = AppState::from(Shared {
        engine: engine.clone(),
        public_url: public_url.clone(),
        load_shed: around.load_shed.clone(),
    });
    let api = ApiState {
        app: app.clone(),
        also,
    };
    let checkout = CheckoutState {
        engine,
        has_sandbox: sandbox.is_some(),
        public_url: public_url.clone(),
        hosts,
        wallets: WalletKeys {
            sandbox: sandbox.as_ref().map(|(_, wallets)| wallets.keys()),
            production: operator,
        },
        payers: Arc::new(payers),
    };
    let mut routes = tatami_api::router(api).merge(tatami_checkout::router(checkout));
    if let Some((acquirer, wallets)) = sandbox {
        routes = routes.merge(tatami_sandbox::router(SandboxState {
            app,
            acquirer,
            wallets,
        }));
    }
    tatami_http::around(routes, tatami_api::published(also), around)
}
