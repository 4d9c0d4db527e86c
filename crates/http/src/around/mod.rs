//! What goes around every route of the program.

mod admission;
mod finish;
mod observe;

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use http::StatusCode;
use tower::{Service, ServiceBuilder};
use tower_http::compression::CompressionLayer;

use crate::body::Pace;
use crate::load_shed::LoadShed;
use crate::paths::respelled;
use crate::problem::Problem;
use crate::published::Published;
use crate::request_log::Logging;

pub use observe::TRACE_ID;

/// How requests are let in.
pub struct Around {
    /// Lets requests in.
    pub load_shed: LoadShed,
    /// How slowly bodies may arrive.
    pub pace: Pace,
    /// What is kept of requests, if they are logged.
    pub logging: Option<Logging>,
}

/// Puts all of it around the routes of the program, of which the operations publish
/// those statuses. Paths that nothing matches, and methods that a route does not have,
/// become problems.
pub fn around(
    routes: Router,
    published: Published,
    with: Around,
) -> impl Service<Request, Response = Response, Error = Infallible, Future: Send>
+ Clone
+ Send
+ Sync
+ 'static {
    let with = Arc::new(with);
    let matched = from_fn_with_state(Arc::clone(&with), observe::matched);
    let routes = routes.fallback(nowhere).layer(matched);
    // A request meets these from the first to the last, its answer the other way.
    ServiceBuilder::new()
        .map_request(respelled)
        .layer(from_fn_with_state(Arc::clone(&with), admission::admitted))
        .layer(from_fn_with_state(with, observe::observed))
        .layer(from_fn_with_state(Arc::new(published), finish::finished))
        .layer(CompressionLayer::new())
        .service(routes)
}

async fn nowhere() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "Not found: there is no such path.")
}
