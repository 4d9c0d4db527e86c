//! What goes around every route of the program: paths as clients write them,
//! trace ids, problem details, `OPTIONS`, compression, and the log.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use tatami_core::id::AccountId;
use tatami_engine::ports::clock::SystemEntropy;
use tower::Layer;
use tower::util::MapRequestLayer;
use tower_http::compression::CompressionLayer;
use tracing::Instrument;

use crate::paths::normalized;
use crate::problem::{MEDIA_TYPE, Problem};
use crate::trace::TraceId;

/// The header that names the request in every answer.
pub const TRACE_ID: HeaderName = HeaderName::from_static("trace-id");

const UNMATCHED: &str = "(none)";

/// What is learnt of a request on its way in, for the log. It is an extension
/// of every request.
#[derive(Clone, Debug)]
pub struct Observed(Arc<Facts>);

#[derive(Debug)]
struct Facts {
    trace: TraceId,
    route: OnceLock<String>,
    account: OnceLock<AccountId>,
}

impl Observed {
    fn new(trace: TraceId) -> Self {
        Self(Arc::new(Facts {
            trace,
            route: OnceLock::new(),
            account: OnceLock::new(),
        }))
    }

    /// The request's trace id.
    pub fn trace_id(&self) -> &TraceId {
        &self.0.trace
    }

    /// Notes whose request it is.
    pub fn is_of(&self, account: &AccountId) {
        // The first to tell is right; there is only one.
        let _ = self.0.account.set(account.clone());
    }
}

/// Puts all of it around the routes of the program. Routes that nothing
/// matches, and methods that a route does not have, become problems.
pub fn around(routes: Router) -> Router {
    let routes = routes
        .fallback(nowhere)
        .layer(middleware::from_fn(note_route));
    let normalize = MapRequestLayer::new(|mut request: Request| {
        *request.uri_mut() = normalized(std::mem::take(request.uri_mut()));
        request
    });
    Router::new()
        .fallback_service(normalize.layer(routes))
        .layer(middleware::from_fn(observe))
        .layer(CompressionLayer::new())
}

async fn nowhere() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "There is nothing at this path.")
}

/// A route's own word for a method it does not have, told as a problem. It is
/// not a fallback of the routes: that would take the place of what they answer
/// to browsers that ask before they call.
fn told(response: Response) -> Response {
    let bare = response.extensions().get::<Problem>().is_none();
    if response.status() != StatusCode::METHOD_NOT_ALLOWED || !bare {
        return response;
    }
    let mut headers = response.headers().clone();
    headers.remove(header::CONTENT_LENGTH);
    let detail = "This path does not have this method.";
    let mut problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail).into_response();
    problem.headers_mut().extend(headers);
    problem
}

/// Keeps the template of the route: paths themselves hold secrets.
async fn note_route(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let observed = request.extensions().get::<Observed>();
    if let (Some(route), Some(observed)) = (route, observed) {
        let _ = observed.0.route.set(route.as_str().to_owned());
    }
    next.run(request).await
}

async fn observe(mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let parent = request.headers().get("traceparent");
    let trace = TraceId::of(parent.and_then(|p| p.to_str().ok()), &mut SystemEntropy);
    let observed = Observed::new(trace);
    request.extensions_mut().insert(observed.clone());
    let method = request.method().clone();

    let trace = observed.trace_id().as_str();
    let span = tracing::info_span!("request", trace_id = trace);
    let response = next.run(request).instrument(span).await;
    let mut response = named(options(&method, told(response)), trace);
    if let Ok(value) = HeaderValue::from_str(trace) {
        response.headers_mut().insert(TRACE_ID, value);
    }
    tracing::info!(
        method = method.as_str(),
        route = observed.0.route.get().map_or(UNMATCHED, String::as_str),
        status = response.status().as_u16(),
        duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        trace_id = trace,
        account = observed.0.account.get().map(tracing::field::display),
        "answered"
    );
    response
}

/// A route that has no `OPTIONS` of its own tells which methods it has.
fn options(method: &Method, response: Response) -> Response {
    let refused = response.status() == StatusCode::METHOD_NOT_ALLOWED;
    let Some(allow) = response.headers().get(header::ALLOW) else {
        return response;
    };
    let Some(allow) = allow.to_str().ok().filter(|_| refused) else {
        return response;
    };
    if *method != Method::OPTIONS {
        return response;
    }
    let allow = format!("{allow},OPTIONS");
    (StatusCode::NO_CONTENT, [(header::ALLOW, allow)]).into_response()
}

/// A problem names the request it answers.
fn named(mut response: Response, trace: &str) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else {
        return response;
    };
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts
        .headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    Response::from_parts(parts, Body::from(problem.body(Some(trace))))
}
