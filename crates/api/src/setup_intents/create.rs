//! `POST /setup-intents`

use axum::extract::State;
use axum::response::Response;
use tatami_core::problem::Violation;
use tatami_core::setup_intent::{Draft, check};
use tatami_core::time::Timestamp;
use tatami_http::input::{Input, concerns};
use tatami_http::openapi::{
    BadRequest, Forbidden, IdempotencyHeader, TooLarge, Unauthorized, Unfinished,
    UnsupportedMediaType, VersionHeader,
};
use tatami_http::problem::Problem;
use tatami_http::reply::reply;

use crate::ApiState;
use crate::auth::Caller;
use crate::wire::setup_intent::{CreateSetupIntentRequest, SetupIntentResponse};

/// Create a setup intent
///
/// The first step towards charging a card later. The card holder agrees to the
/// `terms` and gives a card on the checkout page; no money is taken.
#[utoipa::path(
    post,
    path = "/setup-intents",
    operation_id = "SetupIntents_Create",
    tag = "Setup intents",
    params(VersionHeader, IdempotencyHeader),
    request_body = CreateSetupIntentRequest,
    responses(
        (status = 200, description = "The new setup intent.", body = SetupIntentResponse),
        BadRequest, Unauthorized, Forbidden, Unfinished, TooLarge, UnsupportedMediaType,
    )
)]
pub async fn create(
    State(state): State<ApiState>,
    caller: Caller,
    input: Input,
) -> Result<Response, Problem> {
    let (request, mut broken) = input.read::<CreateSetupIntentRequest>(caller.version)?;
    let draft = request.draft(&mut broken);
    if !broken.is_empty() {
        let now = state.engine.now(&caller.scope);
        return Err(Problem::invalid(all_broken(broken, &draft, now)));
    }
    let call = caller.call(input.idempotency);
    reply(state.engine.setup_intents().create(&call, draft).await)
}

/// The rules that the request's shape breaks, with those that what is left of
/// it breaks too.
pub(super) fn all_broken(
    mut broken: Vec<Violation>,
    draft: &Draft,
    now: Timestamp,
) -> Vec<Violation> {
    let by_shape = broken.clone();
    let known = |field: &str| {
        by_shape
            .iter()
            .any(|v| concerns(&v.field, field) || concerns(field, &v.field))
    };
    broken.extend(check(draft, now).into_iter().filter(|v| !known(&v.field)));
    broken
}
