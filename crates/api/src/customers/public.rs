//! What a customer's own page or app calls, with the customer's secret.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tatami_core::id::{CustomerId, SavedCardId};
use tatami_http::auth::CustomerKey;
use tatami_http::input::{Id, Ids};
use tatami_http::openapi::{BadRequest, NotFound, OptionalVersionHeader, Unauthorized};
use tatami_http::problem::Problem;
use utoipa::IntoParams;

use crate::ApiState;
use crate::answers::reply_in;
use crate::auth::PublicVersion;
use crate::wire::customer::CustomerPaymentMethods;

/// The header with a customer's secret.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "documents what the extractor of secrets reads")]
pub struct CustomerSecretHeader {
    /// The customer's secret, sent as `Basic cs_…`.
    #[param(max_length = 500, example = "Basic cs_sandbox_…")]
    authorization: String,
}

/// List the saved cards of a customer
///
/// Needs the customer's secret in place of a key.
#[utoipa::path(
    get,
    path = "/customers/public/{customerId}/payment-methods",
    operation_id = "Customers_GetPaymentMethods",
    tag = "Customers",
    params(
        OptionalVersionHeader,
        CustomerSecretHeader,
        ("customerId" = String, Path, description = "Id of the customer, beginning with `cust_`."),
    ),
    security(()),
    responses(
        (status = 200, description = "The saved cards of the customer.", body = CustomerPaymentMethods),
        BadRequest, Unauthorized, NotFound,
    )
)]
pub async fn payment_methods(
    State(state): State<ApiState>,
    PublicVersion(version): PublicVersion,
    CustomerKey(secret): CustomerKey,
    Id(id): Id<CustomerId>,
) -> Result<Response, Problem> {
    let customer = state.engine.customers().by_secret(&id, &secret).await?;
    let cards = state.engine.saved_cards().list(&customer).await?;
    let account = state.engine.account(&customer.scope.account).await?;
    let methods = CustomerPaymentMethods::of(&customer, &cards, &account);
    Ok(reply_in(version, &methods))
}

/// Delete a saved card
///
/// Needs the customer's secret in place of a key. The card is deleted from the
/// vault.
#[utoipa::path(
    delete,
    path = "/customers/public/{customerId}/payment-methods/{paymentMethodId}",
    operation_id = "Customers_DeletePaymentMethod",
    tag = "Customers",
    params(
        OptionalVersionHeader,
        CustomerSecretHeader,
        ("customerId" = String, Path, description = "Id of the customer, beginning with `cust_`."),
        ("paymentMethodId" = String, Path, description = "Id of the saved card, beginning with `pm_`."),
    ),
    security(()),
    responses(
        (status = 204, description = "The saved card was deleted."),
        BadRequest, Unauthorized, NotFound,
    )
)]
pub async fn delete_payment_method(
    State(state): State<ApiState>,
    _: PublicVersion,
    CustomerKey(secret): CustomerKey,
    Ids(id, card): Ids<CustomerId, SavedCardId>,
) -> Result<Response, Problem> {
    let customer = state.engine.customers().by_secret(&id, &secret).await?;
    state.engine.saved_cards().delete(&customer, &card).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
