//! Webhooks: endpoints with their secrets, and what was delivered.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde_json::json;
use tatami_core::account::Scope;
use tatami_core::event::EventType;
use tatami_core::id::{SecretId, SubscriptionId};
use tatami_core::problem::Refusal;
use tatami_core::time::ticks;
use tatami_core::webhook::Subscription;
use tatami_engine::ports::store::DeliveryReport;
use tatami_engine::{Call, Failure, NewSubscription};

use crate::PortalState;
use crate::deliveries;
use crate::frame::{Frame, Notice};
use crate::pages::{explained, failed, page_with};
use crate::payments::VERSION;
use crate::times::local;
use crate::visit::{Here, path_of};

const PATH: &str = "/webhooks";
/// Deliveries that are shown.
const SHOWN: usize = 50;

struct SecretRow {
    id: String,
    value: String,
    is_active: bool,
}

struct EndpointRow {
    id: String,
    url: String,
    events: Vec<String>,
    secrets: Vec<SecretRow>,
}

struct DeliveryRow {
    event: String,
    kind: String,
    receiver: String,
    state: String,
    at: String,
    iso: String,
    payload: String,
    attempts: Vec<String>,
    next: Option<String>,
    /// Its endpoint, if it was given up.
    given_up_by: Option<String>,
}

#[derive(Template)]
#[template(path = "webhooks.html")]
struct WebhooksPage<'a> {
    frame: Frame,
    path: String,
    endpoints: Vec<EndpointRow>,
    deliveries: Vec<DeliveryRow>,
    /// Events that have no endpoint yet.
    free: Vec<String>,
    url: &'a str,
}

pub(crate) async fn list(State(state): State<PortalState>, here: Here) -> Response {
    let done = match here.fields.get("done") {
        "added" => Some("The endpoint was added."),
        "deleted" => Some("The endpoint was deleted."),
        "secret" => Some("The secrets were changed."),
        "resent" => Some("The delivery is tried again."),
        _ => None,
    };
    webhooks(&state, &here, StatusCode::OK, done.map(Notice::good)).await
}

async fn webhooks(
    state: &PortalState,
    here: &Here,
    status: StatusCode,
    notice: Option<Notice>,
) -> Response {
    let read = async {
        let place = here.location()?;
        let webhooks = state.app.engine.webhooks();
        let endpoints = webhooks.list(&place.scope).await?;
        let deliveries = webhooks.deliveries(&place.scope, SHOWN).await?;
        Ok::<_, Failure>((place, endpoints, deliveries))
    };
    let (place, endpoints, deliveries) = match read.await {
        Ok(read) => read,
        Err(failure) => return failed(&failure),
    };
    let zone = place.account.time_zone.as_str();
    let taken: Vec<&String> = endpoints.iter().flat_map(|(it, _)| &it.events).collect();
    let free = EventType::ALL
        .map(|kind| kind.name().to_owned())
        .into_iter();
    let page = WebhooksPage {
        frame: Frame::new(here, PATH, notice),
        path: format!("{}{PATH}", path_of(&place.scope)),
        free: free.filter(|event| !taken.contains(&event)).collect(),
        endpoints: endpoints
            .iter()
            .map(|(it, values)| endpoint(it, values))
            .collect(),
        deliveries: deliveries
            .into_iter()
            .map(|it| delivery(it, zone))
            .collect(),
        url: here.fields.get("url"),
    };
    page_with(status, &page)
}

fn endpoint(subscription: &Subscription, values: &[String]) -> EndpointRow {
    let secrets = subscription.secrets.iter().zip(values);
    let secrets = secrets.map(|(secret, value)| SecretRow {
        id: secret.id.to_string(),
        value: value.clone(),
        is_active: secret.active,
    });
    EndpointRow {
        id: subscription.id.to_string(),
        url: subscription.url.clone(),
        events: subscription.events.clone(),
        secrets: secrets.collect(),
    }
}

fn delivery(report: DeliveryReport, zone: &str) -> DeliveryRow {
    let attempts = report.attempts.iter().map(|attempt| {
        format!(
            "{}: {} after {} ms. {}",
            local(attempt.at, zone),
            deliveries::outcome(attempt),
            attempt.took_ms,
            attempt.answer
        )
    });
    let is_failed = report.state == "gave-up";
    DeliveryRow {
        attempts: attempts.collect(),
        event: report.event.to_string(),
        receiver: deliveries::receiver(&report),
        kind: report.event_type,
        at: local(report.created_at, zone),
        iso: ticks(report.created_at),
        next: report.next_at.map(|at| local(at, zone)),
        given_up_by: is_failed.then_some(report.endpoint),
        state: report.state,
        payload: report.payload,
    }
}

fn call(scope: &Scope) -> Call {
    Call {
        scope: scope.clone(),
        version: VERSION,
        idempotency: None,
    }
}

async fn answered(
    state: &PortalState,
    here: &Here,
    result: Result<(), Failure>,
    done: &str,
) -> Response {
    match (result, here.some_scope()) {
        (Ok(()), Some(scope)) => {
            Redirect::to(&format!("{}{PATH}?done={done}", path_of(&scope))).into_response()
        }
        (Ok(()), None) => StatusCode::NOT_FOUND.into_response(),
        (Err(failure), _) => {
            let (status, sentences) = explained(&failure);
            webhooks(state, here, status, Some(Notice::bad(sentences))).await
        }
    }
}

pub(crate) async fn add(State(state): State<PortalState>, here: Here) -> Response {
    let added = async {
        let wish = NewSubscription {
            events: here.fields.all("event").map(str::to_owned).collect(),
            url: here.fields.get("url").trim().to_owned(),
            description: None,
        };
        let new = Some(json!({ "events": wish.events }));
        let scope = state.note(&here, "webhook.add", &wish.url, new).await?;
        state
            .app
            .engine
            .webhooks()
            .subscribe(&call(scope), wish)
            .await?;
        Ok(())
    };
    answered(&state, &here, added.await, "added").await
}

type Named = Path<(String, String, String)>;
type NamedSecret = Path<(String, String, String, String)>;

fn subscription(id: &str) -> Result<SubscriptionId, Failure> {
    Ok(SubscriptionId::parse(id).map_err(|_| Refusal::NotFound("endpoint"))?)
}

fn secret(id: &str) -> Result<SecretId, Failure> {
    Ok(SecretId::parse(id).map_err(|_| Refusal::NotFound("secret"))?)
}

pub(crate) async fn delete(
    State(state): State<PortalState>,
    Path((_, _, id)): Named,
    here: Here,
) -> Response {
    let deleted = async {
        let id = subscription(&id)?;
        let scope = state
            .note(&here, "webhook.delete", id.as_str(), None)
            .await?;
        state.app.engine.webhooks().delete(scope, &id).await
    };
    answered(&state, &here, deleted.await, "deleted").await
}

pub(crate) async fn add_secret(
    State(state): State<PortalState>,
    Path((_, _, id)): Named,
    here: Here,
) -> Response {
    let added = async {
        let id = subscription(&id)?;
        let scope = state
            .note(&here, "webhook.add-secret", id.as_str(), None)
            .await?;
        state
            .app
            .engine
            .webhooks()
            .add_secret(&call(scope), &id)
            .await?;
        Ok(())
    };
    answered(&state, &here, added.await, "secret").await
}

pub(crate) async fn activate_secret(
    State(state): State<PortalState>,
    Path((_, _, id, of)): NamedSecret,
    here: Here,
) -> Response {
    let activated = async {
        let (id, of) = (subscription(&id)?, secret(&of)?);
        let scope = state
            .note(&here, "webhook.activate-secret", of.as_str(), None)
            .await?;
        state
            .app
            .engine
            .webhooks()
            .activate_secret(scope, &id, &of)
            .await
    };
    answered(&state, &here, activated.await, "secret").await
}

pub(crate) async fn delete_secret(
    State(state): State<PortalState>,
    Path((_, _, id, of)): NamedSecret,
    here: Here,
) -> Response {
    let deleted = async {
        let (id, of) = (subscription(&id)?, secret(&of)?);
        let scope = state
            .note(&here, "webhook.delete-secret", of.as_str(), None)
            .await?;
        state
            .app
            .engine
            .webhooks()
            .delete_secret(scope, &id, &of)
            .await
    };
    answered(&state, &here, deleted.await, "secret").await
}

/// Tries a delivery again that was given up.
pub(crate) async fn resend(State(state): State<PortalState>, here: Here) -> Response {
    let resent = async {
        let (event, endpoint) = (here.fields.get("event"), here.fields.get("endpoint"));
        let scope = state.note(&here, "webhook.resend", event, None).await?;
        state
            .app
            .engine
            .webhooks()
            .resend(scope, event, endpoint)
            .await
    };
    answered(&state, &here, resent.await, "resent").await
}
