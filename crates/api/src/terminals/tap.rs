//! `POST /tap/apple-terminal/secret`.

use axum::extract::State;
use axum::response::Response;
use tatami_core::time::ticks;
use tatami_http::openapi::{BadRequest, Forbidden, Unauthorized, VersionHeader};
use tatami_http::problem::Problem;
use tatami_http::reply::reply_json;

use crate::ApiState;
use crate::auth::Caller;
use crate::wire::terminal::CreateTerminalSecretResponse;

/// Create a secret for Tap to Pay on iPhone
///
/// With the secret, an app uses the phone as a card machine.
#[utoipa::path(
    post,
    path = "/tap/apple-terminal/secret",
    operation_id = "CreateTerminalSecret",
    tag = "Tap to Pay on iPhone",
    params(VersionHeader),
    responses(
        (status = 200, description = "The new secret and its expiry.", body = CreateTerminalSecretResponse),
        BadRequest, Unauthorized, Forbidden,
    )
)]
pub async fn create_secret(
    State(state): State<ApiState>,
    caller: Caller,
) -> Result<Response, Problem> {
    let made = state.engine.terminals().tap_secret(&caller.scope);
    Ok(reply_json(&CreateTerminalSecretResponse {
        secret: made.secret,
        expiration_date: ticks(made.expires_at),
    }))
}
