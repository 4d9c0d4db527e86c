//! One payment link: shared, and canceled.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde_json::json;
use tatami_core::id::PaymentIntentId;
use tatami_core::payment_intent::{PaymentIntent, Status};
use tatami_core::people::Right;
use tatami_core::problem::Refusal;
use tatami_engine::Failure;
use tatami_epos::paper::qr_svg;

use super::{PATH, Standing, link};
use crate::PortalState;
use crate::calls::once;
use crate::frame::{Frame, Notice};
use crate::pages::{failed, page_with, redirect_or};
use crate::times::local;
use crate::visit::{Here, path_of};

type Named = Path<(String, String, String)>;

#[derive(Template)]
#[template(path = "payment_link.html")]
struct LinkPage {
    frame: Frame,
    path: String,
    payment: String,
    amount: String,
    reference: String,
    standing: Standing,
    /// While it can be paid.
    link: Option<String>,
    qr: Option<String>,
    email: String,
    can_operate: bool,
    facts: Vec<(&'static str, String)>,
    once: String,
}

fn payment_id(id: &str) -> Result<PaymentIntentId, Failure> {
    Ok(PaymentIntentId::parse(id).map_err(|_| Refusal::NotFound("payment link"))?)
}

pub(crate) async fn show(
    State(state): State<PortalState>,
    Path((_, _, id)): Named,
    here: Here,
) -> Response {
    let done = match here.fields.get("done") {
        "created" => Some("The link is ready. Share it with your customer."),
        "mailed" => Some("The mail is on its way."),
        "canceled" => Some("The link is canceled. Nobody can pay with it any more."),
        _ => None,
    };
    shown(&state, &here, &id, StatusCode::OK, done.map(Notice::good)).await
}

async fn shown(
    state: &PortalState,
    here: &Here,
    id: &str,
    status: StatusCode,
    notice: Option<Notice>,
) -> Response {
    let read = async {
        let (place, id) = (here.location()?, payment_id(id)?);
        let intents = state.app.engine.payment_intents();
        let view = intents.get(&place.scope, &id).await?;
        Ok::<_, Failure>((place, view.intent))
    };
    let (place, intent) = match read.await {
        Ok(read) => read,
        Err(failure) => return failed(&failure),
    };
    let base = path_of(&place.scope);
    let standing = Standing::of(&intent, state.app.engine.now(&place.scope));
    let link = standing.is_open.then(|| link(state, intent.id.as_str()));
    let customer = intent.details.customer.as_ref();
    let page = LinkPage {
        frame: Frame::new(here, PATH, notice),
        path: format!("{base}{PATH}/{}", intent.id),
        payment: format!("{base}/payments/{}", intent.id),
        amount: intent.total().to_string(),
        reference: intent.details.reference.clone(),
        qr: link.as_deref().and_then(qr_svg),
        link,
        standing,
        email: customer
            .and_then(|customer| customer.email_address.clone())
            .unwrap_or_default(),
        can_operate: here.visitor.may(Right::Operate, &place.scope),
        facts: facts(&intent, &place.account.time_zone),
        once: state.app.engine.documents().new_id(),
    };
    page_with(status, &page)
}

fn facts(intent: &PaymentIntent, zone: &str) -> Vec<(&'static str, String)> {
    let details = &intent.details;
    let mut facts = Vec::new();
    facts.extend(details.description.clone().map(|it| ("Description", it)));
    let customer = details.customer.as_ref();
    let email = customer.and_then(|customer| customer.email_address.clone());
    facts.extend(email.map(|email| ("Customer", email)));
    facts.push(("Created", local(intent.created_at, zone)));
    if intent.status == Status::Created {
        facts.push(("Expires", local(intent.expire_at, zone)));
    }
    facts.push(("Capture", intent.capture_mode.name().to_owned()));
    let offered = offered(intent);
    if !offered.is_empty() {
        facts.push(("The page offers", offered.join(", ")));
    }
    facts
}

/// What the checkout page offers and asks for besides the card.
fn offered(intent: &PaymentIntent) -> Vec<&'static str> {
    let config = intent.details.config.clone().unwrap_or_default();
    let payment = config.payment.unwrap_or_default();
    let asks = |flag: Option<tatami_core::payment_intent::Flag>| {
        flag.is_some_and(|flag| flag.collection_required)
    };
    [
        (payment.tips_allowed, "a tip"),
        (
            payment.custom_amount_allowed,
            "an amount of the customer's own",
        ),
        (asks(config.customer_email), "e-mail address"),
        (asks(config.billing_address), "billing address"),
        (asks(config.shipping_details), "delivery address"),
    ]
    .into_iter()
    .filter_map(|(is_offered, what)| is_offered.then_some(what))
    .collect()
}

/// The code of a link, as a file to print.
pub(crate) async fn qr_code(
    State(state): State<PortalState>,
    Path((_, _, id)): Named,
    here: Here,
) -> Response {
    let read = async {
        let (place, id) = (here.location()?, payment_id(&id)?);
        let intents = state.app.engine.payment_intents();
        let view = intents.get(&place.scope, &id).await?;
        let code = qr_svg(&link(&state, view.intent.id.as_str()));
        Ok::<_, Failure>(code.ok_or(Refusal::NotFound("QR code"))?)
    };
    match read.await {
        Ok(svg) => {
            let headers = [
                (CONTENT_TYPE, "image/svg+xml"),
                (
                    CONTENT_DISPOSITION,
                    "attachment; filename=\"payment-link.svg\"",
                ),
            ];
            (headers, svg).into_response()
        }
        Err(failure) => failed(&failure),
    }
}

pub(crate) async fn cancel(
    State(state): State<PortalState>,
    Path((_, _, id)): Named,
    here: Here,
) -> Response {
    let canceled = async {
        let named = payment_id(&id)?;
        let call = once(&here, &format!("cancel {named}"), here.fields.digest())?;
        state
            .note(&here, "payment-link.cancel", named.as_str(), None)
            .await?;
        let intents = state.app.engine.payment_intents();
        intents.cancel(&call, &named).await?;
        Ok(())
    };
    answered(&state, &here, &id, canceled.await, "canceled").await
}

/// Sends a link by mail, once however often the form is sent.
pub(crate) async fn mail(
    State(state): State<PortalState>,
    Path((_, _, id)): Named,
    here: Here,
) -> Response {
    let mailed = async {
        let (named, to) = (payment_id(&id)?, here.fields.get("email").trim());
        let digest = here.fields.digest();
        // A form that was gone back to may be sent to another address.
        let call = once(&here, &format!("mail {named} {digest}"), digest)?;
        let new = Some(json!({ "email": to }));
        state
            .note(&here, "payment-link.mail", named.as_str(), new)
            .await?;
        let links = state.app.engine.payment_links();
        let link = link(&state, named.as_str());
        links.send(&call, &named, to, &link).await
    };
    answered(&state, &here, &id, mailed.await, "mailed").await
}

async fn answered(
    state: &PortalState,
    here: &Here,
    id: &str,
    result: Result<(), Failure>,
    done: &str,
) -> Response {
    let place = here.location().map(|place| path_of(&place.scope));
    let to = result
        .and(place)
        .map(|base| format!("{base}{PATH}/{id}?done={done}"));
    redirect_or(to, |status, notice| shown(state, here, id, status, notice)).await
}
