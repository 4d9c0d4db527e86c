//! The virtual card machines: a list of them, and each as a hand-held device in the
//! browser, which its script draws.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use tatami_core::people::Right;
use tatami_core::problem::Refusal;
use tatami_engine::Failure;
use tatami_portal::{Frame, Here, failed, page, path_of, refused};

use crate::machines::controls;
use crate::machines::wire::CardMachine;
use crate::{SandboxState, assets};

const PATH: &str = "/card-machines";

#[derive(Template)]
#[template(path = "machines.html")]
struct MachinesPage {
    frame: Frame,
    assets: &'static str,
    base: String,
    rows: Vec<CardMachine>,
}

pub(super) async fn list(State(state): State<SandboxState>, here: Here) -> Response {
    let found = async {
        let place = here.location()?;
        let views = controls::views(&state.engine, &place.scope).await?;
        Ok::<_, Failure>((path_of(&place.scope), views))
    };
    match found.await {
        Ok((base, views)) => page(&MachinesPage {
            frame: Frame::new(&here, PATH, None),
            assets: assets::machines(),
            base,
            rows: views.iter().map(CardMachine::from).collect(),
        }),
        Err(failure) => failed(&failure),
    }
}

#[derive(Template)]
#[template(path = "machine.html")]
struct MachinePage {
    frame: Frame,
    assets: &'static str,
    base: String,
    tid: String,
    /// Whether the user may use it, not only look at it.
    may_use: bool,
}

/// The machine that a path names.
#[derive(Deserialize)]
pub(super) struct Named {
    tid: String,
}

pub(super) async fn show(
    State(state): State<SandboxState>,
    Path(Named { tid }): Path<Named>,
    here: Here,
) -> Response {
    let found = async {
        let place = here.location()?;
        let terminals = state.engine.terminals();
        terminals.get_by_tid(&place.scope, &tid).await?;
        Ok(&place.scope)
    };
    match found.await {
        Ok(scope) => page(&MachinePage {
            frame: Frame::new(&here, &format!("{PATH}/{tid}"), None),
            assets: assets::machines(),
            base: path_of(scope),
            may_use: here.visitor.may(Right::Operate, scope),
            tid,
        }),
        Err(Failure::Refused(Refusal::NotFound(_))) => refused(
            StatusCode::NOT_FOUND,
            "This location has no card machine with that TID.",
        ),
        Err(failure) => failed(&failure),
    }
}
