//! Orders of the merchant's POS on a card machine, for tests of a POS.

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use tatami_core::account::Scope;
use tatami_core::terminal::Terminal;
use tatami_http::input::{AsDocumented, Input, refuse};
use tatami_http::openapi::{
    BadGateway, BadRequest, Conflict, Forbidden, GatewayTimeout, NotFound, Unauthorized,
    Unprocessable,
};
use tatami_http::problem::Problem;
use tatami_http::reply::reply_json;

use super::problem::problem;
use super::wire::{
    CardMachineIntegrationRequest, CardMachineOrders, CardMachinePayOrderRequest,
    CardMachineSelectOrderRequest,
};
use crate::SandboxState;
use crate::controls::key::Sandbox;
use crate::machines::wire::CardMachine;
use crate::machines::{bill, controls};

async fn terminal(state: &SandboxState, scope: &Scope, tid: &str) -> Result<Terminal, Problem> {
    Ok(state.engine.terminals().get_by_tid(scope, tid).await?)
}

async fn shown(state: &SandboxState, scope: &Scope, tid: &str) -> Result<Response, Problem> {
    let view = controls::view_of_tid(&state.engine, scope, tid).await?;
    Ok(reply_json(&CardMachine::from(&view)))
}

/// Open the Integration screen of a card machine
///
/// Orders of the merchant's POS can be listed and paid then. An order that was chosen
/// before is left.
#[utoipa::path(
    post,
    path = "/sandbox/card-machines/{tid}/integration",
    operation_id = "Sandbox_OpenIntegration",
    tag = "Sandbox",
    params(("tid" = String, Path, description = "Number that is printed on the card machine.")),
    request_body = Option<CardMachineIntegrationRequest>,
    responses(
        (status = 200, description = "The card machine as it is now.", body = CardMachine),
        BadRequest, Unauthorized, Forbidden, NotFound, Conflict, Unprocessable, BadGateway,
        GatewayTimeout,
    )
)]
pub async fn open_integration(
    State(state): State<SandboxState>,
    Sandbox(scope): Sandbox,
    Path(tid): Path<String>,
    input: Input,
) -> Result<Response, Problem> {
    let (request, broken) =
        input.read_or_nothing::<CardMachineIntegrationRequest>(&AsDocumented)?;
    refuse(broken)?;
    let terminal = terminal(&state, &scope, &tid).await?;
    let tables = state.engine.tables();
    let opened = tables.open(&scope, &terminal, request.waiter_id).await;
    opened.map_err(problem)?;
    shown(&state, &scope, &tid).await
}

/// Close the Integration screen of a card machine
///
/// An order that is chosen is left.
#[utoipa::path(
    delete,
    path = "/sandbox/card-machines/{tid}/integration",
    operation_id = "Sandbox_CloseIntegration",
    tag = "Sandbox",
    params(("tid" = String, Path, description = "Number that is printed on the card machine.")),
    responses(
        (status = 200, description = "The card machine as it is now.", body = CardMachine),
        Unauthorized, Forbidden, NotFound, Conflict,
    )
)]
pub async fn close_integration(
    State(state): State<SandboxState>,
    Sandbox(scope): Sandbox,
    Path(tid): Path<String>,
) -> Result<Response, Problem> {
    let terminal = terminal(&state, &scope, &tid).await?;
    let closed = state.engine.tables().close(&scope, &terminal.id).await;
    closed.map_err(problem)?;
    shown(&state, &scope, &tid).await
}

/// List the orders on a card machine
///
/// Asks the POS for the orders that can be paid, and names them as the display does.
#[utoipa::path(
    get,
    path = "/sandbox/card-machines/{tid}/orders",
    operation_id = "Sandbox_ListOrders",
    tag = "Sandbox",
    params(
        ("tid" = String, Path, description = "Number that is printed on the card machine."),
        ("after" = Option<String>, Query, description = "Cursor of the page, from `after` of the page before."),
    ),
    responses(
        (status = 200, description = "The orders that can be paid.", body = CardMachineOrders),
        Unauthorized, Forbidden, NotFound, Conflict, Unprocessable, BadGateway, GatewayTimeout,
    )
)]
pub async fn list_orders(
    State(state): State<SandboxState>,
    Sandbox(scope): Sandbox,
    Path(tid): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = query.unwrap_or_default();
    let after = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "after");
    let after = after.map(|(_, after)| after.into_owned());
    let terminal = terminal(&state, &scope, &tid).await?;
    let tables = state.engine.tables();
    let list = tables.orders(&scope, &terminal.id, after).await;
    let list = list.map_err(problem)?;
    Ok(reply_json(&CardMachineOrders::from(&list)))
}

/// Choose an order on a card machine
///
/// Locks the order if the POS has locks, and reads it.
#[utoipa::path(
    post,
    path = "/sandbox/card-machines/{tid}/select-order",
    operation_id = "Sandbox_SelectOrder",
    tag = "Sandbox",
    params(("tid" = String, Path, description = "Number that is printed on the card machine.")),
    request_body = CardMachineSelectOrderRequest,
    responses(
        (status = 200, description = "The card machine as it is now.", body = CardMachine),
        BadRequest, Unauthorized, Forbidden, NotFound, Conflict, Unprocessable, BadGateway,
        GatewayTimeout,
    )
)]
pub async fn select_order(
    State(state): State<SandboxState>,
    Sandbox(scope): Sandbox,
    Path(tid): Path<String>,
    input: Input,
) -> Result<Response, Problem> {
    let request: CardMachineSelectOrderRequest = input.valid(&AsDocumented)?;
    let order = request.order_id.unwrap_or_default();
    let terminal = terminal(&state, &scope, &tid).await?;
    let tables = state.engine.tables();
    let selected = tables.select(&scope, &terminal.id, &order).await;
    selected.map_err(problem)?;
    shown(&state, &scope, &tid).await
}

/// Print the bill of the chosen order
///
/// Asks the POS for the printable bill.
#[utoipa::path(
    post,
    path = "/sandbox/card-machines/{tid}/print-bill",
    operation_id = "Sandbox_PrintBill",
    tag = "Sandbox",
    params(("tid" = String, Path, description = "Number that is printed on the card machine.")),
    responses(
        (status = 200, description = "The card machine as it is now.", body = CardMachine),
        Unauthorized, Forbidden, NotFound, Conflict, Unprocessable, BadGateway, GatewayTimeout,
    )
)]
pub async fn print_bill(
    State(state): State<SandboxState>,
    Sandbox(scope): Sandbox,
    Path(tid): Path<String>,
) -> Result<Response, Problem> {
    let terminal = terminal(&state, &scope, &tid).await?;
    bill::print(&state, &scope, &terminal)
        .await
        .map_err(problem)?;
    shown(&state, &scope, &tid).await
}

/// Pay a part of the chosen order
///
/// The card machine asks for a card then. Once it is paid the payment is recorded at the
/// POS; `integration` says what became of it.
#[utoipa::path(
    post,
    path = "/sandbox/card-machines/{tid}/pay-order",
    operation_id = "Sandbox_PayOrder",
    tag = "Sandbox",
    params(("tid" = String, Path, description = "Number that is printed on the card machine.")),
    request_body = CardMachinePayOrderRequest,
    responses(
        (status = 200, description = "The card machine as it is now.", body = CardMachine),
        BadRequest, Unauthorized, Forbidden, NotFound, Conflict, Unprocessable, BadGateway,
        GatewayTimeout,
    )
)]
pub async fn pay_order(
    State(state): State<SandboxState>,
    Sandbox(scope): Sandbox,
    Path(tid): Path<String>,
    input: Input,
) -> Result<Response, Problem> {
    let (request, mut broken) = input.read::<CardMachinePayOrderRequest>(&AsDocumented)?;
    let wish = request.wish(&mut broken);
    refuse(broken)?;
    let wish = wish.ok_or_else(|| Problem::field("Split", "The Split field is required."))?;
    let terminal = terminal(&state, &scope, &tid).await?;
    let paid = state.engine.tables().pay(&scope, &terminal.id, wish).await;
    paid.map_err(problem)?;
    shown(&state, &scope, &tid).await
}

/// Leave the chosen order
///
/// Unlocks the order. What was paid stays recorded.
#[utoipa::path(
    post,
    path = "/sandbox/card-machines/{tid}/leave-order",
    operation_id = "Sandbox_LeaveOrder",
    tag = "Sandbox",
    params(("tid" = String, Path, description = "Number that is printed on the card machine.")),
    responses(
        (status = 200, description = "The card machine as it is now.", body = CardMachine),
        Unauthorized, Forbidden, NotFound, Conflict,
    )
)]
pub async fn leave_order(
    State(state): State<SandboxState>,
    Sandbox(scope): Sandbox,
    Path(tid): Path<String>,
) -> Result<Response, Problem> {
    let terminal = terminal(&state, &scope, &tid).await?;
    let left = state.engine.tables().leave(&scope, &terminal.id).await;
    left.map_err(problem)?;
    shown(&state, &scope, &tid).await
}
