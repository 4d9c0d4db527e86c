//! Webhooks: endpoints with their secrets, what was delivered, and how a receiver verifies
//! it.

mod again;
mod changes;
mod rows;

pub(crate) use again::{resend, resend_failed, test};
pub(crate) use changes::{activate_secret, add, add_secret, change, delete, delete_secret};

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use tatami_core::event::EventType;
use tatami_core::webhook::Subscription;
use tatami_engine::Failure;

use self::rows::{DeliveryRow, EndpointRow, EventChoice, TestRow, delivery, endpoint};
use crate::PortalState;
use crate::frame::{Frame, Notice};
use crate::pages::{failed, page_with};
use crate::visit::{Here, path_of};

const PATH: &str = "/webhooks";
/// Deliveries that are shown.
const SHOWN: usize = 50;

/// What there is to say of what was just done.
#[derive(Default)]
struct Said {
    notice: Option<Notice>,
    /// What came of an event to try an endpoint with.
    test: Option<TestRow>,
    /// The event whose endpoint is to be tried.
    tried: Option<EventType>,
}

impl Said {
    fn notice(notice: Notice) -> Self {
        Self {
            notice: Some(notice),
            ..Self::default()
        }
    }
}

/// An event whose endpoint is to be tried.
struct Tried {
    event: String,
    /// The id and the URL of the endpoint, if there is one.
    endpoint: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "webhooks.html")]
struct WebhooksPage<'a> {
    frame: Frame,
    path: String,
    endpoints: Vec<EndpointRow>,
    deliveries: Vec<DeliveryRow>,
    /// Events that have no endpoint yet.
    free: Vec<EventChoice>,
    url: &'a str,
    test: Option<TestRow>,
    tried: Option<Tried>,
    since: &'a str,
    has_failed: bool,
    /// How a receiver verifies a signature, by the language.
    verifiers: &'a [(&'static str, String)],
}

pub(crate) async fn list(State(state): State<PortalState>, here: Here) -> Response {
    let done = match here.fields.get("done") {
        "added" => Some("The endpoint was added.".to_owned()),
        "changed" => Some("The endpoint was changed.".to_owned()),
        "deleted" => Some("The endpoint was deleted.".to_owned()),
        "secret" => Some("The secrets were changed.".to_owned()),
        "resent" => Some("The event is sent again.".to_owned()),
        "resent-failed" => Some(match here.fields.get("count").parse::<u64>() {
            Ok(0) => "There was no failed delivery since then.".to_owned(),
            Ok(1) => "1 event is sent again.".to_owned(),
            Ok(count) => format!("{count} events are sent again."),
            Err(_) => "The failed events are sent again.".to_owned(),
        }),
        _ => None,
    };
    let said = Said {
        notice: done.map(|sentence| Notice::good(&sentence)),
        tried: EventType::from_name(here.fields.get("event")),
        test: None,
    };
    webhooks(&state, &here, StatusCode::OK, said).await
}

async fn webhooks(state: &PortalState, here: &Here, status: StatusCode, said: Said) -> Response {
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
    let free: Vec<String> = free.filter(|event| !taken.contains(&event)).collect();
    let sender = state.app.engine.webhooks();
    let page = WebhooksPage {
        frame: Frame::new(here, PATH, said.notice),
        path: format!("{}{PATH}", path_of(&place.scope)),
        endpoints: endpoints
            .iter()
            .map(|(it, values)| endpoint(it, values, &free))
            .collect(),
        free: free
            .into_iter()
            .map(|name| EventChoice {
                is_chosen: here.fields.all("event").any(|chosen| chosen == name),
                name,
            })
            .collect(),
        has_failed: deliveries.iter().any(|it| it.state == "gave-up"),
        deliveries: deliveries
            .into_iter()
            .map(|report| {
                let id = report.endpoint.as_str();
                let endpoint = endpoints.iter().find(|(it, _)| it.id.as_str() == id);
                let headers = endpoint.map(|(it, _)| sender.headers(it, &report.payload));
                delivery(report, headers, zone)
            })
            .collect(),
        url: here.fields.get("url"),
        test: said.test,
        tried: said.tried.map(|event| tried(&event, &endpoints)),
        since: here.fields.get("since"),
        verifiers: &state.verifiers,
    };
    page_with(status, &page)
}

fn tried(event: &EventType, endpoints: &[(Subscription, Vec<String>)]) -> Tried {
    let is_of = |it: &Subscription| it.events.iter().any(|name| name == event.name());
    let found = endpoints.iter().find(|(it, _)| is_of(it));
    Tried {
        event: event.name().to_owned(),
        endpoint: found.map(|(it, _)| (it.id.to_string(), it.url.clone())),
    }
}
