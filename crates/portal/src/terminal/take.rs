//! Taking a payment: the order with the card, and another card after a declined one.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;
use tatami_core::id::PaymentIntentId;
use tatami_core::payment_intent::{Details, Draft, PayerDetails};
use tatami_core::problem::Refusal;
use tatami_engine::{Failure, PaymentResult};
use tatami_locale::Language;

use super::{PATH, card, result};
use crate::PortalState;
use crate::calls::{created_id, once};
use crate::forms::{Form, Wrong};
use crate::frame::Frame;
use crate::orders::{NAMES, billing_address, details, draft};
use crate::pages::{failed, page_with};
use crate::visit::{Here, Place, path_of};

#[derive(Template)]
#[template(path = "virtual_terminal.html")]
struct TerminalPage<'f> {
    frame: Frame,
    path: String,
    form: Form<'f>,
    countries: &'static [(&'static str, String)],
    country: String,
}

pub(crate) async fn show_form(State(state): State<PortalState>, here: Here) -> Response {
    form(&state, &here, Wrong::default())
}

fn form(state: &PortalState, here: &Here, wrong: Wrong) -> Response {
    let place = match here.location() {
        Ok(place) => place,
        Err(failure) => return failed(&failure),
    };
    let chosen = here.fields.get("country");
    let country = match chosen.is_empty() {
        true => place.account.country().to_owned(),
        false => chosen.to_owned(),
    };
    let status = wrong.status();
    let page = TerminalPage {
        frame: Frame::new(here, PATH, wrong.notice()),
        path: format!("{}{PATH}", path_of(&place.scope)),
        form: Form::new(state, &here.fields, wrong).hiding_numbers(),
        countries: Language::english().countries(),
        country,
    };
    page_with(status, &page)
}

/// What is to be paid, by an absent card holder.
fn order(state: &PortalState, here: &Here, place: &Place) -> Result<Draft, Failure> {
    let details = Details {
        card_holder_not_present: true,
        billing_address: billing_address(&here.fields),
        ..details(&here.fields)
    };
    let now = state.app.engine.now(&place.scope);
    draft(&here.fields, &place.account.time_zone, now, details)
}

/// What the card's number must not be in.
fn payer(details: &Details) -> PayerDetails {
    let customer = details.customer.as_ref();
    PayerDetails {
        email: customer.and_then(|customer| customer.email_address.clone()),
        billing_address: details.billing_address.clone(),
        ..PayerDetails::default()
    }
}

/// Creates a payment and takes it, once however often the form is sent.
pub(crate) async fn take(State(state): State<PortalState>, here: Here) -> Response {
    let place = match here.location() {
        Ok(place) => place,
        Err(failure) => return failed(&failure),
    };
    let card = card::read(&here.fields, state.app.engine.now(&place.scope));
    let order = order(&state, &here, place);
    let (card, order) = match (card, order) {
        (Ok(card), Ok(order)) => (card, order),
        (card, order) => {
            let mut wrong = card.err().unwrap_or_default();
            if let Err(failure) = order {
                wrong.join(Wrong::of(&failure, NAMES));
            }
            return form(&state, &here, wrong);
        }
    };
    let payer = payer(&order.details);
    let created = async {
        order.details.check_for_number(&card.number)?;
        payer.check(&card.number)?;
        let call = once(&here, "virtual-terminal", card::digest(&here.fields))?;
        let amount = order.amount.as_ref();
        let new = amount.map(|it| json!({ "amount": it.value, "currency": it.currency_code }));
        let reference = order.details.reference.clone();
        state
            .note(&here, "virtual-terminal.pay", &reference, new)
            .await?;
        let answer = state.app.engine.payment_intents().create(&call, order);
        payment_id(&created_id(&answer.await?)?)
    };
    let id = match created.await {
        Ok(id) => id,
        Err(failure) => return form(&state, &here, Wrong::of(&failure, NAMES)),
    };
    let payers = state.app.engine.payers();
    let paid = payers.pay_by_telephone((&place.scope, &id), None, card, payer);
    went(&state, &here, place, &id, paid.await).await
}

/// Takes a payment with another card.
pub(crate) async fn again(
    State(state): State<PortalState>,
    Path((_, _, id)): Path<(String, String, String)>,
    here: Here,
) -> Response {
    let named = async {
        let (place, id) = (here.location()?, payment_id(&id)?);
        Ok::<_, Failure>((place, id))
    };
    let (place, id) = match named.await {
        Ok(named) => named,
        Err(failure) => return failed(&failure),
    };
    let card = match card::read(&here.fields, state.app.engine.now(&place.scope)) {
        Ok(card) => card,
        Err(wrong) => return result::shown(&state, &here, place, &id, wrong).await,
    };
    let noted = state
        .note(&here, "virtual-terminal.pay", id.as_str(), None)
        .await;
    if let Err(failure) = noted {
        return failed(&failure);
    }
    let shown = here.fields.get("session");
    let payers = state.app.engine.payers();
    let paid = payers.pay_by_telephone(
        (&place.scope, &id),
        Some(shown),
        card,
        PayerDetails::default(),
    );
    went(&state, &here, place, &id, paid.await).await
}

pub(super) fn payment_id(id: &str) -> Result<PaymentIntentId, Failure> {
    Ok(PaymentIntentId::parse(id).map_err(|_| Refusal::NotFound("payment"))?)
}

/// Redirects to the result of an attempt, so that reloading the page does not repeat it.
async fn went(
    state: &PortalState,
    here: &Here,
    place: &Place,
    id: &PaymentIntentId,
    paid: Result<PaymentResult, Failure>,
) -> Response {
    let declined = match paid {
        Ok(PaymentResult::Approved { .. } | PaymentResult::Unknown { .. }) => None,
        Ok(PaymentResult::Declined { decline, .. }) => Some(card::word(decline.reason)),
        Ok(PaymentResult::Challenge { .. }) => Some(card::CHALLENGED),
        Err(Failure::Refused(Refusal::Declined(_))) => Some(card::NOT_MADE),
        // It was tried since the form was shown: that is what is to be seen.
        Err(Failure::BadSession | Failure::Refused(Refusal::Pending(_) | Refusal::Conflict(_))) => {
            None
        }
        Err(failure) => {
            let wrong = Wrong::of(&failure, NAMES);
            return result::shown(state, here, place, id, wrong).await;
        }
    };
    let declined = declined.map(|word| format!("?declined={word}"));
    let to = format!(
        "{}{PATH}/{id}{}",
        path_of(&place.scope),
        declined.unwrap_or_default()
    );
    Redirect::to(&to).into_response()
}
