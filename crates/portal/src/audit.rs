//! The trail of what people did.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde_json::Value;
use tatami_core::people::AuditEntry;
use tatami_core::time::ticks;

use crate::PortalState;
use crate::frame::Frame;
use crate::pages::{failed, page};
use crate::times::universal;
use crate::visit::Here;

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
}

impl From<AuditEntry> for Row {
    fn from(entry: AuditEntry) -> Self {
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
        }
    }
}

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    entries: Vec<Row>,
    next: Option<String>,
}

pub(crate) async fn list(State(state): State<PortalState>, here: Here) -> Response {
    let after = Some(here.fields.get("after")).filter(|after| !after.is_empty());
    match state.app.engine.people().audit(&here.visitor, after).await {
        Ok(found) => page(&AuditPage {
            frame: Frame::new(&here, "/audit", None),
            entries: found.entries.into_iter().map(Row::from).collect(),
            next: found.next,
        }),
        Err(failure) => failed(&failure),
    }
}
