//! The page of transactions, the same journal as in the API's search.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use tatami_core::time::ticks;
use tatami_core::transaction::{Transaction, TransactionStatus, TransactionType};
use tatami_engine::{Place, TransactionPage, TransactionQuery};

use crate::PortalState;
use crate::fields::Fields;
use crate::frame::{Frame, Notice};
use crate::pages::{failed, page_with};
use crate::payments::day;
use crate::times::{day_end, day_start, local};
use crate::visit::{Here, path_of};

const PATH: &str = "/transactions";
/// Transactions on a page.
const SHOWN: usize = 25;
/// Statuses that there are here; the API knows two more.
const STATUSES: [TransactionStatus; 6] = [
    TransactionStatus::Authorized,
    TransactionStatus::Declined,
    TransactionStatus::Reversed,
    TransactionStatus::AwaitingCollection,
    TransactionStatus::Released,
    TransactionStatus::Expired,
];

struct Row {
    /// None of a refund without a payment.
    href: Option<String>,
    kind: &'static str,
    status: &'static str,
    amount: String,
    tips: String,
    reference: String,
    card: String,
    product: &'static str,
    id: String,
    at: String,
    iso: String,
}

struct Choice {
    value: &'static str,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "transactions.html")]
struct TransactionsPage<'a> {
    frame: Frame,
    fields: &'a Fields,
    types: Vec<Choice>,
    statuses: Vec<Choice>,
    is_filtered: bool,
    is_first: bool,
    rows: Vec<Row>,
    newer: Option<String>,
    older: Option<String>,
}

pub(crate) async fn list(State(state): State<PortalState>, here: Here) -> Response {
    let query = match query(&here) {
        Ok(query) => query,
        Err(bad) => {
            let (status, notice) = (StatusCode::BAD_REQUEST, Notice::bad(bad));
            return listed(&here, status, TransactionPage::default(), Some(notice));
        }
    };
    let found = async {
        let scope = &here.location()?.scope;
        let journal = state.app.engine.transactions();
        journal.search(scope, &query).await
    };
    match found.await {
        Ok(found) => listed(&here, StatusCode::OK, found, None),
        Err(failure) => failed(&failure),
    }
}

fn query(here: &Here) -> Result<TransactionQuery, Vec<String>> {
    let fields = &here.fields;
    let mut bad = Vec::new();
    let account = here.place.as_ref().map(|place| &place.account);
    let mut moment =
        |name, read| account.and_then(|account| day(fields.get(name), account, read, &mut bad));
    let (from, to) = (moment("from", day_start), moment("to", day_end));
    if !bad.is_empty() {
        return Err(bad);
    }
    let types = fields.all("type").filter_map(TransactionType::from_name);
    let statuses = fields.all("status");
    let statuses = statuses.filter_map(TransactionStatus::from_name);
    Ok(TransactionQuery {
        from,
        to,
        types: types.collect(),
        statuses: statuses.collect(),
        before: Place::parse(fields.get("before")),
        after: Place::parse(fields.get("after")),
        limit: SHOWN,
    })
}

fn listed(
    here: &Here,
    status: StatusCode,
    found: TransactionPage,
    notice: Option<Notice>,
) -> Response {
    let place = here.place.as_ref();
    let zone = place.map_or("UTC", |place| place.account.time_zone.as_str());
    let base = place.map(|place| path_of(&place.scope)).unwrap_or_default();
    let fields = &here.fields;
    let choice = |name, value: &'static str| Choice {
        value,
        is_chosen: fields.all(name).any(|chosen| chosen == value),
    };
    let turned = |name: &str, place: Place| {
        let others = Fields::read(fields.without(&["before", "after"]).as_bytes());
        others.with(name, place.as_str())
    };
    let types = TransactionType::ALL.iter();
    let statuses = STATUSES.iter();
    let rows = found.transactions.iter();
    let page = TransactionsPage {
        frame: Frame::new(here, PATH, notice),
        fields,
        types: types.map(|it| choice("type", it.name())).collect(),
        statuses: statuses.map(|it| choice("status", it.name())).collect(),
        is_filtered: !fields.without(&["before", "after"]).is_empty(),
        is_first: status == StatusCode::OK
            && fields.get("before").is_empty()
            && fields.get("after").is_empty(),
        rows: rows.map(|(_, it)| row(it, &base, zone)).collect(),
        newer: found.before.map(|place| turned("before", place)),
        older: found.after.map(|place| turned("after", place)),
    };
    page_with(status, &page)
}

fn row(it: &Transaction, base: &str, zone: &str) -> Row {
    let card = it.card.as_ref();
    let payment = it.payment_intent.as_ref();
    let tips = tatami_core::money::Money {
        minor: it.tips,
        ..it.total
    };
    Row {
        href: payment.map(|id| format!("{base}/payments/{id}")),
        kind: it.kind.name(),
        status: it.status.name(),
        amount: it.total.to_string(),
        tips: match it.tips {
            0 => String::new(),
            _ => format!("{tips} tips"),
        },
        reference: it.reference.clone(),
        card: card
            .map(|card| format!("{} ·{}", card.scheme.title(), card.last4))
            .unwrap_or_default(),
        product: it.product.name(),
        id: it.id.clone(),
        at: local(it.at, zone),
        iso: ticks(it.at),
    }
}
