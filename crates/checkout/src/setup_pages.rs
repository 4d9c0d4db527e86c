//! The checkout of setup intents, at the addresses of the payments'.

use axum::Json;
use axum::response::Response;
use serde_json::json;
use tatami_core::id::SetupIntentId;
use tatami_core::problem::Refusal;
use tatami_engine::{Engine, Failure};
use tatami_http::{PAGE_POLICY, page_of};

use crate::CheckoutState;
use crate::pages::{NoPage, Proof, came_back, no_secret, secret, see_other, unstored};
use crate::reader::Reader;
use crate::setup_page::{self, NOT_SAVED, OVERTAKEN, SetupStanding};

/// The form, or how the intent stands.
pub(crate) async fn checkout(
    state: &CheckoutState,
    id: &SetupIntentId,
    again: Option<&str>,
    reader: &Reader,
) -> Result<Response, NoPage> {
    let view = state.engine.setup_intents().get_public(id).await?;
    let now = state.engine.now(&view.intent.scope);
    let notice = again.map(|why| match why {
        "overtaken" => OVERTAKEN,
        _ => NOT_SAVED,
    });
    let captcha = state.captcha_script();
    let page = setup_page::html(&view, now, false, notice, captcha, reader);
    Ok(page_of(PAGE_POLICY, page))
}

/// Right after a try: how it went, or the form again.
pub(crate) async fn result(
    engine: &Engine,
    id: &SetupIntentId,
    again: &str,
    reader: &Reader,
) -> Result<Response, NoPage> {
    let view = engine.setup_intents().get_public(id).await?;
    let now = engine.now(&view.intent.scope);
    if SetupStanding::of(&view.intent, now) == SetupStanding::Open {
        let form = format!("/checkout/{id}?again={again}");
        return Ok(see_other(&reader.goes_to(&form)));
    }
    let page = setup_page::html(&view, now, true, None, None, reader);
    Ok(page_of(PAGE_POLICY, page))
}

/// How the intent stands, for scripts.
pub(crate) async fn status(engine: &Engine, id: &SetupIntentId) -> Result<Response, NoPage> {
    let view = engine.setup_intents().get_public(id).await?;
    let now = engine.now(&view.intent.scope);
    let word = SetupStanding::of(&view.intent, now).word();
    Ok(unstored(Json(json!({ "state": word }))))
}

/// A new secret for another try; without one if no card can be given any more.
pub(crate) async fn session(engine: &Engine, id: &SetupIntentId) -> Result<Response, NoPage> {
    match engine.setup_intents().refresh_public_session(id).await {
        Ok(view) => Ok(secret(&view.secret)),
        Err(Failure::Refused(Refusal::Conflict(_) | Refusal::Pending(_))) => Ok(no_secret()),
        Err(other) => Err(other.into()),
    }
}

/// Where the bank's page leads when it took the whole window.
pub(crate) async fn three_ds_return(
    engine: &Engine,
    id: &SetupIntentId,
    proof: &Proof,
    reader: &Reader,
) -> Result<Response, NoPage> {
    let view = engine.setup_intents().get_public(id).await?;
    let done = engine
        .setup_payers()
        .complete_challenge(&view.secret, &proof.md, &proof.pa_res);
    came_back(id, done.await.map(drop), reader)
}
