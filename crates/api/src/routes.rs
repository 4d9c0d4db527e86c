//! All routes of the API, in one list.

use axum::Router;
use axum::middleware::map_response;
use axum::routing::{delete, get, patch, post, put};
use http::{HeaderName, Method, header};
use tower_http::cors::{Any, CorsLayer};

use crate::around::TRACE_ID;
use crate::{
    ApiState, captures, customers, health, payment_intents, refunds, reversals, sandbox,
    setup_intents, terminals, webhooks,
};

/// The API's routes that a merchant's servers ask for with their key. Put
/// [`crate::around`] around them and all others together.
pub fn keyed(state: ApiState) -> Router {
    closed().with_state(state)
}

/// The API's other routes.
pub fn router(state: ApiState) -> Router {
    let sandbox = state.sandbox.is_some();
    let mut routes = open().merge(tills()).merge(public());
    if sandbox {
        routes = routes.merge(controls());
    }
    routes.with_state(state)
}

fn open() -> Router<ApiState> {
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/openapi.json", get(health::document))
}

/// Each of these asks for a [`crate::auth::Caller`], which notes the route.
fn closed() -> Router<ApiState> {
    use payment_intents as intents;
    Router::new()
        .route("/payment-intents", post(intents::create))
        .route("/payment-intents/search", post(intents::search))
        .route(
            "/payment-intents/{paymentIntentId}",
            get(intents::get).delete(intents::cancel),
        )
        .route(
            "/payment-intents/{paymentIntentId}/amount",
            post(intents::set_amount),
        )
        .route(
            "/payment-intents/{paymentIntentId}/tips-amount",
            post(intents::set_tips),
        )
        .route(
            "/payment-intents/{paymentIntentId}/refresh-client-session-secret",
            post(intents::refresh_session),
        )
        .route(
            "/payment-intents/{paymentIntentId}/receipt",
            post(intents::send_receipt),
        )
        .route(
            "/payment-intents/{paymentIntentId}/captures",
            post(captures::create),
        )
        .route(
            "/payment-intents/{paymentIntentId}/refunds",
            post(refunds::create),
        )
        .route("/payment-intents/refunds/{refundId}", get(refunds::get))
        .route(
            "/payment-intents/{paymentIntentId}/reversal",
            post(reversals::create),
        )
        .route("/customers", post(customers::create))
        .route("/customers/search", post(customers::search))
        .route(
            "/customers/{customerId}",
            get(customers::get)
                .patch(customers::update)
                .delete(customers::delete),
        )
        .route(
            "/customers/{customerId}/create-secret",
            post(customers::create_secret),
        )
        .route(
            "/payment-intents/{paymentIntentId}/charge",
            post(intents::charge),
        )
        .route("/setup-intents", post(setup_intents::create))
        .route(
            "/setup-intents/{setupIntentId}",
            get(setup_intents::get).delete(setup_intents::delete),
        )
        .route(
            "/setup-intents/{setupIntentId}/refresh-client-session-secret",
            post(setup_intents::refresh_session),
        )
        .route("/pci-api/setup-intents", post(setup_intents::tokenize))
        .route("/webhooks/events", get(webhooks::events))
        .route("/webhooks", get(webhooks::list).post(webhooks::subscribe))
        .route(
            "/webhooks/{subscriptionId}",
            patch(webhooks::update).delete(webhooks::delete),
        )
        .route(
            "/webhooks/{subscriptionId}/secrets",
            get(webhooks::secrets::list).post(webhooks::secrets::generate),
        )
        .route(
            "/webhooks/{subscriptionId}/secrets/{secretId}",
            delete(webhooks::secrets::delete),
        )
        .route(
            "/webhooks/{subscriptionId}/secrets/{secretId}/activate",
            put(webhooks::secrets::activate),
        )
}

/// What tills ask of card machines.
fn tills() -> Router<ApiState> {
    Router::new()
        .route("/terminals", get(terminals::list))
        .route("/terminals/{terminalId}", get(terminals::get))
        .route("/terminal-sessions", post(terminals::create))
        .route(
            "/terminal-sessions/{terminalSessionId}",
            get(terminals::get_session),
        )
        .route(
            "/terminal-sessions/{terminalSessionId}/cancel",
            put(terminals::cancel),
        )
        .route(
            "/terminal-sessions/{terminalSessionId}/signature",
            put(terminals::signature),
        )
        .layer(map_response(terminals::coded))
        .route("/tap/apple-terminal/secret", post(terminals::create_secret))
}

/// What browsers and apps of payers call from any page.
fn public() -> Router<ApiState> {
    let anywhere = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::DELETE])
        .allow_headers([
            header::ACCEPT,
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static("version"),
            HeaderName::from_static("is-mobile"),
            HeaderName::from_static("traceparent"),
        ])
        .expose_headers([TRACE_ID]);
    Router::new()
        .route(
            "/payment-intents/public/{paymentIntentId}",
            get(payment_intents::get_public),
        )
        .route(
            "/payment-intents/public/{paymentIntentId}/refresh-client-session-secret",
            post(payment_intents::refresh_public_session),
        )
        .route(
            "/customers/public/{customerId}/payment-methods",
            get(customers::payment_methods),
        )
        .route(
            "/customers/public/{customerId}/payment-methods/{paymentMethodId}",
            delete(customers::delete_payment_method),
        )
        .route(
            "/setup-intents/public/{setupIntentId}",
            get(setup_intents::get_public),
        )
        .route(
            "/setup-intents/public/{setupIntentId}/refresh-client-session-secret",
            post(setup_intents::refresh_public_session),
        )
        .layer(anywhere)
}

fn controls() -> Router<ApiState> {
    Router::new()
        .route("/sandbox/clock", get(sandbox::clock))
        .route("/sandbox/clock/advance", post(sandbox::advance_clock))
        .route("/sandbox/webhook-deliveries", get(sandbox::deliveries))
        .route("/sandbox/mailbox", get(sandbox::mailbox))
        .route("/sandbox/mailbox/{mailId}", get(sandbox::mail))
        .route("/sandbox/acquirer/books", get(sandbox::books))
        .route("/sandbox/card-machines", get(terminals::list_machines))
        .route("/sandbox/card-machines/wallet", get(terminals::wallet))
        .route("/sandbox/card-machines/pace", put(terminals::set_pace))
        .route("/sandbox/card-machines/{tid}", get(terminals::get_machine))
        .route("/sandbox/card-machines/{tid}/live", get(terminals::watch))
        .route(
            "/sandbox/card-machines/{tid}/next-outcome",
            put(terminals::set_next_outcome).delete(terminals::clear_next_outcome),
        )
        .route(
            "/sandbox/card-machines/{tid}/{action}",
            post(terminals::press),
        )
}
