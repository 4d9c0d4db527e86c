//! Setup intents: cards that are kept with their holders' consent, to be charged later.

mod create;
mod show;

pub(crate) use create::{create, show_form};
pub(crate) use show::{cancel, show};

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use tatami_core::id::SetupIntentId;
use tatami_core::people::Right;
use tatami_core::setup_intent::{SetupIntent, Status, TransactionType};
use tatami_core::time::ticks;
use tatami_engine::Failure;

use crate::PortalState;
use crate::frame::Frame;
use crate::pages::{failed, page};
use crate::times::local;
use crate::visit::{Here, path_of};

const PATH: &str = "/setup-intents";
/// Setup intents on a page.
const SHOWN: usize = 25;

struct Row {
    href: String,
    reference: String,
    status: &'static str,
    kind: &'static str,
    card: String,
    at: String,
    iso: String,
}

struct Tab {
    href: String,
    title: &'static str,
    is_here: bool,
}

#[derive(Template)]
#[template(path = "setup_intents.html")]
struct SetupsPage {
    frame: Frame,
    path: String,
    can_create: bool,
    tabs: Vec<Tab>,
    rows: Vec<Row>,
    next: Option<String>,
}

/// When the card may be charged.
pub(crate) fn kind(intent: &SetupIntent) -> &'static str {
    match intent.kind {
        TransactionType::NoShow => "No-show",
        TransactionType::Unscheduled => "Unscheduled",
    }
}

fn word(status: Status) -> &'static str {
    match status {
        Status::CardExpired => "Card expired",
        status => status.name(),
    }
}

/// The card of a setup intent, masked.
fn card(intent: &SetupIntent) -> String {
    let verified = intent.verification.as_ref();
    let card = verified.map(|it| format!("{} {}", it.card.scheme.title(), it.card.masked));
    card.unwrap_or_default()
}

pub(crate) async fn list(State(state): State<PortalState>, here: Here) -> Response {
    let wanted = here.fields.get("status");
    let chosen = Status::ALL.into_iter().find(|it| it.name() == wanted);
    let statuses: Vec<Status> = chosen.into_iter().collect();
    let read = async {
        let place = here.location()?;
        let setups = state.app.engine.setup_intents();
        let after = SetupIntentId::parse(here.fields.get("after")).ok();
        let found = setups.look(&place.scope, &statuses, None, after, SHOWN);
        Ok::<_, Failure>((place, found.await?))
    };
    let (place, found) = match read.await {
        Ok(read) => read,
        Err(failure) => return failed(&failure),
    };
    let path = format!("{}{PATH}", path_of(&place.scope));
    let row = |intent: &SetupIntent| Row {
        href: format!("{path}/{}", intent.id),
        reference: intent.details.reference.clone(),
        status: word(intent.status),
        kind: kind(intent),
        card: card(intent),
        at: local(intent.created_at, &place.account.time_zone),
        iso: ticks(intent.created_at),
    };
    let all = Tab {
        href: path.clone(),
        title: "All",
        is_here: statuses.is_empty(),
    };
    let tab = |status: Status| Tab {
        href: format!("{path}?status={}", status.name()),
        title: word(status),
        is_here: statuses.contains(&status),
    };
    page(&SetupsPage {
        frame: Frame::new(&here, PATH, None),
        can_create: here.visitor.may(Right::Operate, &place.scope),
        tabs: std::iter::once(all)
            .chain(Status::ALL.into_iter().map(tab))
            .collect(),
        rows: found.items.iter().map(row).collect(),
        next: found.next.map(|id| here.fields.with("after", &id)),
        path,
    })
}
