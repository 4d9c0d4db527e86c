//! The company: its name, its locations, and what it requires of its users.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use tatami_core::account::Scope;
use tatami_engine::Failure;

use crate::PortalState;
use crate::frame::{Frame, Link, Notice};
use crate::pages::{explained, page_with};
use crate::visit::{Here, path_of};

const PATH: &str = "/company";

#[derive(Template)]
#[template(path = "company.html")]
struct CompanyPage<'h> {
    frame: Frame,
    name: &'h str,
    locations: Vec<Link>,
    /// The name of a location that was typed.
    new: &'h str,
    requires_second_factor: bool,
}

pub(crate) async fn show(here: Here) -> Response {
    let done = match here.fields.get("done") {
        "name" => Some("The company was renamed."),
        "location" => Some("The location was added. It has its own payments, keys and webhooks."),
        "second-factor" => Some("The rule was saved, and applies from now on."),
        _ => None,
    };
    company(&here, StatusCode::OK, done.map(Notice::good))
}

fn company(here: &Here, status: StatusCode, notice: Option<Notice>) -> Response {
    let company = &here.visitor.company;
    let link = |account: &std::sync::Arc<tatami_core::account::Account>| Link {
        href: path_of(&Scope {
            account: account.id.clone(),
            environment: here.first_environment(),
        }),
        title: account.name.clone(),
        is_here: false,
    };
    let typed = |field: &'static str| here.fields.get(field);
    let page = CompanyPage {
        frame: Frame::new(here, PATH, notice),
        name: match typed("name") {
            "" => &company.name,
            typed => typed,
        },
        locations: here.locations.iter().map(link).collect(),
        new: typed("location"),
        requires_second_factor: company.requires_second_factor,
    };
    page_with(status, &page)
}

fn answered(here: &Here, result: Result<(), Failure>, done: &str) -> Response {
    match result {
        Ok(()) => Redirect::to(&format!("/portal{PATH}?done={done}")).into_response(),
        Err(failure) => {
            let (status, sentences) = explained(&failure);
            company(here, status, Some(Notice::bad(sentences)))
        }
    }
}

pub(crate) async fn rename(State(state): State<PortalState>, here: Here) -> Response {
    let settings = state.app.engine.people().settings();
    let renamed = settings.rename_company(&here.visitor, here.fields.get("name"));
    answered(&here, renamed.await, "name")
}

pub(crate) async fn add_location(State(state): State<PortalState>, here: Here) -> Response {
    let settings = state.app.engine.people().settings();
    let added = settings.add_location(&here.visitor, here.fields.get("location"));
    answered(&here, added.await, "location")
}

pub(crate) async fn require_second_factor(
    State(state): State<PortalState>,
    here: Here,
) -> Response {
    let settings = state.app.engine.people().settings();
    let is_required = here.fields.get("required") == "yes";
    let set = settings.require_second_factor(&here.visitor, is_required);
    answered(&here, set.await, "second-factor")
}
