//! `POST /customers/search`

use axum::extract::State;
use axum::response::Response;
use tatami_core::customer::Customer;
use tatami_core::id::CustomerId;
use tatami_engine::ports::documents::DocumentQuery;
use tatami_http::cursor::Sides;
use tatami_http::input::{Input, refuse};
use tatami_http::listing::{Around, Entry, page};
use tatami_http::openapi::{
    BadRequest, Forbidden, TooLarge, Unauthorized, UnsupportedMediaType, VersionHeader,
};
use tatami_http::problem::Problem;
use tatami_http::reply::{json, written};

use crate::ApiState;
use crate::auth::Caller;
use crate::wire::customer::{CustomerFull, PagedCustomer, SearchCustomerRequest};

/// The size of a page when none is named.
const DEFAULT_LIMIT: usize = 50;

/// List customers
///
/// Returns customers, newest first, page by page. A page holds at most 4 MB; its
/// cursor leads to the rest.
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
    let query = DocumentQuery {
        before: sides.before.map(|id| id.to_string()),
        after: sides.after.map(|id| id.to_string()),
        limit: request.limit.unwrap_or(DEFAULT_LIMIT),
        ..DocumentQuery::default()
    };
    let backwards = query.before.is_some();
    let found = state
        .engine
        .customers()
        .search(&caller.scope, query)
        .await?;
    let entry = |customer: &Customer| Entry {
        id: customer.id.to_string(),
        json: json(&CustomerFull::from(customer)),
    };
    let around = Around {
        before: found.more_before,
        after: found.more_after,
        backwards,
    };
    Ok(written(page(
        found.customers.iter().map(entry).collect(),
        around,
    )))
}
