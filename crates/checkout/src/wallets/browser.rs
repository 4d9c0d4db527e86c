//! What a payer's browser is told to ask its wallet for a token, and Apple's proof that
//! the page may do so.

use std::sync::Arc;

use async_trait::async_trait;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{StatusCode, header};
use serde_json::{Value, json};
use tatami_core::id::Environment;
use tatami_core::money::Money;
use tatami_core::payment_intent::Method;
use tatami_engine::{Failure, View};
use tokio::sync::watch;

use super::{object, session};
use crate::CheckoutState;
use crate::answer::{PaymentAnswer, code};
use crate::payments::invalid;
use crate::submission::text;

/// Google Pay among the browser's payment methods.
pub(super) const GOOGLE_METHOD: &str = "https://google.com/pay";
/// Where Apple looks for a domain's file, and where the shop's copy comes from.
const DOMAIN_FILE: &str = "/.well-known/apple-developer-merchantid-domain-association";
const DOMAIN_FILE_TO_COPY: &str =
    "/payments/assets/ApplePay/apple-developer-merchantid-domain-association";
/// The longest name of a host.
const LONGEST_DOMAIN: usize = 253;

/// The wallets of production, as the operator has set them up.
#[derive(Clone)]
pub struct OperatorWallets {
    /// What opens their tokens. Google's root keys change while the program runs.
    pub keys: watch::Receiver<Arc<tatami_wallets::Wallets>>,
    /// Apple Pay in browsers.
    pub apple: Option<ApplePay>,
    /// Google Pay in browsers.
    pub google: Option<GooglePay>,
}

impl OperatorWallets {
    fn apple_in_browsers(&self) -> bool {
        self.apple
            .as_ref()
            .is_some_and(|apple| apple.sessions.is_some())
    }

    /// Whether any is for browsers.
    pub(super) fn has_browsers(&self) -> bool {
        self.apple_in_browsers() || self.google.is_some()
    }
}

/// Apple Pay in browsers.
#[derive(Clone)]
pub struct ApplePay {
    /// The merchant id at Apple.
    pub merchant_id: String,
    /// The file by which Apple knows that a domain is the merchant's.
    pub domain_file: Option<Arc<[u8]>>,
    /// Asks Apple; without it, only apps can pay.
    pub sessions: Option<Arc<dyn MerchantSessions>>,
}

/// Google Pay in browsers, where we are the gateway.
#[derive(Clone, Debug)]
pub struct GooglePay {
    /// The merchant id at Google.
    pub merchant_id: String,
    /// Our name there.
    pub gateway: String,
}

/// What Apple is asked before a page may open its sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MerchantSession {
    /// The merchant id at Apple.
    pub merchant_id: String,
    /// The name on the sheet.
    pub display_name: String,
    /// The page's host.
    pub domain: String,
}

/// Asks Apple for merchant sessions.
#[async_trait]
pub trait MerchantSessions: Send + Sync {
    /// The session, for the browser alone; or why there is none.
    async fn ask(&self, session: &MerchantSession) -> Result<Value, String>;
}

/// The routes below the payment endpoints.
pub(crate) fn routes() -> Router<CheckoutState> {
    Router::new()
        .route("/api/payments/{token}/wallets", get(offered))
        .route(
            "/api/payments/{token}/apple-pay/session",
            post(merchant_session),
        )
}

/// The file for Apple, where it looks for it.
pub(crate) fn domain_routes() -> Router<CheckoutState> {
    Router::new().route(DOMAIN_FILE, get(domain_file))
}

/// The same file among the components', for shops to copy.
pub(crate) fn copied_domain_routes() -> Router<CheckoutState> {
    Router::new().route(DOMAIN_FILE_TO_COPY, get(domain_file))
}

/// The payment of a secret that was not used, if a wallet may pay it.
async fn payable(state: &CheckoutState, secret: &str) -> Result<View, PaymentAnswer> {
    let view = session(state, secret).await?;
    let allowed = view.intent.details.accepts(Method::Wallet);
    match allowed {
        Ok(()) => Ok(view),
        Err(refusal) => Err(PaymentAnswer::failed(Failure::from(refusal))),
    }
}

/// What the page needs to ask the browser's wallets; nothing but `simulated` in a sandbox.
async fn offered(
    State(state): State<CheckoutState>,
    Path(secret): Path<String>,
) -> Result<Response, PaymentAnswer> {
    let view = payable(&state, &secret).await?;
    let offer = match view.intent.scope.environment {
        Environment::Sandbox => json!({ "simulated": true }),
        Environment::Production => {
            let wallets = state.wallets.production.as_ref();
            wallets
                .and_then(|wallets| offer(wallets, &view))
                .ok_or_else(not_set_up)?
        }
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(offer)).into_response())
}

fn offer(wallets: &OperatorWallets, view: &View) -> Option<Value> {
    if !wallets.has_browsers() {
        return None;
    }
    let total = view.intent.total_of(view.intent.session.choice).ok()?;
    let google = wallets.google.as_ref().map(|google| {
        json!({
            "method": GOOGLE_METHOD,
            "merchantId": google.merchant_id,
            "gateway": google.gateway,
            "gatewayMerchantId": view.intent.scope.account,
        })
    });
    Some(json!({
        "merchant": view.account.name,
        "amount": decimal(total),
        "currencyCode": total.currency.code(),
        "countryCode": view.account.country(),
        "applePay": wallets.apple_in_browsers(),
        "googlePay": google,
    }))
}

/// An amount as wallets write it: a decimal number.
fn decimal(amount: Money) -> String {
    format!("{}.{:02}", amount.minor / 100, amount.minor % 100)
}

fn not_set_up() -> PaymentAnswer {
    invalid("No wallet is set up.")
}

/// Apple's leave for the page to open its sheet.
async fn merchant_session(
    State(state): State<CheckoutState>,
    Path(secret): Path<String>,
    body: Body,
) -> Result<Response, PaymentAnswer> {
    let body = object(body).await?;
    let view = payable(&state, &secret).await?;
    let apple = match view.intent.scope.environment {
        Environment::Sandbox => None,
        Environment::Production => state.wallets.production.and_then(|all| all.apple),
    };
    let Some(ApplePay {
        merchant_id,
        sessions: Some(sessions),
        ..
    }) = apple
    else {
        return Err(invalid("Apple Pay is not set up."));
    };
    let domain = text(&body, "domain").filter(|domain| is_domain(domain));
    let asked = MerchantSession {
        merchant_id,
        display_name: view.account.name.clone(),
        domain: domain.ok_or_else(|| invalid("The domain is missing or not a host name."))?,
    };
    let session = sessions.ask(&asked).await.map_err(|why| {
        tracing::warn!(why, domain = asked.domain, "Apple gave no merchant session");
        PaymentAnswer::new(code::BUSY, "wallet-broken")
    })?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(session)).into_response())
}

fn is_domain(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
    text.len() <= LONGEST_DOMAIN && text.contains('.') && text.bytes().all(is_plain)
}

async fn domain_file(State(state): State<CheckoutState>) -> Response {
    let apple = state.wallets.production.and_then(|wallets| wallets.apple);
    let missing = match apple {
        None => "no Apple Pay merchant id is configured",
        Some(ApplePay {
            domain_file: None, ..
        }) => "no Apple Pay domain file is configured",
        Some(ApplePay {
            domain_file: Some(file),
            ..
        }) => {
            let headers = [
                (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
                (header::CACHE_CONTROL, "public, max-age=300"),
            ];
            return (headers, file.to_vec()).into_response();
        }
    };
    let headers = [(header::CACHE_CONTROL, "no-store")];
    (StatusCode::NOT_FOUND, headers, missing).into_response()
}

#[cfg(test)]
mod tests {
    use tatami_core::money::Currency;

    use super::*;

    #[test]
    fn amounts_and_domains_are_as_wallets_want_them() {
        for (minor, written) in [(1, "0.01"), (1050, "10.50"), (123_456, "1234.56")] {
            assert_eq!(decimal(Money::new(minor, Currency::Gbp)), written);
        }
        assert!(is_domain("shop.example") && is_domain("a-b.shop.example"));
        for not in [
            "",
            "localhost",
            "shop.example/",
            "shop.example:443",
            "a b.c",
            "ü.example",
        ] {
            assert!(!is_domain(not), "{not}");
        }
        assert!(!is_domain(&format!("{}.example", "a".repeat(250))));
    }
}
