//! The hosted checkout's pages and the calls they make about themselves.

use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use http::{HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::json;
use tatami_core::id::{PaymentIntentId, SetupIntentId};
use tatami_core::problem::Refusal;
use tatami_engine::{Engine, Failure, View};

use crate::headers::{self, PAGE_POLICY};
use crate::page::{CheckoutPage, NOT_PAID, Notice, StatePage};
use crate::saved_cards::{LinkedCustomer, saved_cards};
use crate::standing::{Standing, Told};
use crate::{CheckoutState, assets, setup_pages};

pub(crate) fn routes() -> Router<CheckoutState> {
    Router::new()
        .route("/checkout/{id}", get(checkout))
        .route("/checkout/{id}/result", get(result))
        .route("/checkout/{id}/status", get(status))
        .route("/checkout/{id}/session", post(session))
        .route(
            "/checkout/{id}/three-ds-return",
            get(three_ds_return).post(three_ds_return),
        )
        .route("/checkout/assets/{version}/{file}", get(assets::serve))
}

/// A page that cannot be shown, as a page.
pub(crate) struct NoPage {
    pub(crate) status: StatusCode,
    pub(crate) told: Told,
    pub(crate) policy: &'static str,
}

impl NoPage {
    const fn new(status: StatusCode, told: Told) -> Self {
        let policy = PAGE_POLICY;
        Self {
            status,
            told,
            policy,
        }
    }
}

impl From<Failure> for NoPage {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(Refusal::NotFound(_) | Refusal::MalformedId(_)) => {
                Self::new(StatusCode::NOT_FOUND, Told::UNKNOWN)
            }
            other => {
                tracing::error!(error = %other, "a payment page could not be shown");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, Told::UNAVAILABLE)
            }
        }
    }
}

impl IntoResponse for NoPage {
    fn into_response(self) -> Response {
        let page = StatePage::bare(self.told);
        let mut response = headers::page_of(self.policy, page.render());
        if response.status() == StatusCode::OK {
            *response.status_mut() = self.status;
        }
        response
    }
}

fn render(page: &CheckoutPage) -> Response {
    headers::page_of(PAGE_POLICY, page.html())
}

async fn view(engine: &Engine, id: &str) -> Result<View, Failure> {
    let id = PaymentIntentId::parse(id).map_err(Refusal::from)?;
    engine.public_payment_intent(&id).await
}

#[derive(Deserialize)]
struct CheckoutQuery {
    /// Set when the payer comes back without having paid.
    again: Option<String>,
    #[serde(flatten)]
    customer: LinkedCustomer,
}

async fn checkout(
    State(state): State<CheckoutState>,
    Path(id): Path<String>,
    Query(query): Query<CheckoutQuery>,
) -> Result<Response, NoPage> {
    if let Ok(id) = SetupIntentId::parse(&id) {
        return setup_pages::checkout(&state.engine, &id, query.again.is_some()).await;
    }
    let view = payable_view(&state.engine, view(&state.engine, &id).await?).await?;
    let now = state.engine.now(&view.intent.scope);
    let notice: Option<Notice> = query.again.is_some().then_some(NOT_PAID);
    let saved = saved_cards(&state.engine, &view, &query.customer).await?;
    Ok(render(&CheckoutPage::of(&view, now, false, notice, saved)))
}

/// The view, with a session that can be paid with if there is anything to pay.
async fn payable_view(engine: &Engine, view: View) -> Result<View, Failure> {
    let intent = &view.intent;
    let now = engine.now(&intent.scope);
    let payable = Standing::of(intent, now) == Standing::Payable;
    if !payable || intent.session_open(&intent.session.nonce, now) {
        return Ok(view);
    }
    match engine.refresh_public_session(&intent.id).await {
        // It was paid, or is being paid, since it was read.
        Err(Failure::Refused(_)) => engine.public_payment_intent(&intent.id).await,
        refreshed => refreshed,
    }
}

/// Right after a payment: how it went, or the form again.
async fn result(
    State(state): State<CheckoutState>,
    Path(id): Path<String>,
) -> Result<Response, NoPage> {
    if let Ok(id) = SetupIntentId::parse(&id) {
        return setup_pages::result(&state.engine, &id).await;
    }
    let view = view(&state.engine, &id).await?;
    let now = state.engine.now(&view.intent.scope);
    if Standing::of(&view.intent, now) == Standing::Payable {
        return Ok(see_other(&format!("/checkout/{}?again=1", view.intent.id)));
    }
    Ok(render(&CheckoutPage::of(&view, now, true, None, None)))
}

async fn status(
    State(state): State<CheckoutState>,
    Path(id): Path<String>,
) -> Result<Response, NoPage> {
    if let Ok(id) = SetupIntentId::parse(&id) {
        return setup_pages::status(&state.engine, &id).await;
    }
    let view = view(&state.engine, &id).await?;
    let now = state.engine.now(&view.intent.scope);
    let word = Standing::of(&view.intent, now).word();
    Ok(unstored(Json(json!({ "state": word }))))
}

/// A new secret for another try; without one if nothing is left to pay.
async fn session(
    State(state): State<CheckoutState>,
    Path(id): Path<String>,
) -> Result<Response, NoPage> {
    if let Ok(id) = SetupIntentId::parse(&id) {
        return setup_pages::session(&state.engine, &id).await;
    }
    let id = PaymentIntentId::parse(&id).map_err(|e| Failure::from(Refusal::from(e)))?;
    match state.engine.refresh_public_session(&id).await {
        Ok(view) => Ok(unstored(Json(
            json!({ "clientSessionSecret": view.secret() }),
        ))),
        Err(Failure::Refused(Refusal::Conflict(_) | Refusal::Pending(_))) => {
            Ok((StatusCode::CONFLICT, unstored(Json(json!({})))).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

/// A proof that is missing is refused like a wrong one.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Proof {
    #[serde(alias = "MD")]
    pub(crate) md: String,
    #[serde(rename = "paRes", alias = "PaRes")]
    pub(crate) pa_res: String,
}

/// Where the bank's page leads when it took the whole window: the sandbox's with
/// the proof in the query, others with a form that they post.
async fn three_ds_return(
    State(state): State<CheckoutState>,
    Path(id): Path<String>,
    proof: Result<Form<Proof>, FormRejection>,
) -> Result<Response, NoPage> {
    let Form(proof) = proof.unwrap_or_default();
    if let Ok(id) = SetupIntentId::parse(&id) {
        return setup_pages::three_ds_return(&state.engine, &id, &proof).await;
    }
    let view = view(&state.engine, &id).await?;
    let done = state
        .engine
        .complete_challenge(&view.secret(), &proof.md, &proof.pa_res)
        .await;
    match done {
        // Refused: reloaded, or finished elsewhere. The result page tells.
        Ok(_) | Err(Failure::Refused(_) | Failure::BadSession) => {
            Ok(see_other(&format!("/checkout/{}/result", view.intent.id)))
        }
        Err(other) => Err(other.into()),
    }
}

pub(crate) fn see_other(path: &str) -> Response {
    unstored(Redirect::to(path))
}

pub(crate) fn unstored(answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    let no_store = HeaderValue::from_static("no-store");
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, no_store);
    response
}
