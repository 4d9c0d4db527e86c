//! What goes around every route of the program.

mod admission;
mod finish;
mod observe;

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use http::StatusCode;
use tower::{Service, ServiceBuilder};
use tower_http::compression::CompressionLayer;

use crate::body::Pace;
use crate::load_shed::LoadShed;
use crate::paths::respelled;
use crate::problem::Problem;
use crate::published::Published;

pub use observe::TRACE_ID;

/// How requests are let in.
pub struct Around {
    /// Lets requests in.
    pub load_shed: LoadShed,
    /// How slowly bodies may arrive.
    pub pace: Pace,
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
    let routes = routes.fallback(nowhere).layer(from_fn(observe::matched));
    // A request meets these from the first to the last, its answer the other way.
    ServiceBuilder::new()
        .map_request(respelled)
        .layer(from_fn_with_state(Arc::new(with), admission::admitted))
        .layer(from_fn(observe::observed))
        .layer(from_fn_with_state(Arc::new(published), finish::finished))
        .layer(CompressionLayer::new())
        .service(routes)
}

async fn nowhere() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "Not found: there is no such path.")
}
