//! The same request twice.

use serde_json::{Value, json};
use tatami_tests::{APPROVED, App, Tatami, pay_intent};

use crate::{authorized, captured, id, pounds, text};

fn order(reference: &str) -> Value {
    json!({ "amount": pounds(1000), "reference": reference })
}

#[tokio::test]
async fn the_same_key_and_request_get_the_same_answer_byte_for_byte() {
    let app = App::new();
    let first = app.send("/payment-intents", order("A")).key("k-1").await;
    first.expect(200);
    for name in [
        "idempotencyKey",
        "IdempotencyKey",
        "idempotencykey",
        "Idempotency-Key",
    ] {
        let again = app
            .send("/payment-intents", order("A"))
            .header(name, "k-1")
            .await;
        assert_eq!(again.status, first.status, "{name}");
        assert_eq!(again.text(), first.text(), "{name}");
        assert_eq!(again.header("content-type"), first.header("content-type"));
    }
    // Also once the intent has moved on.
    pay_intent(&app, &id(&first.json()), APPROVED).await;
    let again = app.send("/payment-intents", order("A")).key("k-1").await;
    assert_eq!(again.text(), first.text());

    let other = app
        .send("/payment-intents", order("A"))
        .key("k-2")
        .await
        .expect(200);
    assert_ne!(id(&other), id(&first.json()));
    let none = app.send("/payment-intents", order("A")).await.expect(200);
    assert_ne!(id(&none), id(&first.json()));
}

#[tokio::test]
async fn another_request_under_a_used_key_is_refused() {
    let app = App::new();
    let intent = app
        .send("/payment-intents", order("A"))
        .key("k")
        .await
        .expect(200);
    let sentence = app
        .send("/payment-intents", order("B"))
        .key("k")
        .await
        .detail(409);
    assert!(sentence.contains("idempotency"), "{sentence}");
    assert_eq!(app.status(&id(&intent)).await, "Created");

    // A key is of one account and environment.
    App::new()
        .send("/payment-intents", order("B"))
        .key("k")
        .await
        .expect(200);
}

#[tokio::test]
async fn a_key_belongs_to_its_operation_and_to_what_that_is_about() {
    let app = App::new();
    let (a, b) = (captured(&app).await, captured(&app).await);
    let refund = |of: &str, amount: i64| {
        let path = format!("/payment-intents/{of}/refunds");
        app.send(&path, json!({ "amount": amount })).key("refund-1")
    };
    let (of_a, of_b) = (refund(&a, 100).await, refund(&b, 100).await);
    assert_ne!(
        text(&of_a.expect(200), "refundId"),
        text(&of_b.expect(200), "refundId")
    );
    for (payment, first) in [(&a, &of_a), (&b, &of_b)] {
        assert_eq!(refund(payment, 100).await.text(), first.text());
        refund(payment, 200).await.problem(409);
        assert_eq!(app.intent(payment).await["refundedAmount"], 100);
    }
    // However the id is escaped, it is the same payment.
    let escaped = a.replacen("pi_", "pi%5F", 1);
    assert_eq!(refund(&escaped, 100).await.text(), of_a.text());
    assert_eq!(app.intent(&a).await["refundedAmount"], 100);
}

#[tokio::test]
async fn one_key_serves_every_operation() {
    let app = App::new();
    let key = "1";
    let intent = id(&app
        .send("/payment-intents", order("A"))
        .key(key)
        .await
        .expect(200));
    app.send("/customers", json!({ "name": "Ada" }))
        .key(key)
        .await
        .expect(200);
    app.send("/setup-intents", tatami_tests::booking(json!({})))
        .key(key)
        .await
        .expect(200);
    let hook = json!({
        "events": ["payment_intent.created"], "url": "https://shop.example/hook",
    });
    let hook = id(&app.send("/webhooks", hook).key(key).await.expect(200));
    app.post(&format!("/webhooks/{hook}/secrets"))
        .key(key)
        .await
        .expect(200);
    let held = authorized(&app).await;
    for (path, body) in [
        (format!("{held}/amount"), json!({ "amount": pounds(1200) })),
        (format!("{held}/captures"), json!({ "amount": 300 })),
        (format!("{held}/refunds"), json!({ "amount": 100 })),
        (format!("{intent}/refresh-client-session-secret"), json!({})),
        (format!("{}/reversal", captured(&app).await), json!({})),
    ] {
        let path = format!("/payment-intents/{path}");
        let first = app.send(&path, body.clone()).key(key).await;
        first.expect(200);
        assert_eq!(
            app.send(&path, body).key(key).await.text(),
            first.text(),
            "{path}"
        );
    }
    let held = app.intent(&held).await;
    assert_eq!(held["captures"].as_array().map(Vec::len), Some(1), "{held}");
    assert_eq!(held["refundedAmount"], 100, "{held}");
}

#[tokio::test]
async fn a_refused_request_may_be_mended_under_its_key_or_is_refused_again() {
    let app = App::new();
    let broken = json!({ "amount": pounds(0), "reference": "A" });
    app.send("/payment-intents", broken.clone())
        .key("k")
        .await
        .problem(400);
    app.send("/payment-intents", broken)
        .key("k")
        .await
        .problem(400);
}

#[tokio::test]
async fn each_operation_replays_its_answer() {
    let app = App::new();
    let held = authorized(&app).await;
    let paid = captured(&app).await;
    let undone = captured(&app).await;
    for (path, body, key) in [
        (
            format!("/payment-intents/{held}/amount"),
            json!({ "amount": pounds(1200) }),
            "a",
        ),
        (
            format!("/payment-intents/{held}/captures"),
            json!({ "amount": 300 }),
            "b",
        ),
        (
            format!("/payment-intents/{paid}/refunds"),
            json!({ "amount": 300 }),
            "c",
        ),
        (
            format!("/payment-intents/{undone}/reversal"),
            json!({}),
            "d",
        ),
    ] {
        let first = app.send(&path, body.clone()).key(key).await;
        first.expect(200);
        let again = app.send(&path, body).key(key).await;
        assert_eq!(again.text(), first.text(), "{path}");
        assert_eq!(again.status, 200, "{path}");
    }
    let held = app.intent(&held).await;
    assert_eq!(held["amount"], pounds(1200));
    assert_eq!(held["captures"].as_array().map(Vec::len), Some(1), "{held}");
    assert_eq!(app.intent(&paid).await["refundedAmount"], 300);
}

#[tokio::test]
async fn twins_that_run_together_are_carried_out_once() {
    let app = App::new();
    for round in 0..5 {
        let key = format!("twins-{round}");
        let twins: Vec<_> = (0..8)
            .map(|_| {
                let request = app.send("/payment-intents", order(&key)).key(&key);
                tokio::spawn(async move { request.await })
            })
            .collect();
        let mut ids = Vec::new();
        for twin in twins {
            let reply = twin.await.expect("an answer");
            if reply.status == 409 {
                assert!(!reply.header("retry-after").is_empty(), "{}", reply.text());
                reply.problem(409);
            } else {
                ids.push(id(&reply.expect(200)));
            }
        }
        let settled = app
            .send("/payment-intents", order(&key))
            .key(&key)
            .await
            .expect(200);
        assert!(ids.iter().all(|one| *one == id(&settled)), "{ids:?}");
    }
    let paid = captured(&app).await;
    let path = format!("/payment-intents/{paid}/refunds");
    let twins: Vec<_> = (0..8)
        .map(|_| {
            let request = app.send(&path, json!({ "amount": 100 })).key("one refund");
            tokio::spawn(async move { request.await })
        })
        .collect();
    for twin in twins {
        let status = twin.await.expect("an answer").status;
        assert!(status == 200 || status == 409, "{status}");
    }
    assert_eq!(app.intent(&paid).await["refundedAmount"], 100);
}

#[tokio::test]
async fn answers_are_kept_over_a_restart_and_a_crash_for_a_day() {
    let mut server = Tatami::start();
    let app = App::on(&server);
    let paid = captured(&app).await;
    let path = format!("/payment-intents/{paid}/refunds");
    let created = app.send("/payment-intents", order("A")).key("create").await;
    let refunded = app
        .send(&path, json!({ "amount": 100 }))
        .key("refund")
        .await;
    created.expect(200);
    refunded.expect(200);
    for stop in [Tatami::restart, Tatami::crash] {
        stop(&mut server);
        let app = app.moved_to(&server);
        let again = app.send("/payment-intents", order("A")).key("create").await;
        assert_eq!(again.text(), created.text());
        let again = app
            .send(&path, json!({ "amount": 100 }))
            .key("refund")
            .await;
        assert_eq!(again.text(), refunded.text());
        app.send(&path, json!({ "amount": 200 }))
            .key("refund")
            .await
            .problem(409);
        assert_eq!(app.intent(&paid).await["refundedAmount"], 100);
    }
    let app = app.moved_to(&server);
    app.advance("23:00:00").await;
    let again = app.send("/payment-intents", order("A")).key("create").await;
    assert_eq!(again.text(), created.text());
}

#[tokio::test]
async fn a_key_is_a_short_text() {
    let app = App::new();
    let reply = app
        .send("/payment-intents", order("A"))
        .key(&"k".repeat(5000))
        .await;
    assert!(
        reply.status == 400 || reply.status == 431,
        "{}",
        reply.text()
    );
}
