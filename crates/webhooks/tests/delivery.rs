//! The dispatcher against receivers on this machine.

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
use common::{AHEAD, SECRET, bench, receiver, scope, subscription};
use tatami_core::id::Environment;
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_engine::ports::clock::Clock;
use tatami_engine::ports::courier::Courier;
use tatami_engine::ports::store::AfterAttempt;
use tatami_webhooks::{Limits, MAX_ATTEMPTS, signature};
use tokio::sync::{Notify, oneshot};

const BODY: &str = r#"{"id":"evt_1","event":"payment_intent.created"}"#;

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
    let bench = bench(Limits::default());
    bench.queue.add(&subscription(1, &url), BODY);

    let sandbox = scope(Environment::Sandbox);
    assert_eq!(bench.dispatcher.deliver_due(&sandbox).await, 1);
    assert_eq!(bench.dispatcher.deliver_due(&sandbox).await, 0);

    let seen = seen.lock().expect("log");
    let [(headers, body)] = seen.as_slice() else {
        panic!("one request, not {}", seen.len());
    };
    assert_eq!(body, BODY.as_bytes());
    assert_eq!(
        headers["dojo-signature"],
        signature(BODY.as_bytes(), SECRET)
    );
    assert_eq!(headers[header::CONTENT_TYPE], "application/json");
    assert!(
        headers[header::USER_AGENT]
            .to_str()
            .expect("text")
            .starts_with("Tatami/")
    );
    let attempts = bench.queue.attempts();
    let (_, attempt) = &attempts[0];
    assert_eq!(attempt.status, Some(202));
    assert_eq!(attempt.answer, "thank you");
    assert_eq!(attempt.next, AfterAttempt::Delivered);
    assert_eq!(attempt.at, bench.clock.now() + AHEAD);
}

#[tokio::test]
async fn a_failing_receiver_is_tried_eight_times_over_about_a_day() {
    let url = receiver(answering(StatusCode::INTERNAL_SERVER_ERROR, "out of order")).await;
    let bench = bench(Limits::default());
    bench.queue.add(&subscription(1, &url), BODY);
    let sandbox = scope(Environment::Sandbox);
    let start = bench.clock.now();

    for (made, wait) in (1..).zip([5, 30, 300, 1_800, 7_200, 21_600, 43_200]) {
        assert_eq!(bench.dispatcher.deliver_due(&sandbox).await, 1);
        assert_eq!(
            bench.dispatcher.deliver_due(&sandbox).await,
            0,
            "not before it is due"
        );
        let attempts = bench.queue.attempts();
        assert_eq!(attempts.len(), made);
        let (_, last) = &attempts[made - 1];
        assert_eq!(
            (last.status, last.answer.as_str()),
            (Some(500), "out of order")
        );
        assert!(
            is_retry_after(last.next, last.at, wait),
            "{made}: {:?}",
            last.next
        );
        bench
            .clock
            .advance(SignedDuration::from_secs(wait * 11 / 10));
    }
    assert_eq!(bench.dispatcher.deliver_due(&sandbox).await, 1);
    let attempts = bench.queue.attempts();
    assert_eq!(attempts.len(), MAX_ATTEMPTS as usize);
    assert_eq!(
        attempts.last().map(|(_, a)| a.next),
        Some(AfterAttempt::GaveUp)
    );
    let hours = bench.clock.now().duration_since(start).as_hours();
    assert!((18..=24).contains(&hours), "{hours} hours");

    bench.clock.advance(SignedDuration::from_hours(1_000));
    assert_eq!(bench.dispatcher.deliver_due(&sandbox).await, 0);
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
    let bench = bench(Limits::default());
    bench.queue.add(&subscription(1, &url), BODY);
    bench
        .dispatcher
        .deliver_due(&scope(Environment::Sandbox))
        .await;
    let (_, attempt) = bench.queue.attempts().remove(0);
    assert_eq!(attempt.status, Some(307));
    assert!(is_retry_after(attempt.next, attempt.at, 5));
    assert_eq!(followed.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_times_out() {
    let bench = bench(Limits {
        timeout: Duration::from_millis(100),
        ..Limits::default()
    });
    let url = receiver(silent()).await;
    bench.queue.add(&subscription(1, &url), BODY);
    bench
        .dispatcher
        .deliver_due(&scope(Environment::Sandbox))
        .await;
    let (_, attempt) = bench.queue.attempts().remove(0);
    assert_eq!(attempt.status, None);
    assert_eq!(attempt.answer, "No answer within 100ms.");
    assert!(attempt.took_ms >= 100);
    assert!(is_retry_after(attempt.next, attempt.at, 5));
}

#[tokio::test]
async fn only_the_beginning_of_an_answer_is_kept() {
    let long = Router::new().route("/hook", post(|| async { "é".repeat(100_000) }));
    let url = receiver(long).await;
    let bench = bench(Limits::default());
    bench.queue.add(&subscription(1, &url), BODY);
    bench
        .dispatcher
        .deliver_due(&scope(Environment::Sandbox))
        .await;
    let (_, attempt) = bench.queue.attempts().remove(0);
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
    let bench = bench(Limits::default());
    let production = scope(Environment::Production);
    let private = [
        url.clone(),
        url.replace("http:", "https:"),
        url.replace("http://127.0.0.1", "https://localhost"),
        "https://169.254.169.254/latest/meta-data".to_owned(),
    ];
    for url in &private {
        let mut subscription = subscription(1, url);
        subscription.scope = production.clone();
        bench.queue.add(&subscription, BODY);
    }
    assert_eq!(
        bench.dispatcher.deliver_due(&production).await,
        private.len()
    );
    for (id, attempt) in bench.queue.attempts() {
        assert_eq!(attempt.status, None, "{id}");
        assert!(attempt.answer.starts_with("The Url must "), "{attempt:?}");
        assert!(is_retry_after(attempt.next, attempt.at, 5));
    }
    assert_eq!(reached.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_slow_receiver_does_not_hold_up_others() {
    let slow = receiver(silent()).await;
    let quick = receiver(answering(StatusCode::OK, "")).await;
    // The slow receiver's backlog alone would fill every batch, and more.
    let bench = bench(Limits {
        in_flight: 4,
        per_subscription: 2,
        batch: 4,
        poll: Duration::from_secs(3_600),
        ..Limits::default()
    });
    for _ in 0..50 {
        bench.queue.add(&subscription(1, &slow), BODY);
    }
    let quick_ones: Vec<i64> = (0..50)
        .map(|_| bench.queue.add(&subscription(2, &quick), BODY))
        .collect();

    let (stop, stopped) = oneshot::channel::<()>();
    let dispatcher = bench.dispatcher.clone();
    let running = tokio::spawn(async move {
        dispatcher
            .run(async {
                let _ = stopped.await;
            })
            .await;
    });
    let mut delivered: Vec<i64> = bench.queue.wait_for(50).await.iter().map(|a| a.0).collect();
    delivered.sort_unstable();
    assert_eq!(delivered, quick_ones);
    running.abort();
    drop(stop);
}

#[tokio::test]
async fn the_loop_wakes_for_new_events_and_ends_what_is_under_way() {
    let (entered, leave) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (enters, leaves) = (entered.clone(), leave.clone());
    let url = receiver(Router::new().route(
        "/hook",
        post(move || async move {
            enters.notify_one();
            leaves.notified().await;
        }),
    ))
    .await;
    let bench = bench(Limits {
        poll: Duration::from_secs(3_600),
        ..Limits::default()
    });
    let (stop, stopped) = oneshot::channel::<()>();
    let dispatcher = bench.dispatcher.clone();
    let running = tokio::spawn(async move {
        dispatcher
            .run(async {
                let _ = stopped.await;
            })
            .await;
    });

    bench.queue.add(&subscription(1, &url), BODY);
    bench.wake.notify_one();
    entered.notified().await;
    stop.send(()).expect("it runs");
    leave.notify_one();
    running.await.expect("it ended");
    let (_, attempt) = bench.queue.attempts().remove(0);
    assert_eq!(attempt.next, AfterAttempt::Delivered);
}
