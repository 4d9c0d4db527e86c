//! `/terminal-sessions`.

use axum::extract::State;
use axum::response::Response;
use tatami_core::id::{TerminalId, TerminalSessionId};
use tatami_core::terminal_session::Order;
use tatami_http::input::{Id, Input, refuse};
use tatami_http::openapi::{IdempotencyHeader, VersionHeader};
use tatami_http::problem::Problem;
use tatami_http::reply::reply;

use super::till::{
    SessionBadRequest, SessionConflict, SessionForbidden, SessionNotFound, SessionTooLate,
    SessionUnauthorized, Till, TillHeaders,
};
use crate::ApiState;
use crate::answers::reply_in;
use crate::wire::terminal::{
    CreateTerminalSessionRequest, SignatureVerificationRequest, TerminalSession,
};

/// Create a terminal session
///
/// Starts a sale, a matched refund or an unlinked refund on a terminal. A terminal
/// runs one session at a time.
#[utoipa::path(
    post,
    path = "/terminal-sessions",
    operation_id = "TerminalSession_Create",
    tag = "Terminal sessions",
    params(VersionHeader, TillHeaders, IdempotencyHeader),
    request_body = CreateTerminalSessionRequest,
    responses(
        (status = 200, description = "The terminal session as it is now.", body = TerminalSession),
        SessionBadRequest, SessionUnauthorized, SessionForbidden, SessionNotFound, SessionConflict,
    )
)]
pub async fn create(
    State(state): State<ApiState>,
    till: Till,
    input: Input,
) -> Result<Response, Problem> {
    let (request, mut broken) = input.read::<CreateTerminalSessionRequest>(till.caller.version)?;
    let purpose = request.details.unwrap_or_default().purpose(&mut broken);
    refuse(broken)?;
    let id = TerminalId::parse(request.terminal_id.as_deref().unwrap_or_default())?;
    let Some(purpose) = purpose else {
        return Err(Problem::field(
            "Details.SessionType",
            "The SessionType must be Sale, MatchedRefund or UnlinkedRefund.",
        ));
    };
    let order = Order {
        purpose,
        software_house: till.software_house,
        reseller: till.reseller,
    };
    let call = till.caller.call(input.idempotency);
    reply(
        state
            .engine
            .terminals()
            .create_session(&call, &id, order)
            .await,
    )
}

/// Retrieve a terminal session
///
/// Returns the session with its status, notifications and receipts.
#[utoipa::path(
    get,
    path = "/terminal-sessions/{terminalSessionId}",
    operation_id = "TerminalSession_Get",
    tag = "Terminal sessions",
    params(
        ("terminalSessionId" = String, Path, description = "Id of the terminal session, beginning with `ts_`."),
        VersionHeader,
        TillHeaders,
    ),
    responses(
        (status = 200, description = "The terminal session as it is now.", body = TerminalSession),
        SessionBadRequest, SessionUnauthorized, SessionForbidden, SessionNotFound,
    )
)]
pub async fn get_session(
    State(state): State<ApiState>,
    till: Till,
    Id(id): Id<TerminalSessionId>,
) -> Result<Response, Problem> {
    let session = state
        .engine
        .terminals()
        .session(&till.caller.scope, &id)
        .await?;
    let session = TerminalSession::from(&session);
    Ok(reply_in(till.caller.version, &session))
}

/// Cancel a terminal session
///
/// Possible until a card is presented.
#[utoipa::path(
    put,
    path = "/terminal-sessions/{terminalSessionId}/cancel",
    operation_id = "TerminalSession_Cancel",
    tag = "Terminal sessions",
    params(
        ("terminalSessionId" = String, Path, description = "Id of the terminal session, beginning with `ts_`."),
        VersionHeader,
        TillHeaders,
    ),
    responses(
        (status = 200, description = "The session; its status is `CancelRequested` until the terminal confirms.", body = TerminalSession),
        SessionBadRequest, SessionUnauthorized, SessionForbidden, SessionNotFound, SessionTooLate,
    )
)]
pub async fn cancel(
    State(state): State<ApiState>,
    till: Till,
    Id(id): Id<TerminalSessionId>,
) -> Result<Response, Problem> {
    let call = till.caller.call(None);
    reply(state.engine.terminals().cancel_session(&call, &id).await)
}

/// Accept or reject a signature
///
/// For a session with the status `SignatureVerificationRequired`. If the signature
/// is rejected, the payment is reversed.
#[utoipa::path(
    put,
    path = "/terminal-sessions/{terminalSessionId}/signature",
    operation_id = "TerminalSession_Signature",
    tag = "Terminal sessions",
    params(
        ("terminalSessionId" = String, Path, description = "Id of the terminal session, beginning with `ts_`."),
        VersionHeader,
        TillHeaders,
    ),
    request_body = SignatureVerificationRequest,
    responses(
        (status = 200, description = "The terminal session as it is now.", body = TerminalSession),
        SessionBadRequest, SessionUnauthorized, SessionForbidden, SessionNotFound, SessionTooLate,
    )
)]
pub async fn signature(
    State(state): State<ApiState>,
    till: Till,
    Id(id): Id<TerminalSessionId>,
    input: Input,
) -> Result<Response, Problem> {
    let request: SignatureVerificationRequest = input.valid(till.caller.version)?;
    let accepted = request.accepted.unwrap_or_default();
    let call = till.caller.call(None);
    reply(
        state
            .engine
            .terminals()
            .verify_signature(&call, &id, accepted)
            .await,
    )
}
