//! The hosted checkout's pages and the calls they make about themselves.

use askama::Template;
use axum::extract::rejection::{FormRejection, JsonRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use http::{HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::json;
use tatami_core::id::{PaymentIntentId, SetupIntentId};
use tatami_core::money::{Currency, Money};
use tatami_core::payment_intent::Choice;
use tatami_core::problem::Refusal;
use tatami_engine::{Engine, Failure, View};
use tatami_http::{PAGE_POLICY, page_of};

use crate::page::{CheckoutPage, NOT_PAID, OVERTAKEN, StatePage, Ways};
use crate::reader::{Reader, pages_in_language};
use crate::saved_cards::{LinkedCustomer, saved_cards};
use crate::standing::{Standing, StateTexts};
use crate::{CheckoutState, assets, setup_pages};

pub(crate) fn routes() -> Router<CheckoutState> {
    Router::new()
        .route("/checkout/{id}", get(checkout))
        .route("/checkout/{id}/result", get(result))
        .route(
            "/checkout/{id}/three-ds-return",
            get(three_ds_return).post(three_ds_return),
        )
        .layer(axum::middleware::from_fn(pages_in_language))
        .route("/checkout/{id}/status", get(status))
        .route("/checkout/{id}/session", post(session))
        .route("/checkout/assets/{version}/{file}", get(assets::serve))
}

/// A page that cannot be shown, as a page.
#[derive(Clone)]
pub(crate) struct NoPage {
    status: StatusCode,
    texts: StateTexts,
}

impl NoPage {
    pub(crate) const fn new(status: StatusCode, texts: StateTexts) -> Self {
        Self { status, texts }
    }
}

impl From<Failure> for NoPage {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(Refusal::NotFound(_) | Refusal::MalformedId(_)) => {
                Self::new(StatusCode::NOT_FOUND, StateTexts::UNKNOWN)
            }
            other => {
                tracing::error!(error = %other, "a payment page could not be shown");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, StateTexts::UNAVAILABLE)
            }
        }
    }
}

impl IntoResponse for NoPage {
    /// The status alone: what is said depends on who reads it.
    fn into_response(self) -> Response {
        let mut response = unstored(self.status);
        response.extensions_mut().insert(self);
        response
    }
}

impl NoPage {
    /// The page, in the reader's language.
    pub(crate) fn written(self, reader: &Reader) -> Response {
        let page = StatePage::bare(self.texts, reader);
        let mut response = page_of(PAGE_POLICY, page.render());
        if response.status() == StatusCode::OK {
            *response.status_mut() = self.status;
        }
        response
    }
}

fn render(page: &CheckoutPage) -> Response {
    page_of(PAGE_POLICY, page.html())
}

async fn view(engine: &Engine, id: &str) -> Result<View, Failure> {
    let id = PaymentIntentId::parse(id).map_err(Refusal::from)?;
    engine.payment_intents().get_public(&id).await
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
    reader: Reader,
) -> Result<Response, NoPage> {
    if let Ok(id) = SetupIntentId::parse(&id) {
        return setup_pages::checkout(&state, &id, query.again.as_deref(), &reader).await;
    }
    // Reading changes nothing: a mail scanner or a second window must not end what
    // its payer has begun. A page whose session is over asks for one when it pays.
    let view = view(&state.engine, &id).await?;
    let now = state.engine.now(&view.intent.scope);
    let notice = query.again.map(|why| match why.as_str() {
        "overtaken" => OVERTAKEN,
        _ => NOT_PAID,
    });
    let saved = saved_cards(&state.engine, &view, &query.customer, &reader).await?;
    let ways = Ways {
        saved,
        wallets: state.wallets.are_set_up(view.intent.scope.environment),
        captcha: state.captcha_script(),
    };
    let page = CheckoutPage::of(&view, now, false, notice, ways, &reader);
    Ok(state.wallets.allowed(render(&page)))
}

/// Right after a payment: how it went, or the form again.
async fn result(
    State(state): State<CheckoutState>,
    Path(id): Path<String>,
    Query(query): Query<CheckoutQuery>,
    reader: Reader,
) -> Result<Response, NoPage> {
    let again = match query.again.as_deref() {
        Some("overtaken") => "overtaken",
        _ => "1",
    };
    if let Ok(id) = SetupIntentId::parse(&id) {
        return setup_pages::result(&state.engine, &id, again, &reader).await;
    }
    let view = view(&state.engine, &id).await?;
    let now = state.engine.now(&view.intent.scope);
    if Standing::of(&view.intent, now) == Standing::Payable {
        let form = format!("/checkout/{}?again={again}", view.intent.id);
        return Ok(see_other(&reader.goes_to(&form)));
    }
    let ways = Ways::default();
    Ok(render(&CheckoutPage::of(
        &view, now, true, None, ways, &reader,
    )))
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
    let total = view.intent.total();
    let amount = json!({ "value": total.minor, "currencyCode": total.currency.code() });
    Ok(unstored(Json(json!({ "state": word, "amount": amount }))))
}

/// What a page shows its payer, and asks a secret for.
#[derive(Default, Deserialize)]
struct Wanted {
    /// What is asked for.
    amount: Option<Shown>,
    /// What the payer chose to pay instead.
    choice: Option<Chosen>,
}

/// In minor units of the amount's currency.
#[derive(Clone, Copy, Deserialize)]
struct Chosen {
    amount: i64,
    tips: i64,
    /// What is on the button.
    total: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    value: i64,
    currency_code: String,
}

impl Wanted {
    fn amount(self) -> Option<Money> {
        let shown = self.amount?;
        let currency = Currency::from_code(&shown.currency_code)?;
        Some(Money::new(shown.value, currency))
    }
}

/// A new secret for another try; without one if nothing is left to pay, or
/// another amount than the page shows.
async fn session(
    State(state): State<CheckoutState>,
    Path(id): Path<String>,
    wanted: Result<Json<Wanted>, JsonRejection>,
) -> Result<Response, NoPage> {
    if let Ok(id) = SetupIntentId::parse(&id) {
        return setup_pages::session(&state.engine, &id).await;
    }
    let id = PaymentIntentId::parse(&id).map_err(|e| Failure::from(Refusal::from(e)))?;
    let wanted = wanted.map(|Json(wanted)| wanted).unwrap_or_default();
    let chosen = wanted.choice;
    let Some(shown) = wanted.amount() else {
        let problem = json!({ "message": "The amount that the page shows is missing." });
        return Ok((StatusCode::BAD_REQUEST, unstored(Json(problem))).into_response());
    };
    let money = |minor| Money::new(minor, shown.currency);
    let choice = chosen.map(|chosen| Choice {
        amount: money(chosen.amount),
        tips: Some(money(chosen.tips)),
    });
    match state
        .engine
        .payers()
        .renew_session(&id, shown, choice)
        .await
    {
        // The sum that the payer sees is the one that is paid, or there is no secret.
        Ok(Some(view)) if chosen.is_some_and(|c| !pays(&view, c.total)) => Ok(no_secret()),
        Ok(Some(view)) => Ok(secret(&view.secret())),
        Err(Failure::Refused(refusal @ (Refusal::Invalid(_) | Refusal::NotAllowed(_)))) => {
            let problem = json!({ "message": refusal.to_string() });
            Ok((StatusCode::BAD_REQUEST, unstored(Json(problem))).into_response())
        }
        Ok(None) | Err(Failure::Refused(Refusal::Conflict(_) | Refusal::Pending(_))) => {
            Ok(no_secret())
        }
        Err(other) => Err(other.into()),
    }
}

/// Whether a payment with the current session takes so much.
fn pays(view: &View, total: i64) -> bool {
    let taken = view.intent.total_of(view.intent.session.choice);
    taken.is_ok_and(|taken| taken.minor == total)
}

pub(crate) fn secret(secret: &str) -> Response {
    unstored(Json(json!({ "clientSessionSecret": secret })))
}

pub(crate) fn no_secret() -> Response {
    (StatusCode::CONFLICT, unstored(Json(json!({})))).into_response()
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
    reader: Reader,
    proof: Result<Form<Proof>, FormRejection>,
) -> Result<Response, NoPage> {
    let Form(proof) = proof.unwrap_or_default();
    if let Ok(id) = SetupIntentId::parse(&id) {
        return setup_pages::three_ds_return(&state.engine, &id, &proof, &reader).await;
    }
    let view = view(&state.engine, &id).await?;
    let done = state
        .engine
        .payers()
        .complete_challenge(&view.secret(), &proof.md, &proof.pa_res)
        .await;
    came_back(&view.intent.id, done.map(drop), &reader)
}

/// The way on for a payer who comes from their bank.
pub(crate) fn came_back(
    id: &impl std::fmt::Display,
    done: Result<(), Failure>,
    reader: &Reader,
) -> Result<Response, NoPage> {
    let path = match done {
        Ok(()) => format!("/checkout/{id}/result"),
        // Reloaded, finished elsewhere, or overtaken. The result page knows.
        Err(Failure::Refused(_) | Failure::BadSession) => {
            format!("/checkout/{id}/result?again=overtaken")
        }
        Err(other) => return Err(other.into()),
    };
    Ok(see_other(&reader.goes_to(&path)))
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
