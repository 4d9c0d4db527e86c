//! The sandbox controls: the account's clock, and what the sandbox did. They
//! act on the sandbox of the account whose key is sent, and on no other.

use std::sync::Arc;

use async_trait::async_trait;
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use serde_json::Value;
use tatami_core::account::Scope;
use tatami_core::id::{Environment, MailId};
use tatami_core::time::{SignedDuration, TimeSpan, ticks};
use tatami_engine::ports::mail::Mail;
use tatami_http::auth::Key;
use tatami_http::input::{AsDocumented, Input};
use tatami_http::listing::list;
use tatami_http::openapi::{BadRequest, Forbidden, Unauthorized};
use tatami_http::problem::{Problem, ProblemDetails, unavailable};
use tatami_http::reply::{json, reply_json, written};

use crate::ApiState;
use crate::wire::sandbox::{AdvanceClockRequest, ClockResponse, MailboxMail, WebhookDelivery};

/// The most deliveries or mails that are shown.
const MOST_SHOWN: usize = 500;

/// The sandbox acquirer's books, as it would show them to whoever asks.
#[async_trait]
pub trait Books: Send + Sync {
    /// Every entry that concerns a scope, oldest first, as a JSON list.
    ///
    /// # Errors
    /// A sentence about what went wrong; it is logged, not told.
    async fn of(&self, scope: &Scope) -> Result<Value, String>;
}

/// What the sandbox controls need besides the engine.
#[derive(Clone)]
pub struct SandboxControls {
    /// The sandbox acquirer's books.
    pub books: Arc<dyn Books>,
    /// Draws the mailbox as a page.
    pub mailbox_page: fn(&[Mail]) -> Response,
    /// Shows the HTML of one mail.
    pub mail_page: fn(&Mail) -> Response,
    /// Tells on a page why another page is not shown.
    pub refusal_page: fn(StatusCode, &str) -> Response,
}

/// The sandbox of the account whose key was sent.
pub struct Sandbox(pub Scope);

impl FromRequestParts<ApiState> for Sandbox {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let Key { scope } = Key::from_request_parts(parts, state).await?;
        match scope.environment {
            Environment::Sandbox => Ok(Self(scope)),
            Environment::Production => Err(Problem::new(
                StatusCode::FORBIDDEN,
                "The sandbox controls need a sandbox key.",
            )),
        }
    }
}

/// Lets in to other routes, which are pages, whoever the sandbox controls would let
/// in, with the [`Scope`] as an extension of the request, and asks everybody else for
/// a key.
pub fn behind_sandbox_key(routes: Router, state: ApiState) -> Router {
    routes
        .route_layer(from_fn_with_state(state.clone(), admit))
        .route_layer(from_fn_with_state(state, readable))
}

/// Tells a browser on a page what others are told as a problem: for routes that are
/// pages.
pub async fn readable(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let html = prefers_html(request.headers());
    let response = next.run(request).await;
    let problem = response.extensions().get::<Problem>();
    let (Some(problem), Some(controls), true) = (problem, &state.sandbox, html) else {
        return response;
    };
    let mut page = (controls.refusal_page)(problem.status(), problem.detail());
    if let Some(how) = response.headers().get(header::WWW_AUTHENTICATE) {
        page.headers_mut()
            .insert(header::WWW_AUTHENTICATE, how.clone());
    }
    page
}

async fn admit(Sandbox(scope): Sandbox, mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(scope);
    next.run(request).await
}

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
pub async fn clock(State(state): State<ApiState>, Sandbox(scope): Sandbox) -> Response {
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
    State(state): State<ApiState>,
    Sandbox(scope): Sandbox,
    input: Input,
) -> Result<Response, Problem> {
    let request: AdvanceClockRequest = input.valid(&AsDocumented)?;
    let by = request.by.map_or(SignedDuration::ZERO, TimeSpan::length);
    if by <= SignedDuration::ZERO {
        return Err(Problem::field("By", "The By must be greater than zero."));
    }
    let now = state.engine.advance_clock(&scope, by).await?;
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
    State(state): State<ApiState>,
    Sandbox(scope): Sandbox,
) -> Result<Response, Problem> {
    let all = state.engine.deliveries(&scope, MOST_SHOWN).await?;
    let all: Vec<_> = all.into_iter().map(WebhookDelivery::from).collect();
    let all: Vec<_> = all.iter().map(json).collect();
    Ok(written(list(&all)))
}

/// List the mails of the local mailbox
///
/// Returns mails, latest first: at most 500, and at most 4 MB. Browsers get a page,
/// other clients JSON.
#[utoipa::path(
    get,
    path = "/sandbox/mailbox",
    operation_id = "Sandbox_GetMailbox",
    tag = "Sandbox",
    responses(
        (status = 200, description = "The mails as JSON, or as a page for browsers.", content(
            (Vec<MailboxMail> = "application/json"),
            (String = "text/html"),
        )),
        (status = 401, description = "The API key is missing or not valid.", content(
            (ProblemDetails = "application/problem+json"),
            (String = "text/html"),
        )),
        (status = 403, description = "The API key has no access to this operation or resource.", content(
            (ProblemDetails = "application/problem+json"),
            (String = "text/html"),
        )),
    )
)]
pub async fn mailbox(
    State(state): State<ApiState>,
    Sandbox(scope): Sandbox,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mails = state.engine.mails(&scope, MOST_SHOWN).await?;
    match &state.sandbox {
        Some(controls) if prefers_html(&headers) => Ok((controls.mailbox_page)(&mails)),
        _ => {
            let mails = mails.iter().map(|mail| json(&MailboxMail::from(mail)));
            Ok(written(list(&mails.collect::<Vec<_>>())))
        }
    }
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
        (status = 400, description = "The request is not valid. `errors` names each field and the rules that it breaks.", content(
            (ProblemDetails = "application/problem+json"),
            (String = "text/html"),
        )),
        (status = 401, description = "The API key is missing or not valid.", content(
            (ProblemDetails = "application/problem+json"),
            (String = "text/html"),
        )),
        (status = 403, description = "The API key has no access to this operation or resource.", content(
            (ProblemDetails = "application/problem+json"),
            (String = "text/html"),
        )),
        (status = 404, description = "There is no resource with this id.", content(
            (ProblemDetails = "application/problem+json"),
            (String = "text/html"),
        )),
    )
)]
pub async fn mail(
    State(state): State<ApiState>,
    Sandbox(scope): Sandbox,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = MailId::parse(&id)?;
    let mails = state.engine.mails(&scope, MOST_SHOWN).await?;
    match (&state.sandbox, mails.iter().find(|mail| mail.id == id)) {
        (Some(controls), Some(mail)) => Ok((controls.mail_page)(mail)),
        _ => Err(Problem::not_found("mail")),
    }
}

/// List the transactions of the sandbox acquirer
///
/// Returns the acquirer's own records, to compare with the payments here.
#[utoipa::path(
    get,
    path = "/sandbox/acquirer/books",
    operation_id = "Sandbox_GetAcquirerBooks",
    tag = "Sandbox",
    responses(
        (status = 200, description = "The transactions of the acquirer, oldest first.", body = Vec<Value>),
        Unauthorized, Forbidden,
    )
)]
pub async fn books(
    State(state): State<ApiState>,
    Sandbox(scope): Sandbox,
) -> Result<Response, Problem> {
    let Some(controls) = &state.sandbox else {
        return Err(Problem::not_found("book"));
    };
    let books = controls.books.of(&scope).await;
    let books = books.map_err(|why| unavailable(&why))?;
    Ok(Json(books).into_response())
}

/// Whether the caller would rather have a page than JSON, as browsers do.
fn prefers_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT);
    let accept = accept.and_then(|a| a.to_str().ok()).unwrap_or("*/*");
    weight(accept, "text", "html") > weight(accept, "application", "json")
}

/// How much a media type is wanted, in thousandths.
fn weight(accept: &str, kind: &str, subtype: &str) -> u16 {
    let exact = format!("{kind}/{subtype}");
    let any = format!("{kind}/*");
    let of = |range: &str| {
        accept.split(',').find_map(|entry| {
            let mut parts = entry.split(';').map(str::trim);
            let named = parts.next()?.eq_ignore_ascii_case(range);
            let quality = parts.find_map(|p| p.strip_prefix("q="));
            named.then(|| quality.map_or(1000, thousandths))
        })
    };
    of(&exact)
        .or_else(|| of(&any))
        .or_else(|| of("*/*"))
        .unwrap_or(0)
}

/// A quality, `0` to `1` with up to three decimals, in thousandths; 0 if it is none.
fn thousandths(quality: &str) -> u16 {
    let (whole, decimals) = quality.split_once('.').unwrap_or((quality, ""));
    let decimals = format!("{decimals:0<3}");
    match (whole, decimals.get(..3)) {
        ("1", _) => 1000,
        ("0", Some(decimals)) => decimals.parse().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_get_a_page_and_others_json() {
        for (accept, html) in [
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                true,
            ),
            ("text/html", true),
            ("text/*", true),
            ("*/*", false),
            ("application/json", false),
            ("application/json, text/html;q=0.5", false),
            ("text/html;q=0, */*", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().expect("a header"));
            assert_eq!(prefers_html(&headers), html, "{accept}");
        }
        assert!(!prefers_html(&HeaderMap::new()));
    }
}
