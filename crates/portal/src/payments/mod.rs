//! Payments: the list, one of them as a timeline, and what can be done with it.

mod actions;
mod export;
mod filter;
mod show;
mod timeline;

pub(crate) use actions::{VERSION, cancel, capture, receipt, refund, reverse};
pub(crate) use export::export;
pub(crate) use filter::day;
pub(crate) use show::show;

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use tatami_core::id::PaymentIntentId;
use tatami_core::payment_intent::{PaymentIntent, Status};
use tatami_core::time::ticks;
use tatami_engine::{Found, Owned};
use url::form_urlencoded::byte_serialize;

use self::filter::wanted;
use crate::PortalState;
use crate::fields::Fields;
use crate::frame::{Frame, Notice};
use crate::pages::{failed, page_with};
use crate::times::local;
use crate::visit::{Here, path_of};

const PATH: &str = "/payments";
/// Payments on a page.
const SHOWN: usize = 25;

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
    /// Whether something is filtered by.
    is_filtered: bool,
    /// Whether the newest are shown, so that new ones appear.
    is_first: bool,
    rows: Vec<Row>,
    next: Option<String>,
    /// The day to which was looked, where that was not to the end.
    looked_to: Option<String>,
    /// The list without its page.
    newest: String,
    export: String,
}

pub(crate) async fn list(State(state): State<PortalState>, here: Here) -> Response {
    let Some(place) = &here.place else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (fields, scope) = (&here.fields, &place.scope);
    let overview = state.app.engine.overview();
    let id = fields.get("id").trim();
    if !id.is_empty() {
        return match overview.by_any_id(scope, id).await {
            Ok(Some(owned)) => Redirect::to(&page_of(&here, &owned, id)).into_response(),
            Ok(None) => {
                let bad = format!("There is nothing with the id or reference {id} here.");
                let notice = Notice::bad(vec![bad]);
                listed(&here, StatusCode::NOT_FOUND, Found::default(), Some(notice))
            }
            Err(failure) => failed(&failure),
        };
    }
    let wanted = match wanted(fields, &place.account) {
        Ok(wanted) => wanted,
        Err(bad) => {
            let (status, notice) = (StatusCode::BAD_REQUEST, Notice::bad(bad));
            return listed(&here, status, Found::default(), Some(notice));
        }
    };
    let after = PaymentIntentId::parse(fields.get("after")).ok();
    match overview.look(scope, &wanted, after, SHOWN).await {
        Ok(found) => listed(&here, StatusCode::OK, found, None),
        Err(failure) => failed(&failure),
    }
}

/// The page of what an id or a reference is of.
fn page_of(here: &Here, owned: &Owned, id: &str) -> String {
    let base = here
        .some_scope()
        .map(|scope| path_of(&scope))
        .unwrap_or_default();
    match owned {
        Owned::Payment(id) => format!("{base}{PATH}/{id}"),
        Owned::Payments => {
            let reference: String = byte_serialize(id.as_bytes()).collect();
            format!("{base}{PATH}?reference={reference}")
        }
        Owned::SetupIntent(id) => format!("{base}/setup-intents/{id}"),
        Owned::Customer(id) => format!("{base}/customers/{id}"),
        Owned::UnlinkedRefund(_) => format!("{base}/refunds"),
    }
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
    let fields = &here.fields;
    let chosen: Vec<&str> = fields.all("status").collect();
    let choice = |status: &Status| Choice {
        value: status.name(),
        is_chosen: chosen.contains(&status.name()),
    };
    let query = fields.without(&["after", "id"]);
    let page = PaymentsPage {
        frame: Frame::new(here, PATH, notice),
        fields,
        statuses: Status::ALL.iter().map(choice).collect(),
        is_filtered: !query.is_empty(),
        is_first: status == StatusCode::OK && fields.get("after").is_empty(),
        rows: found.intents.iter().map(row).collect(),
        next: found.next.map(|id| fields.with("after", id.as_str())),
        looked_to: found.looked_to.map(|at| local(at, zone)),
        newest: format!("{base}{PATH}?{query}"),
        export: format!("{base}{PATH}/export?{query}"),
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
