//! The users of a company.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use tatami_core::id::{AccountId, UserId};
use tatami_core::people::{Access, Role, User};
use tatami_core::problem::Refusal;
use tatami_engine::ports::mail::Mail;
use tatami_engine::{Failure, Invitation};

use crate::PortalState;
use crate::fields::Fields;
use crate::frame::{Frame, Notice};
use crate::pages::{failed, page, page_with, redirect_or};
use crate::times::universal;
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
    /// Until when the invitation is valid, or that it no longer is.
    invitation: Option<String>,
    access: String,
    chosen: Chosen,
}

/// What is chosen in a form about roles.
struct Chosen {
    /// The role at all locations.
    role: &'static str,
    roles: Vec<(&'static str, &'static str)>,
    /// The locations with their ids, and the role at each; empty if there is none.
    locations: Vec<(String, String, &'static str)>,
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
        "ended" => Some("The user is signed out everywhere."),
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
    let team = state.app.engine.people().team();
    let read = async {
        let users = team.users(&here.visitor).await?;
        let invitations = team.invitations(&here.visitor).await?;
        Ok::<_, Failure>((users, invitations))
    };
    let (users, invitations) = match read.await {
        Ok(read) => read,
        Err(failure) => return failed(&failure),
    };
    let row = |user: User| {
        let invitation = invitations.iter().find(|it| it.user == user.id);
        row(here, user, invitation)
    };
    let page = PeoplePage {
        frame: Frame::new(here, "/people", notice),
        users: users.into_iter().map(row).collect(),
        email: here.fields.get("email"),
        new: chosen(here, &Access::Everywhere(Role::Viewer)),
        shows_mails: state.app.engine.people().mails(&here.visitor).await.is_ok(),
    };
    page_with(status, &page)
}

fn row(here: &Here, user: User, invitation: Option<&Invitation>) -> Row {
    let until = |invitation: &Invitation| match invitation.ends_at {
        Some(at) => format!("The invitation is valid until {}.", universal(at)),
        None => "The invitation is no longer valid.".to_owned(),
    };
    Row {
        id: user.id.to_string(),
        called: user.called().to_owned(),
        is_invited: user.is_invited(),
        invitation: invitation.map(until),
        access: in_words(here, &user.access),
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
        let role = access.at(&account.id).filter(|_| !is_everywhere);
        let role = role.map_or("", Role::word);
        (account.id.to_string(), account.name.clone(), role)
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
    let role = |word: &str| {
        let role = Role::from_word(word);
        role.ok_or_else(|| Refusal::invalid("Role", "Choose a role."))
    };
    if fields.get("where") != "some" {
        return Ok(Access::Everywhere(role(fields.get("role"))?));
    }
    let mut roles = BTreeMap::new();
    for (location, word) in fields.beginning("role-") {
        if !word.is_empty() {
            roles.insert(
                AccountId::parse(location).map_err(Refusal::from)?,
                role(word)?,
            );
        }
    }
    Ok(Access::At(roles))
}

/// A role with where it is held.
fn in_words(here: &Here, access: &Access) -> String {
    let Access::At(roles) = access else {
        return format!("{}, all locations", access.in_words());
    };
    let at = |account: &std::sync::Arc<tatami_core::account::Account>| {
        let role = roles.get(&account.id)?;
        Some(format!("{} at {}", role.word(), account.name))
    };
    let words: Vec<_> = here.locations.iter().filter_map(at).collect();
    words.join(", ")
}

async fn answered(
    state: &PortalState,
    here: &Here,
    result: Result<(), Failure>,
    done: &str,
) -> Response {
    let to = result.map(|()| format!("/portal/people?done={done}"));
    redirect_or(to, |status, notice| people(state, here, status, notice)).await
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

pub(crate) async fn invite_again(
    State(state): State<PortalState>,
    Path(user): Path<String>,
    here: Here,
) -> Response {
    let sent = async {
        let id = UserId::parse(&user).map_err(Refusal::from)?;
        let team = state.app.engine.people().team();
        team.invite_again(&here.visitor, &id, state.base()).await
    };
    answered(&state, &here, sent.await, "invited").await
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

pub(crate) async fn end_sessions(
    State(state): State<PortalState>,
    Path(user): Path<String>,
    here: Here,
) -> Response {
    let ended = async {
        let id = UserId::parse(&user).map_err(Refusal::from)?;
        let people = state.app.engine.people();
        let authentication = people.authentication();
        authentication.end_sessions_of(&here.visitor, &id).await
    };
    answered(&state, &here, ended.await, "ended").await
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
