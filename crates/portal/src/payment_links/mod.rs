//! Payment links: payment intents whose payer is sent the address of the checkout page.

mod create;
mod show;

pub(crate) use create::{create, show_form};
pub(crate) use show::{cancel, mail, qr_code, show};

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use tatami_core::id::PaymentIntentId;
use tatami_core::payment_intent::{PaymentIntent, Status};
use tatami_core::people::Right;
use tatami_core::time::{Timestamp, ticks};
use tatami_engine::Failure;

use crate::PortalState;
use crate::frame::Frame;
use crate::pages::{failed, page};
use crate::times::local;
use crate::visit::{Here, path_of};

const PATH: &str = "/payment-links";
/// Links on a page.
const SHOWN: usize = 25;

/// What can be asked for: its word, its title, and the states that it stands for.
const STATES: [(&str, &str, &[Status]); 4] = [
    ("", "All", &[]),
    ("open", "Open", &[Status::Created]),
    (
        "paid",
        "Paid",
        &[
            Status::Authorized,
            Status::Captured,
            Status::Refunded,
            Status::Reversed,
        ],
    ),
    ("ended", "Expired or canceled", &[Status::Canceled]),
];

/// What is to be said of how a link stands.
pub(super) struct Standing {
    pub(super) word: &'static str,
    pub(super) is_open: bool,
    pub(super) is_paid: bool,
}

impl Standing {
    pub(super) fn of(intent: &PaymentIntent, now: Timestamp) -> Self {
        let is_over = intent.expire_at <= now;
        let word = match intent.status {
            Status::Created if intent.attempt.is_some() => "Being paid",
            Status::Created if is_over => "Expired",
            Status::Created => "Open",
            Status::Canceled if intent.updated_at >= intent.expire_at => "Expired",
            Status::Authorized => "Authorized",
            Status::Captured => "Paid",
            other => other.name(),
        };
        Self {
            word,
            is_open: intent.status == Status::Created && !is_over,
            is_paid: matches!(intent.status, Status::Authorized | Status::Captured),
        }
    }
}

/// The address of the checkout page of an intent.
pub(crate) fn link(state: &PortalState, id: &str) -> String {
    format!("{}/checkout/{id}", state.base().trim_end_matches('/'))
}

struct Tab {
    href: String,
    title: &'static str,
    is_here: bool,
}

struct Row {
    href: String,
    amount: String,
    standing: Standing,
    reference: String,
    email: String,
    at: String,
    iso: String,
    expires: String,
    expires_iso: String,
}

#[derive(Template)]
#[template(path = "payment_links.html")]
struct LinksPage {
    frame: Frame,
    path: String,
    can_create: bool,
    tabs: Vec<Tab>,
    is_filtered: bool,
    rows: Vec<Row>,
    next: Option<String>,
}

pub(crate) async fn list(State(state): State<PortalState>, here: Here) -> Response {
    let wanted = here.fields.get("state");
    let (word, _, statuses) = STATES
        .iter()
        .find(|(word, ..)| *word == wanted)
        .unwrap_or(&STATES[0]);
    let read = async {
        let place = here.location()?;
        let links = state.app.engine.payment_links();
        let after = PaymentIntentId::parse(here.fields.get("after")).ok();
        let found = links.list(&place.scope, statuses, after, SHOWN).await?;
        Ok::<_, Failure>((place, found))
    };
    let (place, found) = match read.await {
        Ok(read) => read,
        Err(failure) => return failed(&failure),
    };
    let path = format!("{}{PATH}", path_of(&place.scope));
    let (now, zone) = (
        state.app.engine.now(&place.scope),
        place.account.time_zone.as_str(),
    );
    let rows = found.items.iter().map(|it| row(it, &path, now, zone));
    page(&LinksPage {
        frame: Frame::new(&here, PATH, None),
        can_create: here.visitor.may(Right::Operate, &place.scope),
        tabs: STATES
            .iter()
            .map(|(state, title, _)| Tab {
                href: match state.is_empty() {
                    true => path.clone(),
                    false => format!("{path}?state={state}"),
                },
                title,
                is_here: state == word,
            })
            .collect(),
        is_filtered: !word.is_empty(),
        rows: rows.collect(),
        next: found.next.map(|id| here.fields.with("after", &id)),
        path,
    })
}

fn row(intent: &PaymentIntent, path: &str, now: Timestamp, zone: &str) -> Row {
    let customer = intent.details.customer.as_ref();
    let email = customer.and_then(|customer| customer.email_address.clone());
    Row {
        href: format!("{path}/{}", intent.id),
        amount: intent.total().to_string(),
        standing: Standing::of(intent, now),
        reference: intent.details.reference.clone(),
        email: email.unwrap_or_default(),
        at: local(intent.created_at, zone),
        iso: ticks(intent.created_at),
        expires: local(intent.expire_at, zone),
        expires_iso: ticks(intent.expire_at),
    }
}
