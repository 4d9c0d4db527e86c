//! `/epos`: where a POS opens its WebSocket.

use std::sync::Arc;

use async_trait::async_trait;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::response::Response;
use http::StatusCode;
use serde_json::Value;
use tatami_core::id::KeyId;
use tatami_engine::Failure;
use tatami_http::problem::Problem;

use super::events;
use super::partner::PartnerOfHouse;
use crate::EposState;
use crate::gateway::{BUSY, IntegrationKey, MAX_TEXT_BYTES, RequestHandler};
use crate::integration::Integration;

/// The largest message that a connection survives.
const MAX_MESSAGE_BYTES: usize = 4 * MAX_TEXT_BYTES;
/// What a connection keeps to read into: most POS systems are silent.
const READ_BUFFER_BYTES: usize = 4 * 1024;

/// The method by which a POS submits an event over its connection.
pub const SUBMIT_EVENT: &str = "SubmitEventV1";
const NO_METHOD: i64 = -32601;
const BAD_PARAMS: i64 = -32602;
const FAILED: i64 = -32603;

/// Opens the connection of a POS.
pub async fn connect(
    State(state): State<EposState>,
    partner: PartnerOfHouse,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let upgrade = upgrade.map_err(|rejection| {
        let why = rejection.body_text();
        let detail = format!("This path is for WebSocket connections over HTTP/1.1. {why}.");
        Problem::new(StatusCode::BAD_REQUEST, detail)
    })?;
    let PartnerOfHouse {
        key: api_key,
        scope,
        house,
    } = partner;
    let upgrade = upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_MESSAGE_BYTES);
    Ok(upgrade.on_upgrade(async move |socket| {
        let key = IntegrationKey {
            integration: Integration::id_of(&scope, &house),
            scope,
        };
        tracing::info!(account = %key.scope.account, "a POS is connected");
        let gateway = state.gateway.clone();
        let handler = Arc::new(Submitted {
            state,
            key: key.clone(),
            api_key: api_key.clone(),
        });
        gateway.serve(&key, api_key, socket, handler).await;
        tracing::info!(account = %key.scope.account, "the connection of a POS is over");
    }))
}

/// What a POS submits over its connection.
struct Submitted {
    state: EposState,
    key: IntegrationKey,
    api_key: KeyId,
}

#[async_trait]
impl RequestHandler for Submitted {
    async fn opened(&self) {
        let engine = &self.state.app.engine;
        let hastened = engine
            .jobs()
            .hasten_deliveries(&self.key.scope, &self.key.integration);
        if let Err(error) = hastened.await {
            tracing::error!(%error, "events wait for a POS although it is connected");
        }
    }

    async fn handle(&self, method: &str, params: Value) -> Result<Value, (i64, String)> {
        let permit = self.state.app.load_shed.admit(&self.api_key);
        let _permit = permit.map_err(|problem| (BUSY, problem.detail().to_owned()))?;
        if !method.eq_ignore_ascii_case(SUBMIT_EVENT) {
            return Err((NO_METHOD, "There is no such method.".to_owned()));
        }
        let submitted = events::read(&params).map_err(|rule| (BAD_PARAMS, rule))?;
        let kept = self.state.events.keep(&self.key.scope, &submitted).await;
        kept.map_err(|failure| match failure {
            Failure::Refused(refusal) => (BAD_PARAMS, refusal.to_string()),
            other => {
                tracing::error!(error = %other, "an event of a POS was not kept");
                (FAILED, "The event was not kept. Send it again.".to_owned())
            }
        })?;
        Ok(events::written(&submitted))
    }
}
