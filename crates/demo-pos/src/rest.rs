//! The EPOS Data API over REST, which this POS hosts.

use std::collections::HashMap;
use std::io;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures_util::stream;
use http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value, json};

use crate::pos::{Answer, HANDLE_EVENT, Pos};
use crate::restaurant::Refusal;

/// The user name that the platform is registered with.
pub const USERNAME: &str = "dojo";
/// The password that the platform is registered with.
pub const PASSWORD: &str = "demo";

const GET: MethodFilter = MethodFilter::GET;
const POST: MethodFilter = MethodFilter::POST;
const PUT: MethodFilter = MethodFilter::PUT;
const DELETE: MethodFilter = MethodFilter::DELETE;

/// Methods and paths of the operations.
const ROUTES: [(MethodFilter, &str, &str); 22] = [
    (GET, "/v1/areas", "ListAreas"),
    (POST, "/v1/tables/search", "SearchTables"),
    (POST, "/v1/orders", "CreateOrder"),
    (POST, "/v1/orders/search", "SearchOrders"),
    (GET, "/v1/orders/{orderId}", "GetOrderById"),
    (DELETE, "/v1/orders/{orderId}", "CancelOrderById"),
    (GET, "/v1/orders/{orderId}/bill", "GetOrderBillById"),
    (
        POST,
        "/v1/orders/{orderId}/record-payment",
        "RecordOrderPaymentById",
    ),
    (POST, "/v1/orders/{orderId}/lock", "CreateOrderLock"),
    (
        PUT,
        "/v1/orders/{orderId}/locks/{lockId}",
        "ExtendOrderLock",
    ),
    (
        DELETE,
        "/v1/orders/{orderId}/locks/{lockId}",
        "DeleteOrderLock",
    ),
    (POST, "/v1/parties", "CreateParty"),
    (POST, "/v1/parties/search", "SearchParties"),
    (GET, "/v1/parties/{partyId}", "GetPartyById"),
    (PUT, "/v1/parties/{partyId}", "UpdateParty"),
    (DELETE, "/v1/parties/{partyId}", "DeletePartyById"),
    (POST, "/v1/reservations", "CreateReservation"),
    (POST, "/v1/reservations/search", "SearchReservations"),
    (
        GET,
        "/v1/reservations/{reservationId}",
        "GetReservationById",
    ),
    (PUT, "/v1/reservations/{reservationId}", "UpdateReservation"),
    (
        DELETE,
        "/v1/reservations/{reservationId}",
        "DeleteReservationById",
    ),
    (POST, "/v1/events", HANDLE_EVENT),
];

/// The headers that identify the requestor, and their names over a WebSocket.
const REQUESTOR: [(&str, &str); 4] = [
    ("waiter-id", "waiterId"),
    ("dojo-requesting-product", "dojoRequestingProduct"),
    ("device-id", "deviceId"),
    ("device-type", "deviceType"),
];

/// The routes of all operations.
pub fn routes() -> Router<Pos> {
    let routes = ROUTES.into_iter();
    routes.fold(Router::new(), |router, (method, path, operation)| {
        let handler = move |State(pos): State<Pos>,
                            Path(ids): Path<HashMap<String, String>>,
                            headers: HeaderMap,
                            body: Bytes| async move {
            answer(&pos, operation, ids, &headers, &body).await
        };
        router.route(path, on(method, handler))
    })
}

async fn answer(
    pos: &Pos,
    operation: &str,
    ids: HashMap<String, String>,
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    if !is_platform(headers) {
        let refusal = json!({ "errorType": "InvalidRequest", "debugMessage": "Wrong password." });
        return reply(StatusCode::UNAUTHORIZED, &refusal);
    }
    let params = match params(ids, headers, body) {
        Ok(params) => params,
        Err(refusal) => return refused(&refusal),
    };
    match pos.answer(operation, &params).await {
        // Over REST this one is published as a list of pages.
        Answer::Result(page) if operation == "SearchTables" => {
            reply(StatusCode::OK, &json!([page]))
        }
        Answer::Result(result) | Answer::Twice(result) => reply(StatusCode::OK, &result),
        Answer::Refused(refusal) => refused(&refusal),
        Answer::Nonsense => (StatusCode::OK, "<p>It works!</p>").into_response(),
        Answer::Down => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        // The body breaks off, and with it the connection.
        Answer::Lost => {
            let broken = io::Error::from(io::ErrorKind::ConnectionReset);
            Body::from_stream(stream::iter([Err::<Bytes, _>(broken)])).into_response()
        }
    }
}

fn is_platform(headers: &HeaderMap) -> bool {
    let expected = BASE64.encode(format!("{USERNAME}:{PASSWORD}"));
    let given = headers.get(header::AUTHORIZATION);
    given.is_some_and(|given| given.as_bytes() == format!("Basic {expected}").as_bytes())
}

/// The request as it would be over a WebSocket: ids, properties of the body and headers.
fn params(
    ids: HashMap<String, String>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Value, Refusal> {
    let invalid = || Refusal {
        kind: "InvalidRequest",
        message: "The body is not a JSON object.".to_owned(),
    };
    let mut params: Map<String, Value> = match body.trim_ascii() {
        b"" => Map::new(),
        text => serde_json::from_slice(text).map_err(|_| invalid())?,
    };
    params.extend(ids.into_iter().map(|(name, id)| (name, id.into())));
    let requestor = REQUESTOR.into_iter().filter_map(|(header, name)| {
        let value = headers.get(header)?.to_str().ok()?;
        Some((name.to_owned(), Value::from(value)))
    });
    params.insert("headers".to_owned(), Value::Object(requestor.collect()));
    Ok(Value::Object(params))
}

fn refused(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status());
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    reply(status, &refusal.json())
}

fn reply(status: StatusCode, value: &Value) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json")];
    (status, json, value.to_string()).into_response()
}
