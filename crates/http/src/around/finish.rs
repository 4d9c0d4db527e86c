//! What becomes of an answer on its way out: problems name their request and have a
//! published status, `OPTIONS` lists methods, and large answers need room.

use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, HttpBody as _};
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, header};

use crate::connections::Connection;
use crate::load_shed::busy;
use crate::problem::{MEDIA_TYPE, Problem};
use crate::published::Published;
use crate::trace::TraceId;

/// So much of an answer costs too little to be counted while it waits for its reader.
const UNCOUNTED_BYTES: usize = 64 * 1024;

/// Finishes the answer to a request.
pub(super) async fn finished(
    State(published): State<Arc<Published>>,
    Extension(trace): Extension<TraceId>,
    request: Request,
    next: Next,
) -> Response {
    let method = request.method().clone();
    let connection = request.extensions().get::<Connection>().cloned();
    let response = next.run(request).await;
    let route = response.extensions().get::<MatchedPath>().cloned();
    let name = route.as_ref().map_or("", MatchedPath::as_str);
    let publishes = |status| published.has(&method, name, status);
    let response = options(&method, refused_method(response));
    let response = named(response, &trace, publishes);
    let mut response = held(response, connection.as_ref(), &trace);
    if let Some(route) = route {
        response.extensions_mut().insert(route);
    }
    response
}

/// A route's refusal of a method it does not have, as a problem. It is
/// not a fallback of the routes: that would take the place of what they answer
/// to browsers that ask before they call.
fn refused_method(response: Response) -> Response {
    let bare = response.extensions().get::<Problem>().is_none();
    if response.status() != StatusCode::METHOD_NOT_ALLOWED || !bare {
        return response;
    }
    let mut headers = response.headers().clone();
    headers.remove(header::CONTENT_LENGTH);
    let detail = "This path does not support this method.";
    let mut problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail).into_response();
    problem.headers_mut().extend(headers);
    problem
}

/// A route that has no `OPTIONS` of its own lists its methods.
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

/// A problem names the request it answers, and has a status that the operation
/// publishes.
fn named(
    mut response: Response,
    trace: &TraceId,
    publishes: impl Fn(StatusCode) -> bool,
) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else {
        return response;
    };
    let problem = problem.published_as(publishes);
    let (mut parts, _) = response.into_parts();
    parts.status = problem.status();
    // What is written anew is neither as long nor packed.
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_ENCODING);
    parts
        .headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    Response::from_parts(parts, Body::from(problem.body(Some(trace.as_str()))))
}

/// An answer that is large waits for its reader only if there is room for it.
fn held(response: Response, connection: Option<&Connection>, trace: &TraceId) -> Response {
    let length = response.body().size_hint().lower();
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length <= UNCOUNTED_BYTES || connection.is_none_or(|c| c.hold(length)) {
        return response;
    }
    metrics::counter!("tatami_http_turned_away_total", "why" => "memory").increment(1);
    busy().answer(Some(trace.as_str()))
}
