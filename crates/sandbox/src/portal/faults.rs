//! Faults: what the next payment does, however it comes, and the next one on a card
//! machine.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde_json::json;
use tatami_acquirer::{BooksError, Fault};
use tatami_core::people::Right;
use tatami_core::problem::Refusal;
use tatami_engine::{Failure, NotedChange};
use tatami_portal::{Frame, Here, Notice, failed, page_with, path_of, redirect_or};

use crate::machines::controls;
use crate::{SandboxState, assets};

const PATH: &str = "/faults";

struct Machine {
    tid: String,
    /// Whether something is set for its next payment.
    has_next: bool,
    is_online: bool,
}

#[derive(Template)]
#[template(path = "faults.html")]
struct FaultsPage {
    frame: Frame,
    assets: &'static str,
    base: String,
    path: String,
    faults: [Fault; Fault::ALL.len()],
    planned: Option<Fault>,
    planned_word: &'static str,
    machines: Vec<Machine>,
    may_set: bool,
}

pub(super) async fn show(State(state): State<SandboxState>, here: Here) -> Response {
    let notice = match here.fields.get("done") {
        "set" => Some(Notice::good("The fault is set for the next payment.")),
        "cleared" => Some(Notice::good(
            "Cleared: the test card of the next payment decides what happens.",
        )),
        _ => None,
    };
    faults(&state, &here, StatusCode::OK, notice).await
}

async fn faults(
    state: &SandboxState,
    here: &Here,
    status: StatusCode,
    notice: Option<Notice>,
) -> Response {
    let read = async {
        let place = here.location()?;
        let planned = state.acquirer.planned(&place.scope).await;
        let planned = planned.map_err(books_failed)?;
        let machines = controls::views(&state.engine, &place.scope).await?;
        Ok::<_, Failure>((place, planned, machines))
    };
    let (place, planned, machines) = match read.await {
        Ok(read) => read,
        Err(failure) => return failed(&failure),
    };
    let base = path_of(&place.scope);
    let machines = machines.into_iter().map(|view| Machine {
        has_next: view.machine.next.is_some(),
        is_online: view.machine.online(),
        tid: view.terminal.tid,
    });
    let page = FaultsPage {
        frame: Frame::new(here, PATH, notice),
        assets: assets::machines(),
        path: format!("{base}{PATH}"),
        base,
        faults: Fault::ALL,
        planned,
        planned_word: planned.map_or("", Fault::word),
        machines: machines.collect(),
        may_set: here.visitor.may(Right::Operate, &place.scope),
    };
    page_with(status, &page)
}

fn books_failed(error: BooksError) -> Failure {
    Failure::Unavailable(error.to_string())
}

pub(super) async fn set(State(state): State<SandboxState>, here: Here) -> Response {
    let set = async {
        let scope = &here.location()?.scope;
        let word = here.fields.get("fault");
        let fault = Fault::from_word(word);
        if fault.is_none() && !word.is_empty() {
            let rule = "The fault must be one of the list.";
            return Err(Refusal::invalid("Fault", rule).into());
        }
        let people = state.engine.people();
        let before = state.acquirer.planned(scope).await.map_err(books_failed)?;
        let change = NotedChange {
            action: "faults.set",
            old: before.map(|fault| json!({ "fault": fault.word() })),
            new: Some(json!({ "fault": word })),
            ..NotedChange::default()
        };
        people.note(&here.visitor, scope, change)?;
        state
            .acquirer
            .plan(scope, fault)
            .await
            .map_err(books_failed)?;
        let done = if fault.is_some() { "set" } else { "cleared" };
        Ok::<_, Failure>(format!("{}{PATH}?done={done}", path_of(scope)))
    };
    redirect_or(set.await, |status, notice| {
        faults(&state, &here, status, notice)
    })
    .await
}
