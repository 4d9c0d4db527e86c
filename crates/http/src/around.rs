//! What goes around every route of the program: paths as clients write them,
//! trace ids, problem details, `OPTIONS`, compression, and the log.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::{ConnectInfo, MatchedPath, Request};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use metrics::Histogram;
use tatami_core::id::AccountId;
use tatami_engine::Permit;
use tatami_engine::ports::clock::SystemEntropy;
use tower::util::MapRequestLayer;
use tower::{Service, service_fn};
use tower_http::compression::Compression;
use tracing::field::Empty;
use tracing::{Instrument, Span};

use crate::body::{Pace, whole};
use crate::connections::Connection;
use crate::gate::{Gate, busy};
use crate::paths::normalized;
use crate::problem::{MEDIA_TYPE, Problem};
use crate::published::Published;
use crate::trace::TraceId;

/// The header that names the request in every answer.
pub const TRACE_ID: HeaderName = HeaderName::from_static("trace-id");

const UNMATCHED: &str = "(none)";

/// So much of an answer costs too little to be counted while it waits for its reader.
const UNCOUNTED_BYTES: usize = 64 * 1024;

/// What is asked from outside to see how the program is: answered also when
/// nothing else is.
const WATCHED: [&str; 2] = ["/healthz", "/readyz"];

/// What is learnt of a request on its way in. The task that answers it knows it.
#[derive(Clone, Debug)]
pub struct Observed(Arc<Facts>);

#[derive(Debug)]
struct Facts {
    trace: TraceId,
    has_span: bool,
    route: OnceLock<&'static str>,
    account: OnceLock<AccountId>,
}

impl Observed {
    fn new(trace: TraceId, has_span: bool) -> Self {
        Self(Arc::new(Facts {
            trace,
            has_span,
            route: OnceLock::new(),
            account: OnceLock::new(),
        }))
    }

    /// Lets something be done with the request that the running task is answering,
    /// if it is.
    pub(crate) fn with<T>(what: impl FnOnce(&Self) -> T) -> Option<T> {
        ANSWERED.try_with(what).ok()
    }

    /// The request's trace id.
    pub fn trace_id(&self) -> &TraceId {
        &self.0.trace
    }

    /// Notes the template of the route that the request has reached: paths
    /// themselves hold secrets.
    fn reached(&self, route: &'static str) {
        // The first to tell is right; there is only one.
        let _ = self.0.route.set(route);
    }

    /// The template of the route that the request has reached.
    pub(crate) fn route(&self) -> Option<&'static str> {
        self.0.route.get().copied()
    }

    /// Notes whose request it is.
    pub(crate) fn is_of(&self, account: &AccountId) {
        // The first to tell is right; there is only one.
        let _ = self.0.account.set(account.clone());
    }
}

/// The template of a route, of which there are few, for as long as the program runs.
fn interned(route: &str) -> &'static str {
    static KNOWN: RwLock<BTreeSet<&str>> = RwLock::new(BTreeSet::new());
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(route) = known.get(route) {
        return route;
    }
    drop(known);
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(route) = known.get(route) {
        return route;
    }
    let route = Box::leak(Box::from(route));
    known.insert(route);
    route
}

tokio::task_local! {
    static ANSWERED: Observed;
}

/// The request that the running task is answering, for what is said of it in the
/// log. Nothing where spans tell.
pub fn answering() -> Option<Observed> {
    let answering = ANSWERED.try_get().ok();
    answering.filter(|observed| !observed.0.has_span)
}

/// Spans that are sent to a collector.
pub trait Spans: Send + Sync {
    /// The trace of a request as a W3C trace parent: its span's, continued from
    /// its caller's if the headers name one.
    fn identify(&self, span: &Span, headers: &HeaderMap) -> Option<String>;
    /// Names a request's span when its route is known.
    fn name(&self, span: &Span, name: String);
}

/// What goes around routes.
pub struct Around {
    /// Lets requests in.
    pub gate: Gate,
    /// How slowly bodies may arrive.
    pub pace: Pace,
    /// Where spans go, if anywhere; without, trace ids are made up.
    pub spans: Option<&'static dyn Spans>,
}

/// The routes of the program with all that goes around them. One service, not
/// a stack of layers: each layer of a router costs every request a copy of what
/// is below it. Cheap to clone.
#[derive(Clone)]
pub struct Observing {
    inner: Arc<Inner>,
    connection: Option<Connection>,
}

impl Observing {
    /// The same for the requests of that connection, whose address those who answer
    /// may ask for (`ConnectInfo`).
    pub fn of(&self, connection: &Connection) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            connection: Some(connection.clone()),
        }
    }
}

struct Inner {
    routes: Router,
    published: Published,
    with: Around,
    histograms: RwLock<BTreeMap<[&'static str; 3], Histogram>>,
}

/// Puts all of it around the routes of the program, of which the operations publish
/// those statuses. Paths that nothing matches, and methods that a route does not have,
/// become problems.
pub fn around(routes: Router, published: Published, with: Around) -> Observing {
    let routes = routes.layer(MapRequestLayer::new(note_route));
    Observing {
        inner: Arc::new(Inner {
            routes: routes.fallback(nowhere),
            published,
            with,
            histograms: RwLock::default(),
        }),
        connection: None,
    }
}

impl Service<Request> for Observing {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let started = Instant::now();
        *request.uri_mut() = normalized(std::mem::take(request.uri_mut()));
        let entry = match WATCHED.contains(&request.uri().path()) {
            true => Ok(Entry::Watching),
            false => self.inner.entry(&request),
        };
        let entry = match entry {
            Ok(entry) => entry,
            // At once: what a request takes that is let in is not even reserved.
            Err(busy) => {
                let (method, headers) = (request.method(), request.headers());
                let refused = self.inner.turned_away(&busy, method, headers, started);
                return Box::pin(std::future::ready(Ok(refused)));
            }
        };
        let (inner, connection) = (Arc::clone(&self.inner), self.connection.clone());
        Box::pin(async move {
            let connection = connection.as_ref();
            let (request, _permit) = match entry {
                Entry::Watching => (request, None),
                Entry::Permit(permit) => (request, Some(permit)),
                Entry::BodyFirst => match inner.with_body(request, connection, started).await {
                    Ok((request, permit)) => (request, Some(permit)),
                    Err(refused) => return Ok(refused),
                },
            };
            let working = match connection.map(Connection::work) {
                // It is about to be closed.
                Some(None) => std::future::pending().await,
                working => working.flatten(),
            };
            let response = inner.observe(connection, request, started).await;
            drop(working);
            Ok(response)
        })
    }
}

async fn nowhere() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "Not found: there is no such path.")
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
    let detail = "This path does not support this method.";
    let mut problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail).into_response();
    problem.headers_mut().extend(headers);
    problem
}

fn note_route(request: Request) -> Request {
    if let Some(route) = request.extensions().get::<MatchedPath>() {
        let route = interned(route.as_str());
        Observed::with(|observed| observed.reached(route));
    }
    request
}

/// The trace id of a request that no collector knows.
fn made_up(headers: &HeaderMap) -> TraceId {
    let parent = headers.get("traceparent").and_then(|p| p.to_str().ok());
    TraceId::of(parent, &mut SystemEntropy)
}

/// The span of a request and its trace id.
fn span(spans: &dyn Spans, headers: &HeaderMap) -> (Span, TraceId) {
    let span = tracing::info_span!(
        "request",
        trace_id = Empty,
        otel.kind = "server",
        http.response.status_code = Empty,
    );
    let identified = spans.identify(&span, headers);
    let trace = identified
        .and_then(|text| TraceId::identified(&text))
        .unwrap_or_else(|| made_up(headers));
    span.record("trace_id", trace.as_str());
    (span, trace)
}

impl Inner {
    /// What the routes say, small if the caller can unpack it.
    async fn answered(&self, request: Request) -> Response {
        let unpacks = request.headers().contains_key(header::ACCEPT_ENCODING);
        if !unpacks {
            return self.routed(request).await;
        }
        let routed = |request| async { Ok(self.routed(request).await) };
        let packed = Compression::new(service_fn(routed)).call(request).await;
        let packed = packed.map(|response| response.map(Body::new));
        packed.unwrap_or_else(|never: Infallible| match never {})
    }

    async fn routed(&self, request: Request) -> Response {
        // Routes are always ready.
        match self.routes.clone().call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    async fn observe(
        &self,
        connection: Option<&Connection>,
        mut request: Request,
        started: Instant,
    ) -> Response {
        let with = &self.with;
        let (span, trace) = match with.spans {
            Some(spans) => span(spans, request.headers()),
            None => (Span::none(), made_up(request.headers())),
        };
        let observed = Observed::new(trace, with.spans.is_some());
        let method = request.method().clone();
        if let Some(connection) = connection {
            let peer = ConnectInfo(connection.peer());
            request.extensions_mut().insert(peer);
        }

        let trace = observed.trace_id().as_str();
        let answered = ANSWERED.scope(observed.clone(), self.answered(request));
        let response = match with.spans {
            Some(_) => answered.instrument(span.clone()).await,
            // A span that nobody collects takes longer than finding the route.
            None => answered.await,
        };
        let route = observed.route().unwrap_or(UNMATCHED);
        let publishes = |status| self.published.has(&method, route, status);
        let response = named(options(&method, told(response)), trace, publishes);
        let mut response = held(response, connection, trace);
        name(&mut response, trace);
        unstored(&mut response);
        let took = started.elapsed();
        self.count(&method, route, response.status(), took);
        if let Some(spans) = with.spans {
            spans.name(&span, format!("{method} {route}"));
            span.record("http.response.status_code", response.status().as_u16());
        }
        tracing::info!(
            method = method.as_str(),
            route,
            status = response.status().as_u16(),
            duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            trace_id = trace,
            account = observed.0.account.get().map(AccountId::as_str),
            "answered"
        );
        response
    }

    /// The answer to a request that is not let in. It is told with as little work as
    /// can be, for there is too much of it already: it is counted, but has no span
    /// and no line in the log, where the gate tells of all of them now and then.
    fn turned_away(
        &self,
        why: &Problem,
        method: &Method,
        headers: &HeaderMap,
        started: Instant,
    ) -> Response {
        let trace = made_up(headers);
        let mut response = why.answer(Some(trace.as_str()));
        name(&mut response, trace.as_str());
        unstored(&mut response);
        self.count(method, UNMATCHED, response.status(), started.elapsed());
        response
    }

    /// How a request comes in: one without a body has its permit at once.
    fn entry(&self, request: &Request) -> Result<Entry, Problem> {
        let gate = &self.with.gate;
        match request.body().is_end_stream() {
            true => gate.enter().map(Entry::Permit),
            false => gate.has_permits().map(|()| Entry::BodyFirst),
        }
    }

    /// A request with its body, and a permit for it; or the answer that it is not let in
    /// with.
    async fn with_body(
        &self,
        request: Request,
        connection: Option<&Connection>,
        started: Instant,
    ) -> Result<(Request, Permit), Response> {
        let (parts, body) = request.into_parts();
        let read = whole(body, self.with.pace, connection).await;
        let let_in = read.and_then(|body| Ok((body, self.with.gate.enter()?)));
        match let_in {
            Ok((body, permit)) => Ok((Request::from_parts(parts, Body::from(body)), permit)),
            Err(why) => Err(self.turned_away(&why, &parts.method, &parts.headers, started)),
        }
    }

    /// Counts an answer, and how long it took.
    fn count(&self, method: &Method, route: &'static str, status: StatusCode, took: Duration) {
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
        let labels = [method, route, class];
        let known = self.histograms.read();
        let known = known.unwrap_or_else(PoisonError::into_inner);
        if let Some(histogram) = known.get(&labels) {
            return histogram.record(took);
        }
        drop(known);
        let histogram = metrics::histogram!(
            "tatami_http_request_seconds",
            "method" => method, "route" => route, "status" => class
        );
        histogram.record(took);
        let known = self.histograms.write();
        let mut known = known.unwrap_or_else(PoisonError::into_inner);
        known.insert(labels, histogram);
    }
}

/// How a request comes in.
enum Entry {
    /// Without a permit: it is asked how the program is.
    Watching,
    /// With its permit.
    Permit(Permit),
    /// With a permit when its body has come.
    BodyFirst,
}

/// An answer that is large waits for its reader only if there is room for it.
fn held(response: Response, connection: Option<&Connection>, trace: &str) -> Response {
    let length = response.body().size_hint().lower();
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length <= UNCOUNTED_BYTES || connection.is_none_or(|c| c.hold(length)) {
        return response;
    }
    metrics::counter!("tatami_http_turned_away_total", "why" => "memory").increment(1);
    busy().answer(Some(trace))
}

/// Answers hold secrets and card holders' names: nobody keeps one who was not told
/// that it may.
fn unstored(response: &mut Response) {
    let headers = response.headers_mut();
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}

/// Names the request in its answer.
fn name(response: &mut Response, trace: &str) {
    if let Ok(value) = HeaderValue::from_str(trace) {
        response.headers_mut().insert(TRACE_ID, value);
    }
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

/// A problem names the request it answers, and has a status that the operation
/// publishes.
fn named(mut response: Response, trace: &str, publishes: impl Fn(StatusCode) -> bool) -> Response {
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
    Response::from_parts(parts, Body::from(problem.body(Some(trace))))
}
