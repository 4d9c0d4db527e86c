//! A customer's saved cards on the payment page: which are offered, and which
//! is offered first.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use tatami_core::id::{CustomerId, PaymentIntentId, SavedCardId};
use tatami_core::payment_intent::Method;
use tatami_core::problem::Refusal;
use tatami_core::saved_card::SavedCard;
use tatami_core::time::Timestamp;
use tatami_engine::{Engine, Failure, View};
use tatami_locale::Language;

use crate::reader::Reader;
use crate::{CheckoutState, card_words};

pub(crate) fn routes() -> Router<CheckoutState> {
    Router::new().route("/checkout/{id}/saved-cards/{card}/prefer", post(prefer))
}

/// What the payment link tells of a customer.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct LinkedCustomer {
    /// The customer's id.
    pub(crate) cid: Option<String>,
    /// The customer's secret.
    pub(crate) csc: Option<String>,
    /// The saved card that is offered first.
    pub(crate) cpm: Option<String>,
}

/// A saved card on the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) id: String,
    /// The card as its holder knows it.
    pub(crate) name: String,
    /// How many digits its security code has.
    pub(crate) cv2_digits: usize,
    pub(crate) expiry: String,
    pub(crate) is_past: bool,
    pub(crate) preferred: bool,
    pub(crate) chosen: bool,
}

/// The saved cards of the customer whose secret the link carries.
#[derive(Clone)]
pub(crate) struct SavedCards {
    pub(crate) customer: String,
    pub(crate) secret: String,
    pub(crate) rows: Vec<Row>,
    /// Whether another card can be typed in.
    pub(crate) takes_cards: bool,
}

impl SavedCards {
    /// Whether one of the saved cards is chosen at first.
    pub(crate) fn has_chosen(&self) -> bool {
        self.rows.iter().any(|row| row.chosen)
    }

    fn of(
        view: &View,
        link: &LinkedCustomer,
        cards: &[SavedCard],
        now: Timestamp,
        t: &'static Language,
    ) -> Self {
        let named = view.intent.details.customer.clone().unwrap_or_default();
        let named = named.saved_card_id.map(|id| id.to_string());
        let wish = link.cpm.clone().or(named);
        let good = |card: &&SavedCard| !card.card.expiry.is_past(now);
        let is_wish = |card: &&SavedCard| wish.as_deref() == Some(card.id.as_str());
        // The preferred card comes first.
        let chosen = cards
            .iter()
            .filter(good)
            .find(is_wish)
            .or_else(|| cards.iter().find(good))
            .map(|card| &card.id);
        let row = |card: &SavedCard| Row {
            id: card.id.to_string(),
            name: card_words(&card.card, t),
            cv2_digits: match card.card.scheme {
                tatami_core::card::Scheme::Amex => 4,
                _ => 3,
            },
            expiry: card.card.expiry.to_string(),
            is_past: card.card.expiry.is_past(now),
            preferred: card.preferred,
            chosen: chosen == Some(&card.id),
        };
        Self {
            customer: link.cid.clone().unwrap_or_default(),
            secret: link.csc.clone().unwrap_or_default(),
            rows: cards.iter().map(row).collect(),
            takes_cards: view.intent.details.offers(Method::Card),
        }
    }
}

/// The saved cards that a link opens; none if it opens nothing, or no longer:
/// the payment can be made all the same.
pub(crate) async fn saved_cards(
    engine: &Engine,
    view: &View,
    link: &LinkedCustomer,
    reader: &Reader,
) -> Result<Option<SavedCards>, Failure> {
    let details = &view.intent.details;
    let named = details.customer.as_ref().and_then(|c| c.id.as_deref());
    let offered = details.offers(Method::SavedCard);
    let (Some(cid), Some(csc)) = (&link.cid, &link.csc) else {
        return Ok(None);
    };
    let id = CustomerId::parse(cid).ok();
    let Some(id) = id.filter(|id| offered && named == Some(id.as_str())) else {
        return Ok(None);
    };
    match engine.customers().by_secret(&id, csc).await {
        Ok(customer) => {
            let cards = engine.saved_cards().list(&customer).await?;
            let now = engine.now(&customer.scope);
            Ok(Some(SavedCards::of(
                view,
                link,
                &cards,
                now,
                reader.language,
            )))
        }
        Err(Failure::BadCustomerSecret | Failure::Refused(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

/// Makes a saved card of the payment's customer the one that is offered first.
async fn prefer(
    State(state): State<CheckoutState>,
    Path((id, card)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, StatusCode> {
    let secret = headers.get(header::AUTHORIZATION);
    let secret = secret.and_then(|h| h.to_str().ok()).unwrap_or_default();
    let secret = secret.strip_prefix("Basic ").unwrap_or_default().trim();
    let preferred = preferred(&state.engine, &id, &card, secret).await;
    match preferred {
        Ok(()) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(Failure::BadCustomerSecret) => Err(StatusCode::UNAUTHORIZED),
        Err(Failure::Refused(_)) => Err(StatusCode::NOT_FOUND),
        Err(error) => {
            tracing::error!(%error, "a card could not be preferred");
            Err(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

async fn preferred(engine: &Engine, id: &str, card: &str, secret: &str) -> Result<(), Failure> {
    let id = PaymentIntentId::parse(id).map_err(Refusal::from)?;
    let card = SavedCardId::parse(card).map_err(Refusal::from)?;
    let intent = engine.payment_intents().get_public(&id).await?.intent;
    let customer = intent.details.customer.as_ref();
    let customer = customer.and_then(|c| c.id.as_deref());
    let customer = CustomerId::parse(customer.unwrap_or_default()).map_err(Refusal::from)?;
    let customer = engine.customers().by_secret(&customer, secret).await?;
    engine.saved_cards().prefer(&customer, &card).await
}
