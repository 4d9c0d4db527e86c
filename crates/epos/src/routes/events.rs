//! `/epos/events`

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tatami_core::problem::Violation;
use tatami_http::input::{self, AsDocumented, Input, refuse};
use tatami_http::openapi::{BadRequest, Forbidden, TooLarge, Unauthorized, UnsupportedMediaType};
use tatami_http::problem::Problem;
use tatami_http::reply::reply_json;
use utoipa::ToSchema;

use super::partner::{HouseHeader, Partner};
use crate::EposState;
use crate::contract::{PosEvent, PosEventKind};

/// An event of a POS: something of it was created, changed or deleted.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventRequest {
    /// Type of the event: `OrderUpdated`, `PartyUpdated` or `ReservationUpdated`.
    #[schema(required, value_type = String, max_length = 200)]
    event_type: Option<String>,
    /// What the event is about.
    #[schema(required, value_type = AnyEvent)]
    event: Option<Ids>,
}

/// What an event is about.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "documents what is read as ids")]
enum AnyEvent {
    /// An order.
    Order(OrderEvent),
    /// A party.
    Party(PartyEvent),
    /// A reservation.
    Reservation(ReservationEvent),
}

/// An order that changed.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "documents what is read as ids")]
struct OrderEvent {
    /// Id of the order at the POS.
    #[schema(max_length = 200)]
    order_id: String,
}

/// A party that changed.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "documents what is read as ids")]
struct PartyEvent {
    /// Id of the party at the POS.
    #[schema(max_length = 200)]
    party_id: String,
}

/// A reservation that changed.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "documents what is read as ids")]
struct ReservationEvent {
    /// Id of the reservation at the POS.
    #[schema(max_length = 200)]
    reservation_id: String,
}

/// The ids of any event.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ids {
    order_id: Option<String>,
    party_id: Option<String>,
    reservation_id: Option<String>,
}

/// Submit an event
///
/// Reports that an order, a party or a reservation was created, changed or deleted at the POS.
/// It is fetched from the POS when it is needed.
#[utoipa::path(
    post,
    path = "/epos/events",
    operation_id = "Events_Submit",
    tag = "Events",
    params(HouseHeader),
    request_body = EventRequest,
    responses(
        (status = 200, description = "The event as it was understood.", body = EventRequest),
        BadRequest, Unauthorized, Forbidden, TooLarge, UnsupportedMediaType,
    )
)]
pub async fn submit(
    State(state): State<EposState>,
    partner: Partner,
    input: Input,
) -> Result<Response, Problem> {
    let event = known(input.valid(&AsDocumented)?)?;
    state.events.keep(&partner.scope, &event).await?;
    Ok(reply_json(&written(&event)))
}

/// The event that the parameters of a request over a WebSocket hold.
///
/// # Errors
/// With the rules that they break.
pub fn read(params: &Value) -> Result<PosEvent, String> {
    let body = params.to_string();
    let read = input::read::<EventRequest>(body.as_bytes(), &AsDocumented, |_| {});
    let event = read.and_then(|(request, broken)| {
        refuse(broken)?;
        known(request)
    });
    event.map_err(|problem| problem.for_terminals().detail().to_owned())
}

fn known(request: EventRequest) -> Result<PosEvent, Problem> {
    let name = request.event_type.unwrap_or_default();
    let Some(kind) = PosEventKind::from_event_type(name.trim()) else {
        let known = PosEventKind::ALL.map(PosEventKind::event_type).join(", ");
        let rule = format!("There is no event type of this name. Valid names: {known}.");
        return Err(Problem::field("EventType", rule));
    };
    let ids = request.event.unwrap_or_default();
    let (id, field) = match kind {
        PosEventKind::Order => (ids.order_id, "Event.OrderId"),
        PosEventKind::Party => (ids.party_id, "Event.PartyId"),
        PosEventKind::Reservation => (ids.reservation_id, "Event.ReservationId"),
    };
    match id.filter(|id| !id.is_empty()) {
        Some(id) => Ok(PosEvent { kind, id }),
        None => {
            let name = field.rsplit('.').next().unwrap_or(field);
            let rule = format!("The {name} field is required.");
            Err(Problem::invalid(vec![Violation::new(field, rule)]))
        }
    }
}

/// An event as it is returned.
pub fn written(event: &PosEvent) -> Value {
    let kind = event.kind;
    json!({ "eventType": kind.event_type(), "event": { kind.id_property(): event.id } })
}
