//! The payers' door: the hosted checkout, the sandbox bank's 3-D Secure page,
//! and the component payment endpoints that pages and SDKs post cards to.
//!
//! Pages are rendered here from compile-checked templates; styles and scripts
//! are part of the binary. The door reads what a payer typed, calls one use
//! case and tells how it went: it decides nothing about money.

mod address_form;
mod addresses;
mod answer;
mod assets;
mod bank;
mod card_form;
mod countries;
mod docs;
mod headers;
mod limits;
mod links;
mod mailbox;
mod moment;
mod order;
mod page;
mod pages;
mod payments;
mod saved_cards;
mod setup_page;
mod setup_pages;
mod setups;
mod standing;
mod submission;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use tatami_acquirer::SandboxAcquirer;
use tatami_core::card::{CardSummary, Scheme};
use tatami_engine::Engine;

pub use limits::PayerLimits;
pub use mailbox::{mail_page, mailbox_page, refusal_page};

/// Where the sandbox bank would collect a device's fingerprint.
pub(crate) const DEVICE_PATH: &str = "/three-ds/device-data";

/// What the pages stand on.
#[derive(Clone)]
pub struct CheckoutState {
    /// The use cases.
    pub engine: Engine,
    /// The sandbox's acquirer, which also plays the bank; `None` when the
    /// program runs without a sandbox.
    pub sandbox: Option<Arc<SandboxAcquirer>>,
    /// Where this installation is reached from outside.
    pub public_url: Arc<url::Url>,
    /// Whether `/sandbox/…` exists, so that pages may lead there.
    pub sandbox_controls: bool,
    /// How often payers may try.
    pub payers: Arc<PayerLimits>,
}

/// The routes `/`, `/checkout/…`, `/connect-e/…`, `/docs/test-cards` and, with a
/// sandbox, `/three-ds/…`.
pub fn router(state: CheckoutState) -> Router {
    let mut router = Router::new()
        .merge(pages::routes())
        .merge(payments::routes())
        .merge(saved_cards::routes())
        .merge(docs::routes());
    if state.sandbox.is_some() {
        router = router.merge(bank::routes());
    }
    router.with_state(state)
}

/// A card as its holder knows it.
pub(crate) fn card_words(card: &CardSummary) -> String {
    format!("{} ending {}", scheme_name(card.scheme), card.last4)
}

/// A scheme's name as payers know it.
pub(crate) const fn scheme_name(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Visa => "Visa",
        Scheme::Mastercard => "Mastercard",
        Scheme::Maestro => "Maestro",
        Scheme::Discover => "Discover",
        Scheme::Dci => "Diners Club",
        Scheme::Amex => "American Express",
        Scheme::Unknown => "Card",
    }
}
