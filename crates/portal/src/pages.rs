//! Pages in place of others, and what pages say of a failure.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use http::header::{HeaderValue, REFERRER_POLICY};
use tatami_core::problem::Refusal;
use tatami_engine::Failure;
use tatami_http::{PAGE_POLICY, page_of};

use crate::assets;
use crate::frame::Notice;

#[derive(Template)]
#[template(path = "refused.html")]
struct RefusedPage<'d> {
    assets: &'static str,
    title: &'static str,
    detail: &'d str,
}

/// A rendered page of the portal. Its forms say where they are from: that is what they are
/// known by, and a browser that may tell nobody does not.
pub fn page(template: &impl Template) -> Response {
    let mut response = page_of(PAGE_POLICY, template.render());
    let own = HeaderValue::from_static("same-origin");
    response.headers_mut().insert(REFERRER_POLICY, own);
    response
}

/// The same with another status.
pub fn page_with(status: StatusCode, template: &impl Template) -> Response {
    let mut response = page(template);
    if response.status() == StatusCode::OK {
        *response.status_mut() = status;
    }
    response
}

/// The page in place of one that is not shown.
pub fn refused(status: StatusCode, detail: &str) -> Response {
    page_with(
        status,
        &RefusedPage {
            assets: assets::base(),
            title: title(status),
            detail,
        },
    )
}

fn title(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "Not found",
        StatusCode::FORBIDDEN => "Not allowed",
        StatusCode::TOO_MANY_REQUESTS => "Too many requests",
        _ if status.is_server_error() => "Something went wrong",
        _ => "This was not done",
    }
}

/// What an address is answered with that is none of a page.
pub(crate) async fn missing() -> Response {
    refused(StatusCode::NOT_FOUND, "There is no such page.")
}

/// The page in place of one that failed.
pub fn failed(failure: &Failure) -> Response {
    let (status, sentences) = explained(failure);
    refused(status, &sentences.join(" "))
}

/// Redirects to where a change leads. If it failed, the page that it was sent from is shown
/// again, with that status and what is wrong.
pub async fn redirect_or<F>(
    changed: Result<String, Failure>,
    again: impl FnOnce(StatusCode, Option<Notice>) -> F,
) -> Response
where
    F: Future<Output = Response>,
{
    match changed {
        Ok(to) => Redirect::to(&to).into_response(),
        Err(failure) => {
            let (status, sentences) = explained(&failure);
            again(status, Some(Notice::bad(sentences))).await
        }
    }
}

/// What there is to say of a failure, and with which status.
pub fn explained(failure: &Failure) -> (StatusCode, Vec<String>) {
    let one = |status, sentence: &str| (status, vec![sentence.to_owned()]);
    match failure {
        Failure::Refused(refusal) => explained_refusal(refusal),
        Failure::NotPermitted(_) | Failure::NoAcquirer => {
            (StatusCode::FORBIDDEN, vec![capital(&failure.to_string())])
        }
        Failure::StillRunning | Failure::KeyReused => one(
            StatusCode::CONFLICT,
            "This is being done already. Load the page anew.",
        ),
        Failure::BadSession | Failure::BadCustomerSecret => {
            one(StatusCode::UNAUTHORIZED, "This is not valid any more.")
        }
        Failure::Busy | Failure::Unavailable(_) => {
            tracing::error!(error = %failure, "a page of the portal failed");
            let sentence = "This cannot be shown or done at the moment. Try again in a moment.";
            one(StatusCode::SERVICE_UNAVAILABLE, sentence)
        }
    }
}

fn explained_refusal(refusal: &Refusal) -> (StatusCode, Vec<String>) {
    let sentence = || vec![capital(&refusal.to_string())];
    match refusal {
        Refusal::Invalid(broken) => {
            let rules = broken.iter().map(|broken| broken.rule.clone());
            (StatusCode::BAD_REQUEST, rules.collect())
        }
        Refusal::MalformedId(_) | Refusal::NotFound(_) => (StatusCode::NOT_FOUND, sentence()),
        Refusal::NotAllowed(_) => (StatusCode::FORBIDDEN, sentence()),
        Refusal::TooManyTries(_) => (StatusCode::TOO_MANY_REQUESTS, sentence()),
        Refusal::Amount(_) | Refusal::Declined(_) => (StatusCode::BAD_REQUEST, sentence()),
        Refusal::Conflict(_)
        | Refusal::TerminalUnavailable(_)
        | Refusal::TerminalBusy(_)
        | Refusal::TooLate(_)
        | Refusal::Pending(_) => (StatusCode::CONFLICT, sentence()),
    }
}

/// A sentence with its capital letter and full stop.
fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    let stop = if text.ends_with(['.', '!', '?']) {
        ""
    } else {
        "."
    };
    format!("{first}{}{stop}", chars.as_str())
}
