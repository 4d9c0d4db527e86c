//! The first steps of a newcomer, which tick themselves off.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use tatami_core::id::{Environment, PaymentIntentId};
use tatami_core::payment_intent::{AmountDraft, Details, Draft, Status};
use tatami_core::people::Right;
use tatami_core::time::{SignedDuration, ticks};
use tatami_engine::ports::store::DeliveryReport;
use tatami_engine::{Failure, IntentQuery, NewSubscription};

use super::LOOKED_THROUGH;
use crate::calls::{call, created_id};
use crate::pages::{failed, page, refused};
use crate::times::local;
use crate::visit::{Here, Place, path_of};
use crate::{PortalState, deliveries};

/// Where the portal itself takes webhooks, so that a newcomer sees them arrive.
pub(crate) const RECEIVER: &str = "/portal/webhook-receiver";
/// What it is sent.
const EVENTS: [&str; 2] = ["payment_intent.created", "payment_intent.status_updated"];

/// A webhook about the payment that was tried.
struct Arrived {
    event: String,
    state: &'static str,
    iso: String,
    local: String,
}

/// The payment that was tried.
struct Tried {
    id: String,
    amount: String,
    status: &'static str,
    /// Where it is paid, while it can be.
    checkout: Option<String>,
    webhooks: Vec<Arrived>,
}

#[derive(Template)]
#[template(path = "steps.html")]
pub(super) struct Steps {
    path: String,
    csrf: String,
    may_try: bool,
    tried: Option<Tried>,
    is_paid: bool,
    has_webhook: bool,
    has_machine: bool,
    has_clock: bool,
}

impl Steps {
    fn done(&self) -> usize {
        let steps = [
            self.is_paid,
            self.has_webhook,
            self.has_machine,
            self.has_clock,
        ];
        steps.into_iter().filter(|is_done| *is_done).count()
    }

    /// Until all are done, and while a payment is tried.
    pub(super) fn are_shown(&self) -> bool {
        self.done() < 4 || self.tried.is_some()
    }

    /// Whether another payment may be tried, the first one being paid.
    pub(super) fn offers_more(&self) -> bool {
        self.may_try && self.is_paid
    }
}

/// The first steps alone, for the page that follows them.
pub(crate) async fn show(State(state): State<PortalState>, here: Here) -> Response {
    match read(&state, &here).await {
        Ok(Some(steps)) => page(&steps),
        Ok(None) => StatusCode::NO_CONTENT.into_response(),
        Err(failure) => failed(&failure),
    }
}

/// The first steps of a sandbox.
pub(super) async fn read(state: &PortalState, here: &Here) -> Result<Option<Steps>, Failure> {
    let place = here.location()?;
    let scope = &place.scope;
    if scope.environment != Environment::Sandbox {
        return Ok(None);
    }
    let engine = &state.app.engine;
    let query = IntentQuery {
        statuses: vec![
            Status::Authorized,
            Status::Captured,
            Status::Refunded,
            Status::Reversed,
        ],
        limit: LOOKED_THROUGH,
        ..IntentQuery::default()
    };
    let paid = engine.payment_intents().search(scope, query).await?.views;
    let deliveries = engine.webhooks().deliveries(scope, LOOKED_THROUGH).await?;
    let is_webhook = |it: &DeliveryReport| it.is_webhook() && it.state == "delivered";
    let ahead = engine.now(scope).duration_since(engine.machine_now());
    Ok(Some(Steps {
        path: path_of(scope),
        csrf: here.visitor.session.csrf.clone(),
        may_try: here.visitor.may(Right::Operate, scope),
        tried: tried(state, here, place, &deliveries).await?,
        is_paid: !paid.is_empty(),
        has_webhook: deliveries.iter().any(is_webhook),
        has_machine: paid.iter().any(|view| {
            let authorization = view.intent.authorization.as_ref();
            authorization.is_some_and(|it| it.in_person.is_some())
        }),
        has_clock: ahead > SignedDuration::from_secs(1),
    }))
}

/// The payment that the query names, and what was delivered about it.
async fn tried(
    state: &PortalState,
    here: &Here,
    place: &Place,
    deliveries: &[DeliveryReport],
) -> Result<Option<Tried>, Failure> {
    let Ok(id) = PaymentIntentId::parse(here.fields.get("tried")) else {
        return Ok(None);
    };
    let intents = state.app.engine.payment_intents();
    let intent = match intents.get(&place.scope, &id).await {
        Ok(view) => view.intent,
        Err(Failure::Refused(_)) => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let about = deliveries
        .iter()
        .filter(|it| it.is_webhook() && it.payload.contains(id.as_str()));
    let arrived = |it: &DeliveryReport| Arrived {
        event: it.event_type.clone(),
        state: deliveries::state(it),
        iso: ticks(it.created_at),
        local: local(it.created_at, &place.account.time_zone),
    };
    let base = state.base().trim_end_matches('/');
    let is_open = intent.status == Status::Created;
    Ok(Some(Tried {
        amount: intent.total().to_string(),
        status: intent.status.name(),
        checkout: is_open.then(|| format!("{base}/checkout/{id}")),
        webhooks: about.rev().map(arrived).collect(),
        id: id.to_string(),
    }))
}

/// Creates a payment to try. If it is wanted, the portal takes its webhooks.
pub(crate) async fn try_one(State(state): State<PortalState>, here: Here) -> Response {
    let place = here.place.as_ref();
    let Some(place) = place.filter(|it| it.scope.environment == Environment::Sandbox) else {
        let sentence = "Payments are tried in test mode.";
        return refused(StatusCode::NOT_FOUND, sentence);
    };
    let tried = async {
        if here.fields.get("webhooks") == "here" {
            receive_here(&state, &here).await?;
        }
        create(&state, &here).await
    };
    match tried.await {
        Ok(id) => {
            let to = format!("{}?tried={id}", path_of(&place.scope));
            Redirect::to(&to).into_response()
        }
        Err(failure) => failed(&failure),
    }
}

/// Adds the portal's own endpoint, unless another has the events. An installation that
/// sends no webhooks to itself goes without.
async fn receive_here(state: &PortalState, here: &Here) -> Result<(), Failure> {
    let place = here.location()?;
    let wish = NewSubscription {
        events: EVENTS.map(str::to_owned).to_vec(),
        url: format!("{}{RECEIVER}", state.base().trim_end_matches('/')),
        description: None,
    };
    state.note(here, "webhook.add", &wish.url, None).await?;
    let webhooks = state.app.engine.webhooks();
    match webhooks.subscribe(&call(&place.scope), wish).await {
        Ok(_) | Err(Failure::Refused(_)) => Ok(()),
        Err(failure) => Err(failure),
    }
}

async fn create(state: &PortalState, here: &Here) -> Result<String, Failure> {
    let draft = Draft {
        amount: Some(AmountDraft {
            value: 1000,
            currency_code: "GBP".to_owned(),
        }),
        details: Box::new(Details {
            reference: "First payment".to_owned(),
            ..Details::default()
        }),
        ..Draft::default()
    };
    let place = here.location()?;
    state
        .note(here, "payment.create", "First payment", None)
        .await?;
    let intents = state.app.engine.payment_intents();
    created_id(&intents.create(&call(&place.scope), draft).await?)
}

/// Takes a webhook and does nothing with it: what was delivered is kept with the event.
pub(crate) async fn receive(State(state): State<PortalState>) -> StatusCode {
    match state.has_sandbox {
        true => StatusCode::NO_CONTENT,
        false => StatusCode::NOT_FOUND,
    }
}
