//! Pay by QR: the bills of a table on a guest's phone. The code on the table leads here;
//! the guest chooses how much to pay, and pays it on the hosted checkout.
//!
//! What a POS says of why it refuses something is for staff: no page shows it.

mod form;
mod page;

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::response::Response;
use axum::routing::get;
use axum::{Form, Router};
use http::StatusCode;
use serde::Deserialize;
use tatami_core::account::{Account, Scope};
use tatami_core::id::{Environment, PaymentIntentId};
use tatami_core::link::table_page;
use tatami_core::pay_at_table::{Order, PartStage, TablePayment};
use tatami_core::problem::Refusal;
use tatami_engine::ports::pos::PosFailureKind;
use tatami_engine::{Failure, GuestLinks, OrderView, TableFailure};
use tatami_http::{PAGE_POLICY, page_of};
use url::Url;

use crate::CheckoutState;
use crate::branding::Brand;
use crate::links::Action;
use crate::page::{Notice, StatePage};
use crate::pages::{NoPage, see_other};
use crate::reader::{Reader, pages_in_language};
use crate::standing::StateTexts;
use form::{TableForm, Wrong};
use page::{BUSY, Begun, OrderPage, Shown, TablePage};

/// The largest form that is read, in bytes.
const MAX_BODY_BYTES: usize = 32 * 1024;

const NONE: StateTexts = StateTexts::plain("no-bills", "table-none", "table-none-text");
const GONE: StateTexts = StateTexts::plain("no-bill", "table-gone", "table-gone-text");
const UNKNOWN: StateTexts = StateTexts::plain("no-table", "table-unknown", "table-unknown-text");
const UNREACHABLE: StateTexts =
    StateTexts::plain("no-answer", "table-unreachable", "table-unreachable-text");

pub(crate) fn routes() -> Router<CheckoutState> {
    Router::new()
        .route("/qr/{location}/{table}", get(show).post(choose))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(axum::middleware::from_fn(pages_in_language))
}

/// A table.
pub(crate) struct Place {
    scope: Scope,
    account: Arc<Account>,
    brand: Brand,
    table: String,
    url: Url,
}

impl Place {
    async fn of(state: &CheckoutState, location: &str, table: &str) -> Result<Self, NoPage> {
        let unknown = || NoPage::new(StatusCode::NOT_FOUND, UNKNOWN);
        let scope = state.engine.accounts().of_location(location);
        let scope = scope.ok_or_else(unknown)?;
        let account = state.engine.account(&scope.account).await?;
        let branding = state.engine.accounts().branding(&scope).await?;
        Ok(Self {
            account,
            brand: Brand::of(branding.as_ref()),
            table: table.to_owned(),
            url: table_page(&state.public_url, location, table),
            scope,
        })
    }

    fn is_sandbox(&self) -> bool {
        self.scope.environment == Environment::Sandbox
    }

    /// Whether an order belongs to the table, or does not say to which it does.
    fn has(&self, order: &Order) -> bool {
        order
            .table_id
            .as_ref()
            .is_none_or(|table| *table == self.table)
    }

    /// The path of the table's bills.
    fn path(&self) -> String {
        self.url.path().to_owned()
    }

    /// The path of one of them.
    fn of_order(&self, order: &str) -> String {
        let url = self.with(&[("order", order)]);
        format!("{}?{}", url.path(), url.query().unwrap_or_default())
    }

    fn with(&self, query: &[(&str, &str)]) -> Url {
        let mut url = self.url.clone();
        url.query_pairs_mut().extend_pairs(query);
        url
    }

    /// A page that shows a state of the table.
    fn state_page(&self, texts: StateTexts, reader: &Reader) -> StatePage {
        StatePage {
            brand: self.brand.clone(),
            sandbox: self.is_sandbox(),
            ..StatePage::bare(texts, reader)
        }
    }

    /// An order of the table as it is now.
    async fn order(&self, state: &CheckoutState, id: &str) -> Result<OrderView, NoPage> {
        let view = state.engine.tables().guest_order(&self.scope, id).await?;
        match self.has(&view.order) {
            true => Ok(view),
            false => Err(NoPage::new(StatusCode::NOT_FOUND, GONE)),
        }
    }

    /// A payment of an order of the table.
    async fn part(&self, state: &CheckoutState, id: &str) -> Result<TablePayment, NoPage> {
        let gone = || NoPage::new(StatusCode::NOT_FOUND, GONE);
        let id = PaymentIntentId::parse(id).map_err(|_| gone())?;
        let part = state.engine.tables().guest_part(&self.scope, &id).await?;
        part.ok_or_else(gone)
    }
}

impl From<TableFailure> for NoPage {
    fn from(failure: TableFailure) -> Self {
        match failure {
            TableFailure::Pos(failure) => match failure.kind {
                PosFailureKind::Refused {
                    not_found: true, ..
                } => Self::new(StatusCode::NOT_FOUND, GONE),
                PosFailureKind::Unanswered => Self::new(StatusCode::GATEWAY_TIMEOUT, UNREACHABLE),
                _ => Self::new(StatusCode::BAD_GATEWAY, UNREACHABLE),
            },
            TableFailure::Other(Failure::Refused(Refusal::NotFound(_))) => {
                Self::new(StatusCode::NOT_FOUND, GONE)
            }
            TableFailure::Other(failure) => failure.into(),
        }
    }
}

#[derive(Deserialize)]
struct TableQuery {
    /// The order that is shown; the list of all without it.
    order: Option<String>,
    /// A payment that was begun and left.
    part: Option<String>,
    /// A payment that was made.
    id: Option<String>,
}

async fn show(
    State(state): State<CheckoutState>,
    Path((location, table)): Path<(String, String)>,
    Query(query): Query<TableQuery>,
    reader: Reader,
) -> Result<Response, NoPage> {
    let place = Place::of(&state, &location, &table).await?;
    if let Some(id) = query.id {
        let part = place.part(&state, &id).await?;
        return Ok(page_of(PAGE_POLICY, paid(&place, &part, &reader).render()));
    }
    let Some(order) = query.order else {
        return bills(&state, &place, &reader).await;
    };
    let view = place.order(&state, &order).await?;
    let begun = match query.part {
        Some(id) => begun(&place.part(&state, &id).await?, &order, &reader),
        None => None,
    };
    let shown = Shown {
        form: TableForm::blank(&order),
        wrong: Vec::new(),
        notice: None,
        begun,
    };
    Ok(order_page(StatusCode::OK, &place, &view, shown, &reader))
}

/// All bills of the table.
async fn bills(state: &CheckoutState, place: &Place, reader: &Reader) -> Result<Response, NoPage> {
    let list = state.engine.tables().orders_at(&place.scope, &place.table);
    let orders = list.await?.orders.into_iter();
    let orders = orders.map(|listed| (listed.order, listed.name));
    let orders: Vec<_> = orders.filter(|(order, _)| place.has(order)).collect();
    let html = match orders.is_empty() {
        true => place.state_page(NONE, reader).render(),
        false => TablePage::of(place, &orders, reader).render(),
    };
    Ok(page_of(PAGE_POLICY, html))
}

fn order_page(
    status: StatusCode,
    place: &Place,
    view: &OrderView,
    shown: Shown,
    reader: &Reader,
) -> Response {
    let page = OrderPage::of(place, view, shown, reader);
    let mut response = page_of(PAGE_POLICY, page.render());
    if response.status() == StatusCode::OK {
        *response.status_mut() = status;
    }
    response
}

/// A payment of that order which waits to be made.
fn begun(part: &TablePayment, order: &str, reader: &Reader) -> Option<Begun> {
    let total = part
        .tip
        .map_or(Ok(part.amount), |tip| part.amount.plus(tip));
    let waits = part.stage == PartStage::Waiting && part.order_id == order;
    waits.then_some(())?;
    Some(Begun {
        id: part.intent.clone(),
        amount: reader.language.money(total.ok()?),
        link: reader.goes_to(&format!("/checkout/{}", part.intent)),
    })
}

async fn choose(
    State(state): State<CheckoutState>,
    Path((location, table)): Path<(String, String)>,
    reader: Reader,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, NoPage> {
    let place = Place::of(&state, &location, &table).await?;
    let Ok(Form(fields)) = form else {
        return Err(NoPage::new(StatusCode::BAD_REQUEST, UNKNOWN));
    };
    let form = TableForm::read(fields);
    if let Some(id) = &form.drop {
        let part = place.part(&state, id).await?;
        let tables = state.engine.tables();
        match tables.drop_guest_part(&place.scope, &part.intent).await {
            // It was paid meanwhile.
            Ok(()) | Err(Failure::Refused(_)) => {}
            Err(failure) => return Err(failure.into()),
        }
        return Ok(see_other(&reader.goes_to(&place.of_order(&part.order_id))));
    }
    let view = place.order(&state, &form.order).await?;
    let refused = |status, wrong, notice| {
        let form = form.clone();
        let shown = Shown {
            form,
            wrong,
            notice,
            begun: None,
        };
        order_page(status, &place, &view, shown, &reader)
    };
    let wish = match form.wish(page::currency(&view)) {
        Ok(wish) => wish,
        Err(wrong) => return Ok(refused(StatusCode::BAD_REQUEST, wrong, None)),
    };
    let left = place.with(&[("order", &form.order)]);
    let links = GuestLinks {
        paid: reader.goes_to(place.url.as_str()),
        left: format!("{}&part=", reader.goes_to(left.as_str())),
    };
    let tables = state.engine.tables();
    match tables
        .pay_as_guest(&place.scope, &form.order, wish, Some(links))
        .await
    {
        Ok(id) => Ok(see_other(&reader.goes_to(&format!("/checkout/{id}")))),
        Err(failure) => match notice_of(&failure) {
            Some((status, wrong, notice)) => Ok(refused(status, wrong, notice)),
            None => Err(failure.into()),
        },
    }
}

/// What the bill says to a guest about why a payment was not begun.
fn notice_of(failure: &TableFailure) -> Option<(StatusCode, Vec<Wrong>, Option<Notice>)> {
    let TableFailure::Other(Failure::Refused(refusal)) = failure else {
        return None;
    };
    match refusal {
        Refusal::Invalid(broken) => {
            let wrong: Vec<Wrong> = broken.iter().filter_map(Wrong::of).collect();
            let notice = wrong.is_empty().then_some(BUSY);
            Some((StatusCode::BAD_REQUEST, wrong, notice))
        }
        Refusal::Conflict(_) | Refusal::Pending(_) => {
            Some((StatusCode::CONFLICT, Vec::new(), Some(BUSY)))
        }
        _ => None,
    }
}

/// How a payment of a bill stands.
fn paid(place: &Place, part: &TablePayment, reader: &Reader) -> StatePage {
    let waits = |texts: StateTexts| StateTexts {
        script: Some("table-wait.js"),
        ..texts.waiting()
    };
    let plain = StateTexts::plain;
    let texts = match part.stage {
        PartStage::Waiting => waits(plain(
            "waiting",
            "state-processing",
            "state-processing-text",
        )),
        PartStage::Recording => waits(plain(
            "recording",
            "table-recording",
            "table-recording-text",
        )),
        PartStage::Recorded => {
            plain("recorded", "payment-successful", "table-recorded-text").good(false)
        }
        PartStage::Uncertain => {
            plain("uncertain", "table-recording", "table-uncertain-text").good(false)
        }
        PartStage::GivingBack | PartStage::GivenBack => {
            plain("given-back", "table-given-back", "table-given-back-text")
        }
        PartStage::Dropped => plain("not-paid", "payment-not-made", "table-not-paid-text"),
    };
    let t = reader.language;
    let mut facts = vec![("amount", t.money(part.amount))];
    facts.extend(part.tip.map(|tip| ("tip", t.money(tip))));
    StatePage {
        facts,
        action: Some(Action {
            url: reader.goes_to(&place.of_order(&part.order_id)),
            label: t.get("table-back").to_owned(),
            file: None,
        }),
        ..place.state_page(texts, reader)
    }
}
