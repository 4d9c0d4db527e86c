//! The QR codes of an account's tables, which lead guests to their bills.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use tatami_core::account::Scope;
use tatami_core::link::table_page;
use tatami_engine::ports::pos::{PosFailure, PosSystems as _};
use tatami_epos::contract::{Cursor, SearchOrders, SearchTables};
use tatami_epos::paper::qr_svg;
use tatami_epos::{MerchantPos, Origin, Pos as _, PosError};
use tatami_http::openapi::{
    BadGateway, Conflict, Forbidden, GatewayTimeout, Unauthorized, Unprocessable,
};
use tatami_http::problem::Problem;
use tatami_http::reply::reply_json;
use utoipa::ToSchema;

use super::key::Sandbox;
use crate::SandboxState;
use crate::machines::controls::pos;
use crate::machines::integration::problem;

/// How many entries a POS is asked for at a time, and how often.
const PAGE: u32 = 100;
const MOST_PAGES: usize = 10;

/// The QR code of a table.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TableQrCode {
    /// Address of the table's bills, which the code holds.
    pub url: String,
    /// Id of the table at the POS.
    pub table_id: String,
    /// Name of the table for people.
    pub table_name: String,
    /// QR code of the address as SVG, to be printed.
    pub svg: String,
}

/// List the QR codes of the tables
///
/// Returns a QR code for each table of the POS. Guests who scan it see the bills of the
/// table and can pay them. The tables are those that the POS lists with `SearchTables`,
/// or else those of its orders.
#[utoipa::path(
    get,
    path = "/sandbox/qr-codes",
    operation_id = "Sandbox_ListQrCodes",
    tag = "Sandbox",
    responses(
        (status = 200, description = "The QR codes, one for each table.", body = Vec<TableQrCode>),
        Unauthorized, Forbidden, Conflict, Unprocessable, BadGateway, GatewayTimeout,
    )
)]
pub async fn list(
    State(state): State<SandboxState>,
    Sandbox(scope): Sandbox,
) -> Result<Response, Problem> {
    let codes = codes(&state, &scope).await;
    let codes = codes.map_err(|failure| problem(failure.into()))?;
    Ok(reply_json(&codes))
}

/// The QR codes of the tables of a scope.
pub(crate) async fn codes(
    state: &SandboxState,
    scope: &Scope,
) -> Result<Vec<TableQrCode>, PosFailure> {
    let tables = tables(state, scope).await?;
    let location = state.engine.accounts().location(scope);
    let codes = tables.into_iter().filter_map(|(table_id, name)| {
        let url = String::from(table_page(&state.public_url, &location, &table_id));
        Some(TableQrCode {
            svg: qr_svg(&url)?,
            url,
            table_name: Some(name)
                .filter(|name| !name.trim().is_empty())
                .unwrap_or_else(|| table_id.clone()),
            table_id,
        })
    });
    Ok(codes.collect())
}

fn origin(state: &SandboxState) -> Origin {
    Origin {
        request_id: state.engine.documents().new_id(),
        product: Some("QR to Pay"),
        ..Origin::default()
    }
}

/// The tables of the POS that lists the orders: ids and names.
async fn tables(state: &SandboxState, scope: &Scope) -> Result<Vec<(String, String)>, PosFailure> {
    let links = pos(state)?;
    let house = links.house(scope).await?;
    let merchant = links.merchant(scope, &house)?;
    Ok(match listed(state, &merchant).await {
        Err(PosError::NotRegistered(_)) => seen(state, &merchant).await?,
        tables => tables?,
    })
}

/// Those that it lists.
async fn listed(
    state: &SandboxState,
    pos: &MerchantPos,
) -> Result<Vec<(String, String)>, PosError> {
    let mut tables = Vec::new();
    let mut walk = Walk::default();
    while let Some(cursor) = walk.next() {
        let search = SearchTables {
            cursor: Some(cursor),
            ..SearchTables::default()
        };
        let page = pos.search_tables(&origin(state), &search).await?;
        tables.extend(page.data.into_iter().map(|table| (table.id, table.name)));
        walk.after = page.after;
    }
    Ok(distinct(tables))
}

/// The tables of the orders that it lists, for a POS that lists no tables.
async fn seen(state: &SandboxState, pos: &MerchantPos) -> Result<Vec<(String, String)>, PosError> {
    let mut tables = Vec::new();
    let mut walk = Walk::default();
    while let Some(cursor) = walk.next() {
        let search = SearchOrders {
            cursor: Some(cursor),
            ..SearchOrders::default()
        };
        let page = pos.search_orders(&origin(state), &search).await?;
        let seen = page.data.into_iter();
        let seen = seen.filter_map(|order| order.details?.dine_in?.table_id);
        tables.extend(seen.map(|table| (table.clone(), table)));
        walk.after = page.after;
    }
    Ok(distinct(tables))
}

fn distinct(tables: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut known = std::collections::HashSet::new();
    let is_new = |(id, _): &(String, String)| !id.is_empty() && known.insert(id.clone());
    tables.into_iter().filter(is_new).collect()
}

/// The way through the pages of a list.
#[derive(Default)]
struct Walk {
    pages: usize,
    /// The cursor of the next page.
    after: Option<String>,
}

impl Walk {
    /// Where to go on, if there is more and not too much.
    fn next(&mut self) -> Option<Cursor> {
        let after = self.after.take();
        if self.pages == MOST_PAGES || (self.pages > 0 && after.is_none()) {
            return None;
        }
        self.pages += 1;
        Some(Cursor {
            limit: Some(PAGE),
            before: None,
            after,
        })
    }
}
