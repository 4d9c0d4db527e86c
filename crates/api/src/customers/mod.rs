//! `/customers`

mod public;
mod search;

use std::str::FromStr;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tatami_core::id::{CustomerId, MalformedId};
use tatami_http::input::{Id, Input};
use tatami_http::openapi::{
    BadRequest, BadVersion, Forbidden, IdempotencyHeader, NotFound, TooLarge, Unauthorized,
    Unfinished, UnsupportedMediaType, VersionHeader,
};
use tatami_http::problem::Problem;
use tatami_http::reply::{reply, reply_json};

use crate::ApiState;
use crate::auth::Caller;
use crate::wire::customer::{
    CreateCustomerRequest, CustomerFull, CustomerSecret, UpdateCustomerRequest,
};

pub use public::{
    __path_delete_payment_method, __path_payment_methods, delete_payment_method, payment_methods,
};
pub use search::{__path_search, search};

/// The most ids that one request may name.
const MAX_IDS: usize = 100;

/// Create a customer
///
/// A customer can have saved cards, with which later payments are made.
#[utoipa::path(
    post,
    path = "/customers",
    operation_id = "Customers_Create",
    tag = "Customers",
    params(VersionHeader, IdempotencyHeader),
    request_body = CreateCustomerRequest,
    responses(
        (status = 200, description = "The customer as it is now.", body = CustomerFull),
        BadRequest, Unauthorized, Forbidden, Unfinished, TooLarge, UnsupportedMediaType,
    )
)]
pub async fn create(
    State(state): State<ApiState>,
    caller: Caller,
    input: Input,
) -> Result<Response, Problem> {
    let (request, broken) = input.read::<CreateCustomerRequest>(caller.version)?;
    tatami_http::input::refuse(broken)?;
    let call = caller.call(input.idempotency);
    reply(state.engine.customers().create(&call, request.into()).await)
}

/// Ids with commas between them.
pub struct CustomerIds(Vec<CustomerId>);

impl FromStr for CustomerIds {
    type Err = MalformedId;

    fn from_str(text: &str) -> Result<Self, MalformedId> {
        let ids = text.split(',').map(|id| id.trim().parse());
        ids.collect::<Result<_, _>>().map(Self)
    }
}

/// Retrieve customers
///
/// Returns one customer or several, whose ids are separated by commas. Customers
/// that do not exist are left out.
#[utoipa::path(
    get,
    path = "/customers/{customerId}",
    operation_id = "Customers_Get",
    tag = "Customers",
    params(
        VersionHeader,
        ("customerId" = String, Path, description = "Id of a customer, or several ids separated by commas."),
    ),
    responses(
        (status = 200, description = "The customers, in the order of the ids.", body = Vec<CustomerFull>),
        BadRequest, Unauthorized, Forbidden,
    )
)]
pub async fn get(
    State(state): State<ApiState>,
    caller: Caller,
    Id(CustomerIds(ids)): Id<CustomerIds>,
) -> Result<Response, Problem> {
    if ids.len() > MAX_IDS {
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            format!("At most {MAX_IDS} ids can be sent at a time."),
        ));
    }
    let found = state.engine.customers().by_ids(&caller.scope, &ids).await?;
    let found: Vec<CustomerFull> = found.iter().map(CustomerFull::from).collect();
    Ok(reply_json(&found))
}

/// Update a customer
///
/// A property that is left out or `null` is not changed; an empty string removes
/// the value.
#[utoipa::path(
    patch,
    path = "/customers/{customerId}",
    operation_id = "Customers_Update",
    tag = "Customers",
    params(
        VersionHeader,
        ("customerId" = String, Path, description = "Id of the customer, beginning with `cust_`."),
    ),
    request_body = UpdateCustomerRequest,
    responses(
        (status = 200, description = "The customer as it is now.", body = CustomerFull),
        BadRequest, Unauthorized, Forbidden, NotFound, TooLarge, UnsupportedMediaType,
    )
)]
pub async fn update(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<CustomerId>,
    input: Input,
) -> Result<Response, Problem> {
    let (request, broken) = input.read::<UpdateCustomerRequest>(caller.version)?;
    tatami_http::input::refuse(broken)?;
    let call = caller.call(None);
    let changed = state
        .engine
        .customers()
        .update(&call, &id, request.into())
        .await;
    reply(changed)
}

/// Delete a customer
///
/// The saved cards of the customer are deleted at once.
#[utoipa::path(
    delete,
    path = "/customers/{customerId}",
    operation_id = "Customers_Delete",
    tag = "Customers",
    params(
        VersionHeader,
        ("customerId" = String, Path, description = "Id of the customer, beginning with `cust_`."),
    ),
    responses(
        (status = 204, description = "The customer was deleted."),
        BadRequest, Unauthorized, Forbidden, NotFound,
    )
)]
pub async fn delete(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<CustomerId>,
) -> Result<Response, Problem> {
    state.engine.customers().delete(&caller.scope, &id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Create a customer secret
///
/// The secret gives a page or an app access to the saved cards of the customer, for
/// 30 minutes unless the installation is configured otherwise. It is returned only
/// once.
#[utoipa::path(
    post,
    path = "/customers/{customerId}/create-secret",
    operation_id = "Customers_CreateCustomerSecret",
    tag = "Customers",
    params(
        VersionHeader,
        ("customerId" = String, Path, description = "Id of the customer, beginning with `cust_`."),
    ),
    responses(
        (status = 200, description = "The new customer secret.", body = CustomerSecret),
        BadVersion, Unauthorized, Forbidden, NotFound,
    )
)]
pub async fn create_secret(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<CustomerId>,
) -> Result<Response, Problem> {
    let new = state
        .engine
        .customers()
        .create_secret(&caller.scope, &id)
        .await?;
    let mut response = reply_json(&CustomerSecret::from(new));
    response.headers_mut().insert(
        http::header::CACHE_CONTROL,
        http::HeaderValue::from_static("no-store"),
    );
    Ok(response)
}
