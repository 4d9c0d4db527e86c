//! Payments: the list, one of them as a timeline, and what can be done with it.

mod actions;
mod show;
mod timeline;

pub(crate) use actions::{VERSION, cancel, capture, receipt, refund, reverse};
pub(crate) use show::show;

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use tatami_core::account::Account;
use tatami_core::id::PaymentIntentId;
use tatami_core::payment_intent::{PaymentIntent, Status};
use tatami_core::time::{Timestamp, ticks};
use tatami_engine::{Found, Wanted};

use crate::PortalState;
use crate::fields::Fields;
use crate::frame::{Frame, Notice};
use crate::money::minor_units;
use crate::pages::{failed, page_with};
use crate::times::{day_end, day_start, local};
use crate::visit::{Here, path_of};

const PATH: &str = "/payments";

/// A payment in the list.
struct Row {
    href: String,
    reference: String,
    amount: String,
    status: &'static str,
    card: String,
    source: String,
    at: String,
    iso: String,
}

struct Choice {
    value: &'static str,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "payments.html")]
struct PaymentsPage<'a> {
    frame: Frame,
    fields: &'a Fields,
    statuses: Vec<Choice>,
    rows: Vec<Row>,
    next: Option<String>,
    looked_through: usize,
}

pub(crate) async fn list(State(state): State<PortalState>, here: Here) -> Response {
    let Some(place) = &here.place else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (fields, scope) = (&here.fields, &place.scope);
    let overview = state.app.engine.overview();
    let id = fields.get("id").trim();
    if !id.is_empty() {
        match overview.by_any_id(scope, id).await {
            Ok(Some(id)) => {
                let to = format!("{}{PATH}/{id}", path_of(scope));
                return Redirect::to(&to).into_response();
            }
            Ok(None) => {
                let bad = format!("There is nothing with the id {id} here.");
                let notice = Notice::bad(vec![bad]);
                return listed(&here, StatusCode::NOT_FOUND, Found::default(), Some(notice));
            }
            Err(failure) => return failed(&failure),
        }
    }
    let wanted = match wanted(fields, &place.account) {
        Ok(wanted) => wanted,
        Err(bad) => {
            let notice = Notice::bad(bad);
            return listed(
                &here,
                StatusCode::BAD_REQUEST,
                Found::default(),
                Some(notice),
            );
        }
    };
    let after = PaymentIntentId::parse(fields.get("after")).ok();
    match overview.look(scope, &wanted, after).await {
        Ok(found) => listed(&here, StatusCode::OK, found, None),
        Err(failure) => failed(&failure),
    }
}

/// What the fields of the filter ask for.
fn wanted(fields: &Fields, account: &Account) -> Result<Wanted, Vec<String>> {
    let mut bad = Vec::new();
    let mut moment = |name: &str, read: fn(&str, &str) -> Option<Timestamp>| {
        let text = fields.get(name);
        let at = read(text, &account.time_zone);
        if at.is_none() && !text.is_empty() {
            bad.push(format!("The date {text} is none: write it as 2026-01-31."));
        }
        at
    };
    let (from, to) = (moment("from", day_start), moment("to", day_end));
    let amount = fields.get("amount");
    let minor = minor_units(amount);
    if minor.is_none() && !amount.is_empty() {
        bad.push(format!("The amount {amount} is none: write it as 12.50."));
    }
    if !bad.is_empty() {
        return Err(bad);
    }
    Ok(Wanted {
        statuses: fields.all("status").filter_map(Status::from_name).collect(),
        from,
        to,
        reference: fields.get("reference").trim().to_owned(),
        customer: fields.get("customer").trim().to_owned(),
        source: fields.get("source").trim().to_owned(),
        last4: fields.get("last4").trim().to_owned(),
        amount: minor,
    })
}

fn listed(here: &Here, status: StatusCode, found: Found, notice: Option<Notice>) -> Response {
    let zone = here
        .place
        .as_ref()
        .map_or("UTC", |place| place.account.time_zone.as_str());
    let base = here
        .some_scope()
        .map(|scope| path_of(&scope))
        .unwrap_or_default();
    let row = |intent: &Arc<PaymentIntent>| row(intent, &base, zone);
    let chosen: Vec<&str> = here.fields.all("status").collect();
    let choice = |status: &Status| Choice {
        value: status.name(),
        is_chosen: chosen.contains(&status.name()),
    };
    let page = PaymentsPage {
        frame: Frame::new(here, PATH, notice),
        fields: &here.fields,
        statuses: Status::ALL.iter().map(choice).collect(),
        rows: found.intents.iter().map(row).collect(),
        next: found.next.map(|id| here.fields.with("after", id.as_str())),
        looked_through: found.looked_through,
    };
    page_with(status, &page)
}

fn row(intent: &PaymentIntent, base: &str, zone: &str) -> Row {
    let card = intent.authorization.as_ref().map(|it| &it.card);
    Row {
        href: format!("{base}{PATH}/{}", intent.id),
        reference: intent.details.reference.clone(),
        amount: intent.total().to_string(),
        status: intent.status.name(),
        card: card
            .map(|card| format!("{} ·{}", card.scheme.title(), card.last4))
            .unwrap_or_default(),
        source: intent.details.source().to_owned(),
        at: local(intent.created_at, zone),
        iso: ticks(intent.created_at),
    }
}
