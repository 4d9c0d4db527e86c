//! Whether the program runs, and what it offers.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::Serialize;
use tatami_http::openapi::{BadRequest, OptionalVersionHeader, Unavailable};
use tatami_http::problem::Problem;
use tatami_http::reply::reply_json;
use utoipa::ToSchema;

use crate::ApiState;
use crate::auth::PublicVersion;
use crate::openapi;

/// State of the program.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// Always `ok`; any other state is answered with the status 503.
    pub status: String,
}

fn well() -> Response {
    reply_json(&Health {
        status: "ok".to_owned(),
    })
}

/// Check that the process is running
///
/// Always answers 200 while the process is up.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "Health_Get",
    tag = "Health",
    security(()),
    responses((status = 200, description = "The process is running.", body = Health))
)]
pub async fn healthz() -> Response {
    well()
}

/// Check that the program is ready
///
/// Answers 200 if the storage can be read and written to and the program is not
/// about to stop, and 503 otherwise.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "Health_GetReadiness",
    tag = "Health",
    security(()),
    responses((status = 200, description = "The program is ready for requests.", body = Health), Unavailable)
)]
pub async fn readyz(State(state): State<ApiState>) -> Result<Response, Problem> {
    if state.load_shed.is_draining() {
        let detail = "The program is about to stop.";
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail));
    }
    state.engine.ping().await?;
    Ok(well())
}

/// Retrieve this OpenAPI document
///
/// Describes the version of the API that the `version` header names; the newest
/// version if the header is left out.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "Health_GetOpenApi",
    tag = "Health",
    params(OptionalVersionHeader),
    security(()),
    responses((status = 200, description = "The OpenAPI document as JSON.", body = Value), BadRequest)
)]
pub async fn document(
    State(state): State<ApiState>,
    PublicVersion(version): PublicVersion,
) -> Response {
    let text = openapi::text(version, state.also);
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}
