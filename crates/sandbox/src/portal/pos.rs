//! The merchant's POS: what is registered, its connection, what it was asked, flows that
//! test it, and the QR codes of its tables.

use std::collections::BTreeMap;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::response::sse::Event as SentEvent;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use tatami_core::account::Scope;
use tatami_engine::{Failure, NotedChange};
use tatami_epos::{Connected, Exchange, Flow, FlowRun, FlowStatus, Integration, Link, flows};
use tatami_http::{LastState, Watched, live};
use tatami_portal::{Frame, Here, Notice, failed, local, page, page_with, path_of, redirect_or};

use crate::controls::qr_codes::{TableQrCode, codes};
use crate::{PosTools, SandboxState, assets};

const PATH: &str = "/pos";
/// Runs of flows, and events, that are listed.
const LISTED: usize = 10;
/// The longest name and the longest value of a parameter that are taken from a form.
const PARAM: &str = "param.";

/// Capabilities that were registered together.
struct Registered {
    by: &'static str,
    url: String,
    since: String,
    names: Vec<String>,
    /// Of a WebSocket: whether it is connected, in words.
    connection: Option<String>,
    is_missing: bool,
}

struct House {
    name: String,
    links: Vec<Registered>,
}

struct Call {
    exchange: Exchange,
    at: String,
    millis: u128,
}

struct Event {
    kind: String,
    state: &'static str,
    at: String,
    payload: String,
    tries: usize,
}

#[derive(Template)]
#[template(path = "pos.html")]
struct PosPage {
    frame: Frame,
    assets: &'static str,
    path: String,
    houses: Vec<House>,
    flows: Vec<Flow>,
    runs: Vec<FlowRun>,
    calls: Vec<Call>,
    events: Vec<Event>,
}

pub(super) async fn show(
    State(state): State<SandboxState>,
    Extension(tools): Extension<PosTools>,
    here: Here,
) -> Response {
    pos((&state, &tools), &here, StatusCode::OK, None).await
}

async fn pos(
    with: (&SandboxState, &PosTools),
    here: &Here,
    status: StatusCode,
    notice: Option<Notice>,
) -> Response {
    match shown(with, here, notice).await {
        Ok(shown) => page_with(status, &shown),
        Err(failure) => failed(&failure),
    }
}

async fn shown(
    (state, tools): (&SandboxState, &PosTools),
    here: &Here,
    notice: Option<Notice>,
) -> Result<PosPage, Failure> {
    let place = here.location()?;
    let (scope, zone) = (&place.scope, &place.account.time_zone);
    let mut houses = Vec::new();
    for integration in tools.registry.integrations(scope, None).await? {
        houses.push(house(tools, &integration, zone).await);
    }
    let calls = tools
        .links
        .recent
        .of(scope)
        .into_iter()
        .map(|exchange| Call {
            at: local(exchange.at, zone),
            millis: exchange.took.as_millis(),
            exchange,
        });
    let sent = state
        .engine
        .webhooks()
        .deliveries(scope, 10 * LISTED)
        .await?;
    let events = sent.into_iter().filter(|it| !it.is_webhook()).take(LISTED);
    let events = events.map(|it| Event {
        at: local(it.created_at, zone),
        state: tatami_portal::delivery_state(&it),
        tries: it.attempts.len(),
        kind: it.event_type,
        payload: it.payload,
    });
    Ok(PosPage {
        frame: Frame::new(here, PATH, notice),
        assets: assets::machines(),
        path: format!("{}{PATH}", path_of(scope)),
        houses,
        flows: flows(),
        runs: state.engine.documents().list(scope, LISTED).await?,
        calls: calls.collect(),
        events: events.collect(),
    })
}

async fn house(tools: &PosTools, integration: &Integration, zone: &str) -> House {
    let registered = |by, url: &str, link: &Link| Registered {
        by,
        url: url.to_owned(),
        since: local(link.registered_at, zone),
        names: link.names.clone(),
        connection: None,
        is_missing: false,
    };
    let mut links = Vec::new();
    if let Some(rest) = &integration.rest {
        links.push(registered("REST", &rest.url, &rest.link));
    }
    if let Some(ws) = &integration.ws {
        let connected = tools.links.gateway.connected(&integration.into()).await;
        links.push(Registered {
            is_missing: connected.is_none(),
            connection: Some(in_words(connected.as_ref())),
            ..registered("WebSocket", "", ws)
        });
    }
    House {
        name: integration.software_house.clone(),
        links,
    }
}

fn in_words(connected: Option<&Connected>) -> String {
    let Some(Connected { node, age }) = connected else {
        return "Not connected".to_owned();
    };
    let minutes = age.as_secs() / 60;
    let at = node.as_ref().map(|node| format!(" to the node {node}"));
    let at = at.unwrap_or_default();
    match minutes {
        0 => format!("Connected{at} for less than a minute"),
        1 => format!("Connected{at} for 1 minute"),
        _ => format!("Connected{at} for {minutes} minutes"),
    }
}

pub(super) async fn start(
    State(state): State<SandboxState>,
    Extension(tools): Extension<PosTools>,
    here: Here,
) -> Response {
    let started = async {
        let scope = &here.location()?.scope;
        let name = here.fields.get("flow");
        let known = flows().into_iter().find(|flow| flow.name == name);
        let params = known.iter().flat_map(|flow| &flow.params).map(|param| {
            let value = here.fields.get(&format!("{PARAM}{}", param.name));
            (param.name.to_owned(), value.to_owned())
        });
        let params: BTreeMap<_, _> = params.collect();
        let people = state.engine.people();
        let change = NotedChange {
            action: "pos.test",
            subject: name,
            new: Some(json!(params)),
            ..NotedChange::default()
        };
        people.note(&here.visitor, scope, change)?;
        let id = tools.tester.start(scope, None, name, &params).await?;
        Ok::<_, Failure>(format!("{}{PATH}/flows/{id}", path_of(scope)))
    };
    redirect_or(started.await, |status, notice| {
        pos((&state, &tools), &here, status, notice)
    })
    .await
}

/// The flow that a path names.
#[derive(Deserialize)]
pub(super) struct Named {
    flow: String,
}

#[derive(Template)]
#[template(path = "pos_flow.html")]
struct FlowPage {
    frame: Frame,
    assets: &'static str,
    path: String,
    started: String,
    run: FlowRun,
    seen: String,
}

pub(super) async fn flow(
    Extension(tools): Extension<PosTools>,
    Path(Named { flow }): Path<Named>,
    here: Here,
) -> Response {
    let read = async {
        let place = here.location()?;
        let run = tools.tester.read(&place.scope, &flow).await?;
        Ok::<_, Failure>((place, run))
    };
    match read.await {
        Ok((place, run)) => page(&FlowPage {
            frame: Frame::new(&here, &format!("{PATH}/flows/{}", run.id), None),
            assets: assets::machines(),
            path: format!("{}{PATH}", path_of(&place.scope)),
            started: local(run.started_at, &place.account.time_zone),
            seen: seen(&run),
            run,
        }),
        Err(failure) => failed(&failure),
    }
}

/// What a flow is told from its later states by.
fn seen(run: &FlowRun) -> String {
    let notes: usize = run.steps.iter().map(|step| step.notes.len()).sum();
    let ended = run.steps.iter().filter(|step| step.finished_at.is_some());
    let counts = (run.steps.len(), ended.count(), notes);
    format!("{} {counts:?}", run.status.word())
}

struct WatchedFlow {
    tools: PosTools,
    scope: Scope,
    id: String,
    last: LastState,
}

impl Watched for WatchedFlow {
    async fn look(&mut self) -> Result<Option<SentEvent>, Failure> {
        let run = self.tools.tester.read(&self.scope, &self.id).await?;
        Ok(self.last.changed_to(seen(&run)))
    }
}

/// Tells whenever a flow has gone on.
pub(super) async fn watch(
    State(state): State<SandboxState>,
    Extension(tools): Extension<PosTools>,
    Path(Named { flow }): Path<Named>,
    here: Here,
) -> Response {
    match here.location() {
        Ok(place) => {
            let watched = WatchedFlow {
                tools,
                scope: place.scope.clone(),
                id: flow,
                last: LastState::default(),
            };
            live(watched, state.load_shed.clone())
        }
        Err(failure) => failed(&failure),
    }
}

#[derive(Template)]
#[template(path = "pos_qr_codes.html")]
struct QrCodesPage {
    frame: Frame,
    assets: &'static str,
    path: String,
    location: String,
    codes: Vec<TableQrCode>,
}

pub(super) async fn qr_codes(State(state): State<SandboxState>, here: Here) -> Response {
    let place = match here.location() {
        Ok(place) => place,
        Err(failure) => return failed(&failure),
    };
    let found = codes(&state, &place.scope).await;
    let (status, notice, codes) = match found {
        Ok(codes) => (StatusCode::OK, None, codes),
        Err(failure) => {
            let notice = Notice::bad(vec![failure.to_string()]);
            (StatusCode::CONFLICT, Some(notice), Vec::new())
        }
    };
    let page = QrCodesPage {
        frame: Frame::new(&here, "/pos/qr-codes", notice),
        assets: assets::machines(),
        path: format!("{}{PATH}", path_of(&place.scope)),
        location: place.account.name.clone(),
        codes,
    };
    page_with(status, &page)
}
