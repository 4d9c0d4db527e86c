//! The wallets of a sandbox: what stands on the simulated sheet, and the tokens that it
//! makes. They are signed and encrypted as real ones are, with keys of the sandbox's own.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use tatami_core::Entropy;
use tatami_core::card::{CardEntry, CardNumber, Expiry};
use tatami_core::id::Environment;
use tatami_core::money::Money;
use tatami_core::payment_intent::{Method, WalletType};
use tatami_core::time::Timestamp;
use tatami_engine::ports::clock::SystemEntropy;
use tatami_engine::{Failure, View};
use tatami_locale::Language;
use tatami_wallets::google::{RecipientId, RootKeys};
use tatami_wallets::make::{AppleIssuer, GoogleIssuer, NotMade, Payment};
use tatami_wallets::{PrivateKey, Wallets, apple, google};

use crate::SandboxState;

const MERCHANT: &str = "merchant.sandbox.tatami";
const GATEWAY: &str = "tatami-sandbox";
/// The last month of every card on the sheet.
const EXPIRY: Expiry = Expiry {
    year: 2039,
    month: 12,
};

/// A card on the sheet.
struct SheetCard {
    number: &'static str,
    /// The key of what becomes of it.
    words: &'static str,
    /// Whether the wallet only has it on file, so that its holder is asked by the bank.
    on_file: bool,
}

const CARDS: [SheetCard; 4] = [
    SheetCard {
        number: "4456530000001005",
        words: "sheet-approved",
        on_file: false,
    },
    SheetCard {
        number: "5200000000001005",
        words: "sheet-approved",
        on_file: false,
    },
    SheetCard {
        number: "4456530000001013",
        words: "sheet-declined",
        on_file: false,
    },
    SheetCard {
        number: "4456530000001096",
        words: "sheet-on-file",
        on_file: true,
    },
];

/// Who makes the tokens, and whom they are for.
pub struct SandboxWallets {
    apple: AppleIssuer,
    google: GoogleIssuer,
    keys: Arc<Wallets>,
}

impl SandboxWallets {
    /// Wallets of keys that those bytes give: the same bytes, the same keys, so that
    /// programs that share an installation know each other's tokens.
    ///
    /// # Errors
    /// If no certificate can be made at that time.
    pub fn new(bytes: &mut dyn Entropy, now: Timestamp) -> Result<Self, NotMade> {
        let apple = AppleIssuer::new(bytes, now)?;
        let google = GoogleIssuer::new(bytes, now);
        let mut key = || vec![PrivateKey::generate(bytes)];
        let of_apple = apple::Recipient::new(MERCHANT, key(), &[apple.root()]);
        let of_google = google::Recipient {
            id: RecipientId::Gateway(GATEWAY.to_owned()),
            keys: key(),
            roots: RootKeys::parse(&google.root_keys()?).map_err(|_| NotMade)?,
        };
        let keys = Arc::new(Wallets {
            apple: Some(of_apple.map_err(|_| NotMade)?),
            google: Some(of_google),
        });
        Ok(Self {
            apple,
            google,
            keys,
        })
    }

    /// What opens the tokens.
    pub fn keys(&self) -> Arc<Wallets> {
        self.keys.clone()
    }

    /// A token of that card for a payment, as the wallet's own sheet hands it over.
    fn token(
        &self,
        wallet: WalletType,
        chosen: &SheetCard,
        view: &View,
        now: Timestamp,
    ) -> Result<Value, NotMade> {
        let card = CardEntry {
            number: CardNumber::parse(chosen.number).ok_or(NotMade)?,
            expiry: EXPIRY,
            cv2: None,
            holder: String::new(),
        };
        let payment = Payment {
            card: &card,
            amount: total(view),
        };
        let entropy: &mut dyn Entropy = &mut SystemEntropy;
        match (wallet, &self.keys.apple, &self.keys.google) {
            (WalletType::ApplePay, Some(to), _) => {
                let data = self.apple.token(to, &payment, entropy, now)?;
                let data: Value = serde_json::from_str(&data)?;
                Ok(json!({ "paymentData": data }))
            }
            (WalletType::GooglePay, _, Some(to)) => {
                let merchant = view.intent.scope.account.as_str();
                let token =
                    self.google
                        .token(to, merchant, &payment, chosen.on_file, entropy, now)?;
                Ok(token.into())
            }
            _ => Err(NotMade),
        }
    }
}

pub(crate) fn routes() -> Router<SandboxState> {
    Router::new()
        .route("/wallet-sheet/{secret}", get(sheet))
        .route("/wallet-sheet/{secret}/token", post(token))
}

/// What the session's secret pays.
fn total(view: &View) -> Money {
    let total = view.intent.total_of(view.intent.session.choice);
    total.unwrap_or_else(|_| view.intent.total())
}

/// Why there is no sheet.
struct NoSheet(StatusCode, &'static str);

impl IntoResponse for NoSheet {
    fn into_response(self) -> Response {
        let Self(status, message) = self;
        (status, unstored(json!({ "message": message }))).into_response()
    }
}

fn unstored(value: Value) -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "no-store")], Json(value))
}

/// The payment of a secret that can pay it with a wallet.
async fn payable(state: &SandboxState, secret: &str) -> Result<View, NoSheet> {
    let view = state
        .engine
        .payers()
        .session(secret)
        .await
        .map_err(|failure| match failure {
            Failure::BadSession => NoSheet(StatusCode::UNAUTHORIZED, "The token is not valid."),
            _ => NoSheet(StatusCode::SERVICE_UNAVAILABLE, "Try again in a moment."),
        })?;
    let intent = &view.intent;
    let now = state.engine.now(&intent.scope);
    if !intent.session_open(&intent.session.nonce, now) {
        return Err(NoSheet(
            StatusCode::UNAUTHORIZED,
            "The token was used, or has expired.",
        ));
    }
    let is_offered = intent.details.accepts(Method::Wallet).is_ok();
    if intent.scope.environment != Environment::Sandbox || !is_offered {
        let why = "This payment cannot be made with a wallet.";
        return Err(NoSheet(StatusCode::CONFLICT, why));
    }
    Ok(view)
}

/// The language of the page that the sheet is in.
#[derive(Deserialize)]
struct Page {
    lang: Option<String>,
}

async fn sheet(
    State(state): State<SandboxState>,
    Path(secret): Path<String>,
    Query(page): Query<Page>,
) -> Result<Response, NoSheet> {
    let view = payable(&state, &secret).await?;
    let t = Language::chosen(page.lang.as_deref(), None);
    let cards = CARDS.iter().map(|card| {
        let scheme = CardNumber::parse(card.number).map_or("", |n| n.scheme().title());
        let last4 = &card.number[card.number.len() - 4..];
        let name = t.with("card-ending", &[("scheme", scheme), ("last4", last4)]);
        format!("{name}, {}", t.get(card.words))
    });
    let shown = json!({
        "merchant": view.account.name,
        "amount": t.money(total(&view)),
        "cards": cards.collect::<Vec<_>>(),
    });
    Ok(unstored(shown).into_response())
}

#[derive(Deserialize)]
struct Chosen {
    card: usize,
    wallet: WalletType,
}

async fn token(
    State(state): State<SandboxState>,
    Path(secret): Path<String>,
    Json(chosen): Json<Chosen>,
) -> Result<Response, NoSheet> {
    let view = payable(&state, &secret).await?;
    let card = CARDS.get(chosen.card);
    let card = card.ok_or(NoSheet(StatusCode::BAD_REQUEST, "There is no such card."))?;
    let now = state.engine.machine_now();
    let token = state.wallets.token(chosen.wallet, card, &view, now);
    let broken = |_| NoSheet(StatusCode::INTERNAL_SERVER_ERROR, "No token could be made.");
    let token = token.map_err(broken)?;
    Ok(unstored(json!({ "token": token })).into_response())
}
