//! Whatever one program did, the others know and do not do again.

use std::collections::HashMap;
use std::time::Instant;

use serde_json::{Value, json};
use tatami_tests::{
    APPROVED, App, Browser, CHALLENGED, Delivery, PATIENCE, Receiver, Tatami, Till, booked,
    cluster, complete, pay, prove, run,
};

use crate::{Nodes, PUBLIC_URL, id, payments_sent};

const CREATED: &str = "payment_intent.created";
const UPDATED: &str = "payment_intent.status_updated";

fn manual() -> Value {
    json!({
        "captureMode": "Manual", "autoExpireIn": "6.00:00:00", "autoExpireAction": "Release",
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_goes_on_at_whichever_program_is_asked() {
    let nodes = Nodes::start();
    let other = nodes.another();
    let one = App::on(&nodes.first);
    let two = one.moved_to(&other);
    let intent = id(&one.create(manual()).await);
    let secret = two.secret(&intent).await;
    pay(&one, &secret, APPROVED).await;
    assert_eq!(two.status(&intent).await, "Authorized");
    let path = format!("/payment-intents/{intent}");
    for (app, operation, amount) in [
        (&two, "captures", 600),
        (&one, "captures", 400),
        (&two, "refunds", 700),
        (&one, "refunds", 300),
    ] {
        let path = format!("{path}/{operation}");
        let done = app
            .send(&path, json!({ "amount": amount }))
            .key(&format!("{operation}{amount}"));
        done.await.expect(200);
    }
    assert_eq!(one.intent(&intent).await, two.intent(&intent).await);
    assert_eq!(one.status(&intent).await, "Refunded");
    let books = one.books().await;
    assert_eq!(books, two.books().await);
    assert_eq!(booked(&books, "capture"), 1000);
    assert_eq!(booked(&books, "refund"), 1000);

    // A challenge that is asked for at one is passed at the other.
    let intent = id(&one.create(json!({})).await);
    let secret = one.secret(&intent).await;
    let mut challenge = pay(&one, &secret, CHALLENGED).await.answer;
    let bank = challenge["stepUpUrl"].as_str().expect("a URL");
    challenge["stepUpUrl"] = json!(bank.strip_prefix(PUBLIC_URL).expect("ours"));
    let proof = prove(&two, &challenge, "approve").await;
    complete(&two, &secret, &challenge, &proof).await;
    assert_eq!(one.status(&intent).await, "Captured");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_means_one_request_at_all_programs() {
    let nodes = Nodes::start();
    let other = nodes.another();
    let one = App::on(&nodes.first);
    let two = one.moved_to(&other);
    let order = |reference: &str| {
        let amount = json!({ "value": 1000, "currencyCode": "GBP" });
        json!({ "amount": amount, "reference": reference })
    };
    let first = one.send("/payment-intents", order("A")).key("one").await;
    first.expect(200);
    let again = two.send("/payment-intents", order("A")).key("one").await;
    assert_eq!(again.text(), first.text());
    two.send("/payment-intents", order("B"))
        .key("one")
        .await
        .problem(409);

    // Both at the same moment: one is done, the other tells the same or to wait.
    for round in 0..20 {
        let key = format!("both {round}");
        let (a, b) = tokio::join!(
            one.send("/payment-intents", order(&key)).key(&key),
            two.send("/payment-intents", order(&key)).key(&key),
        );
        let mut done: Vec<_> = [a, b]
            .into_iter()
            .filter(|reply| reply.status != 409)
            .collect();
        assert!(!done.is_empty(), "nobody was answered");
        let told = done.pop().expect("one").expect(200);
        for twin in done {
            assert_eq!(twin.expect(200), told);
        }
        let again = two.send("/payment-intents", order(&key)).key(&key).await;
        assert_eq!(again.expect(200), told);
    }
    let found = one
        .send("/payment-intents/search", json!({}))
        .await
        .expect(200);
    let all = found["data"].as_array().expect("a list");
    assert_eq!(all.len(), 21, "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn money_moves_once_when_programs_race() {
    let nodes = Nodes::start();
    let other = nodes.another();
    let one = App::on(&nodes.first);
    let two = one.moved_to(&other);
    for _ in 0..10 {
        let intent = id(&one.create(json!({})).await);
        let secret = one.secret(&intent).await;
        // The same session is used at both.
        let path = format!("/connect-e/api/payments/{secret}");
        let (payer, twin) = (one.stranger(), two.stranger());
        tokio::join!(
            payer.send(&path, APPROVED.body()),
            twin.send(&path, APPROVED.body())
        );
        assert_eq!(two.status(&intent).await, "Captured");
        let path = format!("/payment-intents/{intent}/refunds");
        let (a, b) = tokio::join!(
            one.send(&path, json!({ "amount": 700 })).key("one"),
            two.send(&path, json!({ "amount": 700 })).key("two"),
        );
        let done = [&a, &b].iter().filter(|reply| reply.status == 200).count();
        assert!(done <= 1, "{} {}", a.text(), b.text());
        let refunded = one.intent(&intent).await["refundedAmount"].as_i64();
        assert_eq!(
            refunded.unwrap_or(0),
            700 * i64::try_from(done).expect("few")
        );
    }
    let books = two.books().await;
    assert_eq!(booked(&books, "charge"), 10_000);
    let refunds = books.iter().filter(|entry| entry.is("refund")).count();
    assert!(refunds <= 10, "{books:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_delivery_is_made_once_and_in_order() {
    const ORDERS: usize = 60;
    let nodes = Nodes::start();
    let others = [nodes.another(), nodes.another()];
    let app = App::on(&nodes.first);
    let shop = Receiver::open().await;
    let events = json!({ "events": [CREATED, UPDATED], "url": shop.url("/") });
    app.send("/webhooks", events).await.expect(200);
    let mut busy = tokio::task::JoinSet::new();
    for node in [&nodes.first, &others[0], &others[1]] {
        let app = app.moved_to(node);
        busy.spawn(async move {
            for _ in 0..ORDERS / 3 {
                let intent = id(&app.create(json!({})).await);
                app.delete(&format!("/payment-intents/{intent}"))
                    .await
                    .expect(200);
            }
        });
    }
    busy.join_all().await;
    let got = shop.wait_for(2 * ORDERS).await;
    let mut stories: HashMap<String, Vec<String>> = HashMap::new();
    for arrived in &got {
        stories
            .entry(arrived.intent())
            .or_default()
            .push(arrived.status());
    }
    assert_eq!(stories.len(), ORDERS);
    for (intent, story) in stories {
        assert_eq!(story, ["Created", "Canceled"], "{intent}");
    }
    // None is left that would be made again.
    app.advance("00:05:00").await;
    assert_eq!(shop.got().len(), 2 * ORDERS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_one_program_moves_is_moved_for_all() {
    let nodes = Nodes::start();
    let other = nodes.another();
    let one = App::on(&nodes.first);
    let two = one.moved_to(&other);
    let shop = Receiver::open().await;
    let events = json!({ "events": [UPDATED], "url": shop.url("/") });
    one.send("/webhooks", events).await.expect(200);
    let intent = id(&two.create(json!({})).await);
    one.advance("40.00:00:00").await;
    assert_eq!(two.status(&intent).await, "Canceled");
    let (moved, deadline) = (one.now().await, Instant::now() + PATIENCE);
    while two.now().await < moved {
        assert!(Instant::now() < deadline, "the clock stays behind");
    }
    // Both moved it: nothing happened twice, and it did not go back.
    let intent = id(&one.create(json!({})).await);
    tokio::join!(one.advance("40.00:00:00"), two.advance("40.00:00:00"));
    assert_eq!(one.status(&intent).await, "Canceled");
    assert!(one.now().await > moved && two.now().await > moved);
    let told: Vec<String> = shop
        .wait_for(2)
        .await
        .iter()
        .map(Delivery::status)
        .collect();
    assert_eq!(told, ["Canceled", "Canceled"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_program_makes_a_delivery_before_the_time_at_which_it_is_due() {
    let nodes = Nodes::start();
    let other = nodes.another();
    let app = App::on(&nodes.first);
    let shop = Receiver::open().await;
    shop.answers(&[], 500);
    let hook = json!({ "events": [UPDATED], "url": shop.url("/") });
    app.send("/webhooks", hook).await.expect(200);
    // New events make the other program look for deliveries all the time.
    let busy = app.moved_to(&other);
    let busy = tokio::spawn(async move {
        loop {
            busy.create(json!({})).await;
        }
    });
    for made in 1..=2 {
        let intent = id(&app.create(json!({})).await);
        let canceled = app.delete(&format!("/payment-intents/{intent}")).await;
        canceled.expect(200);
        shop.wait_for(8 * (made - 1) + 1).await;
        app.advance("3.00:00:00").await;
        assert_eq!(shop.got().len(), 8 * made);
    }
    busy.abort();
    let listed = app.get("/sandbox/webhook-deliveries").await.expect(200);
    for delivery in listed.as_array().expect("a list") {
        let attempts = delivery["attempts"].as_array().expect("attempts");
        let at: Vec<jiff::Timestamp> = attempts
            .iter()
            .map(|attempt| {
                attempt["at"]
                    .as_str()
                    .expect("text")
                    .parse()
                    .expect("a moment")
            })
            .collect();
        // Each wait is longer than the one before it.
        let waits: Vec<_> = at.windows(2).map(|w| w[1].duration_since(w[0])).collect();
        assert!(waits.is_sorted(), "{waits:?}");
    }
}

#[test]
fn programs_that_start_together_make_one_installation() {
    let (url, key) = (cluster().new_database(), "A".repeat(43));
    let keys = ["--installation-key", &key, "--vault-key", &key];
    let start = || Tatami::start_on_database(&url, &keys);
    let nodes: Vec<Tatami> = std::thread::scope(|scope| {
        let starting: Vec<_> = (0..4).map(|_| scope.spawn(start)).collect();
        let started = starting
            .into_iter()
            .map(|one| one.join().expect("it starts"));
        started.collect()
    });
    let list = ["accounts", "list"].into_iter().chain(keys);
    let listed = run(list.chain(nodes[0].place()));
    assert_eq!(listed.output.lines().count(), 1, "{}", listed.output);
    assert!(listed.output.contains("Development"), "{}", listed.output);
}

#[test]
fn a_program_with_another_key_is_turned_away() {
    let nodes = Nodes::start();
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_str().expect("a plain path");
    let serve = ["serve", "--listen", "127.0.0.1:0", "--data", data];
    let database = ["--database", nodes.database.as_str()];
    let keyless = run(serve.iter().chain(&database));
    assert!(keyless.output.contains("not found"), "{}", keyless.output);
    let other = "A".repeat(43);
    let key = ["--installation-key", &other];
    let refused = run(serve.iter().chain(&database).chain(&key));
    assert!(
        refused.output.contains("another installation key"),
        "{}",
        refused.output
    );
    assert!(!refused.status.success() && !keyless.status.success());
    let own = &nodes.keys[..2];
    let only = |vault: &[&str]| {
        let named = serve.iter().chain(&database).copied();
        let keys = own.iter().map(String::as_str).chain(vault.iter().copied());
        run(named.chain(keys))
    };
    let keyless = only(&[]);
    assert!(keyless.output.contains("not found"), "{}", keyless.output);
    let refused = only(&["--vault-key", &other]);
    let why = "encrypted with other vault keys";
    assert!(refused.output.contains(why), "{}", refused.output);
    assert!(!refused.status.success() && !keyless.status.success());
}

/// Every program sees that the machine's next step is due, and one of them takes it.
#[tokio::test(flavor = "multi_thread")]
async fn a_sale_on_a_card_machine_is_one_call_of_one_program() {
    let nodes = Nodes::start();
    let other = nodes.another();
    let one = App::on(&nodes.first);
    let two = one.moved_to(&other);
    let till = Till { app: one.clone() };
    till.pace("immediate").await;
    const SALES: usize = 3;
    for _ in 0..SALES {
        let intent = id(&one.create(json!({})).await);
        till.sell("MAN0", &intent).await;
        // The acquirer takes five seconds, in which the other program looks ten times.
        let tapped = till.press("MAN0", "tap-device", json!({ "card": "slow" }));
        tapped.await.expect(200);
        assert_eq!(two.status(&intent).await, "Captured");
    }
    let asked = payments_sent(&nodes.first).await + payments_sent(&other).await;
    assert_eq!(asked, SALES);
}

#[tokio::test(flavor = "multi_thread")]
async fn tries_to_sign_in_are_counted_by_all_programs_together() {
    let nodes = Nodes::start();
    let other = nodes.another();
    let app = App::on(&nodes.first);
    let email = "ada@example.com";
    let arguments = [
        "users",
        "invite",
        "--account",
        &app.account,
        "--email",
        email,
        "--role",
        "owner",
    ];
    nodes.first.admin(&arguments, "link");
    let wrong = [("email", email), ("password", "a wrong password")];
    for (n, node) in [
        &nodes.first,
        &other,
        &nodes.first,
        &other,
        &nodes.first,
        &other,
    ]
    .into_iter()
    .enumerate()
    {
        let page = Browser::new(node)
            .submit_with("/portal/sign-in", &wrong, &[("origin", PUBLIC_URL)])
            .await;
        match n {
            5 => page.expect_page(429, "Too many tries failed"),
            _ => page.expect_page(401, "is wrong"),
        }
    }
}
