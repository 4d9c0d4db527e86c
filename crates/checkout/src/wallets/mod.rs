//! What components and SDKs post of a payer's wallet: a token, and what the wallet
//! tells of the payer.

mod browser;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{MethodRouter, post};
use axum::{Json, Router};
use http::header::CONTENT_SECURITY_POLICY;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tatami_core::id::Environment;
use tatami_core::payment_intent::{Method, WalletType};
use tatami_engine::{DeviceProof, Failure, View, WalletPayment};
use tatami_wallets::{TokenError, Wallet, WalletCard, WalletToken, Wallets};

use crate::CheckoutState;
use crate::answer::{PaymentAnswer, code};
use crate::captcha::{self, guarded};
use crate::card_form::ErrorKind;
use crate::limits::Payer;
use crate::payments::{complete_addresses, invalid, parsed, read, tried};
use crate::reader::Reader;
use crate::submission::{Submission, member, text};

use browser::GOOGLE_METHOD;
pub use browser::{ApplePay, GooglePay, MerchantSession, MerchantSessions, OperatorWallets};
pub(crate) use browser::{copied_domain_routes, domain_routes};

/// Our keys for wallets' tokens.
#[derive(Clone, Default)]
pub struct WalletKeys {
    /// Those of sandboxes, whose tokens a simulated sheet makes.
    pub sandbox: Option<Arc<Wallets>>,
    /// The operator's.
    pub production: Option<OperatorWallets>,
}

impl WalletKeys {
    fn of(&self, environment: Environment) -> Option<Arc<Wallets>> {
        match environment {
            Environment::Sandbox => self.sandbox.clone(),
            Environment::Production => {
                let production = self.production.as_ref()?;
                Some(production.keys.borrow().clone())
            }
        }
    }

    /// Whether a page of that environment can offer wallets.
    pub(crate) fn are_set_up(&self, environment: Environment) -> bool {
        match environment {
            Environment::Sandbox => self.sandbox.is_some(),
            Environment::Production => {
                let production = self.production.as_ref();
                production.is_some_and(OperatorWallets::has_browsers)
            }
        }
    }

    /// A page that may ask for Google Pay where it is set up: the browser looks the
    /// payment method up under the page's policy.
    pub(crate) fn allowed(&self, mut response: Response) -> Response {
        let google = self.production.as_ref().and_then(|all| all.google.as_ref());
        let policy = response.headers_mut().get_mut(CONTENT_SECURITY_POLICY);
        if let (Some(_), Some(policy)) = (google, policy) {
            let asks_google = format!("{ASKS_US} {GOOGLE_METHOD} {GOOGLE_PLACE}");
            let wider = policy
                .to_str()
                .map(|policy| policy.replace(ASKS_US, &asks_google));
            if let Some(wider) = wider.ok().and_then(|wider| wider.try_into().ok()) {
                *policy = wider;
            }
        }
        response
    }
}

const ASKS_US: &str = "connect-src 'self'";
/// Where the payment method leads.
const GOOGLE_PLACE: &str = "https://pay.google.com";

pub(crate) fn routes(captcha: &captcha::Chosen) -> Router<CheckoutState> {
    let by = |wallet| guarded(captcha, tokens(wallet));
    Router::new()
        .route("/api/payments/{token}/google-pay", by(Wallet::GooglePay))
        .route("/api/payments/{token}/apple-pay", by(Wallet::ApplePay))
        .route("/cors/api/payments/{token}/apple-pay", by(Wallet::ApplePay))
        .route(
            "/api/payments/{token}/google-pay/decrypt-token",
            post(decrypt),
        )
        .merge(browser::routes())
}

type Answer = Result<PaymentAnswer, PaymentAnswer>;

/// Takes the tokens of a wallet.
fn tokens(wallet: Wallet) -> MethodRouter<CheckoutState> {
    post(
        move |State(state): State<CheckoutState>,
              Path(secret): Path<String>,
              payer: Payer,
              reader: Reader,
              body: Body| async move {
            let body = object(body).await?;
            let token = match wallet {
                Wallet::GooglePay => token_of(&body),
                Wallet::ApplePay => apple_token_of(&body),
            };
            let token = token.ok_or_else(missing)?;
            pay(&state, (payer, &reader), &secret, (wallet, &token), &body).await
        },
    )
}

/// What a token of Google Pay holds, for apps that show it. It holds the card's number,
/// so only those of the simulated sheet are told.
async fn decrypt(
    State(state): State<CheckoutState>,
    Path(secret): Path<String>,
    body: Body,
) -> Result<Json<Value>, PaymentAnswer> {
    let body = object(body).await?;
    let view = session(&state, &secret).await?;
    if view.intent.scope.environment != Environment::Sandbox {
        let why = "Tokens are only decrypted for callers in a sandbox.";
        return Err(PaymentAnswer::new(code::FORBIDDEN, why));
    }
    let token = token_of(&body).ok_or_else(missing)?;
    let opened = opened(&state, &view, Wallet::GooglePay, &token).map_err(unopened)?;
    let method = match opened.authentication {
        Some(_) => "CRYPTOGRAM_3DS",
        None => "PAN_ONLY",
    };
    Ok(Json(json!({
        "paymentMethod": "CARD",
        "paymentMethodDetails": {
            "authMethod": method,
            "pan": opened.card.number.reveal(),
            "expirationMonth": opened.card.expiry.month,
            "expirationYear": opened.card.expiry.year,
        },
        "gatewayMerchantId": view.intent.scope.account,
        "messageId": opened.id,
        "messageExpiration": opened.valid_until.as_millisecond().to_string(),
    })))
}

async fn object(body: Body) -> Result<Value, PaymentAnswer> {
    let bytes = read(body).await?;
    let value: Value = parsed(&bytes).map_err(invalid)?;
    match value.is_object() {
        true => Ok(value),
        false => Err(invalid("The body is not a JSON object.")),
    }
}

fn missing() -> PaymentAnswer {
    invalid("The wallet's token is missing.")
}

/// Google's token, which is JSON in a text; some send it unpacked.
fn token_of(body: &Value) -> Option<String> {
    match member(body, "token")? {
        Value::String(token) => Some(token.clone()).filter(|token| !token.is_empty()),
        token @ Value::Object(_) => Some(token.to_string()),
        _ => None,
    }
}

fn apple_token_of(body: &Value) -> Option<String> {
    let data = member(member(body, "token")?, "paymentData")?;
    data.is_object().then(|| data.to_string())
}

/// The payment of a secret that was not used.
async fn session(state: &CheckoutState, secret: &str) -> Result<View, PaymentAnswer> {
    let view = state.engine.payers().session(secret).await;
    let view = view.map_err(PaymentAnswer::failed)?;
    let now = state.engine.now(&view.intent.scope);
    match view.intent.session_open(&view.intent.session.nonce, now) {
        true => Ok(view),
        false => Err(PaymentAnswer::failed(Failure::BadSession)),
    }
}

/// Opens a token. Which check it failed is for the operator's log.
fn opened(
    state: &CheckoutState,
    view: &View,
    wallet: Wallet,
    json: &str,
) -> Result<WalletCard, TokenError> {
    let scope = &view.intent.scope;
    let token = WalletToken {
        wallet,
        json,
        gateway_merchant: scope.account.as_str(),
    };
    let wallets = state.wallets.of(scope.environment);
    let wallets = wallets.ok_or(TokenError::NotConfigured)?;
    let opened = wallets.open(&token, state.engine.machine_now());
    opened.inspect_err(
        |why| tracing::warn!(check = %why, account = %scope.account, "a wallet's token was refused"),
    )
}

fn unopened(why: TokenError) -> PaymentAnswer {
    invalid(match why {
        TokenError::NotConfigured => "This wallet is not set up.",
        _ => "The wallet's token is not valid.",
    })
}

async fn pay(
    state: &CheckoutState,
    (payer, reader): (Payer, &Reader),
    secret: &str,
    (wallet, token): (Wallet, &str),
    body: &Value,
) -> Answer {
    let view = session(state, secret).await?;
    let allowed = view.intent.details.accepts(Method::Wallet);
    allowed.map_err(|refusal| PaymentAnswer::failed(refusal.into()))?;
    let mut opened = opened(state, &view, wallet, token).map_err(unopened)?;
    let now = state.engine.now(&view.intent.scope);
    if opened.card.expiry.is_past(now) {
        let wrong = vec![ErrorKind::ExpiryDateMustBeInFuture];
        return Err(PaymentAnswer::invalid(wrong));
    }
    let contacts = contacts(body).within_bounds();
    let contacts = contacts.map_err(|refusal| PaymentAnswer::failed(refusal.into()))?;
    let mut details = contacts.read_details().map_err(PaymentAnswer::invalid)?;
    details.language = reader.named();
    complete_addresses(&view, &details).map_err(PaymentAnswer::invalid)?;
    if opened.card.holder.is_empty() {
        let contact = member(body, "billingContact");
        opened.card.holder = contact.and_then(name_of).unwrap_or_default();
    }
    let payment = payment_of(opened);
    let paying = state
        .engine
        .payers()
        .pay_with_wallet(secret, payment, details);
    let result = tried(state, payer, &view, paying).await?;
    Ok(PaymentAnswer::of(result, &state.public_url))
}

fn payment_of(opened: WalletCard) -> WalletPayment {
    let wallet = match opened.wallet {
        Wallet::ApplePay => WalletType::ApplePay,
        Wallet::GooglePay => WalletType::GooglePay,
    };
    let id = Sha256::digest(format!("{} {}", wallet.name(), opened.id));
    WalletPayment {
        wallet,
        token: base16ct::lower::encode_string(&id),
        card: opened.card,
        proof: opened.authentication.map(|device| DeviceProof {
            cryptogram: device.cryptogram,
            eci: device.eci,
        }),
        amount: opened.amount,
    }
}

/// What a wallet tells of its payer, in Google's words or in Apple's.
fn contacts(body: &Value) -> Submission {
    let [billing, shipping] = ["billingContact", "shippingContact"].map(|name| member(body, name));
    let known = |name: &str| {
        let of_contacts = [shipping, billing].into_iter().flatten();
        of_contacts.filter_map(|contact| text(contact, name)).next()
    };
    let email = text(body, "email").or_else(|| known("emailAddress"));
    let phone = text(body, "phoneNumber").or_else(|| known("phoneNumber"));
    let delivery =
        shipping.map(|contact| json!({ "name": name_of(contact), "address": address_of(contact) }));
    Submission::of_payer(email, phone, billing.map(address_of), delivery)
}

fn name_of(contact: &Value) -> Option<String> {
    let parts = ["givenName", "familyName"].map(|name| text(contact, name));
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let name = text(contact, "name").unwrap_or_else(|| parts.join(" "));
    Some(name).filter(|name| !name.is_empty())
}

/// The address of a contact in the words of a card's billing address.
fn address_of(contact: &Value) -> Value {
    let either = |names: [&str; 2]| names.iter().find_map(|name| text(contact, name));
    let lines = member(contact, "addressLines").and_then(Value::as_array);
    let line = |at: usize, name: &str| {
        let of_lines = lines.and_then(|lines| lines.get(at)?.as_str());
        of_lines.map(str::to_owned).or_else(|| text(contact, name))
    };
    json!({
        "address1": line(0, "address1"),
        "address2": line(1, "address2"),
        "address3": line(2, "address3"),
        "city": either(["locality", "city"]),
        "state": either(["administrativeArea", "state"]),
        "postcode": either(["postalCode", "postcode"]),
        "countryCode": either(["countryCode", "country"]),
    })
}

#[cfg(test)]
mod tests {
    use tatami_core::payment_intent::PayerDetails;

    use super::*;

    #[test]
    fn both_wallets_tell_the_same_payer() {
        let google = json!({
            "email": "ada@example.com",
            "billingContact": {
                "name": "Ada Lovelace", "address1": "1 High Street", "address2": "", "locality": "London",
                "administrativeArea": "", "postalCode": "SW1A 1AA", "countryCode": "GB", "phoneNumber": "020 7946 0000",
            },
        });
        let apple = json!({
            "billingContact": {
                "givenName": "Ada", "familyName": "Lovelace", "addressLines": ["1 High Street"], "locality": "London",
                "postalCode": "SW1A 1AA", "countryCode": "gb",
            },
            "shippingContact": { "emailAddress": "ada@example.com", "phoneNumber": "020 7946 0000" },
        });
        let read = |body: &Value| contacts(body).read_details().unwrap_or_default();
        let (from_google, from_apple) = (read(&google), read(&apple));
        assert_eq!(from_google.email.as_deref(), Some("ada@example.com"));
        assert_eq!(from_google.phone, from_apple.phone);
        assert_eq!(from_google.billing_address, from_apple.billing_address);
        assert!(from_google.billing_address.is_some());
        assert_eq!(
            name_of(&google["billingContact"]),
            name_of(&apple["billingContact"])
        );
        assert_eq!(read(&json!({})), PayerDetails::default());
        assert!(
            contacts(&json!({ "billingContact": { "countryCode": "ZZ" } }))
                .read_details()
                .is_err()
        );
    }
}
