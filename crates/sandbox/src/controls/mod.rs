//! The sandbox controls: the account's clock, and what the sandbox did. They
//! act on the sandbox of the account whose key is sent, and on no other.

pub(crate) mod branding;
pub(crate) mod key;
pub(crate) mod next_payment;
pub(crate) mod qr_codes;
pub(crate) mod wire;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use tatami_core::id::{AttemptId, MailId};
use tatami_core::time::{SignedDuration, TimeSpan, ticks};
use tatami_http::input::{AsDocumented, Input};
use tatami_http::listing::list;
use tatami_http::openapi::{BadRequest, Forbidden, NotFound, Unauthorized};
use tatami_http::problem::{Problem, unavailable};
use tatami_http::reply::{json, reply_json, written};

use crate::SandboxState;
use crate::portal::html_of;
use key::Sandbox;
use wire::{AdvanceClockRequest, ClockResponse, MailboxMail, WebhookDelivery};

/// The most deliveries, mails or transactions that are shown.
const MOST_SHOWN: usize = 500;

/// Retrieve the time of the sandbox
///
/// Each account has a clock of its own in the sandbox.
#[utoipa::path(
    get,
    path = "/sandbox/clock",
    operation_id = "Sandbox_GetClock",
    tag = "Sandbox",
    responses(
        (status = 200, description = "The current time of the sandbox.", body = ClockResponse),
        Unauthorized, Forbidden,
    )
)]
pub async fn clock(State(state): State<SandboxState>, Sandbox(scope): Sandbox) -> Response {
    reply_json(&ClockResponse {
        now: ticks(state.engine.now(&scope)),
    })
}

/// Move the clock of the sandbox ahead
///
/// Everything that becomes due on the way, such as expiries and webhook retries,
/// happens before the answer is sent.
#[utoipa::path(
    post,
    path = "/sandbox/clock/advance",
    operation_id = "Sandbox_AdvanceClock",
    tag = "Sandbox",
    request_body = AdvanceClockRequest,
    responses(
        (status = 200, description = "The time of the sandbox after the change.", body = ClockResponse),
        BadRequest, Unauthorized, Forbidden,
    )
)]
pub async fn advance_clock(
    State(state): State<SandboxState>,
    Sandbox(scope): Sandbox,
    input: Input,
) -> Result<Response, Problem> {
    let request: AdvanceClockRequest = input.valid(&AsDocumented)?;
    let by = request.by.map_or(SignedDuration::ZERO, TimeSpan::length);
    if by <= SignedDuration::ZERO {
        return Err(Problem::field("By", "The By must be greater than zero."));
    }
    let now = state.engine.clocks().advance(&scope, by).await?;
    Ok(reply_json(&ClockResponse { now: ticks(now) }))
}

/// List webhook deliveries
///
/// Returns deliveries with their attempts, latest first: at most 500, and at most 4
/// MB.
#[utoipa::path(
    get,
    path = "/sandbox/webhook-deliveries",
    operation_id = "Sandbox_GetWebhookDeliveries",
    tag = "Sandbox",
    responses(
        (status = 200, description = "The deliveries with their attempts, latest first.", body = Vec<WebhookDelivery>),
        Unauthorized, Forbidden,
    )
)]
pub async fn deliveries(
    State(state): State<SandboxState>,
    Sandbox(scope): Sandbox,
) -> Result<Response, Problem> {
    let all = state
        .engine
        .webhooks()
        .deliveries(&scope, MOST_SHOWN)
        .await?;
    let all: Vec<_> = all.into_iter().map(WebhookDelivery::from).collect();
    let all: Vec<_> = all.iter().map(json).collect();
    Ok(written(list(&all)))
}

/// List the mails of the local mailbox
///
/// Returns mails, latest first: at most 500, and at most 4 MB.
#[utoipa::path(
    get,
    path = "/sandbox/mailbox",
    operation_id = "Sandbox_GetMailbox",
    tag = "Sandbox",
    responses(
        (status = 200, description = "The mails, latest first.", body = Vec<MailboxMail>),
        (status = 303, description = "A browser that sends no key is led to the mailbox in the portal."),
        Unauthorized, Forbidden,
    )
)]
pub async fn mailbox(
    State(state): State<SandboxState>,
    Sandbox(scope): Sandbox,
) -> Result<Response, Problem> {
    let mails = state.engine.overview().mails(&scope, MOST_SHOWN).await?;
    let mails = mails.iter().map(|mail| json(&MailboxMail::from(mail)));
    Ok(written(list(&mails.collect::<Vec<_>>())))
}

/// Show a mail
///
/// Returns the HTML of the mail, as its recipient sees it.
#[utoipa::path(
    get,
    path = "/sandbox/mailbox/{mailId}",
    operation_id = "Sandbox_GetMail",
    tag = "Sandbox",
    params(("mailId" = String, Path, description = "Id of the mail, beginning with `mail_`.")),
    responses(
        (status = 200, description = "The mail as an HTML page.", content_type = "text/html", body = String),
        (status = 303, description = "A browser that sends no key is led to the mailbox in the portal."),
        BadRequest, Unauthorized, Forbidden, NotFound,
    )
)]
pub async fn mail(
    State(state): State<SandboxState>,
    Sandbox(scope): Sandbox,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = MailId::parse(&id)?;
    let mail = state.engine.overview().mail(&scope, &id).await?;
    Ok(html_of(&mail))
}

/// List the transactions of the sandbox acquirer
///
/// Returns the acquirer's own records, to compare with the payments here, in the order
/// of their references: at most 500. `after` gets the next.
#[utoipa::path(
    get,
    path = "/sandbox/acquirer/books",
    operation_id = "Sandbox_GetAcquirerBooks",
    tag = "Sandbox",
    params(("after" = Option<String>, Query, description = "Only transactions after that reference.")),
    responses(
        (status = 200, description = "The transactions of the acquirer, oldest first.", body = Vec<Value>),
        BadRequest, Unauthorized, Forbidden,
    )
)]
pub async fn books(
    State(state): State<SandboxState>,
    Sandbox(scope): Sandbox,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = query.unwrap_or_default();
    let after = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "after");
    let after = after
        .map(|(_, after)| AttemptId::parse(&after))
        .transpose()?;
    let books = state
        .acquirer
        .books(&scope, after.as_ref(), MOST_SHOWN)
        .await;
    let books = books.map_err(|error| unavailable(&error.to_string()))?;
    Ok(Json(books).into_response())
}
