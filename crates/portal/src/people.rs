//! The users of a company.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use tatami_core::id::{AccountId, UserId};
use tatami_core::people::{Access, Role, User};
use tatami_core::problem::Refusal;
use tatami_engine::Failure;
use tatami_engine::ports::mail::Mail;

use crate::PortalState;
use crate::fields::Fields;
use crate::frame::{Frame, Notice};
use crate::pages::{explained, failed, page, page_with};
use crate::visit::Here;

#[derive(Template)]
#[template(path = "mails.html")]
struct MailsPage {
    frame: Frame,
    mails: Vec<Mail>,
}

/// Mails to users, on an installation for development.
pub(crate) async fn mails(State(state): State<PortalState>, here: Here) -> Response {
    match state.app.engine.people().mails(&here.visitor).await {
        Ok(mails) => page(&MailsPage {
            frame: Frame::new(&here, "/people", None),
            mails,
        }),
        Err(failure) => failed(&failure),
    }
}

/// A user in the list, with the form that changes the role.
struct Row {
    id: String,
    called: String,
    email: String,
    is_invited: bool,
    has_second_factor: bool,
    is_this: bool,
    chosen: Chosen,
}

/// What is chosen in a form about roles.
struct Chosen {
    role: &'static str,
    roles: Vec<(&'static str, &'static str)>,
    /// The locations with their ids, and whether they are chosen.
    locations: Vec<(String, String, bool)>,
    is_everywhere: bool,
}

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage<'a> {
    frame: Frame,
    users: Vec<Row>,
    email: &'a str,
    new: Chosen,
    /// Whether mails to users can be read here.
    shows_mails: bool,
}

pub(crate) async fn list(State(state): State<PortalState>, here: Here) -> Response {
    let done = match here.fields.get("done") {
        "invited" => Some("The invitation is on its way."),
        "role" => Some("The role was changed."),
        "removed" => Some("The user was removed, and is signed out."),
        _ => None,
    };
    people(&state, &here, StatusCode::OK, done.map(Notice::good)).await
}

async fn people(
    state: &PortalState,
    here: &Here,
    status: StatusCode,
    notice: Option<Notice>,
) -> Response {
    let users = match state.app.engine.people().team().users(&here.visitor).await {
        Ok(users) => users,
        Err(failure) => return failed(&failure),
    };
    let page = PeoplePage {
        frame: Frame::new(here, "/people", notice),
        users: users.into_iter().map(|user| row(here, user)).collect(),
        email: here.fields.get("email"),
        new: chosen(here, &Access::Everywhere(Role::Viewer)),
        shows_mails: state.app.engine.people().mails(&here.visitor).await.is_ok(),
    };
    page_with(status, &page)
}

fn row(here: &Here, user: User) -> Row {
    Row {
        id: user.id.to_string(),
        called: user.called().to_owned(),
        is_invited: user.password.is_none() && user.name.is_empty(),
        has_second_factor: user.has_second_factor(),
        is_this: user.id == here.visitor.user.id,
        chosen: chosen(here, &user.access),
        email: user.email,
    }
}

fn chosen(here: &Here, access: &Access) -> Chosen {
    let role = match access {
        Access::Everywhere(role) => *role,
        Access::At(roles) => roles.values().copied().next().unwrap_or(Role::Viewer),
    };
    let is_everywhere = matches!(access, Access::Everywhere(_));
    let location = |account: &std::sync::Arc<tatami_core::account::Account>| {
        let is_chosen = !is_everywhere && access.at(&account.id).is_some();
        (account.id.to_string(), account.name.clone(), is_chosen)
    };
    Chosen {
        role: role.word(),
        roles: Role::ALL
            .iter()
            .map(|role| (role.word(), meaning(*role)))
            .collect(),
        locations: here.locations.iter().map(location).collect(),
        is_everywhere,
    }
}

const fn meaning(role: Role) -> &'static str {
    match role {
        Role::Viewer => "Viewer: sees payments",
        Role::Support => "Support: also refunds and sends receipts",
        Role::Developer => "Developer: also takes payments, keys and webhooks",
        Role::Owner => "Owner: everything, people included",
    }
}

/// The access that a form names.
fn access(fields: &Fields) -> Result<Access, Failure> {
    let role = Role::from_word(fields.get("role"));
    let role = role.ok_or_else(|| Refusal::invalid("Role", "Choose a role."))?;
    let ids: Result<BTreeMap<_, _>, _> = fields
        .all("location")
        .map(|id| AccountId::parse(id).map(|id| (id, role)))
        .collect();
    let ids = ids.map_err(Refusal::from)?;
    Ok(match fields.get("where") {
        "some" => Access::At(ids),
        _ => Access::Everywhere(role),
    })
}

async fn answered(
    state: &PortalState,
    here: &Here,
    result: Result<(), Failure>,
    done: &str,
) -> Response {
    match result {
        Ok(()) => Redirect::to(&format!("/portal/people?done={done}")).into_response(),
        Err(failure) => {
            let (status, sentences) = explained(&failure);
            people(state, here, status, Some(Notice::bad(sentences))).await
        }
    }
}

pub(crate) async fn invite(State(state): State<PortalState>, here: Here) -> Response {
    let invited = async {
        let access = access(&here.fields)?;
        let people = state.app.engine.people();
        people
            .team()
            .invite(
                &here.visitor,
                here.fields.get("email"),
                &access,
                state.base(),
            )
            .await
    };
    answered(&state, &here, invited.await, "invited").await
}

pub(crate) async fn set_role(
    State(state): State<PortalState>,
    Path(user): Path<String>,
    here: Here,
) -> Response {
    let changed = async {
        let id = UserId::parse(&user).map_err(Refusal::from)?;
        let access = access(&here.fields)?;
        state
            .app
            .engine
            .people()
            .team()
            .set_access(&here.visitor, &id, &access)
            .await
    };
    answered(&state, &here, changed.await, "role").await
}

pub(crate) async fn remove(
    State(state): State<PortalState>,
    Path(user): Path<String>,
    here: Here,
) -> Response {
    let removed = async {
        let id = UserId::parse(&user).map_err(Refusal::from)?;
        state
            .app
            .engine
            .people()
            .team()
            .remove(&here.visitor, &id)
            .await
    };
    answered(&state, &here, removed.await, "removed").await
}
