//! The trail of what people did.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde_json::Value;
use tatami_core::people::AuditEntry;
use tatami_core::time::ticks;
use tatami_engine::{AuditFilter, Failure, Visitor};

use crate::fields::Fields;
use crate::frame::Frame;
use crate::pages::{failed, page};
use crate::times::{day_end, day_start, universal};
use crate::visit::Here;
use crate::{PortalState, csv};

struct Row {
    at: String,
    iso: String,
    by: String,
    action: String,
    subject: String,
    place: String,
    address: String,
    old: String,
    new: String,
    /// Both in words.
    change: String,
}

impl From<AuditEntry> for Row {
    fn from(entry: AuditEntry) -> Self {
        let said = |value: &Option<Value>| value.as_ref().map(in_words).unwrap_or_default();
        let (old, new) = (said(&entry.old), said(&entry.new));
        let value = |value: Option<Value>| value.map(|value| value.to_string()).unwrap_or_default();
        Self {
            at: universal(entry.at),
            iso: ticks(entry.at),
            by: entry.by,
            action: entry.action,
            subject: entry.subject,
            place: entry
                .scope
                .map(|scope| scope.to_string())
                .unwrap_or_default(),
            address: entry.address,
            old: value(entry.old),
            new: value(entry.new),
            change: match old.is_empty() {
                true => new,
                false => format!("{old} → {new}"),
            },
        }
    }
}

/// A value as text: fields with their names, without those that are empty.
fn in_words(value: &Value) -> String {
    let joined = |texts: Vec<String>| texts.join(", ");
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => joined(values.iter().map(in_words).collect()),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (name, in_words(value)));
            let fields = fields.filter(|(_, words)| !words.is_empty());
            joined(
                fields
                    .map(|(name, words)| format!("{name}: {words}"))
                    .collect(),
            )
        }
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage<'h> {
    frame: Frame,
    fields: &'h Fields,
    /// Whether anything is left out.
    is_filtered: bool,
    entries: Vec<Row>,
    next: Option<String>,
    /// The query of the file of all of them.
    export: String,
}

pub(crate) async fn list(State(state): State<PortalState>, here: Here) -> Response {
    let after = Some(here.fields.get("after")).filter(|after| !after.is_empty());
    let wanted = filter(&here.fields);
    let people = state.app.engine.people();
    match people.audit(&here.visitor, &wanted, after).await {
        Ok(found) => page(&AuditPage {
            frame: Frame::new(&here, "/audit", None),
            fields: &here.fields,
            is_filtered: FILTERS.iter().any(|it| !here.fields.get(it).is_empty()),
            entries: found.entries.into_iter().map(Row::from).collect(),
            next: found.next.map(|next| here.fields.with("after", &next)),
            export: here.fields.without(&["after"]),
        }),
        Err(failure) => failed(&failure),
    }
}

const COLUMNS: [&str; 8] = [
    "time", "user", "action", "subject", "location", "address", "old", "new",
];

/// The position of the next part of the file.
struct Rest {
    state: PortalState,
    visitor: Visitor,
    wanted: AuditFilter,
    /// None before the first part.
    after: Option<String>,
}

/// The filtered trail as a file.
pub(crate) async fn export(State(state): State<PortalState>, here: Here) -> Response {
    let rest = Rest {
        wanted: filter(&here.fields),
        visitor: here.visitor.clone(),
        state,
        after: None,
    };
    csv::file("audit-trail.csv", &COLUMNS, rest, part)
}

async fn part(mut rest: Rest) -> Result<(String, Option<Rest>), Failure> {
    let people = rest.state.app.engine.people();
    let after = rest.after.take();
    let found = people
        .audit(&rest.visitor, &rest.wanted, after.as_deref())
        .await?;
    let mut text = String::new();
    for entry in found.entries {
        let Row {
            iso,
            by,
            action,
            subject,
            place,
            address,
            old,
            new,
            ..
        } = &Row::from(entry);
        let cells = [iso, by, action, subject, place, address, old, new];
        csv::line(cells.map(String::as_str), &mut text);
    }
    rest.after = found.next;
    Ok((text, rest.after.is_some().then_some(rest)))
}

const FILTERS: [&str; 4] = ["by", "what", "from", "to"];

/// Days are those of UTC, as the times on the page are.
fn filter(fields: &Fields) -> AuditFilter {
    AuditFilter {
        by: fields.get("by").trim().to_owned(),
        action: fields.get("what").trim().to_owned(),
        from: day_start(fields.get("from"), "UTC"),
        to: day_end(fields.get("to"), "UTC"),
    }
}
