//! What only a sandbox has: the bank's 3-D Secure pages, the test cards, virtual card
//! machines and the mailbox. Production knows nothing of it: it is put in, or left out,
//! where the program is wired.

mod assets;
mod bank;
mod headers;
mod machines;
mod pages;
mod wallets;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use tatami_acquirer::SandboxAcquirer;
use tatami_engine::Engine;
use url::Url;

pub use machines::pages::pages as machine_pages;
pub use pages::mailbox::{mail_page, mailbox_page, refusal_page};
pub use wallets::SandboxWallets;

/// What the sandbox's pages stand on.
#[derive(Clone)]
pub struct SandboxState {
    /// The use cases.
    pub engine: Engine,
    /// The acquirer, which also plays the bank.
    pub acquirer: Arc<SandboxAcquirer>,
    /// Who makes wallets' tokens.
    pub wallets: Arc<SandboxWallets>,
    /// Where this installation is reached from outside.
    pub public_url: Arc<Url>,
}

/// The pages that ask for no key: `/three-ds/…`, `/wallet-sheet/…` and `/docs/test-cards`, and the files of
/// all.
pub fn public_pages(state: SandboxState) -> Router {
    Router::new()
        .merge(bank::routes())
        .merge(pages::test_cards::routes())
        .merge(wallets::routes())
        .route(
            &format!("{}/{{version}}/{{file}}", assets::PAGES_PATH),
            get(assets::serve_page_file),
        )
        .route(
            &format!("{}/{{version}}/{{file}}", assets::MACHINES_PATH),
            get(assets::serve_machine_file),
        )
        .with_state(state)
}
