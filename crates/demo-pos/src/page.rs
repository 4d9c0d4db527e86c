//! The page of the POS: the floor plan, an order, and what the platform asked.

use std::convert::Infallible;
use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post, put};
use futures_util::{Stream, stream};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;

use crate::journal::Entry;
use crate::platform::Platform;
use crate::pos::Pos;
use crate::restaurant::{MENU, Order, Restaurant, item};

/// What the page may load: its own script and style.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What the handlers of the page share.
#[derive(Clone)]
pub struct PageState {
    /// The POS.
    pub pos: Pos,
    /// Where changes are reported.
    pub platform: Platform,
}

/// The routes of the page.
pub fn routes(state: PageState) -> Router {
    let file = |kind: &'static str, text: &'static str| {
        get(move || async move { ([(header::CONTENT_TYPE, kind)], text) })
    };
    let style = file("text/css", include_str!("../assets/page.css"));
    let script = file("text/javascript", include_str!("../assets/page.js"));
    let icon = file("image/svg+xml", include_str!("../assets/icon.svg"));
    Router::new()
        .route("/", get(page))
        .route("/parts", get(parts))
        .route("/changes", get(changes))
        .route("/faults", put(set_faults))
        .route("/tables/{table}/orders", post(open_order))
        .route("/orders/{order}/items", post(add_item))
        .with_state(state)
        .route("/page.css", style)
        .route("/page.js", script)
        .route("/icon.svg", icon)
}

#[derive(Default, Deserialize)]
struct Chosen {
    order: Option<String>,
}

#[derive(Template)]
#[template(path = "page.html")]
struct Page {
    parts: Parts,
}

#[derive(Template)]
#[template(path = "parts.html")]
struct Parts {
    areas: Vec<AreaView>,
    order: Option<OrderView>,
    entries: Vec<Entry>,
}

struct AreaView {
    name: &'static str,
    tables: Vec<TableView>,
}

struct TableView {
    id: &'static str,
    name: &'static str,
    orders: Vec<OrderLink>,
}

struct OrderLink {
    id: String,
    due: String,
    is_locked: bool,
}

struct OrderView {
    id: String,
    name: String,
    status: &'static str,
    lock: Option<String>,
    lines: Vec<(String, String)>,
    total: String,
    paid: String,
    due: String,
    payments: Vec<(String, String)>,
    menu: Vec<(&'static str, String)>,
}

fn pounds(pence: i64) -> String {
    let (whole, part) = (pence.unsigned_abs() / 100, pence.unsigned_abs() % 100);
    let minus = if pence < 0 { "-" } else { "" };
    format!("{minus}£{whole}.{part:02}")
}

impl Parts {
    fn of(pos: &Pos, chosen: &Chosen) -> Self {
        let now = pos.now();
        pos.look(|restaurant, journal| {
            let link = |order: &Order| OrderLink {
                id: order.id.clone(),
                due: pounds(order.total() - order.paid()),
                is_locked: order.lock_at(now).is_some(),
            };
            let chosen = chosen.order.as_ref();
            let chosen = chosen.and_then(|id| restaurant.orders.get(id));
            Self {
                areas: areas(restaurant, link),
                order: chosen.map(|order| {
                    let lock = order.lock_at(now);
                    OrderView::of(order, lock.map(|lock| lock.holder.clone()))
                }),
                entries: journal.entries().take(20).cloned().collect(),
            }
        })
    }
}

fn areas(restaurant: &Restaurant, link: impl Fn(&Order) -> OrderLink) -> Vec<AreaView> {
    let of_table = |table: &str| {
        let orders = restaurant.orders.values();
        let open = orders.filter(|order| order.table.as_deref() == Some(table));
        open.filter(|order| order.status == "Accepted")
            .map(&link)
            .collect()
    };
    let areas = restaurant.areas.iter();
    areas
        .map(|(id, name)| AreaView {
            name,
            tables: restaurant
                .tables
                .iter()
                .filter(|table| table.area == *id)
                .map(|table| TableView {
                    id: table.id,
                    name: table.name,
                    orders: of_table(table.id),
                })
                .collect(),
        })
        .collect()
}

impl OrderView {
    fn of(order: &Order, lock: Option<String>) -> Self {
        let mut lines = Vec::new();
        for item in &order.items {
            let modifiers = item.modifiers.iter().map(|(name, _, _)| name.as_str());
            let names: Vec<_> = std::iter::once(item.name.as_str())
                .chain(modifiers)
                .collect();
            let name = format!("{} × {}", item.quantity, names.join(", "));
            lines.push((name, pounds(item.total())));
        }
        if order.service > 0 {
            lines.push(("Service charge".to_owned(), pounds(order.service_charge())));
        }
        let payments = order.payments.iter();
        Self {
            id: order.id.clone(),
            name: order.display_name.clone().unwrap_or_default(),
            status: order.status,
            lock,
            lines,
            total: pounds(order.total()),
            paid: pounds(order.paid()),
            due: pounds(order.total() - order.paid()),
            payments: payments
                .map(|payment| {
                    let tip = match payment.tip {
                        0 => String::new(),
                        tip => format!(" and a tip of {}", pounds(tip)),
                    };
                    (
                        payment.intent.clone(),
                        format!("{}{tip}", pounds(payment.paid)),
                    )
                })
                .collect(),
            menu: MENU
                .into_iter()
                .map(|(plu, name, price)| (plu, format!("{name}, {}", pounds(price))))
                .collect(),
        }
    }
}

fn html(template: &impl Template) -> Response {
    let Ok(text) = template.render() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, Html(text)).into_response()
}

async fn page(State(state): State<PageState>, Query(chosen): Query<Chosen>) -> Response {
    let parts = Parts::of(&state.pos, &chosen);
    html(&Page { parts })
}

async fn parts(State(state): State<PageState>, Query(chosen): Query<Chosen>) -> Response {
    html(&Parts::of(&state.pos, &chosen))
}

/// An event whenever something changed.
async fn changes(
    State(state): State<PageState>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let changes = stream::unfold(state.pos.changes(), |mut changes| async move {
        changes.changed().await.ok()?;
        Some((Ok(Event::default().data("changed")), changes))
    });
    Sse::new(changes).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
}

/// Whether a request was made by this page, or not by a page at all.
fn is_own(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site");
    site.is_none_or(|site| site == "same-origin" || site == "none")
}

async fn set_faults(State(state): State<PageState>, headers: HeaderMap, text: String) -> Response {
    match text.parse() {
        _ if !is_own(&headers) => StatusCode::FORBIDDEN.into_response(),
        Ok(faults) => {
            state.pos.set_faults(faults);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(why) => (StatusCode::BAD_REQUEST, why).into_response(),
    }
}

async fn open_order(
    State(state): State<PageState>,
    Path(table): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !is_own(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let now = state.pos.now();
    let opened = state.pos.change(|restaurant| {
        let known = restaurant.tables.iter().any(|known| known.id == table);
        known.then(|| restaurant.add(&table, "42", &[("401", 1)], now))
    });
    changed(&state, opened).await
}

#[derive(Deserialize)]
struct Product {
    plu: String,
}

async fn add_item(
    State(state): State<PageState>,
    Path(order): Path<String>,
    headers: HeaderMap,
    Form(product): Form<Product>,
) -> Response {
    if !is_own(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let now = state.pos.now();
    let added = state.pos.change(|restaurant| {
        let order = restaurant.orders.get_mut(&order)?;
        let open = order.status == "Accepted" && order.lock_at(now).is_none();
        let item = item(&product.plu, 1).filter(|_| open)?;
        order.items.push(item);
        order.updated_at = now;
        Some(order.id.clone())
    });
    changed(&state, added).await
}

/// Reports the change of an order, and shows it.
async fn changed(state: &PageState, order: Option<String>) -> Response {
    let Some(order) = order else {
        let why = "The order is not there, is paid, or is locked.";
        return (StatusCode::CONFLICT, why).into_response();
    };
    if let Err(error) = state.platform.order_changed(&order).await {
        tracing::warn!(error, "the platform does not know that an order changed");
    }
    Redirect::to(&format!("/?order={order}")).into_response()
}
