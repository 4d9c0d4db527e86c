//! How a payment of the virtual terminal went; while it is not paid, with a form for
//! another card.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use tatami_core::id::PaymentIntentId;
use tatami_core::payment_intent::{PaymentIntent, Status};
use tatami_core::people::Right;
use tatami_core::problem::Refusal;
use tatami_engine::Failure;

use super::{PATH, card, take};
use crate::PortalState;
use crate::forms::{Form, Wrong};
use crate::frame::{Frame, Notice};
use crate::pages::{failed, page_with};
use crate::visit::{Here, Place, path_of};

#[derive(Template)]
#[template(path = "virtual_terminal_result.html")]
struct ResultPage<'f> {
    frame: Frame,
    path: String,
    payment: String,
    id: String,
    amount: String,
    reference: String,
    status: &'static str,
    /// The card and its approval code, once it is paid.
    paid: Option<(String, String)>,
    is_open: bool,
    /// Whether the outcome of an attempt is not known yet.
    is_pending: bool,
    session: String,
    email: String,
    can_send_receipt: bool,
    form: Form<'f>,
}

pub(crate) async fn show(
    State(state): State<PortalState>,
    Path((_, _, id)): Path<(String, String, String)>,
    here: Here,
) -> Response {
    let named = async {
        let (place, id) = (here.location()?, take::payment_id(&id)?);
        Ok::<_, Failure>((place, id))
    };
    match named.await {
        Ok((place, id)) => shown(&state, &here, place, &id, Wrong::default()).await,
        Err(failure) => failed(&failure),
    }
}

pub(super) async fn shown(
    state: &PortalState,
    here: &Here,
    place: &Place,
    id: &PaymentIntentId,
    wrong: Wrong,
) -> Response {
    let read = state.app.engine.payment_intents().get(&place.scope, id);
    let view = match read.await {
        Ok(view) if view.intent.details.card_holder_not_present => view,
        Ok(_) => return failed(&Refusal::NotFound("payment").into()),
        Err(failure) => return failed(&failure),
    };
    let intent = &*view.intent;
    let now = state.app.engine.now(&place.scope);
    let is_pending = intent.attempt.is_some();
    let is_open = intent.status == Status::Created && intent.expire_at > now && !is_pending;
    let declined = card::decline_text(here.fields.get("declined")).filter(|_| is_open);
    let declined = declined.map(|sentence| Notice::bad(vec![sentence.to_owned()]));
    let base = path_of(&place.scope);
    let status = wrong.status();
    let page = ResultPage {
        frame: Frame::new(here, PATH, wrong.notice().or(declined)),
        path: format!("{base}{PATH}"),
        payment: format!("{base}/payments/{}", intent.id),
        id: intent.id.to_string(),
        amount: intent.total().to_string(),
        reference: intent.details.reference.clone(),
        status: intent.status.name(),
        paid: paid(intent),
        is_open,
        is_pending,
        session: view.secret(),
        email: email(intent),
        can_send_receipt: here.visitor.may(Right::Refund, &place.scope),
        form: Form::new(state, &here.fields, wrong).hiding_numbers(),
    };
    page_with(status, &page)
}

fn paid(intent: &PaymentIntent) -> Option<(String, String)> {
    let paid = intent.authorization.as_ref()?;
    let card = format!("{} {}", paid.card.scheme.title(), paid.card.masked);
    Some((card, paid.auth_code.clone()))
}

fn email(intent: &PaymentIntent) -> String {
    let customer = intent.details.customer.as_ref();
    let email = customer.and_then(|customer| customer.email_address.clone());
    email.unwrap_or_default()
}
