//! One payment, as what happened in its order.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use tatami_core::id::PaymentIntentId;
use tatami_core::payment_intent::{PaymentIntent, Status};
use tatami_core::people::Right;
use tatami_core::problem::Refusal;
use tatami_core::time::{Timestamp, ticks};
use tatami_engine::ports::store::DeliveryReport;
use tatami_engine::{Failure, View};

use super::PATH;
use crate::PortalState;
use crate::deliveries;
use crate::frame::{Frame, Notice};
use crate::money::typed;
use crate::pages::{failed, page_with};
use crate::times::local;
use crate::visit::{Here, Place};

/// Deliveries that are looked through for those of a payment.
const DELIVERIES: usize = 500;

/// Something that happened.
struct Step {
    at: Timestamp,
    local: String,
    iso: String,
    what: String,
    detail: String,
    is_bad: bool,
    /// What was sent, if something was.
    body: String,
}

/// What may be done now.
struct Actions {
    capture: Option<String>,
    refund: Option<String>,
    can_reverse: bool,
    can_cancel: bool,
    can_send_receipt: bool,
}

#[derive(Template)]
#[template(path = "payment.html")]
struct PaymentPage {
    frame: Frame,
    path: String,
    id: String,
    reference: String,
    status: &'static str,
    amount: String,
    facts: Vec<(&'static str, String)>,
    steps: Vec<Step>,
    link: Option<String>,
    actions: Actions,
    /// Makes a form that is sent twice one change.
    once: String,
    curl: String,
}

pub(crate) async fn show(
    State(state): State<PortalState>,
    Path((_, _, id)): Path<(String, String, String)>,
    here: Here,
) -> Response {
    let done = match here.fields.get("done") {
        "capture" => Some("Captured."),
        "refund" => Some("Refunded."),
        "reverse" => Some("Reversed."),
        "cancel" => Some("Canceled."),
        "receipt" => Some("The receipt is on its way."),
        _ => None,
    };
    payment(&state, &here, &id, StatusCode::OK, done.map(Notice::good)).await
}

/// The page of a payment, with something to say.
pub(super) async fn payment(
    state: &PortalState,
    here: &Here,
    id: &str,
    status: StatusCode,
    notice: Option<Notice>,
) -> Response {
    let Some(place) = &here.place else {
        return failed(&Refusal::NotFound("payment").into());
    };
    let read = async {
        let id = PaymentIntentId::parse(id).map_err(|_| Refusal::NotFound("payment"))?;
        let view = state
            .app
            .engine
            .payment_intents()
            .get(&place.scope, &id)
            .await?;
        let deliveries = state
            .app
            .engine
            .webhooks()
            .deliveries(&place.scope, DELIVERIES)
            .await?;
        Ok::<_, Failure>((view, deliveries))
    };
    match read.await {
        Ok((view, deliveries)) => {
            let page = page(state, here, place, &view, deliveries, notice);
            page_with(status, &page)
        }
        Err(failure) => failed(&failure),
    }
}

fn page(
    state: &PortalState,
    here: &Here,
    place: &Place,
    view: &View,
    deliveries: Vec<DeliveryReport>,
    notice: Option<Notice>,
) -> PaymentPage {
    let intent = &*view.intent;
    let base = state.base().trim_end_matches('/');
    let is_open = intent.status == Status::Created;
    let zone = place.account.time_zone.as_str();
    PaymentPage {
        frame: Frame::new(here, PATH, notice),
        path: format!(
            "{}{PATH}/{}",
            crate::visit::path_of(&place.scope),
            intent.id
        ),
        id: intent.id.to_string(),
        reference: intent.details.reference.clone(),
        status: intent.status.name(),
        amount: intent.total().to_string(),
        facts: facts(intent, zone),
        steps: steps(intent, deliveries, zone),
        link: is_open.then(|| format!("{base}/checkout/{}", intent.id)),
        actions: actions(here, place, intent),
        once: state.app.engine.documents().new_id(),
        curl: format!(
            "curl {base}/payment-intents/{} \\\n  --header 'Authorization: Basic sk_YOUR_KEY' \\\n  --header 'Version: {}'",
            intent.id,
            super::actions::VERSION
        ),
    }
}

fn facts(intent: &PaymentIntent, zone: &str) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("Amount", intent.amount.to_string()),
        ("Source", intent.details.source().to_owned()),
        ("Capture", intent.capture_mode.name().to_owned()),
    ];
    let more = [
        ("Tips", intent.tips),
        ("Service charge", intent.service_charge),
        ("Cashback", intent.cashback),
    ];
    facts.extend(
        more.into_iter()
            .filter_map(|(name, money)| Some((name, money?.to_string()))),
    );
    let customer = intent.details.customer.as_ref();
    let email = customer.and_then(|customer| customer.email_address.clone());
    facts.extend(email.map(|email| ("Customer", email)));
    if let Some(paid) = &intent.authorization {
        let card = &paid.card;
        facts.push(("Card", format!("{} {}", card.scheme.title(), card.masked)));
        facts.push(("Approval code", paid.auth_code.clone()));
        facts.push(("Transaction", paid.transaction_id.clone()));
        facts.extend(paid.hold_until.map(|at| ("Held until", local(at, zone))));
    } else {
        facts.push(("Expires", local(intent.expire_at, zone)));
    }
    facts
}

fn steps(intent: &PaymentIntent, deliveries: Vec<DeliveryReport>, zone: &str) -> Vec<Step> {
    let step = |at: Timestamp, what: &str, detail: String, is_bad: bool, body: String| Step {
        at,
        local: local(at, zone),
        iso: ticks(at),
        what: what.to_owned(),
        detail,
        is_bad,
        body,
    };
    let mut steps = vec![step(
        intent.created_at,
        "Created",
        format!("{}.", intent.total()),
        false,
        String::new(),
    )];
    for event in &intent.payment_events {
        let card = event
            .card
            .as_ref()
            .map(|card| format!("{} {}", card.scheme.title(), card.masked));
        let code = match event.auth_code.is_empty() {
            true => String::new(),
            false => format!(" Approval code {}.", event.auth_code),
        };
        let detail = format!(
            "Transaction {}. {}{code}",
            event.transaction_id,
            card.unwrap_or_default()
        );
        let is_bad = matches!(event.kind.name(), "Declined" | "Failed");
        steps.push(step(
            event.at,
            event.kind.name(),
            detail,
            is_bad,
            String::new(),
        ));
    }
    for refund in &intent.refunds {
        let reason = refund.reason.clone().unwrap_or_default();
        let amount = tatami_core::money::Money::new(refund.amount, intent.amount.currency);
        steps.push(step(
            refund.at,
            "Refund",
            format!("{amount} as {}. {reason}", refund.id),
            false,
            String::new(),
        ));
    }
    if let Some(attempt) = &intent.attempt {
        let detail = format!(
            "The acquirer was called as {}; its answer is not known yet.",
            attempt.id
        );
        steps.push(step(
            intent.updated_at,
            "Waits for the acquirer",
            detail,
            true,
            String::new(),
        ));
    }
    let id = format!("\"{}\"", intent.id);
    for delivery in deliveries
        .into_iter()
        .filter(|delivery| delivery.payload.contains(&id))
    {
        let what = deliveries::title(&delivery);
        let last = delivery.attempts.last();
        let answer = last.map_or("not tried yet".to_owned(), deliveries::outcome);
        let (receiver, tries) = (
            deliveries::receiver(&delivery),
            deliveries::tries(&delivery),
        );
        let detail = format!("{} to {receiver}: {answer}, {tries}.", delivery.state);
        let is_bad = delivery.state == "gave-up";
        let at = last.map_or(delivery.created_at, |last| last.at);
        steps.push(step(at, &what, detail, is_bad, delivery.payload));
    }
    steps.sort_by_key(|step| step.at);
    steps
}

fn actions(here: &Here, place: &Place, intent: &PaymentIntent) -> Actions {
    let may = |right| here.visitor.may(right, &place.scope);
    let is_settled = intent.attempt.is_none();
    let capturable = intent.capturable();
    let refundable = intent.captured() - intent.refunded();
    let paid = matches!(intent.status, Status::Authorized | Status::Captured);
    Actions {
        capture: (is_settled && may(Right::Operate) && capturable > 0).then(|| typed(capturable)),
        refund: (is_settled && may(Right::Refund) && refundable > 0).then(|| typed(refundable)),
        can_reverse: is_settled && may(Right::Operate) && paid && intent.refunds.is_empty(),
        can_cancel: is_settled && may(Right::Operate) && intent.status == Status::Created,
        can_send_receipt: may(Right::Refund) && intent.authorization.is_some(),
    }
}
