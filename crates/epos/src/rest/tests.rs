use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response as Answer;
use http::request::Parts;
use serde_json::json;
use tatami_core::Entropy;
use tatami_core::account::Scope;
use tatami_core::id::{AccountId, Environment};
use tatami_core::time::Timestamp;
use tokio::net::TcpListener;

use super::*;
use crate::contract::FaultKind;
use crate::integration::{Link, sealed};
use crate::request::Origin;

struct Sevens;

impl Entropy for Sevens {
    fn fill(&mut self, out: &mut [u8]) {
        out.fill(7);
    }
}

/// A POS that keeps its requests, and has one answer.
#[derive(Clone)]
struct Till {
    url: String,
    asked: Arc<Mutex<Vec<(Parts, Bytes)>>>,
    says: Arc<Mutex<(u16, String)>>,
}

async fn answer(State(till): State<Till>, request: http::Request<Body>) -> Answer {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
    till.asked.lock().expect("asked").push((parts, body));
    let (status, says) = till.says.lock().expect("says").clone();
    let answer = Answer::builder().status(status).body(says.into());
    answer.expect("an answer")
}

impl Till {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/pos", listener.local_addr().expect("an address"));
        let till = Self {
            url,
            asked: Arc::default(),
            says: Arc::new(Mutex::new((200, "{}".to_owned()))),
        };
        let routes = Router::new().fallback(answer).with_state(till.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        till
    }

    fn say(&self, status: u16, body: &str) {
        *self.says.lock().expect("says") = (status, body.to_owned());
    }

    fn asked(&self) -> Vec<(Parts, Bytes)> {
        std::mem::take(&mut *self.asked.lock().expect("asked"))
    }
}

fn key() -> InstallationKey {
    InstallationKey::new([1; 32])
}

fn client() -> RestClient {
    let outbound = Outbound::new(Duration::from_secs(10), false).expect("a client");
    RestClient::new(outbound, key())
}

fn integration(environment: Environment, url: &str) -> Integration {
    let scope = Scope {
        account: AccountId::parse("acc_0123456789012345678901").expect("an id"),
        environment,
    };
    let id = Integration::id_of(&scope, "house");
    let rest = RestLink {
        link: Link {
            names: vec!["GetOrderById".to_owned()],
            registered_at: Timestamp::UNIX_EPOCH,
        },
        url: url.to_owned(),
        username: "dojo".to_owned(),
        sealed_password: sealed(&key(), (&id, url), "word", &mut Sevens),
    };
    Integration {
        id,
        scope,
        software_house: "house".to_owned(),
        created_at: Timestamp::UNIX_EPOCH,
        rest: Some(rest),
        ws: None,
    }
}

async fn call(url: &str, request: &Request) -> Result<Value, PosError> {
    let integration = integration(Environment::Sandbox, url);
    client().call(&integration, request).await
}

fn order() -> Request {
    let ids = [("orderId", "a/b")];
    Request::new(Capability::GetOrderById, &Origin::default(), &ids)
}

fn record() -> Request {
    let origin = Origin {
        request_id: "r".to_owned(),
        waiter_id: Some("42".to_owned()),
        product: Some("Pay at Table"),
        device_id: Some("tm_1".to_owned()),
        device_type: Some("Dojo Terminal"),
    };
    let ids = [("orderId", "7")];
    let request = Request::new(Capability::RecordOrderPaymentById, &origin, &ids);
    request.with(&json!({ "paymentIntentId": "pi_1" }))
}

#[tokio::test]
async fn a_request_has_credentials_and_tells_who_asks() {
    let till = Till::open().await;
    till.say(200, r#"{"id":"7"}"#);
    let result = call(&till.url, &record()).await;
    assert_eq!(result, Ok(json!({ "id": "7" })));
    let asked = till.asked();
    let [(parts, body)] = asked.as_slice() else {
        panic!("one request");
    };
    assert_eq!(parts.method, Method::POST);
    assert_eq!(parts.uri.path(), "/pos/v1/orders/7/record-payment");
    assert_eq!(body.as_ref(), br#"{"paymentIntentId":"pi_1"}"#);
    for (name, value) in [
        ("authorization", "Basic ZG9qbzp3b3Jk"),
        ("waiter-id", "42"),
        ("dojo-requesting-product", "Pay at Table"),
        ("device-id", "tm_1"),
        ("device-type", "Dojo Terminal"),
        ("content-type", "application/json"),
    ] {
        assert_eq!(parts.headers[name], value, "{name}");
    }
    call(&till.url, &order()).await.expect("an answer");
    assert_eq!(till.asked()[0].0.uri.path(), "/pos/v1/orders/a%2Fb");
}

#[tokio::test]
async fn what_the_pos_refuses_is_understood() {
    let till = Till::open().await;
    let conflict = r#"{"errorType":"Conflict","debugMessage":"Locked by Joe."}"#;
    for (status, body, kind, for_good, words) in [
        (
            409,
            conflict,
            Some(FaultKind::Conflict),
            true,
            "Locked by Joe.",
        ),
        (
            200,
            conflict,
            Some(FaultKind::Conflict),
            true,
            "Locked by Joe.",
        ),
        (404, "", None, true, "The POS answered 404."),
        (503, "<html>", None, false, "The POS answered 503."),
        (302, "", None, false, "The POS answered 302."),
    ] {
        till.say(status, body);
        let error = call(&till.url, &record()).await.expect_err("refused");
        assert_eq!(error.to_string(), words, "{status}");
        assert_eq!(error.is_for_good(), for_good, "{status}");
        assert!(!error.may_have_happened(), "{status}");
        let PosError::Refused { fault, .. } = error else {
            panic!("{status}: {error:?}");
        };
        assert_eq!(fault.kind, kind, "{status}");
        assert_eq!(till.asked().len(), 1, "it is asked once");
    }
}

#[tokio::test]
async fn what_cannot_be_read_may_have_happened() {
    let till = Till::open().await;
    let long = " ".repeat(MAX_ANSWER_BYTES + 1);
    for body in ["<html>", "{", long.as_str()] {
        till.say(200, body);
        let error = call(&till.url, &record()).await.expect_err("nonsense");
        assert!(matches!(error, PosError::Nonsense(_)), "{error:?}");
        assert!(error.may_have_happened() && !error.is_for_good());
    }
    till.say(200, "");
    assert_eq!(call(&till.url, &order()).await, Ok(Value::Null));
    till.say(200, "ok");
    let ids = [("orderId", "7"), ("lockId", "a")];
    let unlock = Request::new(Capability::DeleteOrderLock, &Origin::default(), &ids);
    assert_eq!(call(&till.url, &unlock).await, Ok(Value::Null));
}

#[tokio::test]
async fn a_pos_that_is_not_there_was_not_asked() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let error = call(&url, &record()).await.expect_err("no connection");
    assert!(matches!(error, PosError::NotSent(_)), "{error:?}");
}

/// Each connection breaks after the request was received.
#[tokio::test]
async fn only_what_reads_is_asked_again_after_a_lost_answer() {
    for (request, expected) in [(order(), 2), (record(), 1)] {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let heard = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let count = Arc::clone(&heard);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("a stream");
                let mut bytes = [0; 4096];
                stream.readable().await.expect("a request");
                let _ = stream.try_read(&mut bytes);
                count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            }
        });
        let error = call(&url, &request).await.expect_err("no answer");
        assert!(error.may_have_happened(), "{error:?}");
        assert_eq!(heard.load(std::sync::atomic::Ordering::SeqCst), expected);
    }
}

#[tokio::test]
async fn private_addresses_are_not_called_in_production() {
    for url in [
        "http://127.0.0.1:9",
        "https://10.0.0.1",
        "https://localhost",
    ] {
        let integration = integration(Environment::Production, url);
        let error = client().call(&integration, &order()).await;
        assert!(matches!(error, Err(PosError::NotSent(_))), "{error:?}");
    }
}

#[tokio::test]
async fn a_password_is_for_its_url_alone() {
    let till = Till::open().await;
    let mut moved = integration(Environment::Sandbox, "http://127.0.0.1:9");
    let rest = moved.rest.as_mut().expect("a link");
    rest.url.clone_from(&till.url);
    let error = client().call(&moved, &order()).await;
    assert!(matches!(error, Err(PosError::NotSent(_))), "{error:?}");
    assert!(till.asked().is_empty());
}

#[tokio::test]
async fn who_asks_is_told_in_ascii() {
    let till = Till::open().await;
    let mut request = record();
    request.origin.waiter_id = Some("Zoë".to_owned());
    let error = call(&till.url, &request).await.expect_err("refused");
    assert_eq!(error.to_string(), "The waiter-id cannot be sent.");
    assert!(till.asked().is_empty());
}
