//! `POST /payment-intents/{paymentIntentId}/amount` and `…/tips-amount`

use axum::extract::State;
use axum::response::Response;
use tatami_core::id::PaymentIntentId;
use tatami_core::money::Money as CoreMoney;
use tatami_core::problem::Violation;
use tatami_http::input::{Id, Input};
use tatami_http::openapi::{
    BadRequest, Forbidden, IdempotencyHeader, MethodNotAllowed, NotFound, TooLarge, Unauthorized,
    Unfinished, UnsupportedMediaType, VersionHeader,
};
use tatami_http::problem::Problem;
use tatami_http::reply::reply;
use tatami_http::shape::Tree;

use crate::ApiState;
use crate::auth::Caller;
use crate::wire::money::Money;
use crate::wire::order::{known_items, known_taxes};
use crate::wire::payment_intent::PaymentIntent;
use crate::wire::requests::{SetAmountRequest, SetTipsAmountRequest};

/// Change the amount of a payment intent
///
/// An unpaid intent can be changed if its configuration has `customAmountAllowed`.
/// The amount of a manual authorization can be raised. A new client session secret
/// is created.
#[utoipa::path(
    post,
    path = "/payment-intents/{paymentIntentId}/amount",
    operation_id = "PaymentIntents_SetCustomAmount",
    tag = "Payment intents",
    params(
        VersionHeader,
        IdempotencyHeader,
        ("paymentIntentId" = String, Path, description = "Id of the payment intent, beginning with `pi_`."),
    ),
    request_body = SetAmountRequest,
    responses(
        (status = 200, description = "The payment intent after the change.", body = PaymentIntent),
        BadRequest, Unauthorized, Forbidden, NotFound, MethodNotAllowed, Unfinished, TooLarge,
        UnsupportedMediaType,
    )
)]
pub async fn set_amount(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<PaymentIntentId>,
    input: Input,
) -> Result<Response, Problem> {
    let (request, mut broken) = input.read::<SetAmountRequest>(caller.version)?;
    let items = request.item_lines.map(|all| known_items(all, &mut broken));
    let taxes = request.tax_lines.map(|all| known_taxes(all, &mut broken));
    let amount = known("Amount", request.amount, 1, broken)?;
    let call = caller.call(input.idempotency);
    reply(
        state
            .engine
            .payment_intents()
            .set_amount(&call, &id, amount, (items, taxes))
            .await,
    )
}

/// Change the tips of a payment intent
///
/// Possible if the configuration of the intent has `tipsAllowed`. A new client
/// session secret is created. The body may also be the amount itself, without
/// `tipsAmount` around it.
#[utoipa::path(
    post,
    path = "/payment-intents/{paymentIntentId}/tips-amount",
    operation_id = "PaymentIntents_SetTipsAmount",
    tag = "Payment intents",
    params(
        VersionHeader,
        IdempotencyHeader,
        ("paymentIntentId" = String, Path, description = "Id of the payment intent, beginning with `pi_`."),
    ),
    request_body = SetTipsAmountRequest,
    responses(
        (status = 200, description = "The payment intent after the change.", body = PaymentIntent),
        BadRequest, Unauthorized, Forbidden, NotFound, MethodNotAllowed, Unfinished, TooLarge,
        UnsupportedMediaType,
    )
)]
pub async fn set_tips(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<PaymentIntentId>,
    input: Input,
) -> Result<Response, Problem> {
    let (request, broken) =
        input.read_understood::<SetTipsAmountRequest>(caller.version, in_its_place)?;
    let tips = known("TipsAmount", request.tips_amount, 0, broken)?;
    let call = caller.call(input.idempotency);
    reply(
        state
            .engine
            .payment_intents()
            .set_tips(&call, &id, tips)
            .await,
    )
}

/// Tips that are sent as an amount alone, as the published example does.
fn in_its_place(body: &mut Tree<'_>) {
    let Tree::Object(members) = body else { return };
    let is_amount = ["value", "currencyCode"]
        .iter()
        .all(|name| members.get_mut(name).is_some());
    if is_amount && members.get_mut("tipsAmount").is_none() {
        let amount = std::mem::take(members);
        members.push("tipsAmount", Tree::Object(amount));
    }
}

/// The amount, of at least so many minor units, if nothing in the request
/// breaks a rule.
fn known(
    field: &str,
    money: Option<Money>,
    least: i64,
    mut broken: Vec<Violation>,
) -> Result<CoreMoney, Problem> {
    let known = money.as_ref().and_then(|m| m.known(field, &mut broken));
    if money.is_some_and(|m| m.value < least) {
        let rule = match least {
            0 => "must not be negative",
            _ => "must be greater than 0",
        };
        broken.push(Violation::new(
            format!("{field}.Value"),
            format!("The {field} {rule}."),
        ));
    }
    known
        .filter(|_| broken.is_empty())
        .ok_or_else(|| Problem::invalid(broken))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_of_a_known_currency_and_not_too_small() {
        let money = |value, code: &str| {
            Some(Money {
                value,
                currency_code: code.to_owned().into(),
            })
        };
        assert!(known("Amount", money(1, "eur"), 1, Vec::new()).is_ok());
        assert!(known("TipsAmount", money(0, "GBP"), 0, Vec::new()).is_ok());
        let problem = known("Amount", money(0, "USD"), 1, Vec::new()).expect_err("two rules");
        let body = String::from_utf8(problem.body(None)).expect("text");
        assert!(
            body.contains("Amount.Value") && body.contains("Amount.CurrencyCode"),
            "{body}"
        );
        assert!(known("Amount", money(1, "GBP"), 1, vec![Violation::new("A", "b")]).is_err());
    }
}
