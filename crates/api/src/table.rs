//! The routes that servers of merchants ask for, found in a table of their own. They
//! are most of all requests, and the router that has the other routes makes seven
//! pieces of memory between a request and its handler, where this makes one. The
//! handlers are of the same kind.

use std::collections::BTreeMap;
use std::future::ready;
use std::pin::Pin;

use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::handler::Handler;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use http::{HeaderValue, Method, StatusCode, header};

/// An answer under way.
pub type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;

type Endpoint = Box<dyn Fn(Request) -> Answering + Send + Sync>;

/// The routes of a [`Table`], as they are listed.
pub struct Entries<S> {
    state: S,
    places: BTreeMap<&'static str, Vec<(Method, Endpoint)>>,
}

impl<S: Clone + Send + Sync + 'static> Entries<S> {
    /// No routes yet; their handlers share that state.
    pub fn new(state: S) -> Self {
        Self {
            state,
            places: BTreeMap::new(),
        }
    }

    /// With a handler for `GET`, and for `HEAD`, at a path.
    pub fn get<T: 'static>(self, path: &'static str, handler: impl Handles<T, S>) -> Self {
        self.on(Method::GET, path, handler)
    }

    /// With a handler for `POST`.
    pub fn post<T: 'static>(self, path: &'static str, handler: impl Handles<T, S>) -> Self {
        self.on(Method::POST, path, handler)
    }

    /// With a handler for `PUT`.
    pub fn put<T: 'static>(self, path: &'static str, handler: impl Handles<T, S>) -> Self {
        self.on(Method::PUT, path, handler)
    }

    /// With a handler for `PATCH`.
    pub fn patch<T: 'static>(self, path: &'static str, handler: impl Handles<T, S>) -> Self {
        self.on(Method::PATCH, path, handler)
    }

    /// With a handler for `DELETE`.
    pub fn delete<T: 'static>(self, path: &'static str, handler: impl Handles<T, S>) -> Self {
        self.on(Method::DELETE, path, handler)
    }

    fn on<T: 'static>(
        mut self,
        method: Method,
        path: &'static str,
        handler: impl Handles<T, S>,
    ) -> Self {
        let state = self.state.clone();
        let endpoint = move |request| handler.clone().call(request, state.clone());
        let methods = self.places.entry(path).or_default();
        methods.push((method, Box::new(endpoint)));
        self
    }

    /// The table.
    ///
    /// # Panics
    /// If two paths cannot be told apart.
    pub fn table(self) -> Table {
        let mut places = matchit::Router::new();
        for (route, methods) in self.places {
            let place = Place { route, methods };
            #[expect(clippy::expect_used, reason = "the paths are the program's own")]
            places.insert(route, place).expect("another path");
        }
        Table(places)
    }
}

/// What can be a handler here: axum's, of those that are functions.
pub trait Handles<T, S>: Handler<T, S, Future = Answering> + Sync {}
impl<T, S, H: Handler<T, S, Future = Answering> + Sync> Handles<T, S> for H {}

/// Handlers by path and method.
#[derive(Default)]
pub struct Table(matchit::Router<Place>);

impl Table {
    /// What is at a path, if anything.
    pub fn at(&self, path: &str) -> Option<&Place> {
        self.0.at(path).ok().map(|found| found.value)
    }
}

/// A path that has handlers.
pub struct Place {
    /// The template of the path.
    pub route: &'static str,
    methods: Vec<(Method, Endpoint)>,
}

impl Place {
    /// The answer of the handler of the request's method.
    pub fn answer(&self, request: Request) -> Answering {
        let is_head = request.method() == Method::HEAD;
        let method = match is_head {
            true => &Method::GET,
            false => request.method(),
        };
        match self.methods.iter().find(|(known, _)| known == method) {
            None => Box::pin(ready(self.refusal())),
            Some((_, endpoint)) if is_head => Box::pin(endpoint(request).map(without_body)),
            Some((_, endpoint)) => endpoint(request),
        }
    }

    fn refusal(&self) -> Response {
        let methods = self.methods.iter().flat_map(|(method, _)| {
            let head = (method == Method::GET).then_some(&Method::HEAD);
            [Some(method), head].into_iter().flatten()
        });
        let methods: Vec<&str> = methods.map(Method::as_str).collect();
        let allow = [(header::ALLOW, methods.join(","))];
        (StatusCode::METHOD_NOT_ALLOWED, allow).into_response()
    }
}

/// The answer to `HEAD`: it tells how long the answer to `GET` is.
fn without_body(mut response: Response) -> Response {
    if let Some(length) = response.body().size_hint().exact() {
        let length = HeaderValue::from(length);
        response
            .headers_mut()
            .entry(header::CONTENT_LENGTH)
            .or_insert(length);
    }
    response.map(|_| Body::empty())
}
