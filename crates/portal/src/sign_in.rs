//! Signing in and out.

use askama::Template;
use axum::Form;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use http::request::Parts;
use serde::Deserialize;
use tatami_core::payment_intent::in_words;
use tatami_core::people::Stage;
use tatami_core::secret::SecretText;
use tatami_core::time::SignedDuration;
use tatami_engine::{Begun, SignIn};
use tatami_http::{is_of_own_page, session_token, with_browser, with_session, without_session};

use crate::fields::Fields;
use crate::guard::visitor;
use crate::pages::{failed, page_with, refused};
use crate::visit::{Head, Here};
use crate::{PortalState, assets};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    assets: &'static str,
    email: &'a str,
    next: &'a str,
    bad: Option<String>,
    /// Where the browser may sign in as the developer.
    developer: Option<String>,
    has_sandbox: bool,
    has_terms: bool,
    /// Whether the browser keeps no session, since it does not come by TLS.
    lacks_tls: bool,
}

#[derive(Template)]
#[template(path = "code.html")]
struct CodePage<'a> {
    assets: &'static str,
    next: &'a str,
    bad: Option<String>,
}

/// The first page: whoever is signed in goes on, and so does the developer at this machine.
pub(crate) async fn front(State(state): State<PortalState>, Head(parts): Head) -> Response {
    let next = next_of(&parts);
    match visitor(&state, &parts).await {
        Ok(Some(_)) => Redirect::to(path_or_portal(&next)).into_response(),
        Ok(None) => match is_local(&state, &parts) {
            true => start_developer(&state, &parts, &next).await,
            false => shown(&state, &parts, StatusCode::OK, ("", &next), None),
        },
        Err(failure) => failed(&failure),
    }
}

/// The link that the program prints.
pub(crate) async fn start(
    State(state): State<PortalState>,
    Path(token): Path<String>,
    Head(parts): Head,
) -> Response {
    let is_known = state
        .development
        .as_ref()
        .is_some_and(|it| it.knows(&token));
    match is_known {
        true => start_developer(&state, &parts, &next_of(&parts)).await,
        false => refused(
            StatusCode::NOT_FOUND,
            "This link is not valid, or no longer: the program prints a new one when it starts.",
        ),
    }
}

fn is_local(state: &PortalState, parts: &Parts) -> bool {
    state
        .development
        .as_ref()
        .is_some_and(|it| it.is_local(parts))
}

/// The page to show after signing in, if the query names one.
fn next_of(parts: &Parts) -> String {
    let query = parts.uri.query().unwrap_or_default();
    Fields::read(query.as_bytes()).get("next").to_owned()
}

async fn start_developer(state: &PortalState, parts: &Parts, next: &str) -> Response {
    let origin = state.origin(parts);
    let people = state.app.engine.people();
    match people.sign_developer_in(&origin).await {
        Ok(SignIn::Begun(begun)) => goes_on(state, &begun, next),
        Ok(SignIn::Refused | SignIn::Wait(_)) => {
            shown(state, parts, StatusCode::OK, ("", next), None)
        }
        Err(failure) => failed(&failure),
    }
}

pub(crate) async fn show(State(state): State<PortalState>, Head(parts): Head) -> Response {
    let next = next_of(&parts);
    shown(&state, &parts, StatusCode::OK, ("", &next), None)
}

fn shown(
    state: &PortalState,
    parts: &Parts,
    status: StatusCode,
    (email, next): (&str, &str),
    bad: Option<String>,
) -> Response {
    let url = &state.app.public_url;
    let lacks_tls = url.scheme() == "http" && !tatami_http::is_of_this_machine(url);
    let page = SignInPage {
        assets: assets::base(),
        email,
        next,
        bad,
        developer: is_local(state, parts).then(|| format!("/?next={}", encoded(next))),
        has_sandbox: state.has_sandbox,
        has_terms: state.has_terms,
        lacks_tls,
    };
    page_with(status, &page)
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Credentials {
    email: String,
    password: SecretText,
    next: String,
}

pub(crate) async fn sign_in(
    State(state): State<PortalState>,
    Head(parts): Head,
    Form(given): Form<Credentials>,
) -> Response {
    if let Some(response) = refuse_foreign(&state, &parts) {
        return response;
    }
    let origin = state.origin(&parts);
    let earlier = session_token(&parts, &state.app.public_url);
    let people = state.app.engine.people();
    let signed_in = people
        .authentication()
        .sign_in(&given.email, &given.password, &origin, earlier)
        .await;
    let (status, bad) = match signed_in {
        Ok(SignIn::Begun(begun)) => return goes_on(&state, &begun, &given.next),
        Ok(SignIn::Refused) => (
            StatusCode::UNAUTHORIZED,
            "The e-mail address or the password is wrong.".to_owned(),
        ),
        Ok(SignIn::Wait(wait)) => (StatusCode::TOO_MANY_REQUESTS, too_many(wait)),
        Err(failure) => return failed(&failure),
    };
    shown(
        &state,
        &parts,
        status,
        (&given.email, &given.next),
        Some(bad),
    )
}

fn too_many(wait: SignedDuration) -> String {
    format!("Too many tries failed. Try again in {}.", in_words(wait))
}

pub(crate) async fn show_code(RawQuery(query): RawQuery) -> Response {
    let query = Fields::read(query.unwrap_or_default().as_bytes());
    code_page(StatusCode::OK, query.get("next"), None)
}

fn code_page(status: StatusCode, next: &str, bad: Option<String>) -> Response {
    let page = CodePage {
        assets: assets::base(),
        next,
        bad,
    };
    page_with(status, &page)
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Code {
    code: SecretText,
    next: String,
}

pub(crate) async fn prove(
    State(state): State<PortalState>,
    Head(parts): Head,
    Form(given): Form<Code>,
) -> Response {
    if let Some(response) = refuse_foreign(&state, &parts) {
        return response;
    }
    let origin = state.origin(&parts);
    let token = session_token(&parts, &state.app.public_url).unwrap_or_default();
    let proved = state
        .app
        .engine
        .people()
        .authentication()
        .prove(token, &given.code, &origin)
        .await;
    let (status, bad) = match proved {
        Ok(SignIn::Begun(begun)) => return goes_on(&state, &begun, &given.next),
        Ok(SignIn::Refused) => (
            StatusCode::UNAUTHORIZED,
            "This code is wrong, was used before, or came too late. After five minutes or five wrong codes, sign in anew.".to_owned(),
        ),
        Ok(SignIn::Wait(wait)) => (StatusCode::TOO_MANY_REQUESTS, too_many(wait)),
        Err(failure) => return failed(&failure),
    };
    code_page(status, &given.next, Some(bad))
}

/// Refuses a form that a page from elsewhere has sent.
pub(crate) fn refuse_foreign(state: &PortalState, parts: &Parts) -> Option<Response> {
    let is_own = is_of_own_page(parts, &state.app.public_url);
    (!is_own).then(|| {
        refused(
            StatusCode::FORBIDDEN,
            "This form was sent by a page of another site.",
        )
    })
}

/// The page for a user who already has a session.
pub(crate) fn goes_on(state: &PortalState, begun: &Begun, next: &str) -> Response {
    let next = path_or_portal(next);
    let to = match begun.stage {
        Stage::SignedIn => next.to_owned(),
        Stage::Unproven { .. } => format!("/portal/code?next={}", encoded(next)),
    };
    let response = Redirect::to(&to).into_response();
    let url = &state.app.public_url;
    let response = with_session(response, &begun.token, url);
    match &begun.browser {
        Some(token) => with_browser(response, token, url),
        None => response,
    }
}

/// A path on this very host; the portal's in place of anything else.
fn path_or_portal(next: &str) -> &str {
    if is_path(next) { next } else { "/portal" }
}

/// A text for a query.
pub(crate) fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Whether a text is a path on this very host, however a browser reads it.
fn is_path(text: &str) -> bool {
    let is_rooted = text.starts_with('/') && !text.starts_with("//");
    is_rooted && text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
}

pub(crate) async fn sign_out(State(state): State<PortalState>, here: Here) -> Response {
    let people = state.app.engine.people();
    let id = here.visitor.session.id.clone();
    match people
        .authentication()
        .end_session(&here.visitor, &id)
        .await
    {
        Ok(()) => {
            let response = Redirect::to("/portal/sign-in").into_response();
            without_session(response, &state.app.public_url)
        }
        Err(failure) => failed(&failure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_led_on_to_paths_of_this_host_alone() {
        for good in ["/", "/portal/acc_1/test?a=b&c=%2F", "/card-machines/1"] {
            assert!(is_path(good), "{good}");
        }
        for bad in [
            "",
            "portal",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a b",
            "/a\r\nb",
            "/ü",
        ] {
            assert!(!is_path(bad), "{bad}");
        }
    }
}
