//! What an operator sees and sets: metrics, readiness, limits, open attempts.

use std::time::{Duration, Instant};

use serde_json::json;
use tatami_tests::{
    APPROVED, App, Card, DECLINED, Tatami, Till, booked, give, pay, pay_intent, unlinked_refund,
};

use crate::{captured, id};

/// How long something may take that happens by itself.
const PATIENCE: Duration = Duration::from_secs(20);
/// A card that the acquirer takes five seconds of account time over.
const SLOW: &str = "4456530000002151";

/// The value of a sample, by its name and everything in its braces that is
/// named here.
pub fn sample(metrics: &str, name: &str, labels: &[&str]) -> Option<f64> {
    let of_that_name = |line: &&str| {
        line.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with(['{', ' ']))
    };
    metrics
        .lines()
        .filter(of_that_name)
        .find(|line| labels.iter().all(|label| line.contains(label)))
        .and_then(|line| line.rsplit(' ').next()?.parse().ok())
}

/// Waits for something that another process is about to do.
pub async fn soon<F: Future<Output = bool>>(mut done: impl FnMut() -> F) {
    let until = Instant::now() + PATIENCE;
    while !done().await {
        assert!(Instant::now() < until, "it did not happen");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn metrics_count_what_happened() {
    let server = Tatami::start();
    let app = App::on(&server);
    captured(&app).await;
    let intent = app.create(json!({})).await;
    pay_intent(&app, &id(&intent), DECLINED).await;
    app.get("/nowhere").await.problem(404);

    let reply = app.metrics().await;
    assert!(reply.header("content-type").starts_with("text/plain"));
    let told = reply.text();
    let seen = |name: &str, labels: &[&str]| {
        sample(&told, name, labels).unwrap_or_else(|| panic!("{name} {labels:?}: {told}"))
    };
    let created = ["method=\"POST\"", "route=\"/payment-intents\"", "2xx"];
    assert_eq!(seen("tatami_http_request_seconds_count", &created), 2.0);
    let nowhere = ["route=\"(none)\"", "4xx"];
    assert_eq!(seen("tatami_http_request_seconds_count", &nowhere), 1.0);
    let calls = |outcome| seen("tatami_acquirer_calls_total", &["pay", outcome]);
    assert_eq!(calls("approved"), 1.0);
    assert_eq!(calls("declined"), 1.0);
    assert!(seen("tatami_store_commits_total", &["made"]) >= 6.0);
    assert!(seen("tatami_store_commits_per_transaction_count", &[]) >= 1.0);
    assert!(seen("tatami_http_connections", &[]) >= 1.0);
    assert!(seen("process_resident_memory_bytes", &[]) > 1e6);
    for none in [
        "tatami_attempts_open",
        "tatami_jobs_due",
        "tatami_deliveries_waiting",
        "tatami_mails_waiting",
    ] {
        assert_eq!(seen(none, &[]), 0.0, "{none}");
    }
    for secret in [&app.key, &id(&intent)] {
        assert!(!told.contains(secret.as_str()), "metrics name no secret");
    }
    // Where payers and shops come in, nobody is told.
    app.get("/metrics").await.problem(404);
}

#[tokio::test]
async fn every_documented_route_is_counted_by_its_name() {
    let server = Tatami::start();
    let app = App::on(&server);
    let document = app.stranger().get("/openapi.json").await.json();
    let paths = document["paths"].as_object().expect("paths");
    for (path, operations) in paths {
        let place = path.split('/').map(|part| match part.starts_with('{') {
            true => "1",
            false => part,
        });
        let place = place.collect::<Vec<_>>().join("/");
        for method in operations.as_object().expect("operations").keys() {
            let method = method.to_uppercase();
            let method = method.parse().expect("a method");
            app.stranger().request(method, &place).await;
        }
    }
    let told = app.metrics().await.text();
    for path in paths.keys() {
        let label = format!("route=\"{path}\"");
        let seen = sample(&told, "tatami_http_request_seconds_count", &[&label]);
        assert!(seen.is_some(), "{path}: {told}");
    }
}

#[tokio::test]
async fn deliveries_that_wait_are_counted_with_their_age() {
    let server = Tatami::start();
    let app = App::on(&server);
    let subscription = json!({
        "url": "http://127.0.0.1:9/nobody-listens",
        "events": ["payment_intent.created"],
    });
    app.send("/webhooks", subscription).await.expect(200);
    app.create(json!({})).await;
    soon(|| async {
        let told = app.metrics().await.text();
        sample(&told, "tatami_webhook_attempts_total", &["retry"]).is_some()
            && sample(&told, "tatami_deliveries_waiting", &[]) == Some(1.0)
    })
    .await;
    let told = app.metrics().await.text();
    let age = sample(&told, "tatami_deliveries_oldest_seconds", &[]);
    assert!(age.is_some_and(|age| age < 3600.0), "{age:?}");
}

#[tokio::test]
async fn metrics_have_an_address_of_their_own() {
    for arguments in [&[][..], &["--metrics-listen", "127.0.0.1:0"]] {
        let server = Tatami::start_with(arguments);
        let mut there = App::on(&server).stranger();
        assert!(server.metrics().starts_with("http://127.0.0.1:"));
        let told = there.metrics().await;
        assert_eq!(told.header("cache-control"), "no-store");
        assert!(sample(&told.text(), "tatami_up", &[]) == Some(1.0));
        there.get("/metrics").await.problem(404);
        there.base = server.metrics().trim_end_matches("/metrics").to_owned();
        assert_eq!(there.get("/payment-intents").await.status, 404);
    }
}

#[tokio::test]
async fn metrics_can_be_off() {
    let server = Tatami::start_with(&["--metrics-listen", "off"]);
    let app = App::on(&server);
    assert_eq!(server.metrics(), "");
    app.get("/metrics").await.problem(404);
    assert!(!server.output().contains("metrics on"));
}

#[tokio::test]
async fn a_program_that_is_told_to_stop_says_so_first() {
    let server = Tatami::start_with(&["--drain-delay", "3600"]);
    let app = App::on(&server);
    app.get("/readyz").await.expect(200);
    server.signal("TERM");
    soon(|| async { app.get("/readyz").await.status == 503 }).await;
    app.get("/readyz").await.problem(503);
    // Who has not looked yet is still served.
    app.get("/healthz").await.expect(200);
    captured(&app).await;
}

#[tokio::test]
async fn a_key_that_asks_too_fast_is_told_when_to_come_back() {
    let server = Tatami::start_with(&["--rate-per-key", "3"]);
    let app = App::on(&server);
    let mut turned_away = None;
    for _ in 0..100 {
        let reply = app.get("/webhooks").await;
        if reply.status == 429 {
            turned_away = Some(reply);
            break;
        }
        reply.expect(200);
    }
    let reply = turned_away.expect("three a second are all");
    reply.problem(429);
    let wait: u64 = reply.header("retry-after").parse().expect("seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    App::on(&server).get("/webhooks").await.expect(200);
    // Payers hold no key.
    app.stranger().get("/docs/test-cards").await;
    app.get("/healthz").await.expect(200);
}

#[tokio::test]
async fn more_requests_than_have_turns_are_refused_at_once() {
    let server = Tatami::start_with(&["--max-requests", "1"]);
    let app = App::on(&server);
    // One of so many side by side finds the turn taken, sooner or later.
    let mut refused = None;
    while refused.is_none() {
        let asked = (0..64).map(|n| {
            let app = app.clone();
            tokio::spawn(async move {
                match n % 2 {
                    0 => app.get("/webhooks").await,
                    _ => app.send("/payment-intents/search", json!({})).await,
                }
            })
        });
        for reply in asked.collect::<Vec<_>>() {
            let reply = reply.await.expect("an answer");
            if reply.status == 503 {
                refused = Some(reply);
            }
        }
    }
    let refused = refused.expect("refused");
    assert_eq!(
        refused.problem(503)["detail"],
        "Too many requests. Try again in a moment."
    );
    assert_eq!(refused.header("retry-after"), "1");
    let told = app.metrics().await.text();
    let busy = sample(&told, "tatami_http_turned_away_total", &["busy"]);
    assert!(busy.is_some_and(|n| n >= 1.0), "{busy:?}");
    app.get("/webhooks").await.expect(200);
}

#[tokio::test]
async fn who_waits_for_an_acquirer_keeps_out_only_those_who_would_wait_for_it_too() {
    // As many may wait for an acquirer.
    let server = Tatami::start_with(&["--max-requests", "1"]);
    let app = App::on(&server);
    let bought = captured(&app).await;
    let intent = id(&app.create(json!({})).await);
    let secret = app.secret(&intent).await;
    let paying = tokio::spawn({
        let app = app.clone();
        async move { pay(&app, &secret, Card::new(SLOW)).await }
    });
    soon(|| async { !open(&server).is_empty() }).await;
    app.get("/webhooks").await.expect(200);
    let other = id(&app.create(json!({})).await);
    let other_secret = app.secret(&other).await;
    let refused = pay(&app, &other_secret, APPROVED).await;
    assert_eq!(refused.code, 503, "{}", refused.answer);
    let refund = format!("/payment-intents/{bought}/refunds");
    let wish = json!({ "amount": 1, "refundReason": "One too many" });
    let refused = app.send(&refund, wish.clone()).key("a").await;
    refused.problem(503);
    assert_eq!(refused.header("retry-after"), "1");
    assert!(!paying.is_finished(), "it was answered meanwhile");

    app.advance("0.00:00:06").await;
    let paid = paying.await.expect("an answer");
    assert_eq!(paid.code, 0, "{}", paid.answer);
    assert_eq!(app.intent(&intent).await["status"], "Captured");
    // Nothing was done: the same secret still pays.
    let paid = pay(&app, &other_secret, APPROVED).await;
    assert_eq!(paid.code, 0, "{}", paid.answer);
    app.send(&refund, wish).key("a").await.expect(200);
    let told = app.metrics().await.text();
    let turned_away = sample(&told, "tatami_http_turned_away_total", &["acquirer"]);
    assert_eq!(turned_away, Some(2.0));
}

#[tokio::test]
async fn an_open_attempt_is_listed_while_it_is_open() {
    let server = Tatami::start();
    let app = App::on(&server);
    let intent = id(&app.create(json!({})).await);
    let paying = tokio::spawn({
        let (app, intent) = (app.clone(), intent.clone());
        async move { pay_intent(&app, &intent, Card::new(SLOW)).await }
    });
    soon(|| async { !open(&server).is_empty() }).await;
    let listed = open(&server);
    assert!(listed.contains(&intent), "{listed}");
    assert!(listed.contains("pay"), "{listed}");
    let told = app.metrics().await.text();
    assert_eq!(sample(&told, "tatami_attempts_open", &[]), Some(1.0));

    app.advance("0.00:00:06").await;
    let paid = paying.await.expect("paid");
    assert_eq!(paid["status"], "Captured", "{paid}");
    assert_eq!(open(&server), "");
}

#[tokio::test]
async fn an_open_verification_is_listed_while_it_is_open() {
    let server = Tatami::start();
    let app = App::on(&server);
    let setup = app.setup(json!({})).await;
    let secret = setup["clientSessionSecret"].as_str().expect("a secret");
    let giving = tokio::spawn({
        let (app, secret) = (app.clone(), secret.to_owned());
        async move { give(&app, &secret, Card::new(SLOW), true).await }
    });
    soon(|| async { !open(&server).is_empty() }).await;
    let listed = open(&server);
    assert_eq!(listed.lines().count(), 1, "{listed}");
    assert!(
        listed.contains(&format!("  {}  verify  att_", id(&setup))),
        "{listed}"
    );
    assert!(listed.contains("waiting"), "{listed}");
    let told = app.metrics().await.text();
    assert_eq!(sample(&told, "tatami_attempts_open", &[]), Some(1.0));

    app.advance("0.00:00:06").await;
    giving.await.expect("given").expect(200);
    assert_eq!(app.setup_now(&id(&setup)).await["status"], "Authorized");
    assert_eq!(open(&server), "");
    let told = app.metrics().await.text();
    assert_eq!(sample(&told, "tatami_attempts_open", &[]), Some(0.0));
}

#[tokio::test]
async fn an_open_unlinked_refund_is_listed_until_it_is_known() {
    let server = Tatami::start();
    let till = Till {
        app: App::on(&server),
    };
    // The machine's line breaks while it asks, and for a while after that
    // nobody knows what became of it.
    let session = till.start("TIP0", unlinked_refund(800)).await;
    assert_eq!(open(&server), "");
    soon(|| async {
        till.app.advance("0.00:00:01").await;
        till.status(&session).await == "Expired"
    })
    .await;
    let listed = open(&server);
    assert_eq!(listed.lines().count(), 1, "{listed}");
    assert!(
        listed.contains(&format!("  {session}  unlinked-refund  att_")),
        "{listed}"
    );
    assert!(listed.contains("waiting"), "{listed}");

    till.app.advance("0.00:00:23").await;
    let listed = open(&server);
    assert!(
        listed.contains(&session) && listed.contains("unknown"),
        "{listed}"
    );
    let told = till.app.metrics().await.text();
    assert_eq!(sample(&told, "tatami_attempts_open", &[]), Some(1.0));
    let oldest = sample(&told, "tatami_attempts_oldest_seconds", &[]);
    assert!(oldest.is_some_and(|age| age > 30.0), "{oldest:?}");

    till.app.advance("0.00:00:10").await;
    assert_eq!(open(&server), "");
    assert_eq!(booked(&till.app.books().await, "credit"), 0);
}

/// What `attempts list` says on standard output and error, without its count.
fn open(server: &Tatami) -> String {
    let mut arguments = vec!["attempts", "list"];
    arguments.extend(server.place());
    let exit = tatami_tests::run(arguments);
    assert!(exit.status.success(), "{}", exit.output);
    let lines = exit.output.lines().filter(|l| !l.ends_with(" open"));
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_program_that_cannot_write_is_not_ready() {
    let server = Tatami::start_on_kind(tatami_tests::Kind::Sqlite, &[]);
    let app = App::on(&server);
    app.get("/readyz").await.expect(200);
    // As when the disk is full: no file grows, and none is written to beyond that.
    server.limit_files(Some(0));
    soon(|| async { app.get("/readyz").await.status == 503 }).await;
    app.get("/readyz").await.problem(503);
    app.get("/healthz").await.expect(200);
    server.limit_files(None);
    soon(|| async { app.get("/readyz").await.status == 200 }).await;
    app.create(json!({})).await;
}

#[tokio::test]
async fn no_answer_of_the_api_is_kept_by_anybody_between() {
    let app = App::new();
    let intent = app.create(json!({})).await;
    let hook = json!({ "events": ["payment_intent.created"], "url": "https://example.com/" });
    for reply in [
        app.get(&format!("/payment-intents/{}", id(&intent))).await,
        app.stranger()
            .get(&format!("/payment-intents/public/{}", id(&intent)))
            .await,
        app.send("/webhooks", hook).await,
        app.post(&format!(
            "/customers/{}/create-secret",
            crate::customers::customer(&app).await
        ))
        .await,
        app.stranger().get("/webhooks").await,
        app.get("/nowhere").await,
        app.get("/healthz").await,
    ] {
        assert_eq!(reply.header("cache-control"), "no-store", "{}", reply.url);
    }
    let style = app.stranger().get("/assets/nothing.css").await;
    assert_eq!(style.status, 404);
}
