//! What happens to the next payment of a sandbox.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tatami_acquirer::{BooksError, Fault};
use tatami_http::input::{AsDocumented, Input};
use tatami_http::openapi::{BadRequest, Forbidden, Unauthorized};
use tatami_http::problem::{Problem, unavailable};
use tatami_http::reply::reply_json;
use utoipa::ToSchema;

use super::key::Sandbox;
use crate::SandboxState;

/// A fault of the sandbox's acquirer.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum PaymentFault {
    DoNotHonour,
    InsufficientFunds,
    LostOrStolen,
    IssuerUnavailable,
    Failed,
    Slow,
    AnswerLost,
    RequestLost,
}

/// What happens to the next payment, whatever its card and however it is made.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NextPayment {
    /// Fault that the acquirer plays once; left out if the next payment does what its card
    /// says.
    pub fault: Option<PaymentFault>,
}

/// The fault to play for the next payment.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NextPaymentRequest {
    /// Fault that the acquirer plays once.
    #[schema(required, value_type = PaymentFault)]
    pub fault: Option<PaymentFault>,
}

impl From<Fault> for PaymentFault {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::DoNotHonour => Self::DoNotHonour,
            Fault::InsufficientFunds => Self::InsufficientFunds,
            Fault::LostOrStolen => Self::LostOrStolen,
            Fault::IssuerUnavailable => Self::IssuerUnavailable,
            Fault::Failed => Self::Failed,
            Fault::Slow => Self::Slow,
            Fault::AnswerLost => Self::AnswerLost,
            Fault::RequestLost => Self::RequestLost,
        }
    }
}

impl From<PaymentFault> for Fault {
    fn from(fault: PaymentFault) -> Self {
        match fault {
            PaymentFault::DoNotHonour => Self::DoNotHonour,
            PaymentFault::InsufficientFunds => Self::InsufficientFunds,
            PaymentFault::LostOrStolen => Self::LostOrStolen,
            PaymentFault::IssuerUnavailable => Self::IssuerUnavailable,
            PaymentFault::Failed => Self::Failed,
            PaymentFault::Slow => Self::Slow,
            PaymentFault::AnswerLost => Self::AnswerLost,
            PaymentFault::RequestLost => Self::RequestLost,
        }
    }
}

fn failed(error: BooksError) -> Problem {
    unavailable(&error.to_string())
}

/// Retrieve what happens to the next payment
///
/// Returns the fault that is set; an empty object if none is.
#[utoipa::path(
    get,
    path = "/sandbox/next-payment",
    operation_id = "Sandbox_GetNextPayment",
    tag = "Sandbox",
    responses(
        (status = 200, description = "The fault that is set for the next payment.", body = NextPayment),
        Unauthorized, Forbidden,
    )
)]
pub async fn get(
    State(state): State<SandboxState>,
    Sandbox(scope): Sandbox,
) -> Result<Response, Problem> {
    let planned = state.acquirer.planned(&scope).await.map_err(failed)?;
    Ok(reply_json(&NextPayment {
        fault: planned.map(PaymentFault::from),
    }))
}

/// Set what happens to the next payment
///
/// The acquirer plays the fault for the next payment of the sandbox, once: on the checkout
/// page, in a component, by the API or on a card machine.
#[utoipa::path(
    put,
    path = "/sandbox/next-payment",
    operation_id = "Sandbox_SetNextPayment",
    tag = "Sandbox",
    request_body = NextPaymentRequest,
    responses(
        (status = 200, description = "The fault that is set for the next payment.", body = NextPayment),
        BadRequest, Unauthorized, Forbidden,
    )
)]
pub async fn set(
    State(state): State<SandboxState>,
    Sandbox(scope): Sandbox,
    input: Input,
) -> Result<Response, Problem> {
    let request: NextPaymentRequest = input.valid(&AsDocumented)?;
    let fault = request.fault.map(Fault::from);
    state.acquirer.plan(&scope, fault).await.map_err(failed)?;
    Ok(reply_json(&NextPayment {
        fault: request.fault,
    }))
}

/// Clear what happens to the next payment
///
/// The next payment does what its card says.
#[utoipa::path(
    delete,
    path = "/sandbox/next-payment",
    operation_id = "Sandbox_ClearNextPayment",
    tag = "Sandbox",
    responses(
        (status = 204, description = "Nothing is set for the next payment."),
        Unauthorized, Forbidden,
    )
)]
pub async fn clear(
    State(state): State<SandboxState>,
    Sandbox(scope): Sandbox,
) -> Result<Response, Problem> {
    state.acquirer.plan(&scope, None).await.map_err(failed)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
