//! Answers as JSON, and what an operation of the engine ended with.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use tatami_engine::ports::answers::Answer;
use tatami_engine::{Failure, with_json};

use crate::problem::Problem;

/// A wire type as JSON.
pub fn json(wire: &impl Serialize) -> Vec<u8> {
    // Wire types are structs of plain data with string keys: they serialise.
    with_json(wire, <[u8]>::to_vec).unwrap_or_default()
}

/// A `200` with that JSON.
pub fn reply_json(wire: &impl Serialize) -> Response {
    written(json(wire))
}

/// A `200` with JSON that is written already.
pub fn written(body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// The HTTP answer to an operation.
///
/// # Errors
/// The problem that the operation ended with, or that its stored answer is.
pub fn reply(answer: Result<Answer, Failure>) -> Result<Response, Problem> {
    let answer = answer?;
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if status.is_client_error() || status.is_server_error() {
        return Err(Problem::from_body(status, &answer.body));
    }
    if answer.body.is_empty() {
        return Ok(status.into_response());
    }
    let mut response = written(answer.body);
    *response.status_mut() = status;
    Ok(response)
}
