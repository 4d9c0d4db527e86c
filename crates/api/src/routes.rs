//! All routes of the API, in one list.

use axum::Router;
use axum::middleware::{from_fn_with_state, map_response};
use axum::routing::{delete, get, post, put};
use http::{HeaderName, Method, header};
use tower_http::cors::{Any, CorsLayer};

use crate::around::TRACE_ID;
use crate::table::{Entries, Table};
use crate::{
    ApiState, captures, customers, health, payment_intents, refunds, reversals, sandbox,
    setup_intents, terminals, webhooks,
};

/// The API's routes that a merchant's servers ask for with their key. Put
/// [`crate::around`] around them and all others together.
pub fn keyed(state: ApiState) -> Table {
    use payment_intents as intents;
    Entries::new(state)
        .post("/payment-intents", intents::create)
        .post("/payment-intents/search", intents::search)
        .get("/payment-intents/{paymentIntentId}", intents::get)
        .delete("/payment-intents/{paymentIntentId}", intents::cancel)
        .post(
            "/payment-intents/{paymentIntentId}/amount",
            intents::set_amount,
        )
        .post(
            "/payment-intents/{paymentIntentId}/tips-amount",
            intents::set_tips,
        )
        .post(
            "/payment-intents/{paymentIntentId}/refresh-client-session-secret",
            intents::refresh_session,
        )
        .post(
            "/payment-intents/{paymentIntentId}/receipt",
            intents::send_receipt,
        )
        .post(
            "/payment-intents/{paymentIntentId}/captures",
            captures::create,
        )
        .post(
            "/payment-intents/{paymentIntentId}/refunds",
            refunds::create,
        )
        .get("/payment-intents/refunds/{refundId}", refunds::get)
        .post(
            "/payment-intents/{paymentIntentId}/reversal",
            reversals::create,
        )
        .post("/customers", customers::create)
        .post("/customers/search", customers::search)
        .get("/customers/{customerId}", customers::get)
        .patch("/customers/{customerId}", customers::update)
        .delete("/customers/{customerId}", customers::delete)
        .post(
            "/customers/{customerId}/create-secret",
            customers::create_secret,
        )
        .post("/payment-intents/{paymentIntentId}/charge", intents::charge)
        .post("/setup-intents", setup_intents::create)
        .get("/setup-intents/{setupIntentId}", setup_intents::get)
        .post("/setup-intents/{setupIntentId}", setup_intents::get_by_post)
        .delete("/setup-intents/{setupIntentId}", setup_intents::delete)
        .post(
            "/setup-intents/{setupIntentId}/refresh-client-session-secret",
            setup_intents::refresh_session,
        )
        .post("/pci-api/setup-intents", setup_intents::tokenize)
        .get("/webhooks/events", webhooks::events)
        .get("/webhooks", webhooks::list)
        .post("/webhooks", webhooks::subscribe)
        .patch("/webhooks/{subscriptionId}", webhooks::update)
        .delete("/webhooks/{subscriptionId}", webhooks::delete)
        .get(
            "/webhooks/{subscriptionId}/secrets",
            webhooks::secrets::list,
        )
        .post(
            "/webhooks/{subscriptionId}/secrets",
            webhooks::secrets::generate,
        )
        .delete(
            "/webhooks/{subscriptionId}/secrets/{secretId}",
            webhooks::secrets::delete,
        )
        .put(
            "/webhooks/{subscriptionId}/secrets/{secretId}/activate",
            webhooks::secrets::activate,
        )
        .table()
}

/// The API's other routes.
pub fn router(state: ApiState) -> Router {
    let mut routes = open().merge(tills()).merge(public());
    if state.sandbox.is_some() {
        let mailbox = mailbox().route_layer(from_fn_with_state(state.clone(), sandbox::readable));
        routes = routes.merge(controls()).merge(mailbox);
    }
    routes.with_state(state)
}

fn open() -> Router<ApiState> {
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/openapi.json", get(health::document))
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

/// What browsers are shown as pages.
fn mailbox() -> Router<ApiState> {
    Router::new()
        .route("/sandbox/mailbox", get(sandbox::mailbox))
        .route("/sandbox/mailbox/{mailId}", get(sandbox::mail))
}

fn controls() -> Router<ApiState> {
    Router::new()
        .route("/sandbox/clock", get(sandbox::clock))
        .route("/sandbox/clock/advance", post(sandbox::advance_clock))
        .route("/sandbox/webhook-deliveries", get(sandbox::deliveries))
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
