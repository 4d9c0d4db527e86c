//! Records requests and answers for the request log.
//!
//! An entry is begun when the route of a request is known, and completed when its answer is
//! written and once more when it is sent. Everything is masked before it is kept.

mod mask;
mod routes;

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, Method, header};
use http_body_util::BodyExt as _;
use percent_encoding::percent_decode_str;
use tatami_core::id::PaymentIntentId;
use tatami_engine::ports::request_log::LoggedRequest;
use tatami_engine::{Draft, RequestLog};

use crate::problem::MEDIA_TYPE;
use crate::trace::TraceId;
use mask::{Secrets, Shows};

pub use routes::{CardRoutes, LoggedRoutes};

/// Path parameters that are secrets.
const SECRET_PARAMS: [&str; 2] = ["token", "secret"];
/// The longest text that is kept of a header or a path.
const MAX_CHARS: usize = 300;

/// What is kept of requests, and where.
#[derive(Clone)]
pub struct Logging {
    pub log: RequestLog,
    pub routes: Arc<LoggedRoutes>,
}

impl Logging {
    /// Begins to keep a request whose route is known, if there is room.
    pub(crate) async fn begin(&self, request: Request) -> (Request, Option<&Secrets>) {
        let method = request.method();
        let route = request.extensions().get::<MatchedPath>();
        let route = route.map_or("", MatchedPath::as_str);
        let secrets = self.routes.secrets(method, route);
        let secrets = secrets.filter(|_| *method != Method::OPTIONS);
        let draft = Draft::current().filter(|_| secrets.is_some());
        let (Some(secrets), Some(draft)) = (secrets, draft) else {
            return (request, None);
        };
        let Some(slot) = self.log.slot() else {
            return (request, None);
        };
        let route = route.to_owned();
        let (parts, body) = request.into_parts();
        let (body, bytes) = read(body, mask::READ_BYTES).await;
        let mut kept = LoggedRequest {
            at: self.log.now(),
            path: path(&parts, &route, secrets),
            method: parts.method.as_str().to_owned(),
            route,
            version: text_of(&parts.headers, "version"),
            idempotency_key: text_of(&parts.headers, "idempotencykey")
                .or_else(|| text_of(&parts.headers, "idempotency-key")),
            payment: payment_of(parts.uri.path()),
            ..LoggedRequest::default()
        };
        if let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) {
            let body = mask::body(&bytes, secrets, secrets.request);
            let named = body.payment.and_then(|id| id.parse().ok());
            kept.payment = kept.payment.or(named);
            kept.about = body.about.join(" ");
            kept.bodies.request = Some(body.text);
        }
        draft.begin(slot, kept);
        (Request::from_parts(parts, body), Some(secrets))
    }
}

/// Keeps the answer to a request, as its route wrote it.
pub(crate) async fn answered(response: Response, secrets: &Secrets) -> Response {
    let is_json = media_type(response.headers()) == "application/json";
    if !is_json {
        return response;
    }
    keep(response, secrets, secrets.answer).await
}

async fn keep(response: Response, secrets: &Secrets, shows: Shows) -> Response {
    let (parts, body) = response.into_parts();
    let length = body.size_hint().exact();
    let (body, bytes) = match length.is_some_and(|length| length <= mask::READ_BYTES as u64) {
        true => read(body, mask::READ_BYTES).await,
        false => (body, None),
    };
    let masked = bytes.map(|bytes| mask::body(&bytes, secrets, shows));
    if let (Some(draft), Some(body)) = (Draft::current(), masked) {
        draft.note(|kept| {
            let named = body
                .about
                .iter()
                .map(String::as_str)
                .chain(body.payment.as_deref());
            let payment = named
                .filter_map(|id| PaymentIntentId::parse(id).ok())
                .next();
            kept.payment = kept.payment.take().or(payment);
            for word in &body.about {
                if !kept.about.contains(word.as_str()) {
                    kept.about
                        .push_str(if kept.about.is_empty() { "" } else { " " });
                    kept.about.push_str(word);
                }
            }
            kept.bodies.answer = Some(body.text);
        });
    }
    Response::from_parts(parts, body)
}

/// Hands a request with its answer to the log, if it is kept.
pub(crate) async fn finish(
    draft: &Draft,
    response: Response,
    trace: &TraceId,
    took: Duration,
) -> Response {
    let status = response.status().as_u16();
    // A problem is written on its way out.
    let response = match media_type(response.headers()) {
        MEDIA_TYPE => {
            let none = Secrets::default();
            draft.during(keep(response, &none, Shows::All)).await
        }
        _ => response,
    };
    if let Some((slot, mut kept)) = draft.take() {
        kept.status = status;
        kept.took_us = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
        trace.as_str().clone_into(&mut kept.trace_id);
        slot.write(kept);
    }
    response
}

fn media_type(headers: &HeaderMap) -> &str {
    let value = headers.get(header::CONTENT_TYPE);
    let value = value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

/// Reads a body that has already arrived, and returns it with its bytes.
async fn read(body: Body, most: usize) -> (Body, Option<Bytes>) {
    let length = body
        .size_hint()
        .exact()
        .and_then(|length| usize::try_from(length).ok());
    if length.is_none_or(|length| length > most) {
        return (body, None);
    }
    match body.collect().await {
        Ok(read) => {
            let bytes = read.to_bytes();
            (Body::from(bytes.clone()), Some(bytes))
        }
        // A body in memory cannot fail.
        Err(_) => (Body::empty(), None),
    }
}

/// The payment intent that a path names, unless its id could be a card number.
fn payment_of(path: &str) -> Option<PaymentIntentId> {
    let mut segments = path.split('/');
    segments.find_map(|segment| PaymentIntentId::parse(&tatami_core::mask::text(segment)).ok())
}

/// A header as it may be shown.
fn text_of(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(shown(value))
}

fn shown(text: &str) -> String {
    let text = text
        .get(..text.floor_char_boundary(MAX_CHARS))
        .unwrap_or_default();
    tatami_core::mask::text(text).into_owned()
}

/// The path and query of a request as they may be shown.
fn path(parts: &Parts, route: &str, secrets: &Secrets) -> String {
    let path = parts.uri.path();
    let templates: Vec<&str> = route.split('/').collect();
    let segments: Vec<&str> = path.split('/').collect();
    let mut shown_path = match templates.len() == segments.len() {
        // It has a part of any length, or was spelled otherwise.
        false => route.to_owned(),
        true => {
            let shown = templates.iter().zip(&segments).map(|(template, segment)| {
                let name = template.strip_prefix('{').and_then(|t| t.strip_suffix('}'));
                match name {
                    Some(name) if SECRET_PARAMS.contains(&name) => (*template).to_owned(),
                    Some(_) => shown(&percent_decode_str(segment).decode_utf8_lossy()),
                    None => (*template).to_owned(),
                }
            });
            shown.collect::<Vec<_>>().join("/")
        }
    };
    let query = parts.uri.query().unwrap_or_default();
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    for (i, (name, value)) in pairs.enumerate() {
        let is_secret = secrets.has(&name) || name.eq_ignore_ascii_case("csc");
        let value = if is_secret {
            "****".to_owned()
        } else {
            shown(&value)
        };
        shown_path.push(if i == 0 { '?' } else { '&' });
        shown_path.push_str(&shown(&name));
        shown_path.push('=');
        shown_path.push_str(&value);
    }
    shown_path.truncate(shown_path.floor_char_boundary(4 * MAX_CHARS));
    shown_path
}
