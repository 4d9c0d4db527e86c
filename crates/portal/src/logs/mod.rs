//! Requests as they came in and were answered: the list, what is new of it, and one of
//! them.

mod live;
mod reasons;
mod show;

pub(crate) use live::live;
pub(crate) use show::{show, took};

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use tatami_core::account::Account;
use tatami_core::id::KeyId;
use tatami_core::time::ticks;
use tatami_engine::ports::request_log::{Entry, RequestQuery};
use tatami_engine::{Failure, NamedKey};

use crate::PortalState;
use crate::fields::Fields;
use crate::frame::{Frame, Notice};
use crate::pages::{failed, page_with};
use crate::times::{day_end, day_start, local};
use crate::visit::{Here, path_of};

pub(crate) const PATH: &str = "/logs";
/// How many requests a page shows.
const PAGE: usize = 50;
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const STATUSES: [(&str, &str, (u16, u16)); 3] = [
    ("done", "Done (2xx)", (200, 299)),
    ("refused", "Refused (4xx)", (400, 499)),
    ("failed", "Failed (5xx)", (500, 599)),
];

/// A request in the list.
struct Row {
    href: String,
    status: u16,
    class: &'static str,
    method: String,
    path: String,
    key: String,
    took: String,
    at: String,
    iso: String,
}

struct Choice {
    value: String,
    title: String,
    is_chosen: bool,
}

/// What rows are written with.
#[derive(Clone)]
struct Words {
    base: String,
    zone: String,
    /// The names of keys by their ids.
    keys: Vec<(KeyId, String)>,
}

#[derive(Template)]
#[template(path = "logs.html")]
struct LogsPage<'a> {
    frame: Frame,
    fields: &'a Fields,
    is_on: bool,
    is_filtered: bool,
    more_is_used: bool,
    statuses: Vec<Choice>,
    methods: Vec<Choice>,
    keys: Vec<Choice>,
    routes: BTreeSet<String>,
    rows: Vec<Row>,
    next: Option<String>,
    /// Where what is new comes from; of older pages nothing is.
    live: Option<String>,
}

#[derive(Template)]
#[template(path = "log_rows.html")]
struct Rows {
    rows: Vec<Row>,
}

pub(crate) async fn list(State(state): State<PortalState>, here: Here) -> Response {
    let read = async {
        let place = here.location()?;
        let (query, bad) = wanted(&here.fields, &place.account);
        let words = Words::of(&state, &here).await?;
        let entries = match &state.app.requests {
            Some(log) if bad.is_empty() => log.page(&place.scope, query).await?,
            _ => Vec::new(),
        };
        Ok::<_, Failure>((words, entries, bad))
    };
    let (words, entries, bad) = match read.await {
        Ok(read) => read,
        Err(failure) => return failed(&failure),
    };
    let status = match bad.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::BAD_REQUEST,
    };
    let notice = (!bad.is_empty()).then(|| Notice::bad(bad));
    let fields = &here.fields;
    let is_used = |name: &&str| !fields.get(name).is_empty();
    let more_is_used = ["key", "route", "from", "to"].iter().any(is_used);
    let is_newest = fields.get("before").is_empty();
    let after = entries.first().map_or(0, |entry| entry.number);
    let next = (entries.len() >= PAGE).then(|| entries.last()).flatten();
    let page = LogsPage {
        frame: Frame::new(&here, PATH, notice),
        fields,
        is_on: state.app.requests.is_some(),
        is_filtered: more_is_used || ["text", "status", "method"].iter().any(is_used),
        more_is_used,
        statuses: choices(
            "Any status",
            STATUSES.iter().map(|(word, title, _)| (*word, *title)),
            fields.get("status"),
        ),
        methods: choices(
            "Any method",
            METHODS.iter().map(|method| (*method, *method)),
            fields.get("method"),
        ),
        keys: choices(
            "Any key",
            words
                .keys
                .iter()
                .map(|(id, name)| (id.as_str(), name.as_str())),
            fields.get("key"),
        ),
        routes: entries
            .iter()
            .map(|entry| entry.request.route.clone())
            .collect(),
        next: next.map(|last| fields.with("before", &last.number.to_string())),
        live: is_newest.then(|| {
            let query = fields.with("after", &after.to_string());
            format!("{}{PATH}/live?{query}", words.base)
        }),
        rows: entries.iter().map(|entry| words.row(entry)).collect(),
    };
    page_with(status, &page)
}

fn choices<'c>(
    any: &'c str,
    all: impl Iterator<Item = (&'c str, &'c str)>,
    chosen: &str,
) -> Vec<Choice> {
    let all = std::iter::once(("", any)).chain(all);
    all.map(|(value, title)| Choice {
        value: value.to_owned(),
        title: title.to_owned(),
        is_chosen: value == chosen,
    })
    .collect()
}

/// What the fields of the filter ask for, and what is wrong with them.
fn wanted(fields: &Fields, account: &Account) -> (RequestQuery, Vec<String>) {
    let mut bad = Vec::new();
    let given = |name: &str| {
        let text = fields.get(name).trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let mut moment = |name: &str, read: fn(&str, &str) -> Option<_>| {
        let text = given(name)?;
        let at = read(&text, &account.time_zone);
        if at.is_none() {
            bad.push(format!("{text} is not a date: write it as 2026-01-31."));
        }
        at
    };
    let (from, to) = (moment("from", day_start), moment("to", day_end));
    let statuses = STATUSES
        .iter()
        .find(|(word, ..)| *word == fields.get("status"));
    let query = RequestQuery {
        statuses: statuses.map(|(_, _, range)| *range),
        method: given("method"),
        route: given("route"),
        key: KeyId::parse(fields.get("key")).ok(),
        payment: None,
        text: given("text"),
        from,
        to,
        before: fields.get("before").parse().ok(),
        after: None,
        limit: PAGE,
    };
    (query, bad)
}

impl Words {
    async fn of(state: &PortalState, here: &Here) -> Result<Self, Failure> {
        let place = here.location()?;
        let keys = state.app.engine.accounts().named_keys(&place.scope).await?;
        let named = |named: NamedKey| {
            let name = match named.name.is_empty() {
                true => format!("…{}", named.key.hint),
                false => named.name,
            };
            (named.key.id, name)
        };
        Ok(Self {
            base: path_of(&place.scope),
            zone: place.account.time_zone.clone(),
            keys: keys.into_iter().map(named).collect(),
        })
    }

    /// The name of a key; the id of one that was deleted.
    fn key(&self, id: &KeyId) -> String {
        let known = self.keys.iter().find(|(key, _)| key == id);
        known.map_or_else(|| id.to_string(), |(_, name)| name.clone())
    }

    fn row(&self, entry: &Entry) -> Row {
        let request = &entry.request;
        Row {
            href: format!("{}{PATH}/{}", self.base, entry.number),
            status: request.status,
            class: class(request.status),
            method: request.method.clone(),
            path: request.path.clone(),
            key: request
                .key
                .as_ref()
                .map(|id| self.key(id))
                .unwrap_or_default(),
            took: took(request),
            at: local(request.at, &self.zone),
            iso: ticks(request.at),
        }
    }
}

/// How a status looks.
pub(crate) const fn class(status: u16) -> &'static str {
    match status {
        0..=399 => "done",
        400..=499 => "refused",
        _ => "failed",
    }
}
