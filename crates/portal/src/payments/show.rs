//! One payment, as what happened in its order.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use tatami_core::id::PaymentIntentId;
use tatami_core::payment_intent::{PaymentIntent, Status};
use tatami_core::people::Right;
use tatami_core::problem::Refusal;
use tatami_engine::ports::request_log::RequestQuery;
use tatami_engine::{Failure, View};

use super::PATH;
use super::actions::{CAPTURE, REFUND};
use super::timeline::{Known, Step, steps};
use crate::PortalState;
use crate::forms::{Form, Wrong};
use crate::frame::{Frame, Notice};
use crate::logs;
use crate::money::typed;
use crate::pages::{failed, page_with};
use crate::times::local;
use crate::visit::{Here, Place, path_of};

/// Deliveries that are looked through for those of a payment.
const DELIVERIES: usize = 500;
/// How many of its API calls and mails are shown.
const SHOWN: usize = 200;

/// What may be done now.
struct Actions {
    can_capture: bool,
    can_refund: bool,
    can_reverse: bool,
    can_cancel: bool,
    can_send_receipt: bool,
}

#[derive(Template)]
#[template(path = "payment.html")]
struct PaymentPage<'f> {
    frame: Frame,
    /// Where all payments are listed.
    list: String,
    path: String,
    id: String,
    reference: String,
    status: &'static str,
    amount: String,
    facts: Vec<(&'static str, String)>,
    steps: Vec<Step>,
    link: Option<String>,
    actions: Actions,
    /// The fields of all actions.
    form: Form<'f>,
    /// What can be done, as commands.
    commands: Vec<(&'static str, String)>,
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
    let notice = done.map(Notice::good);
    payment(&state, &here, &id, Wrong::default(), notice).await
}

/// The page of a payment, with something to say, and what was wrong with what was asked for.
pub(super) async fn payment(
    state: &PortalState,
    here: &Here,
    id: &str,
    wrong: Wrong,
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
        Ok::<_, Failure>((view, known(state, place, &id).await?))
    };
    match read.await {
        Ok((view, known)) => {
            let status = wrong.status();
            let frame = Frame::new(here, PATH, notice.or_else(|| wrong.notice()));
            let form = Form::new(state, &here.fields, wrong);
            page_with(status, &page(state, here, place, &view, known, frame, form))
        }
        Err(failure) => failed(&failure),
    }
}

/// What is known of a payment besides its document.
async fn known(state: &PortalState, place: &Place, id: &PaymentIntentId) -> Result<Known, Failure> {
    let engine = &state.app.engine;
    let requests = match &state.app.requests {
        Some(log) => {
            let query = RequestQuery {
                payment: Some(id.clone()),
                limit: SHOWN,
                ..RequestQuery::default()
            };
            log.page(&place.scope, query).await?
        }
        None => Vec::new(),
    };
    Ok(Known {
        deliveries: engine
            .webhooks()
            .deliveries(&place.scope, DELIVERIES)
            .await?,
        requests,
        mails: engine
            .overview()
            .mails_about(&place.scope, id, SHOWN)
            .await?,
    })
}

fn page<'f>(
    state: &PortalState,
    here: &Here,
    place: &Place,
    view: &View,
    known: Known,
    frame: Frame,
    form: Form<'f>,
) -> PaymentPage<'f> {
    let intent = &*view.intent;
    let base = state.base().trim_end_matches('/');
    let is_open = intent.status == Status::Created;
    let zone = place.account.time_zone.as_str();
    let may_see_logs = here.visitor.may(Right::Develop, &place.scope);
    let logs = may_see_logs.then(|| format!("{}{}", path_of(&place.scope), logs::PATH));
    let list = format!("{}{PATH}", path_of(&place.scope));
    PaymentPage {
        frame,
        path: format!("{list}/{}", intent.id),
        list,
        id: intent.id.to_string(),
        reference: intent.details.reference.clone(),
        status: intent.status.name(),
        amount: intent.total().to_string(),
        facts: facts(intent, zone),
        steps: steps(intent, known, zone, logs.as_deref()),
        link: is_open.then(|| format!("{base}/checkout/{}", intent.id)),
        actions: actions(here, place, intent),
        form: form.with_usual(vec![
            (CAPTURE, typed(intent.capturable())),
            (REFUND, typed(refundable(intent))),
        ]),
        commands: commands(base, intent),
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

/// The API calls that read the payment and do what can be done with it, as curl.
fn commands(base: &str, intent: &PaymentIntent) -> Vec<(&'static str, String)> {
    let at = format!("{base}/payment-intents/{}", intent.id);
    let command = |path: &str, more: &[&str]| {
        let key = "--header 'Authorization: Basic sk_YOUR_KEY'";
        let version = format!("--header 'Version: {}'", super::actions::VERSION);
        let mut lines = vec![format!("curl {at}{path}"), key.to_owned(), version];
        lines.extend(more.iter().map(|line| (*line).to_owned()));
        lines.join(" \\\n  ")
    };
    let json = "--header 'Content-Type: application/json'";
    let sends = |path: &str, body: String| command(path, &[json, &format!("--data '{body}'")]);
    let mut commands = vec![("Read it", command("", &[]))];
    let (capturable, refundable) = (intent.capturable(), refundable(intent));
    if capturable > 0 {
        let body = format!("{{\"amount\": {capturable}}}");
        commands.push(("Capture", sends("/captures", body)));
    }
    if refundable > 0 {
        let once = "--header \"IdempotencyKey: $(uuidgen)\"";
        let body = format!("--data '{{\"amount\": {refundable}}}'");
        commands.push(("Refund", command("/refunds", &[once, json, &body])));
    }
    if matches!(intent.status, Status::Authorized | Status::Captured) && intent.refunds.is_empty() {
        commands.push(("Reverse", command("/reversal", &["--request POST"])));
    }
    if intent.status == Status::Created {
        commands.push(("Cancel", command("", &["--request DELETE"])));
    }
    commands
}

fn refundable(intent: &PaymentIntent) -> i64 {
    intent.captured() - intent.refunded()
}

fn actions(here: &Here, place: &Place, intent: &PaymentIntent) -> Actions {
    let may = |right| here.visitor.may(right, &place.scope);
    let is_settled = intent.attempt.is_none();
    let paid = matches!(intent.status, Status::Authorized | Status::Captured);
    Actions {
        can_capture: is_settled && may(Right::Operate) && intent.capturable() > 0,
        can_refund: is_settled && may(Right::Refund) && refundable(intent) > 0,
        can_reverse: is_settled && may(Right::Operate) && paid && intent.refunds.is_empty(),
        can_cancel: is_settled && may(Right::Operate) && intent.status == Status::Created,
        can_send_receipt: may(Right::Refund) && intent.authorization.is_some(),
    }
}
