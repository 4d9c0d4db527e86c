//! Observation: the span of a request, its line in the log, its metrics, and the trace
//! id that its answer carries.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use tatami_engine::Draft;
use tracing::field::Empty;
use tracing::{Instrument, Span};

use super::Around;
use crate::problem::Problem;
use crate::request_log;
use crate::trace::{SPAN_KIND, TraceId, name_span};

/// The header that names the request in every answer.
pub const TRACE_ID: HeaderName = HeaderName::from_static("trace-id");

const UNMATCHED: &str = "(none)";

/// When a request came.
#[derive(Clone, Copy)]
pub(super) struct Arrived(pub(super) Instant);

/// Answers within a span that has the trace id, so that all lines of the log have it,
/// whatever their level: that is why the span's is the highest.
pub(super) async fn observed(
    State(with): State<Arc<Around>>,
    mut request: Request,
    next: Next,
) -> Response {
    let method = request.method().clone();
    let arrived = request.extensions().get::<Arrived>();
    let arrived = arrived.map_or_else(Instant::now, |Arrived(at)| *at);
    let span = tracing::error_span!(
        "request",
        trace_id = Empty,
        method = method.as_str(),
        route = Empty,
        account = Empty,
        otel.kind = SPAN_KIND,
        http.response.status_code = Empty,
    );
    let trace = TraceId::of_request(&span, request.headers());
    span.record("trace_id", trace.as_str());
    request.extensions_mut().insert(trace.clone());
    let within = span.clone();
    let answered = async move {
        let draft = with.logging.as_ref().map(|_| Draft::default());
        let mut response = match &draft {
            Some(draft) => draft.during(next.run(request)).await,
            None => next.run(request).await,
        };
        let (status, took) = (response.status(), arrived.elapsed());
        if let Some(draft) = &draft {
            response = request_log::finish(draft, response, &trace, took).await;
        }
        let route = response.extensions_mut().remove::<MatchedPath>();
        let route = route.as_ref().map_or(UNMATCHED, MatchedPath::as_str);
        count(&method, route, status, took);
        tracing::info!(
            status = status.as_u16(),
            duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            "answered"
        );
        span.record("http.response.status_code", status.as_u16());
        name_span(&span, &method, route);
        stamp(&mut response, &trace);
        response
    };
    answered.instrument(within).await
}

/// Notes the template of the route that a request has reached, in its span and with its
/// answer: paths themselves hold secrets.
pub(super) async fn matched(
    State(with): State<Arc<Around>>,
    request: Request,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let name = route.as_ref().map_or(UNMATCHED, MatchedPath::as_str);
    Span::current().record("route", name);
    let (request, secrets) = match &with.logging {
        Some(logging) => logging.begin(request).await,
        None => (request, None),
    };
    let mut response = next.run(request).await;
    if let Some(secrets) = secrets {
        response = request_log::answered(response, secrets).await;
    }
    if let Some(route) = route {
        response.extensions_mut().insert(route);
    }
    response
}

/// The answer to a request that is not let in. It is counted, but has no span and no
/// line in the log, where admission sums them up now and then.
pub(super) fn refused(why: &Problem, parts: &Parts, arrived: Instant) -> Response {
    let trace = TraceId::of_request(&Span::none(), &parts.headers);
    let mut response = why.answer(Some(trace.as_str()));
    stamp(&mut response, &trace);
    count(
        &parts.method,
        UNMATCHED,
        response.status(),
        arrived.elapsed(),
    );
    response
}

/// Names the request in its answer. Answers hold secrets and card holders' names:
/// nobody keeps one who was not told that it may.
fn stamp(response: &mut Response, trace: &TraceId) {
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(trace.as_str()) {
        headers.insert(TRACE_ID, value);
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}

/// Counts an answer, and how long it took.
fn count(method: &Method, route: &str, status: StatusCode, took: Duration) {
    let method = match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::HEAD => "HEAD",
        _ => "other",
    };
    let class = match status.as_u16() {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    };
    metrics::histogram!(
        "tatami_http_request_seconds",
        "method" => method, "route" => route.to_owned(), "status" => class
    )
    .record(took);
}
