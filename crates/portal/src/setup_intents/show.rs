//! One setup intent: the link to its page, the card, and giving it up.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use tatami_core::id::SetupIntentId;
use tatami_core::people::Right;
use tatami_core::problem::Refusal;
use tatami_core::setup_intent::{SetupIntent, Status};
use tatami_engine::Failure;
use tatami_epos::paper::qr_svg;

use super::{PATH, card, kind, word};
use crate::PortalState;
use crate::calls::call;
use crate::frame::{Frame, Notice};
use crate::pages::{failed, page_with, redirect_or};
use crate::payment_links::link;
use crate::times::local;
use crate::visit::{Here, path_of};

type Named = Path<(String, String, String)>;

#[derive(Template)]
#[template(path = "setup_intent.html")]
struct SetupPage {
    frame: Frame,
    list: String,
    path: String,
    id: String,
    reference: String,
    status: &'static str,
    terms: String,
    /// While a card can be given.
    link: Option<String>,
    qr: Option<String>,
    facts: Vec<(&'static str, String)>,
    customer: Option<String>,
    can_cancel: bool,
    has_card: bool,
}

fn setup_id(id: &str) -> Result<SetupIntentId, Failure> {
    Ok(SetupIntentId::parse(id).map_err(|_| Refusal::NotFound("setup intent"))?)
}

pub(crate) async fn show(
    State(state): State<PortalState>,
    Path((_, _, id)): Named,
    here: Here,
) -> Response {
    let done = match here.fields.get("done") {
        "created" => Some("The setup intent is ready. Send its link to your customer."),
        "canceled" => Some("It is given up. If a card was kept, it is deleted."),
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
        let (place, id) = (here.location()?, setup_id(id)?);
        let setups = state.app.engine.setup_intents();
        Ok::<_, Failure>((place, setups.get(&place.scope, &id).await?.intent))
    };
    let (place, intent) = match read.await {
        Ok(read) => read,
        Err(failure) => return failed(&failure),
    };
    let base = path_of(&place.scope);
    let now = state.app.engine.now(&place.scope);
    let is_open = intent.status == Status::Created && intent.expire_at > now;
    let link = is_open.then(|| link(state, intent.id.as_str()));
    let has_card = intent.saved_card().is_some();
    let customer = intent.details.customer_id();
    let page = SetupPage {
        frame: Frame::new(here, PATH, notice),
        list: format!("{base}{PATH}"),
        path: format!("{base}{PATH}/{}", intent.id),
        id: intent.id.to_string(),
        reference: intent.details.reference.clone(),
        status: word(intent.status),
        terms: intent.terms.clone(),
        qr: link.as_deref().and_then(qr_svg),
        link,
        facts: facts(&intent, &place.account.time_zone),
        customer: customer.map(|id| format!("{base}/customers/{id}")),
        can_cancel: here.visitor.may(Right::Operate, &place.scope) && (is_open || has_card),
        has_card,
    };
    page_with(status, &page)
}

fn facts(intent: &SetupIntent, zone: &str) -> Vec<(&'static str, String)> {
    let customer = intent.details.customer.as_ref();
    let email = customer.and_then(|customer| customer.email_address.clone());
    let amount = intent.intended_amount.map(|amount| amount.to_string());
    let agreed = intent.verification.as_ref();
    let agreed = agreed.map(|it| local(it.consent.at, zone));
    let is_open = intent.status == Status::Created;
    [
        ("To be charged", Some(kind(intent).to_owned())),
        ("Intended amount", amount),
        ("Card", Some(card(intent)).filter(|card| !card.is_empty())),
        ("Agreed", agreed),
        ("Customer", email),
        ("Created", Some(local(intent.created_at, zone))),
        ("Expires", is_open.then(|| local(intent.expire_at, zone))),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}

/// Gives a setup intent up, with its card.
pub(crate) async fn cancel(
    State(state): State<PortalState>,
    Path((_, _, id)): Named,
    here: Here,
) -> Response {
    let canceled = async {
        let named = setup_id(&id)?;
        let scope = state
            .note(&here, "setup-intent.cancel", named.as_str(), None)
            .await?;
        let setups = state.app.engine.setup_intents();
        let with_card = here.fields.get("with-card") == "yes";
        setups.delete(&call(scope), &named, with_card).await?;
        Ok::<_, Failure>(format!("{}{PATH}/{named}?done=canceled", path_of(scope)))
    };
    redirect_or(canceled.await, |status, notice| {
        shown(&state, &here, &id, status, notice)
    })
    .await
}
