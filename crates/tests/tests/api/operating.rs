//! What an operator sees and sets: metrics, readiness, limits, open attempts.

use std::io::{Read, Write};
use std::net::TcpStream;
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
fn sample(metrics: &str, name: &str, labels: &[&str]) -> Option<f64> {
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

/// A connection of our own, to send what a good client would not.
fn connect(app: &App) -> TcpStream {
    let address = app.base.trim_start_matches("http://");
    let stream = TcpStream::connect(address).expect("a connection");
    stream
        .set_read_timeout(Some(PATIENCE))
        .expect("a time limit");
    stream
}

/// Reads until what came holds `end`, or the connection is over.
fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let (mut all, mut part) = (String::new(), [0; 4096]);
    while !all.contains(end) {
        match stream.read(&mut part).expect("an answer in time") {
            0 => break,
            n => all.push_str(&String::from_utf8_lossy(&part[..n])),
        }
    }
    all
}

/// Waits for something that another process is about to do.
async fn soon<F: Future<Output = bool>>(mut done: impl FnMut() -> F) {
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

    let reply = app.stranger().get("/metrics").await;
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
        "tatami_timers_due",
        "tatami_deliveries_waiting",
        "tatami_mails_waiting",
    ] {
        assert_eq!(seen(none, &[]), 0.0, "{none}");
    }
    for secret in [&app.key, &app.account, &id(&intent)] {
        assert!(!told.contains(secret.as_str()), "metrics name nobody");
    }
    // Whoever comes through a proxy is not on this machine.
    let proxied = app.stranger().get("/metrics");
    proxied
        .header("x-forwarded-for", "203.0.113.7")
        .await
        .problem(403);
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
    let told = app.stranger().get("/metrics").await.text();
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
        let told = app.get("/metrics").await.text();
        sample(&told, "tatami_webhook_attempts_total", &["retry"]).is_some()
            && sample(&told, "tatami_deliveries_waiting", &[]) == Some(1.0)
    })
    .await;
    let told = app.get("/metrics").await.text();
    let age = sample(&told, "tatami_deliveries_oldest_seconds", &[]);
    assert!(age.is_some_and(|age| age < 3600.0), "{age:?}");
}

#[tokio::test]
async fn metrics_can_have_an_address_of_their_own() {
    let server = Tatami::start_with(&["--metrics-listen", "127.0.0.1:0"]);
    let app = App::on(&server);
    let output = server.output();
    let address = output
        .split_whitespace()
        .find_map(|word| word.strip_prefix("address="))
        .unwrap_or_else(|| panic!("{output}"));
    let mut there = app.stranger();
    there.base = format!("http://{address}");
    let told = there.get("/metrics").header("x-forwarded-for", "::1").await;
    assert!(sample(&told.text(), "tatami_up", &[]) == Some(1.0));
    assert_eq!(there.get("/payment-intents").await.status, 404);
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
async fn what_is_too_much_at_once_is_refused_before_it_is_read() {
    let server = Tatami::start_with(&["--max-requests", "1"]);
    let app = App::on(&server);
    let mut slow = connect(&app);
    let body = r#"{"amount":{"value":1000,"currencyCode":"GBP"},"reference":"Slow"}"#;
    let head = format!(
        "POST /payment-intents HTTP/1.1\r\nhost: here\r\nauthorization: Basic {}\r\n\
         version: 2026-02-27\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         expect: 100-continue\r\n\r\n",
        app.key,
        body.len()
    );
    slow.write_all(head.as_bytes()).expect("sent");
    // Whoever is asked for its body has been let in.
    let asked = read_until(&mut slow, "\r\n\r\n");
    assert!(asked.starts_with("HTTP/1.1 100"), "{asked}");
    app.get("/webhooks").await.problem(503);
    let refused = app.get("/webhooks").await;
    refused.problem(503);
    assert_eq!(refused.header("retry-after"), "1");
    app.get("/healthz").await.expect(200);
    let told = app.get("/metrics").await.text();
    let busy = sample(&told, "tatami_http_turned_away_total", &["busy"]);
    assert!(busy.is_some_and(|n| n >= 2.0), "{busy:?}");

    // The one that was let in is served, and then there is room again.
    slow.write_all(body.as_bytes()).expect("sent");
    let answer = read_until(&mut slow, "Slow");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    soon(|| async { app.get("/webhooks").await.status == 200 }).await;
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
    let told = app.get("/metrics").await.text();
    let turned_away = sample(&told, "tatami_http_turned_away_total", &["acquirer"]);
    assert_eq!(turned_away, Some(2.0));
}

#[tokio::test]
async fn connections_beyond_the_limit_wait() {
    let server = Tatami::start_with(&["--max-connections", "1"]);
    let app = App::with_key(&server, "");
    let ask = b"GET /healthz HTTP/1.1\r\nhost: here\r\n\r\n";
    let mut first = connect(&app);
    first.write_all(ask).expect("sent");
    assert!(read_until(&mut first, "\"ok\"").starts_with("HTTP/1.1 200"));
    let mut second = connect(&app);
    second.write_all(ask).expect("sent");
    second.set_nonblocking(true).expect("a socket");
    let unanswered = second.read(&mut [0; 1]).expect_err("nobody answers yet");
    assert_eq!(unanswered.kind(), std::io::ErrorKind::WouldBlock);
    second.set_nonblocking(false).expect("a socket");
    drop(first);
    assert!(read_until(&mut second, "\"ok\"").starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let app = App::new();
    let mut stream = connect(&app);
    let endless = format!("GET / HTTP/1.1\r\nx: {}", "a".repeat(70_000));
    // It may be cut off before all of it is sent.
    let _ = stream.write_all(endless.as_bytes());
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all);
    let answer = String::from_utf8_lossy(&all).into_owned();
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 431"),
        "{answer}"
    );
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
    let told = app.get("/metrics").await.text();
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
    let told = app.get("/metrics").await.text();
    assert_eq!(sample(&told, "tatami_attempts_open", &[]), Some(1.0));

    app.advance("0.00:00:06").await;
    giving.await.expect("given").expect(200);
    assert_eq!(app.setup_now(&id(&setup)).await["status"], "Authorized");
    assert_eq!(open(&server), "");
    let told = app.get("/metrics").await.text();
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
    let told = till.app.get("/metrics").await.text();
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
