//! What apps ask besides payments: where to send them, and where to tell of themselves.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{StatusCode, header};
use serde_json::json;

use crate::CheckoutState;
use crate::answer::absolute;

/// The version of the manifest's form.
const FORMAT: u8 = 1;
/// When the manifest's contents last changed, for apps that keep it.
const CHANGED: &str = "Sun, 01 Nov 2026 00:00:00 GMT";
const EVENTS: &str = "/connect-e/client-events";

pub(crate) fn routes() -> Router<CheckoutState> {
    Router::new()
        .route("/rag-manifest.json", get(manifest))
        .route(EVENTS, post(taken))
        .route("/connect-e/client-events/{*more}", post(taken))
}

/// The manifest of regions, of which there is one.
async fn manifest(State(state): State<CheckoutState>) -> Response {
    let url = |path: &str| absolute(&state.public_url, path);
    let manifest = json!({
        "format": FORMAT,
        "baseUrl": url("/connect-e"),
        "baseClientEventUrl": url(EVENTS),
    });
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::LAST_MODIFIED, CHANGED),
        (header::CACHE_CONTROL, "public, max-age=300"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, manifest.to_string()).into_response()
}

/// What apps tell of themselves is not kept.
async fn taken() -> StatusCode {
    StatusCode::NO_CONTENT
}
