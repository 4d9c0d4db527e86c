//! What payers use: the hosted checkout and the component payment endpoints that
//! pages and SDKs post cards to.
//!
//! Pages are rendered here from compile-checked templates; styles and scripts
//! are part of the binary. The crate reads what a payer typed, calls one use
//! case and tells how it went: it decides nothing about money.

mod address_form;
mod addresses;
mod answer;
mod apps;
mod assets;
mod branding;
mod captcha;
mod card_form;
mod choices;
mod components;
mod countries;
mod described;
mod hosts;
mod limits;
mod links;
mod order;
mod outcome;
mod page;
mod pages;
mod payments;
mod reader;
mod saved_cards;
mod script_words;
mod setup_page;
mod setup_pages;
mod setups;
mod standing;
mod submission;
mod table;
mod testers;
#[cfg(test)]
mod tests;
mod wallets;

use std::sync::Arc;

use axum::{Extension, Router};
use tatami_core::card::{CardNumber, CardSummary, Scheme};
use tatami_engine::Engine;
use tatami_locale::Language;

pub use captcha::{Captcha, ProofOfWork};
pub use described::{STATUS_CODES, components_document, field_errors};
pub use hosts::Hosts;
pub use limits::PayerLimits;
pub use wallets::{
    ApplePay, GooglePay, MerchantSession, MerchantSessions, OperatorWallets, WalletKeys,
};

/// What the pages stand on.
#[derive(Clone)]
pub struct CheckoutState {
    /// The use cases.
    pub engine: Engine,
    /// Where this installation is reached from outside.
    pub public_url: Arc<url::Url>,
    /// The host names that are set aside.
    pub hosts: Hosts,
    /// Cards with which a sandbox fails to submit a payment.
    pub fails_to_submit: Option<fn(&CardNumber) -> bool>,
    /// Our keys for wallets' tokens.
    pub wallets: WalletKeys,
    /// How often payers may try.
    pub payers: Arc<PayerLimits>,
    /// What pages prove before they submit a card.
    pub captcha: Option<Arc<dyn Captcha>>,
    /// Whether the operator has published terms.
    pub has_terms: bool,
}

impl CheckoutState {
    /// The script that pages load to prove it.
    pub(crate) fn captcha_script(&self) -> Option<&'static str> {
        self.captcha.as_ref().map(|captcha| captcha.script())
    }
}

/// The routes `/checkout/…`, `/qr/…`, `/connect-e/…` and `/cdn/…`.
pub fn router(state: CheckoutState) -> Router {
    Router::new()
        .merge(branding::routes())
        .merge(pages::routes())
        .merge(payments::routes(state.hosts.sdk.clone(), &state.captcha))
        .merge(apps::routes())
        .merge(components::routes(state.hosts.cdn.clone()))
        .merge(saved_cards::routes())
        .merge(table::routes())
        .merge(wallets::domain_routes())
        .layer(Extension(reader::HasTerms(state.has_terms)))
        .with_state(state)
}

/// What the request log shows of these routes: nothing of what payers send, and of the
/// answers only the outcome.
pub const LOGGED: tatami_http::CardRoutes = tatami_http::CardRoutes {
    paths: payments::LOGGED_PATHS,
    shown: &[
        "statusCode",
        "message",
        "authCode",
        "errorType",
        "field",
        "status",
    ],
};

/// A card as its holder knows it.
pub(crate) fn card_words(card: &CardSummary, t: &'static Language) -> String {
    let scheme = match card.scheme {
        Scheme::Unknown => t.get("card-unknown"),
        scheme => scheme.title(),
    };
    t.with("card-ending", &[("scheme", scheme), ("last4", &card.last4)])
}
