//! `POST /customers/search`

use axum::extract::State;
use axum::response::Response;
use tatami_core::id::CustomerId;
use tatami_engine::ports::records::RecordQuery;

use crate::ApiState;
use crate::answers::reply_json;
use crate::auth::Caller;
use crate::cursor::{Sides, cursor_at};
use crate::input::{Input, refuse};
use crate::openapi::{
    BadRequest, Forbidden, TooLarge, Unauthorized, UnsupportedMediaType, VersionHeader,
};
use crate::problem::Problem;
use crate::wire::customer::{CustomerFull, PagedCustomer, SearchCustomerRequest};

/// The size of a page when none is named.
const DEFAULT_LIMIT: usize = 50;

/// List customers
///
/// Newest first, in pages.
#[utoipa::path(
    post,
    path = "/customers/search",
    operation_id = "Customers_Search",
    tag = "Customers",
    params(VersionHeader),
    request_body = SearchCustomerRequest,
    responses(
        (status = 200, description = "A page of customers.", body = PagedCustomer),
        BadRequest, Unauthorized, Forbidden, TooLarge, UnsupportedMediaType,
    )
)]
pub async fn search(
    State(state): State<ApiState>,
    caller: Caller,
    input: Input,
) -> Result<Response, Problem> {
    let (request, mut broken) = input.read::<SearchCustomerRequest>(caller.version)?;
    let sides = Sides::read(
        "",
        request.before,
        request.after,
        CustomerId::parse,
        &mut broken,
    );
    refuse(broken)?;
    let query = RecordQuery {
        before: sides.before.map(|id| id.to_string()),
        after: sides.after.map(|id| id.to_string()),
        limit: request.limit.unwrap_or(DEFAULT_LIMIT),
        ..RecordQuery::default()
    };
    let page = state.engine.search_customers(&caller.scope, query).await?;
    let first = page.customers.first().filter(|_| page.more_before);
    let last = page.customers.last().filter(|_| page.more_after);
    Ok(reply_json(&PagedCustomer {
        before: first.map(|c| cursor_at(c.id.as_str())),
        after: last.map(|c| cursor_at(c.id.as_str())),
        data: Some(page.customers.iter().map(CustomerFull::from).collect()),
    }))
}
