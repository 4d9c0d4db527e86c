//! Links that were mailed: to choose a new password, and to accept an invitation.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use http::request::Parts;
use serde::Deserialize;
use tatami_core::people::{LinkPurpose, MIN_PASSWORD_CHARS};
use tatami_core::problem::Refusal;
use tatami_core::secret::SecretText;
use tatami_engine::{Failure, Origin, SignIn};

use crate::pages::{explained, failed, page_with, refused};
use crate::sign_in::{goes_on, refuse_foreign};
use crate::visit::Head;
use crate::{PortalState, assets};

#[derive(Template)]
#[template(path = "forgot.html")]
struct ForgotPage {
    assets: &'static str,
    is_sent: bool,
    bad: Vec<String>,
}

#[derive(Template)]
#[template(path = "choose_password.html")]
struct ChoosePage<'a> {
    assets: &'static str,
    email: &'a str,
    /// The name that was typed; none where it is not asked for.
    name: Option<&'a str>,
    least: usize,
    bad: Vec<String>,
}

pub(crate) async fn show_forgot() -> Response {
    forgot_page(StatusCode::OK, false, Vec::new())
}

fn forgot_page(status: StatusCode, is_sent: bool, bad: Vec<String>) -> Response {
    let page = ForgotPage {
        assets: assets::base(),
        is_sent,
        bad,
    };
    page_with(status, &page)
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Address {
    email: String,
}

/// Says the same whether or not there is such a user.
pub(crate) async fn forgot(
    State(state): State<PortalState>,
    Head(parts): Head,
    Form(Address { email }): Form<Address>,
) -> Response {
    if let Some(response) = refuse_foreign(&state, &parts) {
        return response;
    }
    let origin = state.origin(&parts);
    let asked = state
        .app
        .engine
        .people()
        .team()
        .ask_for_reset(&email, state.base(), &origin)
        .await;
    match asked {
        Ok(()) => forgot_page(StatusCode::OK, true, Vec::new()),
        Err(failure) => {
            let (_, bad) = explained(&failure);
            forgot_page(StatusCode::TOO_MANY_REQUESTS, false, bad)
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Chosen {
    name: String,
    password: SecretText,
}

pub(crate) async fn show_reset(
    State(state): State<PortalState>,
    Path(token): Path<String>,
    Head(parts): Head,
) -> Response {
    show(&state, (&token, LinkPurpose::Reset), &parts).await
}

pub(crate) async fn show_invitation(
    State(state): State<PortalState>,
    Path(token): Path<String>,
    Head(parts): Head,
) -> Response {
    show(&state, (&token, LinkPurpose::Invitation), &parts).await
}

async fn show(state: &PortalState, link: (&str, LinkPurpose), parts: &Parts) -> Response {
    let origin = state.origin(parts);
    choose_page(state, link, &origin, StatusCode::OK, ("", Vec::new())).await
}

pub(crate) async fn reset(
    State(state): State<PortalState>,
    Path(token): Path<String>,
    head: Head,
    Form(chosen): Form<Chosen>,
) -> Response {
    take(&state, (&token, LinkPurpose::Reset), head, &chosen).await
}

pub(crate) async fn accept(
    State(state): State<PortalState>,
    Path(token): Path<String>,
    head: Head,
    Form(chosen): Form<Chosen>,
) -> Response {
    take(&state, (&token, LinkPurpose::Invitation), head, &chosen).await
}

async fn take(
    state: &PortalState,
    link: (&str, LinkPurpose),
    Head(parts): Head,
    chosen: &Chosen,
) -> Response {
    if let Some(response) = refuse_foreign(state, &parts) {
        return response;
    }
    let origin = state.origin(&parts);
    let name = (link.1 == LinkPurpose::Invitation).then_some(chosen.name.as_str());
    let people = state.app.engine.people();
    match people
        .team()
        .take_link(link, name, &chosen.password, &origin)
        .await
    {
        Ok(SignIn::Begun(begun)) => goes_on(state, &begun, ""),
        Ok(SignIn::Refused | SignIn::Wait(_)) => gone(),
        Err(failure) => match explained(&failure) {
            (StatusCode::BAD_REQUEST, bad) => {
                let typed = (chosen.name.as_str(), bad);
                choose_page(state, link, &origin, StatusCode::BAD_REQUEST, typed).await
            }
            (StatusCode::NOT_FOUND, _) => gone(),
            _ => failed(&failure),
        },
    }
}

async fn choose_page(
    state: &PortalState,
    (token, purpose): (&str, LinkPurpose),
    origin: &Origin,
    status: StatusCode,
    (name, bad): (&str, Vec<String>),
) -> Response {
    let user = match state
        .app
        .engine
        .people()
        .team()
        .user_of_link(token, purpose, origin)
        .await
    {
        Ok(user) => user,
        Err(Failure::Refused(Refusal::NotFound(_))) => return gone(),
        Err(failure) => return failed(&failure),
    };
    let page = ChoosePage {
        assets: assets::base(),
        email: &user.email,
        name: (purpose == LinkPurpose::Invitation).then_some(name),
        least: MIN_PASSWORD_CHARS,
        bad,
    };
    page_with(status, &page)
}

fn gone() -> Response {
    refused(
        StatusCode::NOT_FOUND,
        "This link is no longer valid: it was used, replaced by a newer one, or is too old.",
    )
}
