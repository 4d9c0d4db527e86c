//! The page of refunds and reversals.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use tatami_core::time::ticks;
use tatami_engine::{Failure, RefundEntry};
use url::form_urlencoded::byte_serialize;

use crate::PortalState;
use crate::frame::Frame;
use crate::pages::{failed, page};
use crate::times::local;
use crate::visit::{Here, path_of};

const PATH: &str = "/refunds";
/// Refunds on a page.
const SHOWN: usize = 25;

struct Row {
    /// None of a refund without a payment.
    href: Option<String>,
    kind: &'static str,
    amount: String,
    /// The present status of the payment.
    payment: &'static str,
    reference: String,
    reason: String,
    id: String,
    at: String,
    iso: String,
}

#[derive(Template)]
#[template(path = "refunds.html")]
struct RefundsPage {
    frame: Frame,
    is_first: bool,
    rows: Vec<Row>,
    older: Option<String>,
}

pub(crate) async fn list(State(state): State<PortalState>, here: Here) -> Response {
    match shown(&state, &here).await {
        Ok(shown) => page(&shown),
        Err(failure) => failed(&failure),
    }
}

async fn shown(state: &PortalState, here: &Here) -> Result<RefundsPage, Failure> {
    let place = here.location()?;
    let after = Some(here.fields.get("after")).filter(|after| !after.is_empty());
    let journal = state.app.engine.transactions();
    let found = journal.refunds(&place.scope, after, SHOWN).await?;
    let (base, zone) = (path_of(&place.scope), place.account.time_zone.as_str());
    let older = found.after.map(|after| {
        let after: String = byte_serialize(after.as_bytes()).collect();
        format!("after={after}")
    });
    Ok(RefundsPage {
        frame: Frame::new(here, PATH, None),
        is_first: after.is_none(),
        rows: found
            .entries
            .iter()
            .map(|it| row(it, &base, zone))
            .collect(),
        older,
    })
}

fn row(it: &RefundEntry, base: &str, zone: &str) -> Row {
    let payment = it.payment.as_ref();
    Row {
        href: payment.map(|(id, _)| format!("{base}/payments/{id}")),
        kind: match (it.is_reversal, payment) {
            (true, _) => "Reversal",
            (false, Some(_)) => "Refund",
            (false, None) => "Refund without a payment",
        },
        amount: it.amount.to_string(),
        payment: payment.map_or("", |(_, status)| status),
        reference: it.reference.clone(),
        reason: it.reason.clone(),
        id: it.id.clone(),
        at: local(it.at, zone),
        iso: ticks(it.at),
    }
}
