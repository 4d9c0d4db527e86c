use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use async_trait::async_trait;
use axum::extract::ws::Message;
use futures_util::{Sink, Stream};
use serde_json::json;
use tatami_core::account::Scope;
use tatami_core::id::{AccountId, Environment};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::*;
use crate::capability::Capability;
use crate::request::Origin;

fn key() -> IntegrationKey {
    IntegrationKey {
        scope: Scope {
            account: AccountId::parse("acc_0123456789012345678901").expect("an id"),
            environment: Environment::Sandbox,
        },
        integration: "house".to_owned(),
    }
}

/// An end of a connection.
struct Socket {
    to: UnboundedSender<Message>,
    from: UnboundedReceiver<Message>,
}

fn sockets() -> (Socket, Socket) {
    let ((to, from), (back, forth)) = (unbounded_channel(), unbounded_channel());
    (Socket { to, from: forth }, Socket { to: back, from })
}

impl Stream for Socket {
    type Item = Result<Message, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.from.poll_recv(cx).map(|frame| frame.map(Ok))
    }
}

impl Sink<Message> for Socket {
    type Error = ();

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), ()>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, frame: Message) -> Result<(), ()> {
        self.to.send(frame).map_err(|_| ())
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), ()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), ()>> {
        Poll::Ready(Ok(()))
    }
}

impl Socket {
    async fn heard(&mut self) -> Message {
        self.from.recv().await.expect("a frame")
    }

    /// The id and the method of the next request.
    async fn asked(&mut self) -> (String, String) {
        let Message::Text(text) = self.heard().await else {
            panic!("a text");
        };
        let value: Value = serde_json::from_str(&text).expect("JSON");
        let text = |name: &str| value[name].as_str().expect("a text").to_owned();
        (text("id"), text("method"))
    }

    fn say(&self, text: impl Into<String>) {
        let text: String = text.into();
        self.to.send(Message::Text(text.into())).expect("sent");
    }

    fn answer(&self, id: &str, result: &Value) {
        self.say(jsonrpc::result(&Value::from(id), result));
    }
}

/// Says back what it is asked.
struct Echo;

#[async_trait]
impl RequestHandler for Echo {
    async fn opened(&self) {}

    async fn handle(&self, method: &str, params: Value) -> Result<Value, (i64, String)> {
        match method {
            "Echo" => Ok(params),
            _ => Err((-32601, "There is no such method.".to_owned())),
        }
    }
}

fn connected(gateway: &Gateway) -> Socket {
    let (ours, theirs) = sockets();
    let gateway = gateway.clone();
    let api_key = KeyId::parse("key_0123456789012345678901").expect("an id");
    tokio::spawn(async move { gateway.serve(&key(), api_key, ours, Arc::new(Echo)).await });
    theirs
}

fn asking(
    gateway: &Gateway,
    capability: Capability,
    id: &str,
) -> tokio::task::JoinHandle<Result<Value, PosError>> {
    let origin = Origin {
        request_id: id.to_owned(),
        ..Origin::default()
    };
    let request = Request::new(capability, &origin, &[("orderId", "1")]);
    let gateway = gateway.clone();
    tokio::spawn(async move { gateway.call(&key(), &request, Patience::Reconnect).await })
}

const READ: Capability = Capability::GetOrderById;
const RECORD: Capability = Capability::RecordOrderPaymentById;

#[tokio::test(start_paused = true)]
async fn many_requests_are_answered_in_any_order() {
    let gateway = Gateway::new();
    let mut pos = connected(&gateway);
    let ids = ["a", "b", "c"];
    let asking = ids.map(|id| asking(&gateway, READ, id));
    let mut asked = Vec::new();
    for _ in ids {
        asked.push(pos.asked().await);
    }
    for (id, method) in asked.iter().rev() {
        assert_eq!(method, "GetOrderByIdV1");
        pos.answer(id, &json!({ "id": id }));
    }
    for (id, asking) in ids.into_iter().zip(asking) {
        assert_eq!(asking.await.expect("an end"), Ok(json!({ "id": id })));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_answer_hurts_no_request() {
    let gateway = Gateway::new();
    let mut pos = connected(&gateway);
    let (one, two) = (asking(&gateway, READ, "one"), asking(&gateway, READ, "two"));
    pos.asked().await;
    pos.asked().await;
    pos.say("garbage");
    pos.say(" ".repeat(2 * 1024 * 1024));
    pos.answer("unknown", &json!({}));
    pos.to
        .send(Message::Binary(vec![1, 2].into()))
        .expect("sent");
    pos.answer("one", &json!({ "first": true }));
    pos.answer("one", &json!({ "first": false }));
    assert_eq!(one.await.expect("an end"), Ok(json!({ "first": true })));
    pos.answer("two", &json!({}));
    assert_eq!(two.await.expect("an end"), Ok(json!({})));
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_is_for_nobody_and_the_next_request_for_its_own() {
    let gateway = Gateway::new();
    let mut pos = connected(&gateway);
    let late = asking(&gateway, RECORD, "late").await.expect("an end");
    let error = late.expect_err("too late");
    assert!(error.may_have_happened(), "{error}");
    pos.asked().await;
    pos.answer("late", &json!({}));
    let next = asking(&gateway, RECORD, "next");
    pos.asked().await;
    pos.answer("next", &json!({ "is": "next" }));
    assert_eq!(next.await.expect("an end"), Ok(json!({ "is": "next" })));
}

#[tokio::test(start_paused = true)]
async fn a_request_waits_for_a_pos_that_connects_again() {
    let gateway = Gateway::new();
    let started = Instant::now();
    let failed = asking(&gateway, READ, "a").await.expect("an end");
    assert_eq!(
        failed,
        Err(PosError::NotSent("The POS is not connected.".to_owned()))
    );
    assert_eq!(started.elapsed().as_secs(), 10);
    let waiting = asking(&gateway, READ, "a");
    tokio::time::sleep(Duration::from_secs(9)).await;
    let mut pos = connected(&gateway);
    let (id, _) = pos.asked().await;
    pos.answer(&id, &json!({}));
    assert_eq!(waiting.await.expect("an end"), Ok(json!({})));
}

#[tokio::test(start_paused = true)]
async fn only_what_reads_is_sent_again_when_the_line_breaks() {
    let gateway = Gateway::new();
    let mut pos = connected(&gateway);
    let (reads, records) = (asking(&gateway, READ, "r"), asking(&gateway, RECORD, "p"));
    pos.asked().await;
    pos.asked().await;
    drop(pos);
    let error = records.await.expect("an end").expect_err("lost");
    assert!(error.may_have_happened(), "{error}");
    let mut pos = connected(&gateway);
    let (id, _) = pos.asked().await;
    assert_eq!(id, "r", "the same id");
    pos.answer(&id, &json!({}));
    assert_eq!(reads.await.expect("an end"), Ok(json!({})));
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_pinged_and_then_closed() {
    let gateway = Gateway::new();
    let mut pos = connected(&gateway);
    let started = Instant::now();
    assert!(matches!(pos.heard().await, Message::Ping(_)));
    assert_eq!(started.elapsed().as_secs(), 30);
    pos.to.send(Message::Pong(Vec::new().into())).expect("sent");
    assert!(matches!(pos.heard().await, Message::Ping(_)));
    assert_eq!(started.elapsed().as_secs(), 60);
    assert!(matches!(pos.heard().await, Message::Close(Some(_))));
    assert_eq!(started.elapsed().as_secs(), 70);
}

#[tokio::test(start_paused = true)]
async fn the_newest_connection_gets_the_requests() {
    let gateway = Gateway::new();
    let mut old = connected(&gateway);
    let first = asking(&gateway, READ, "a");
    old.asked().await;
    let mut new = connected(&gateway);
    let Message::Close(Some(frame)) = old.heard().await else {
        panic!("it is closed");
    };
    assert_eq!(frame.code, 4000);
    assert!(!frame.reason.is_empty());
    let (id, _) = new.asked().await;
    new.answer(&id, &json!({}));
    assert_eq!(first.await.expect("an end"), Ok(json!({})));
}

#[tokio::test(start_paused = true)]
async fn a_standby_takes_over_from_a_connection_that_is_gone_unnoticed() {
    let gateway = Gateway::new();
    let _old = connected(&gateway);
    tokio::task::yield_now().await;
    let mut routed = connected(&gateway);
    tokio::task::yield_now().await;
    let mut standby = connected(&gateway);
    let started = Instant::now();
    assert!(
        matches!(routed.heard().await, Message::Ping(_)),
        "there is probe"
    );
    let waiting = asking(&gateway, READ, "a");
    let (id, _) = standby.asked().await;
    assert_eq!(started.elapsed().as_secs(), 10);
    standby.answer(&id, &json!({}));
    assert_eq!(waiting.await.expect("an end"), Ok(json!({})));
}

#[tokio::test(start_paused = true)]
async fn a_connection_can_be_broken_to_see_whether_the_pos_returns() {
    let gateway = Gateway::new();
    assert_eq!(gateway.cut(&key(), Duration::from_secs(60)).await, None);
    let mut pos = connected(&gateway);
    tokio::task::yield_now().await;
    let cutting = {
        let gateway = gateway.clone();
        tokio::spawn(async move { gateway.cut(&key(), Duration::from_secs(60)).await })
    };
    assert!(matches!(pos.heard().await, Message::Close(Some(_))));
    let _back = connected(&gateway);
    let took = cutting.await.expect("an end");
    assert!(took.is_some_and(|took| took < Duration::from_secs(60)));
    assert_eq!(gateway.cut(&key(), Duration::from_secs(60)).await, None);
}

#[tokio::test(start_paused = true)]
async fn requests_of_the_pos_are_carried_out() {
    let gateway = Gateway::new();
    let mut pos = connected(&gateway);
    let ask = |id: &str, method: &str| pos.say(jsonrpc::request(id, method, &json!({ "a": 1 })));
    ask("1", "Echo");
    ask("2", "Unknown");
    let mut answers = Vec::new();
    for _ in 0..2 {
        let Message::Text(text) = pos.heard().await else {
            panic!("a text");
        };
        answers.push(jsonrpc::read(&text));
    }
    let echoed = jsonrpc::Message::Answer {
        id: "1".to_owned(),
        outcome: Outcome::Result(json!({ "a": 1 })),
    };
    assert!(answers.contains(&echoed), "{answers:?}");
}
