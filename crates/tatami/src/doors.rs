//! All doors behind one service.

use std::sync::Arc;

use async_trait::async_trait;
use tatami_acquirer::SandboxAcquirer;
use tatami_api::{ApiState, Books, SandboxControls};
use tatami_checkout::{CheckoutState, Hosts, PayerLimits, WalletKeys};
use tatami_core::account::Scope;
use tatami_engine::Engine;
use tatami_http::{Around, Shared};
use tatami_sandbox::{SandboxState, SandboxWallets};
use url::Url;

use crate::server::Program;

/// The API and the payers' pages, with what goes around every route.
pub fn router(
    engine: Engine,
    sandbox: Option<(Arc<SandboxAcquirer>, Arc<SandboxWallets>)>,
    public_url: &Arc<Url>,
    payers: PayerLimits,
    hosts: Hosts,
    around: Around,
) -> impl Program {
    let acquirer = sandbox.as_ref().map(|(acquirer, _)| acquirer.clone());
    let controls = acquirer.map(|acquirer| SandboxControls {
        books: Arc::new(SandboxBooks(acquirer)),
        mailbox_page: tatami_sandbox::mailbox_page,
        mail_page: tatami_sandbox::mail_page,
        refusal_page: tatami_sandbox::refusal_page,
    });
    let app = Shared {
        engine: engine.clone(),
        public_url: public_url.clone(),
        gate: around.gate.clone(),
    };
    let api = ApiState {
        app: app.into(),
        sandbox: controls,
    };
    let checkout = tatami_checkout::router(CheckoutState {
        engine: engine.clone(),
        has_sandbox: sandbox.is_some(),
        public_url: public_url.clone(),
        hosts,
        wallets: WalletKeys {
            sandbox: sandbox.as_ref().map(|(_, wallets)| wallets.keys()),
            production: None,
        },
        payers: Arc::new(payers),
    });
    let mut routes = tatami_api::router(api.clone()).merge(checkout);
    if let Some((acquirer, wallets)) = sandbox {
        let machines = tatami_sandbox::machine_pages(engine.clone());
        routes = routes
            .merge(tatami_api::behind_sandbox_key(machines, api))
            .merge(tatami_sandbox::public_pages(SandboxState {
                engine,
                acquirer,
                wallets,
                public_url: public_url.clone(),
            }));
    }
    tatami_http::around(routes, tatami_api::published(), around)
}

/// The sandbox acquirer's books, for the account that asks.
struct SandboxBooks(Arc<SandboxAcquirer>);

#[async_trait]
impl Books for SandboxBooks {
    async fn of(&self, scope: &Scope) -> Result<serde_json::Value, String> {
        let entries = self.0.books(scope).await.map_err(|e| e.to_string())?;
        serde_json::to_value(entries).map_err(|e| e.to_string())
    }
}
