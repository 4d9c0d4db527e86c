//! Requests on their way in: ids, bodies, idempotency keys.

use std::any::{TypeId, type_name};
use std::borrow::{Borrow, Cow};
use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock};

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, MatchedPath, RawPathParams, Request};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, header};
use http_body_util::LengthLimitError;
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use serde_json::json;
use sha2::{Digest, Sha256};
use tatami_core::card::CardNumber;
use tatami_core::id::MalformedId;
use tatami_core::problem::Violation;
use tatami_engine::{NotUtf8, json_text};
use utoipa::ToSchema;
use zeroize::Zeroize as _;

use crate::misplaced::{misplaced, violation};
use crate::problem::Problem;
use crate::shape::{BODY, Shape, Tree};

/// The largest body.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;
/// The longest idempotency key.
pub const MAX_KEY_CHARS: usize = 255;

/// The shapes of the request bodies that were read so far. Each is compiled of
/// the schemas that it is made of: the whole document would take megabytes.
static SHAPES: RwLock<BTreeMap<TypeId, Arc<Shape>>> = RwLock::new(BTreeMap::new());

fn shape_of<T: ToSchema + 'static>() -> Arc<Shape> {
    let known = SHAPES.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(shape) = known.get(&TypeId::of::<T>()) {
        return Arc::clone(shape);
    }
    drop(known);
    let shape = Arc::new(compiled::<T>());
    let mut known = SHAPES.write().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(known.entry(TypeId::of::<T>()).or_insert(shape))
}

fn compiled<T: ToSchema>() -> Shape {
    let mut parts = Vec::new();
    T::schemas(&mut parts);
    let parts: BTreeMap<_, _> = parts.into_iter().collect();
    let document = json!({ "components": { "schemas": parts } });
    Shape::compile(&document, &json!(T::schema()))
}

/// The id that the path of a request names.
#[derive(Clone, Debug)]
pub struct Id<T>(pub T);

/// The two ids that a path names, in its order.
#[derive(Clone, Debug)]
pub struct Ids<T, U>(pub T, pub U);

impl<S: Send + Sync, T: FromStr<Err = MalformedId>> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let named = RawPathParams::from_request_parts(parts, state).await;
        Ok(Self(nth(named, 0)?))
    }
}

impl<S, T, U> FromRequestParts<S> for Ids<T, U>
where
    S: Send + Sync,
    T: FromStr<Err = MalformedId>,
    U: FromStr<Err = MalformedId>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let named = RawPathParams::from_request_parts(parts, state).await;
        let named = named.as_ref();
        Ok(Self(nth(named, 0)?, nth(named, 1)?))
    }
}

/// Reads the id at that place of a path.
fn nth<T, E>(named: Result<impl Borrow<RawPathParams>, E>, at: usize) -> Result<T, Problem>
where
    T: FromStr<Err = MalformedId>,
{
    let Ok(named) = named else {
        let detail = "The path is not valid UTF-8.";
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    };
    let text = named.borrow().iter().nth(at).map_or("", |(_, text)| text);
    Ok(text.parse::<T>()?)
}

/// How callers of some version write bodies, if not as they are documented.
pub trait BodyVersion {
    /// Makes a body the documented one.
    fn upgrade(&self, body: &mut Tree<'_>);
    /// Whether a rule that a body broke does not hold for them.
    fn excuses(&self, violation: &Violation) -> bool;
}

/// Bodies have to be as they are documented.
pub struct AsDocumented;

impl BodyVersion for AsDocumented {
    fn upgrade(&self, _: &mut Tree<'_>) {}

    fn excuses(&self, _: &Violation) -> bool {
        false
    }
}

/// The body of a request, and its idempotency key if it is a `POST` and has one.
pub struct Input {
    body: Body,
    /// The key, which belongs to the operation and to what it is about, and the digest
    /// of the request it stands for.
    pub idempotency: Option<(String, String)>,
}

/// A body as it came in. It may hold a card: it is not shown, and is wiped.
struct Body(Bytes);

impl Drop for Body {
    fn drop(&mut self) {
        if let Ok(mut bytes) = std::mem::take(&mut self.0).try_into_mut() {
            bytes.zeroize();
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for Input {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let json = is_json(request.headers());
        let is_post = request.method() == Method::POST;
        let key = idempotency_key(request.headers())?.filter(|_| is_post);
        let route = request.extensions().get::<MatchedPath>();
        let route = route.map_or("", MatchedPath::as_str);
        let path = key.as_ref().map(|_| operation(route, request.uri().path()));
        let bytes = to_bytes(request.into_body(), MAX_BODY_BYTES).await;
        let body = Body(bytes.map_err(|error| unread(&error))?);
        if !json && !is_blank(&body.0) {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "The body must be JSON.",
            ));
        }
        let idempotency = key.zip(path).map(|(key, path)| {
            // The mark before a body is no part of the request.
            let text = json_text(&body.0).map_or(&*body.0, str::as_bytes);
            let digest = fingerprint(&Method::POST, &path, text);
            (scoped(&path, &key), digest)
        });
        Ok(Self { body, idempotency })
    }
}

/// Why a body was not read: there was too much of it, or its sender went away.
fn unread(error: &axum::Error) -> Problem {
    let source = std::error::Error::source(error);
    if source.is_some_and(|source| source.is::<LengthLimitError>()) {
        let detail = "The body must be at most 1 MiB.";
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail);
    }
    Problem::new(StatusCode::BAD_REQUEST, "The body could not be read.")
}

impl Input {
    /// The body as a request of that version, and every rule it breaks.
    ///
    /// # Errors
    /// 400 if it is not JSON, or nothing.
    pub fn read<T>(&self, version: &dyn BodyVersion) -> Result<(T, Vec<Violation>), Problem>
    where
        T: DeserializeOwned + ToSchema + 'static,
    {
        self.read_understood(version, |_| {})
    }

    /// The same of a body that clients write in another way too, which `understand`
    /// makes the documented one.
    ///
    /// # Errors
    /// 400 if it is not JSON, or nothing.
    pub fn read_understood<T>(
        &self,
        version: &dyn BodyVersion,
        understand: fn(&mut Tree<'_>),
    ) -> Result<(T, Vec<Violation>), Problem>
    where
        T: DeserializeOwned + ToSchema + 'static,
    {
        match is_blank(json(&self.body.0)?.as_bytes()) {
            true => Err(Problem::field(BODY, "The body is required.")),
            false => read(&self.body.0, version, understand),
        }
    }

    /// The same, and no body is one without properties.
    ///
    /// # Errors
    /// 400 if it is not JSON.
    pub fn read_or_nothing<T>(
        &self,
        version: &dyn BodyVersion,
    ) -> Result<(T, Vec<Violation>), Problem>
    where
        T: DeserializeOwned + ToSchema + 'static,
    {
        read(&self.body.0, version, |_| {})
    }

    /// Every field but the card's `own` that holds the number of the card that the
    /// request carries.
    pub fn misplaced(&self, number: &CardNumber, own: &str) -> Vec<Violation> {
        // What is no JSON is refused where it is read.
        let text = json(&self.body.0).unwrap_or_default();
        let body = Tree::parse(text).unwrap_or_default();
        let mut found = misplaced(&body, number, own);
        let key = self.idempotency.as_ref();
        if key.is_some_and(|(key, _)| number.is_in(key)) {
            found.push(violation("IdempotencyKey"));
        }
        found
    }

    /// The body, if it breaks no rule.
    ///
    /// # Errors
    /// 400 if it is not JSON, or nothing, or breaks rules.
    pub fn valid<T>(&self, version: &dyn BodyVersion) -> Result<T, Problem>
    where
        T: DeserializeOwned + ToSchema + 'static,
    {
        let (request, broken) = self.read(version)?;
        refuse(broken)?;
        Ok(request)
    }
}

/// Refuses if rules are broken.
///
/// # Errors
/// 400 with all of them.
pub fn refuse(broken: Vec<Violation>) -> Result<(), Problem> {
    if broken.is_empty() {
        Ok(())
    } else {
        Err(Problem::invalid(broken))
    }
}

/// Whether a field is `field` or part of it.
pub fn concerns(part: &str, field: &str) -> bool {
    part.strip_prefix(field)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Whether a query asks for something by a name, in any case.
///
/// # Errors
/// 400 if it says neither yes nor no.
pub fn asked(query: &str, name: &str) -> Result<bool, Problem> {
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let pair = pairs.find(|(found, _)| found.eq_ignore_ascii_case(name));
    match pair.map(|(_, value)| value.to_ascii_lowercase()).as_deref() {
        None | Some("" | "false" | "0") => Ok(false),
        Some("true" | "1") => Ok(true),
        Some(_) => Err(Problem::field(
            name,
            format!("The {name} must be true or false."),
        )),
    }
}

/// The JSON of a body.
fn json(body: &[u8]) -> Result<&str, Problem> {
    json_text(body).map_err(|NotUtf8| {
        let rule = "The body must be JSON in UTF-8; it is in another encoding.";
        Problem::field(BODY, rule)
    })
}

/// Reads a body, of which nothing is an object without properties: the request, and
/// every rule it breaks.
///
/// # Errors
/// 400 if it is not JSON.
pub fn read<T>(
    body: &[u8],
    version: &dyn BodyVersion,
    understand: fn(&mut Tree<'_>),
) -> Result<(T, Vec<Violation>), Problem>
where
    T: DeserializeOwned + ToSchema + 'static,
{
    let text = json(body)?;
    let text = if text.trim_ascii().is_empty() {
        "{}"
    } else {
        text
    };
    let mut body = Tree::parse(text).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        Problem::field(BODY, format!("The body is not valid JSON ({place})."))
    })?;
    version.upgrade(&mut body);
    understand(&mut body);
    let shape = shape_of::<T>();
    let (body, broken) = shape.read(body, &|violation| version.excuses(violation));
    match T::deserialize(body) {
        Ok(request) => Ok((request, broken)),
        Err(_) if !broken.is_empty() => Err(Problem::invalid(broken)),
        // The error would quote what was sent.
        Err(_) => {
            let why = format!("a body that is valid is no {}", type_name::<T>());
            Err(crate::problem::unavailable(&why))
        }
    }
}

fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_whitespace)
}

/// Whether the content type is some kind of JSON, or missing or empty.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return true;
    };
    let essence = value.to_str().unwrap_or_default().split(';').next();
    let essence = essence.unwrap_or_default().trim();
    let end = essence.len().saturating_sub("/json".len());
    essence.is_empty()
        || essence.get(end..).is_some_and(|end| {
            ["/json", "+json"]
                .iter()
                .any(|e| e.eq_ignore_ascii_case(end))
        })
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let header = headers
        .get("idempotencykey")
        .or_else(|| headers.get("idempotency-key"));
    let Some(header) = header else {
        return Ok(None);
    };
    let key = header.to_str().unwrap_or_default().trim();
    if (1..=MAX_KEY_CHARS).contains(&key.len()) {
        return Ok(Some(key.to_owned()));
    }
    Err(Problem::field(
        "IdempotencyKey",
        format!("The idempotencyKey header must be 1 to {MAX_KEY_CHARS} characters long."),
    ))
}

/// What a request asks for: its path as the route has it, with the ids that it names,
/// however they were escaped.
fn operation(route: &str, path: &str) -> String {
    let places = route.split('/').map(Some).chain(std::iter::repeat(None));
    let parts = path
        .split('/')
        .zip(places)
        .map(|(part, place)| match place {
            Some(place) if !place.starts_with('{') => Cow::Borrowed(place),
            _ => percent_decode_str(part).decode_utf8_lossy(),
        });
    parts.collect::<Vec<_>>().join("/")
}

/// A key as it is kept. It belongs to its operation and to what that is about: shops
/// number the refunds of each payment from 1. No path of an operation that is carried
/// out has a space.
fn scoped(operation: &str, key: &str) -> String {
    format!("{operation} {key}")
}

/// Digest of what the request is: base16 of SHA-256.
fn fingerprint(method: &Method, path: &str, body: &[u8]) -> String {
    let mut digest = Sha256::new();
    for part in [method.as_str().as_bytes(), path.as_bytes(), body] {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    base16ct::lower::encode_string(&digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().expect("a header"));
        headers
    }

    #[test]
    fn a_query_asks_or_does_not() {
        let asked = |query| asked(query, "ReturnCanceled");
        for query in ["returnCanceled=true", "a=b&ReturnCanceled=True"] {
            assert_eq!(asked(query), Ok(true), "{query}");
        }
        for query in ["", "returnCanceled=false", "returnCanceled", "other=true"] {
            assert_eq!(asked(query), Ok(false), "{query}");
        }
        assert!(asked("returnCanceled=yes").is_err());
    }

    #[test]
    fn any_json_is_json() {
        for json in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/json-patch+json",
            "text/json",
        ] {
            assert!(is_json(&headers("content-type", json)), "{json}");
        }
        for other in ["text/xml", "application/x-www-form-urlencoded", "jsonx"] {
            assert!(!is_json(&headers("content-type", other)), "{other}");
        }
        assert!(is_json(&HeaderMap::new()));
    }

    #[test]
    fn idempotency_keys_are_bounded() {
        for name in ["idempotencykey", "idempotency-key"] {
            let key = idempotency_key(&headers(name, "a"));
            assert_eq!(key, Ok(Some("a".to_owned())));
            assert!(idempotency_key(&headers(name, "")).is_err());
            assert!(idempotency_key(&headers(name, &"k".repeat(255))).is_ok());
            assert!(idempotency_key(&headers(name, &"k".repeat(256))).is_err());
        }
        assert_eq!(idempotency_key(&HeaderMap::new()), Ok(None));
    }

    #[test]
    fn a_fingerprint_is_of_the_whole_request() {
        let first = fingerprint(&Method::POST, "/a", b"b");
        assert_eq!(first.len(), 64);
        for other in [
            fingerprint(&Method::PUT, "/a", b"b"),
            fingerprint(&Method::POST, "/ab", b""),
            fingerprint(&Method::POST, "/a", b"c"),
        ] {
            assert_ne!(first, other);
        }
    }
}
