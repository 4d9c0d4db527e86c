//! How the visitor signs in: password, second factor, sessions.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use tatami_core::people::{MIN_PASSWORD_CHARS, Session};
use tatami_engine::Failure;
use tatami_http::without_session;

use crate::PortalState;
use crate::frame::{Frame, Notice};
use crate::pages::{explained, failed, page, page_with};
use crate::times::universal;
use crate::visit::Here;

const PATH: &str = "/profile";

struct Row {
    id: String,
    agent: String,
    address: String,
    created_at: String,
    seen_at: String,
    is_this: bool,
}

impl Row {
    fn of(session: Session, this: &str) -> Self {
        Self {
            is_this: session.id == this,
            agent: match session.agent.is_empty() {
                true => "An unnamed browser".to_owned(),
                false => session.agent,
            },
            address: session.address,
            created_at: universal(session.created_at),
            seen_at: universal(session.seen_at),
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
    least: usize,
    sessions: Vec<Row>,
}

#[derive(Template)]
#[template(path = "second_factor.html")]
struct SecondFactorPage {
    frame: Frame,
    /// In groups, for people who type it.
    secret: String,
    /// For the app on this device.
    link: String,
}

#[derive(Template)]
#[template(path = "recovery_codes.html")]
struct RecoveryCodesPage {
    frame: Frame,
    codes: Vec<String>,
}

pub(crate) async fn show(State(state): State<PortalState>, here: Here) -> Response {
    let done = match here.fields.get("done") {
        "password" => Some("The password was changed. Your other sessions were ended."),
        "second-factor-off" => Some("The second factor was turned off."),
        "session" => Some("The session was ended."),
        _ => None,
    };
    profile(&state, &here, StatusCode::OK, done.map(Notice::good)).await
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

async fn answered(state: &PortalState, here: &Here, failure: &Failure) -> Response {
    let (status, sentences) = explained(failure);
    profile(state, here, status, Some(Notice::bad(sentences))).await
}

fn done(word: &str) -> Response {
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
        Ok(()) => done("password"),
        Err(failure) => answered(&state, &here, &failure).await,
    }
}

pub(crate) async fn offer(State(state): State<PortalState>, here: Here) -> Response {
    let password = here.fields.secret("present");
    let people = state.app.engine.people();
    match people
        .authentication()
        .offer_second_factor(&here.visitor, &password)
        .await
    {
        Ok(secret) => second_factor(&here, &secret, StatusCode::OK, None),
        Err(failure) => answered(&state, &here, &failure).await,
    }
}

fn second_factor(
    here: &Here,
    secret: &str,
    status: StatusCode,
    notice: Option<Notice>,
) -> Response {
    let email = &here.visitor.user.email;
    let email: String = url::form_urlencoded::byte_serialize(email.as_bytes()).collect();
    let groups = secret.as_bytes().chunks(4).map(String::from_utf8_lossy);
    let page = SecondFactorPage {
        frame: Frame::new(here, PATH, notice),
        secret: groups.collect::<Vec<_>>().join(" "),
        link: format!("otpauth://totp/Tatami:{email}?secret={secret}&issuer=Tatami"),
    };
    page_with(status, &page)
}

pub(crate) async fn confirm(State(state): State<PortalState>, here: Here) -> Response {
    let people = state.app.engine.people();
    let code = here.fields.secret("code");
    let failure = match people
        .authentication()
        .confirm_second_factor(&here.visitor, &code)
        .await
    {
        Ok(codes) => {
            return page(&RecoveryCodesPage {
                frame: Frame::new(&here, PATH, Some(Notice::good("The second factor is on."))),
                codes,
            });
        }
        Err(failure) => failure,
    };
    let (status, sentences) = explained(&failure);
    match people.authentication().offered_secret(&here.visitor) {
        Ok(Some(secret)) => second_factor(&here, &secret, status, Some(Notice::bad(sentences))),
        Ok(None) => answered(&state, &here, &failure).await,
        Err(failure) => failed(&failure),
    }
}

pub(crate) async fn end(State(state): State<PortalState>, here: Here) -> Response {
    let password = here.fields.secret("present");
    let people = state.app.engine.people();
    match people
        .authentication()
        .end_second_factor(&here.visitor, &password)
        .await
    {
        Ok(()) => done("second-factor-off"),
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
