//! How the visitor signs in: password and sessions.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use tatami_core::people::{MIN_PASSWORD_CHARS, Session, browser_in_words};
use tatami_engine::{Failure, SignIn};
use tatami_http::without_session;

use crate::PortalState;
use crate::frame::{Frame, Notice};
use crate::pages::{explained, failed, page_with};
use crate::sign_in::goes_on;
use crate::times::universal;
use crate::visit::Here;

pub(crate) const PATH: &str = "/profile";

struct Row {
    id: String,
    browser: String,
    address: String,
    created_at: String,
    seen_at: String,
    ends_at: String,
    is_this: bool,
}

impl Row {
    fn of(session: Session, this: &str) -> Self {
        Self {
            is_this: session.id == this,
            browser: browser_in_words(&session.agent),
            created_at: universal(session.created_at),
            seen_at: universal(session.seen_at),
            ends_at: universal(session.ends_at()),
            address: session.address,
            id: session.id,
        }
    }
}

#[derive(Template)]
#[template(path = "profile.html")]
struct ProfilePage {
    frame: Frame,
    email: String,
    role: String,
    has_password: bool,
    has_second_factor: bool,
    codes_left: usize,
    is_required: bool,
    least: usize,
    sessions: Vec<Row>,
}

pub(crate) async fn show(State(state): State<PortalState>, here: Here) -> Response {
    let done = match here.fields.get("done") {
        "password" => Some("The password was changed. Your other sessions were ended."),
        "second-factor-off" => Some("The second factor was turned off."),
        "session" => Some("The session was ended."),
        _ => None,
    };
    let notice = match here.fields.get("done") {
        "required" => {
            let required = "Your company requires a second factor. Turn it on to continue.";
            Some(Notice::bad(vec![required.to_owned()]))
        }
        _ => done.map(Notice::good),
    };
    profile(&state, &here, StatusCode::OK, notice).await
}

async fn profile(
    state: &PortalState,
    here: &Here,
    status: StatusCode,
    notice: Option<Notice>,
) -> Response {
    let user = &here.visitor.user;
    let sessions = match state
        .app
        .engine
        .people()
        .authentication()
        .sessions(&here.visitor)
        .await
    {
        Ok(sessions) => sessions,
        Err(failure) => return failed(&failure),
    };
    let this = here.visitor.session.id.as_str();
    let page = ProfilePage {
        frame: Frame::new(here, PATH, notice),
        email: user.email.clone(),
        role: user.access.in_words(),
        has_password: user.password.is_some(),
        has_second_factor: user.has_second_factor(),
        codes_left: user.recovery_codes_left(),
        is_required: here.visitor.company.requires_second_factor,
        least: MIN_PASSWORD_CHARS,
        sessions: rows(sessions, this),
    };
    page_with(status, &page)
}

/// This session first, then the one that was used last.
fn rows(sessions: Vec<Session>, this: &str) -> Vec<Row> {
    let mut rows: Vec<_> = sessions
        .into_iter()
        .map(|session| Row::of(session, this))
        .collect();
    rows.sort_by_key(|row| !row.is_this);
    rows
}

pub(crate) async fn answered(state: &PortalState, here: &Here, failure: &Failure) -> Response {
    let (status, sentences) = explained(failure);
    profile(state, here, status, Some(Notice::bad(sentences))).await
}

/// The page again, in a session with a new token.
async fn renewed(state: &PortalState, here: &Here, word: &str) -> Response {
    let people = state.app.engine.people();
    match people.authentication().renew_session(&here.visitor).await {
        Ok(SignIn::Begun(begun)) => goes_on(state, &begun, &format!("/portal/profile?done={word}")),
        Ok(SignIn::Refused | SignIn::Wait(_)) => done(word),
        Err(failure) => answered(state, here, &failure).await,
    }
}

pub(crate) fn done(word: &str) -> Response {
    Redirect::to(&format!("/portal/profile?done={word}")).into_response()
}

pub(crate) async fn change_password(State(state): State<PortalState>, here: Here) -> Response {
    let present = here.fields.secret("present");
    let new = here.fields.secret("password");
    let people = state.app.engine.people();
    match people
        .authentication()
        .change_password(&here.visitor, &present, &new)
        .await
    {
        Ok(()) => renewed(&state, &here, "password").await,
        Err(failure) => answered(&state, &here, &failure).await,
    }
}

pub(crate) async fn end_session(
    State(state): State<PortalState>,
    Path(session): Path<String>,
    here: Here,
) -> Response {
    let people = state.app.engine.people();
    match people
        .authentication()
        .end_session(&here.visitor, &session)
        .await
    {
        Ok(()) if session == here.visitor.session.id => {
            let response = Redirect::to("/portal/sign-in").into_response();
            without_session(response, &state.app.public_url)
        }
        Ok(()) => done("session"),
        Err(failure) => answered(&state, &here, &failure).await,
    }
}

pub(crate) async fn leave(State(state): State<PortalState>, here: Here) -> Response {
    let people = state.app.engine.people();
    let present = here.fields.secret("present");
    match people.team().leave(&here.visitor, &present).await {
        Ok(()) => {
            let response = Redirect::to("/portal/sign-in").into_response();
            without_session(response, &state.app.public_url)
        }
        Err(failure) => answered(&state, &here, &failure).await,
    }
}
