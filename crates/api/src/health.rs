//! Whether the program runs, and what it offers.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::ApiState;
use crate::answers::reply_json;
use crate::auth::PublicVersion;
use crate::openapi::{self, BadRequest, OptionalVersionHeader, Unavailable};
use crate::problem::Problem;

/// That all is well.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// `ok`.
    pub status: String,
}

fn well() -> Response {
    reply_json(&Health {
        status: "ok".to_owned(),
    })
}

/// Whether the process is up
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "Health_Get",
    tag = "Health",
    security(()),
    responses((status = 200, description = "It is up.", body = Health))
)]
pub async fn healthz() -> Response {
    well()
}

/// Whether the program is ready: storage answers and it is not about to stop
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "Health_GetReadiness",
    tag = "Health",
    security(()),
    responses((status = 200, description = "It is ready.", body = Health), Unavailable)
)]
pub async fn readyz(State(state): State<ApiState>) -> Result<Response, Problem> {
    if state.gate.is_draining() {
        let detail = "The program is about to stop.";
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail));
    }
    state.engine.ping().await?;
    Ok(well())
}

/// This document
///
/// For the version in the request's header; the newest without one.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "Health_GetOpenApi",
    tag = "Health",
    params(OptionalVersionHeader),
    security(()),
    responses((status = 200, description = "An OpenAPI document.", body = Value), BadRequest)
)]
pub async fn document(
    State(state): State<ApiState>,
    PublicVersion(version): PublicVersion,
) -> Response {
    let text = openapi::text(version, state.sandbox.is_some());
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}
