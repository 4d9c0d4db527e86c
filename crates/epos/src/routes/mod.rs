//! The operations of the API that POS systems call.

mod connect;
mod events;
mod integrations;
mod partner;
mod tester;
mod wire;

pub(crate) use connect::SUBMIT_EVENT;
pub(crate) use events::EventRequest;
pub(crate) use partner::Partner;

use axum::Router;
use axum::routing::get;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::EposState;

/// The routes. [`described`] belongs to them.
pub fn router(state: EposState) -> Router {
    let (routes, _) = operations().split_for_parts();
    routes
        .route("/epos", get(connect::connect))
        .with_state(state)
}

/// The operations, as they are described.
pub fn described() -> OpenApi {
    operations().into_openapi()
}

fn operations() -> OpenApiRouter<EposState> {
    OpenApiRouter::default()
        .routes(routes!(integrations::all))
        .routes(routes!(integrations::rest, integrations::put_rest))
        .routes(routes!(integrations::ws, integrations::put_ws))
        .routes(routes!(integrations::managed))
        .routes(routes!(events::submit))
        .routes(routes!(tester::list, tester::start))
        .routes(routes!(tester::read))
}
