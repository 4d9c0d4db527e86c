//! Webhooks against receivers on this machine.

#![allow(
    clippy::expect_used,
    reason = "a failed expectation is how a test fails"
)]

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::post;
use common::{AHEAD, SECRET, bench, event, receiver, scope, subscription};
use tatami_core::id::Environment;
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_delivery::{MAX_ATTEMPTS, signature};
use tatami_engine::ports::clock::Clock;
use tatami_engine::ports::delivery::ATTEMPT_TIMEOUT;
use tatami_engine::ports::store::AfterAttempt;

/// A receiver that always answers so.
fn answering(status: StatusCode, body: &'static str) -> Router {
    Router::new().route("/hook", post(move || async move { (status, body) }))
}

/// A receiver that never answers.
fn silent() -> Router {
    Router::new().route("/hook", post(std::future::pending::<StatusCode>))
}

/// A retry that is due after that many seconds of account time, a tenth more or less.
fn is_retry_after(next: AfterAttempt, at: Timestamp, seconds: i64) -> bool {
    let AfterAttempt::RetryAt(due) = next else {
        return false;
    };
    let waits = due.duration_since(at).as_secs();
    (seconds * 9 / 10..=seconds * 11 / 10).contains(&waits)
}

#[tokio::test]
async fn a_delivery_is_signed_over_its_exact_bytes() {
    let seen = Arc::new(Mutex::new(Vec::<(HeaderMap, Bytes)>::new()));
    let log = seen.clone();
    let url = receiver(Router::new().route(
        "/hook",
        post(move |headers: HeaderMap, body: Bytes| async move {
            log.lock().expect("log").push((headers, body));
            (StatusCode::ACCEPTED, "thank you")
        }),
    ))
    .await;
    let bench = bench(ATTEMPT_TIMEOUT);
    let subscription = subscription(1, &url);
    let sent = event(&subscription.scope).payload();
    let attempt = bench.attempt(&subscription, 0).await;

    let seen = seen.lock().expect("log");
    let [(headers, body)] = seen.as_slice() else {
        panic!("one request, not {}", seen.len());
    };
    assert_eq!(body, sent.as_bytes());
    assert_eq!(
        headers["dojo-signature"],
        signature(sent.as_bytes(), SECRET)
    );
    assert_eq!(headers[header::CONTENT_TYPE], "application/json");
    assert!(
        headers[header::USER_AGENT]
            .to_str()
            .expect("text")
            .starts_with("Tatami/")
    );
    assert_eq!(attempt.status, Some(202));
    assert_eq!(attempt.answer, "thank you");
    assert_eq!(attempt.next, AfterAttempt::Delivered);
    assert_eq!(attempt.at, bench.clock.now() + AHEAD);
}

#[tokio::test]
async fn a_failing_receiver_is_tried_eight_times_over_about_a_day() {
    let url = receiver(answering(StatusCode::INTERNAL_SERVER_ERROR, "out of order")).await;
    let bench = bench(ATTEMPT_TIMEOUT);
    let subscription = subscription(1, &url);
    let start = bench.clock.now();

    for (made, wait) in (0..).zip([5, 30, 300, 1_800, 7_200, 21_600, 43_200]) {
        let attempt = bench.attempt(&subscription, made).await;
        assert_eq!(
            (attempt.status, attempt.answer.as_str()),
            (Some(500), "out of order")
        );
        let next = attempt.next;
        assert!(is_retry_after(next, attempt.at, wait), "{made}: {next:?}");
        bench
            .clock
            .advance(SignedDuration::from_secs(wait * 11 / 10));
    }
    let last = bench.attempt(&subscription, MAX_ATTEMPTS - 1).await;
    assert_eq!(last.next, AfterAttempt::GaveUp);
    let hours = bench.clock.now().duration_since(start).as_hours();
    assert!((18..=24).contains(&hours), "{hours} hours");
}

#[tokio::test]
async fn redirects_are_not_followed_and_count_as_failures() {
    let followed = Arc::new(AtomicUsize::new(0));
    let count = followed.clone();
    let elsewhere = receiver(Router::new().route(
        "/hook",
        post(move || async move {
            count.fetch_add(1, Ordering::SeqCst);
        }),
    ))
    .await;
    let url = receiver(Router::new().route(
        "/hook",
        post(move || async move {
            (
                StatusCode::TEMPORARY_REDIRECT,
                [(header::LOCATION, elsewhere)],
            )
        }),
    ))
    .await;
    let bench = bench(ATTEMPT_TIMEOUT);
    let attempt = bench.attempt(&subscription(1, &url), 0).await;
    assert_eq!(attempt.status, Some(307));
    assert!(is_retry_after(attempt.next, attempt.at, 5));
    assert_eq!(followed.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_times_out() {
    let bench = bench(Duration::from_millis(100));
    let url = receiver(silent()).await;
    let attempt = bench.attempt(&subscription(1, &url), 0).await;
    assert_eq!(attempt.status, None);
    assert_eq!(attempt.answer, "No answer within 100ms.");
    assert!(attempt.took_ms >= 100);
    assert!(is_retry_after(attempt.next, attempt.at, 5));
}

#[tokio::test]
async fn only_the_beginning_of_an_answer_is_kept() {
    let long = Router::new().route("/hook", post(|| async { "é".repeat(100_000) }));
    let url = receiver(long).await;
    let bench = bench(ATTEMPT_TIMEOUT);
    let attempt = bench.attempt(&subscription(1, &url), 0).await;
    assert_eq!(attempt.answer, "é".repeat(256));
    assert_eq!(attempt.next, AfterAttempt::Delivered);
}

#[tokio::test]
async fn production_does_not_deliver_to_private_addresses() {
    let reached = Arc::new(AtomicUsize::new(0));
    let count = reached.clone();
    let url = receiver(Router::new().route(
        "/hook",
        post(move || async move {
            count.fetch_add(1, Ordering::SeqCst);
        }),
    ))
    .await;
    let bench = bench(ATTEMPT_TIMEOUT);
    let private = [
        url.clone(),
        url.replace("http:", "https:"),
        url.replace("http://127.0.0.1", "https://localhost"),
        "https://169.254.169.254/latest/meta-data".to_owned(),
    ];
    for url in &private {
        let mut subscription = subscription(1, url);
        subscription.scope = scope(Environment::Production);
        let attempt = bench.attempt(&subscription, 0).await;
        assert_eq!(attempt.status, None, "{url}");
        assert!(attempt.answer.starts_with("The Url must "), "{attempt:?}");
        assert!(is_retry_after(attempt.next, attempt.at, 5));
    }
    assert_eq!(reached.load(Ordering::SeqCst), 0);
}
