//! A client of one account.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Once;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use crate::contract::{self, Answer};
use crate::{Entry, PATIENCE, Tatami, number_in, shared};

/// The newest published version of the API.
pub const NEWEST: &str = "2026-02-27";

/// A client that holds the key of one account and environment.
#[derive(Clone)]
pub struct App {
    /// `http://ADDR`.
    pub base: String,
    /// The account's id; empty for the development account.
    pub account: String,
    /// The API key; empty for a client that sends none.
    pub key: String,
    /// The version of the API that it speaks.
    version: &'static str,
    metrics: String,
    http: Client,
}

impl App {
    /// A client of a new account on the server that the tests share.
    pub fn new() -> Self {
        Self::on(shared())
    }

    /// A client of a new account on that server.
    pub fn on(server: &Tatami) -> Self {
        let account = server.admin(&["accounts", "create", "Corner Shop"], "account");
        Self::of(server, &account, "sandbox")
    }

    /// A client of an environment of an account, with a new key.
    pub fn of(server: &Tatami, account: &str, environment: &str) -> Self {
        let arguments = [
            "keys",
            "create",
            "--account",
            account,
            "--environment",
            environment,
        ];
        let key = server.admin(&arguments, "key");
        Self {
            account: account.to_owned(),
            ..Self::with_key(server, &key)
        }
    }

    /// A client with that key, whosever it is.
    pub fn with_key(server: &Tatami, key: &str) -> Self {
        Self {
            base: server.base().to_owned(),
            account: String::new(),
            key: key.to_owned(),
            version: NEWEST,
            metrics: server.metrics().to_owned(),
            http: client(),
        }
    }

    /// The same client in another version of the API.
    pub fn at(&self, version: &'static str) -> Self {
        Self {
            version,
            ..self.clone()
        }
    }

    /// The same client without a key: what a payer's browser is.
    pub fn stranger(&self) -> Self {
        Self {
            key: String::new(),
            ..self.clone()
        }
    }

    /// The same client after the server has come back at another address.
    pub fn moved_to(&self, server: &Tatami) -> Self {
        Self {
            base: server.base().to_owned(),
            metrics: server.metrics().to_owned(),
            http: client(),
            ..self.clone()
        }
    }

    /// A request with the account's key and the client's version.
    pub fn request(&self, method: Method, path: &str) -> Pending {
        let mut headers = HeaderMap::new();
        if !self.key.is_empty() {
            headers.insert("authorization", value(&format!("Basic {}", self.key)));
        }
        headers.insert("version", value(self.version));
        Pending {
            http: self.http.clone(),
            method,
            url: format!("{}{path}", self.base),
            headers,
            body: None,
        }
    }

    /// `GET path`.
    pub fn get(&self, path: &str) -> Pending {
        self.request(Method::GET, path)
    }

    /// The program's metrics.
    pub async fn metrics(&self) -> Reply {
        let mut asked = self.stranger().get("");
        asked.url.clone_from(&self.metrics);
        asked.await
    }

    /// `DELETE path`.
    pub fn delete(&self, path: &str) -> Pending {
        self.request(Method::DELETE, path)
    }

    /// `POST path` without a body.
    pub fn post(&self, path: &str) -> Pending {
        self.request(Method::POST, path)
    }

    /// `POST path` with a JSON body.
    pub fn send(&self, path: &str, body: Value) -> Pending {
        self.post(path).json(body)
    }

    /// Creates a payment intent: an order of £10.00, changed by `changes`
    /// (`null` takes a property out).
    pub async fn create(&self, changes: Value) -> Value {
        self.send("/payment-intents", order(changes))
            .await
            .expect(200)
    }

    /// A payment intent as it is now, a canceled one too.
    pub async fn intent(&self, id: &str) -> Value {
        self.get(&format!("/payment-intents/{id}?returnCanceled=true"))
            .await
            .expect(200)
    }

    /// The status of a payment intent.
    pub async fn status(&self, id: &str) -> String {
        text(&self.intent(id).await["status"])
    }

    /// A new client session secret of a payment intent.
    pub async fn secret(&self, id: &str) -> String {
        let path = format!("/payment-intents/{id}/refresh-client-session-secret");
        let intent = self.post(&path).await.expect(200);
        text(&intent["clientSessionSecret"])
    }

    /// Moves the account's clock on by a `d.hh:mm:ss` span; what comes due has
    /// happened when this returns.
    pub async fn advance(&self, by: &str) -> Value {
        self.send("/sandbox/clock/advance", json!({ "by": by }))
            .await
            .expect(200)
    }

    /// The account's time.
    pub async fn now(&self) -> Timestamp {
        let clock = self.get("/sandbox/clock").await.expect(200);
        text(&clock["now"]).parse().expect("a moment")
    }

    /// Moves the clock to half past midnight of the next day in London.
    pub async fn next_day(&self) {
        let zone = TimeZone::get("Europe/London").expect("a zone");
        let now = self.now().await.to_zoned(zone);
        let then = now
            .tomorrow()
            .and_then(|day| day.start_of_day())
            .and_then(|day| day.checked_add(30.minutes()))
            .expect("a moment");
        let seconds = then.timestamp().duration_since(now.timestamp()).as_secs();
        let (days, hours) = (seconds / 86_400, seconds / 3_600 % 24);
        let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
        self.advance(&format!("{days}.{hours:02}:{minutes:02}:{seconds:02}"))
            .await;
    }

    /// The acquirer's books on this account, oldest entry first.
    pub async fn books(&self) -> Vec<Entry> {
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("/sandbox/acquirer/books{after}")).await;
            let page = page.expect(200);
            let page = page.as_array().expect("the books are a list");
            let Some(last) = page.last() else {
                break;
            };
            after = format!("?after={}", text(&last["reference"]));
            all.extend(page.iter().cloned());
        }
        all.sort_by_key(|entry| text(&entry["at"]).parse::<Timestamp>().expect("a moment"));
        all.iter().map(Entry::read).collect()
    }
}

impl Default for App {
    fn default() -> Self {
        Self::new()
    }
}

/// The body of a create request: the default order with `changes`.
fn order(changes: Value) -> Value {
    let mut order = json!({
        "amount": { "value": 1000, "currencyCode": "GBP" },
        "reference": "Order-0001",
    });
    if let (Some(order), Value::Object(changes)) = (order.as_object_mut(), changes) {
        for (name, value) in changes {
            if value.is_null() {
                order.remove(&name);
            } else {
                order.insert(name, value);
            }
        }
    }
    order
}

/// The path of a URL, with its query.
fn path_of(url: &str) -> &str {
    let authority = url.find("://").map_or(0, |at| at + 3);
    let path = url[authority..].find('/');
    path.map_or("/", |at| &url[authority + at..])
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is not a text"))
        .to_owned()
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("a header's value")
}

fn client() -> Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // Requests here are plain HTTP; the client wants a provider all the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        // A test that waits for an answer for ever tells nothing.
        .timeout(3 * PATIENCE)
        .build()
        .expect("an HTTP client")
}

/// A request that is sent when awaited.
#[must_use = "a request is sent when awaited"]
pub struct Pending {
    http: Client,
    method: Method,
    url: String,
    headers: HeaderMap,
    body: Option<Vec<u8>>,
}

impl Pending {
    /// With a header in place of an earlier one of that name.
    pub fn header(mut self, name: &str, text: &str) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
        self.headers.insert(name, value(text));
        self
    }

    /// Without a header.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// In a version of the API.
    pub fn version(self, date: &str) -> Self {
        self.header("version", date)
    }

    /// With an idempotency key.
    pub fn key(self, key: &str) -> Self {
        self.header("idempotencyKey", key)
    }

    /// With a JSON body and its content type.
    pub fn json(self, body: Value) -> Self {
        self.body(body.to_string())
            .header("content-type", "application/json")
    }

    /// With a body as a browser's form sends it.
    pub fn form(self, fields: &[(String, String)]) -> Self {
        let pairs = fields
            .iter()
            .map(|(name, value)| format!("{}={}", percent(name), percent(value)));
        let body = pairs.collect::<Vec<_>>().join("&");
        self.body(body)
            .header("content-type", "application/x-www-form-urlencoded")
    }

    /// With these bytes as its body, and no content type.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sends it; the error tells that no whole answer came.
    ///
    /// # Errors
    /// When the connection fails before the answer is read.
    pub async fn attempt(self) -> Result<Reply, reqwest::Error> {
        let mut request = self
            .http
            .request(self.method.clone(), &self.url)
            .headers(self.headers.clone());
        if let Some(body) = self.body {
            request = request.body(body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await?.to_vec();
        // The documentation and its texts may, and what looks into a sandbox's token.
        let may = ["/docs", "/llms", "/decrypt-token"];
        if !may.iter().any(|part| self.url.contains(part)) {
            let told = number_in(&body).or_else(|| number_in(format!("{headers:?}").as_bytes()));
            assert_eq!(told, None, "{} answers with a card number", self.url);
        }
        contract::check(&Answer {
            method: &self.method,
            path: path_of(&self.url),
            asked: &self.headers,
            status: status.as_u16(),
            headers: &headers,
            body: &body,
        });
        Ok(Reply {
            url: self.url,
            status,
            headers,
            body,
        })
    }
}

impl IntoFuture for Pending {
    type Output = Reply;
    type IntoFuture = Pin<Box<dyn Future<Output = Reply> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let what = format!("{} {}", self.method, self.url);
            match self.attempt().await {
                Ok(reply) => reply,
                Err(error) => panic!("{what}: {error:?}"),
            }
        })
    }
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Reply {
    /// What was asked.
    pub url: String,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{}: {error}: {:?}", self.url, self.text()))
    }

    /// A header, empty if it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
    }

    /// The JSON of an answer with that status, `null` if it has no body.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(
            self.status.as_u16(),
            status,
            "{}: {}",
            self.url,
            self.text()
        );
        if self.body.is_empty() {
            Value::Null
        } else {
            self.json()
        }
    }

    /// The problem details of a refusal with that status, whose form is checked.
    #[track_caller]
    pub fn problem(&self, status: u16) -> Value {
        let problem = self.expect(status);
        let at = format!("{}: {problem}", self.url);
        assert!(
            self.header("content-type")
                .starts_with("application/problem+json"),
            "{at}: {:?}",
            self.headers
        );
        assert!(problem.is_object(), "{at}");
        assert!(problem["type"].is_string(), "{at}");
        assert!(problem["title"].is_string(), "{at}");
        assert_eq!(problem["status"], status, "{at}");
        let trace = problem["traceId"].as_str().expect("a traceId");
        assert!(is_trace_parent(trace), "{at}");
        if let Some(errors) = problem.get("errors") {
            let fields = errors.as_object().expect("errors by field");
            // Operations on terminals always have a list, and a code.
            assert!(!fields.is_empty() || problem["code"].is_string(), "{at}");
            for (field, rules) in fields {
                // `$` is the body as a whole.
                let named = field.starts_with(|c: char| c.is_uppercase() || c == '$');
                assert!(named, "{field}: {at}");
                let rules = rules.as_array().expect("a list of sentences");
                assert!(!rules.is_empty(), "{at}");
                for rule in rules {
                    assert!(rule.as_str().is_some_and(|r| r.ends_with('.')), "{at}");
                }
            }
        }
        problem
    }

    /// The sentence of a refusal with that status.
    #[track_caller]
    pub fn detail(&self, status: u16) -> String {
        text(&self.problem(status)["detail"])
    }

    /// The names of the fields that a refusal blames, sorted.
    #[track_caller]
    pub fn blames(&self, status: u16) -> Vec<String> {
        let problem = self.problem(status);
        let errors = problem["errors"].as_object().expect("errors by field");
        let mut fields: Vec<String> = errors.keys().cloned().collect();
        fields.sort();
        fields
    }
}

fn percent(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

/// Whether a text has the W3C `traceparent` form.
pub(crate) fn is_trace_parent(text: &str) -> bool {
    let hex = |part: &str, length: usize| {
        part.len() == length
            && part
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let parts: Vec<&str> = text.split('-').collect();
    matches!(parts[..], [version, trace, span, flags]
        if hex(version, 2) && hex(trace, 32) && hex(span, 16) && hex(flags, 2))
}
