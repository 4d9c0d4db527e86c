//! The checkout of setup intents, at the addresses of the payments'.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;
use tatami_core::id::SetupIntentId;
use tatami_core::problem::Refusal;
use tatami_engine::{Engine, Failure, SetupView};

use crate::headers::{self, PAGE_POLICY};
use crate::pages::{NoPage, Proof, see_other, unstored};
use crate::setup_page::{self, NOT_SAVED, SetupStanding};

/// The form, or how the intent stands.
pub(crate) async fn checkout(
    engine: &Engine,
    id: &SetupIntentId,
    again: bool,
) -> Result<Response, NoPage> {
    let view = open_view(engine, engine.public_setup_intent(id).await?).await?;
    let now = engine.now(&view.intent.scope);
    let page = setup_page::html(&view, now, false, again.then_some(NOT_SAVED));
    Ok(headers::page_of(PAGE_POLICY, page))
}

/// The view, with a session that a card can be given with, if one can be given.
async fn open_view(engine: &Engine, view: SetupView) -> Result<SetupView, Failure> {
    let intent = &view.intent;
    let now = engine.now(&intent.scope);
    let open = SetupStanding::of(intent, now) == SetupStanding::Open;
    if !open || intent.session_open(&intent.session.nonce, now) {
        return Ok(view);
    }
    match engine.refresh_public_setup_session(&intent.id).await {
        Err(Failure::Refused(_)) => engine.public_setup_intent(&intent.id).await,
        refreshed => refreshed,
    }
}

/// Right after a try: how it went, or the form again.
pub(crate) async fn result(engine: &Engine, id: &SetupIntentId) -> Result<Response, NoPage> {
    let view = engine.public_setup_intent(id).await?;
    let now = engine.now(&view.intent.scope);
    if SetupStanding::of(&view.intent, now) == SetupStanding::Open {
        return Ok(see_other(&format!("/checkout/{id}?again=1")));
    }
    let page = setup_page::html(&view, now, true, None);
    Ok(headers::page_of(PAGE_POLICY, page))
}

/// How the intent stands, for scripts.
pub(crate) async fn status(engine: &Engine, id: &SetupIntentId) -> Result<Response, NoPage> {
    let view = engine.public_setup_intent(id).await?;
    let now = engine.now(&view.intent.scope);
    let word = SetupStanding::of(&view.intent, now).word();
    Ok(unstored(Json(json!({ "state": word }))))
}

/// A new secret for another try; without one if no card can be given any more.
pub(crate) async fn session(engine: &Engine, id: &SetupIntentId) -> Result<Response, NoPage> {
    match engine.refresh_public_setup_session(id).await {
        Ok(view) => Ok(unstored(Json(
            json!({ "clientSessionSecret": view.secret }),
        ))),
        Err(Failure::Refused(Refusal::Conflict(_) | Refusal::Pending(_))) => {
            Ok((StatusCode::CONFLICT, unstored(Json(json!({})))).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

/// Where the bank's page leads when it took the whole window.
pub(crate) async fn three_ds_return(
    engine: &Engine,
    id: &SetupIntentId,
    proof: &Proof,
) -> Result<Response, NoPage> {
    let view = engine.public_setup_intent(id).await?;
    let done = engine.complete_setup_challenge(&view.secret, &proof.md, &proof.pa_res);
    match done.await {
        Ok(_) | Err(Failure::Refused(_) | Failure::BadSession) => {
            Ok(see_other(&format!("/checkout/{id}/result")))
        }
        Err(other) => Err(other.into()),
    }
}
