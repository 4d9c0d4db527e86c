//! `POST /pci-api/setup-intents`

use axum::extract::State;
use axum::response::Response;
use tatami_core::card::{CardEntry, CardNumber, Cv2, Expiry, Scheme};
use tatami_core::problem::Violation;
use tatami_core::time::Timestamp;
use tatami_engine::CapturedCard;
use tatami_engine::ports::acquirer::Authentication;
use tatami_http::input::Input;
use tatami_http::openapi::{
    BadRequest, Forbidden, IdempotencyHeader, TooLarge, Unauthorized, Unfinished,
    UnsupportedMediaType, VersionHeader,
};
use tatami_http::problem::Problem;
use tatami_http::reply::reply;

use super::create::all_broken;
use crate::ApiState;
use crate::auth::Caller;
use crate::wire::captured_card::{CapturedCardDetails, TokenizeCardRequest};
use crate::wire::setup_intent::SetupIntentResponse;

/// A name with as many digits could be a card number in the wrong field.
const TOO_MANY_DIGITS: usize = 6;

/// Create a setup intent and authorize it with a captured card
///
/// For accounts with the permission `tokenization`, whose own servers capture card
/// data. If the card is declined, the setup intent stays `Created` and its
/// `setupEvents` tell why.
#[utoipa::path(
    post,
    path = "/pci-api/setup-intents",
    operation_id = "PciSetupIntents_Create",
    tag = "Tokenization",
    params(VersionHeader, IdempotencyHeader),
    request_body = TokenizeCardRequest,
    responses(
        (status = 200, description = "The setup intent; `Authorized` if the card was accepted.", body = SetupIntentResponse),
        BadRequest, Unauthorized, Forbidden, Unfinished, TooLarge, UnsupportedMediaType,
    )
)]
pub async fn tokenize(
    State(state): State<ApiState>,
    caller: Caller,
    input: Input,
) -> Result<Response, Problem> {
    state
        .engine
        .setup_intents()
        .may_tokenize(&caller.scope)
        .await?;
    let (request, mut broken) = input.read::<TokenizeCardRequest>(caller.version)?;
    let now = state.engine.now(&caller.scope);
    let card = read_card(request.card.unwrap_or_default(), now, &mut broken);
    if let Some(card) = &card {
        let elsewhere = input.misplaced(&card.number, "Card.CardNumber");
        let named: Vec<String> = broken.iter().map(|v| v.field.clone()).collect();
        broken.extend(elsewhere.into_iter().filter(|v| !named.contains(&v.field)));
    }
    let consent = request.consent.unwrap_or_default();
    if consent.given != Some(true) {
        broken.push(Violation::new(
            "Consent.Given",
            "The card holder must have agreed to the terms.",
        ));
    }
    if consent.given_at.is_some_and(|at| at > now) {
        broken.push(Violation::new(
            "Consent.GivenAt",
            "The GivenAt must not be in the future.",
        ));
    }
    let authentication = request.three_d_secure.map(|said| Authentication {
        version: said.version,
        eci: said.eci.unwrap_or_default(),
        value: said.authentication_value.map(Into::into),
        ds_transaction_id: said.ds_transaction_id,
        acs_transaction_id: None,
    });
    let draft = request.setup_intent.draft(&mut broken);
    let Some(card) = card.filter(|_| broken.is_empty()) else {
        return Err(Problem::invalid(all_broken(broken, &draft, now)));
    };
    let captured = CapturedCard {
        card,
        consented_at: Some(consent.given_at.unwrap_or(now)),
        authentication,
    };
    let call = caller.call(input.idempotency);
    reply(
        state
            .engine
            .setup_intents()
            .tokenize(&call, draft, captured)
            .await,
    )
}

/// The card, or every rule that it breaks. What was sent is never told.
fn read_card(
    sent: CapturedCardDetails,
    now: Timestamp,
    broken: &mut Vec<Violation>,
) -> Option<CardEntry> {
    let is_named = |broken: &[Violation], field: &str| {
        broken.iter().any(|v| v.field == field || v.field == "Card")
    };
    let mut wrong = |field: &str, rule: &str| {
        if !is_named(broken, field) {
            broken.push(Violation::new(field, rule));
        }
    };
    let number = CardNumber::parse(sent.card_number.reveal());
    if number.is_none() {
        wrong(
            "Card.CardNumber",
            "The CardNumber must be 12 to 19 digits that pass the Luhn check.",
        );
    }
    let expiry = Expiry::parse(sent.expiry_date.reveal());
    match expiry {
        None => wrong(
            "Card.ExpiryDate",
            "The ExpiryDate must be of the form MM/YY.",
        ),
        Some(expiry) if expiry.is_past(now) => {
            wrong("Card.ExpiryDate", "The ExpiryDate must not be in the past.");
        }
        Some(_) => {}
    }
    let scheme = number.as_ref().map_or(Scheme::Unknown, CardNumber::scheme);
    let cv2 = Cv2::parse(sent.cv2.reveal(), scheme);
    // A number that is wrong does not tell how long its value must be.
    if cv2.is_none() && number.is_some() && !sent.cv2.reveal().is_empty() {
        wrong(
            "Card.Cv2",
            "The Cv2 must be 3 digits, or 4 of American Express.",
        );
    }
    let holder = sent.cardholder_name.reveal().trim().to_owned();
    let digits = holder.chars().filter(char::is_ascii_digit).count();
    if holder.is_empty() {
        wrong(
            "Card.CardholderName",
            "The CardholderName field is required.",
        );
    } else if digits >= TOO_MANY_DIGITS {
        wrong("Card.CardholderName", "The CardholderName must be a name.");
    }
    Some(CardEntry {
        number: number?,
        expiry: expiry?,
        cv2,
        holder,
    })
}
