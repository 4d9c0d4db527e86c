//! The go-live checklists: which rows an account is seen doing, from its own traffic.

use std::collections::BTreeSet;

use serde_json::json;
use tatami_tests::{
    APPROVED, App, Browser, CHALLENGED, DECLINED, Restaurant, TRANSPORTS, Tatami, Till, complete,
    matched_refund, pay, pay_intent, prove, sale, shared, unlinked_refund,
};

use crate::{id, manual, pounds};

/// The rows of a page that were seen, and those that were not.
async fn rows(browser: &Browser, page: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let html = browser.get(page).await.text();
    let names = |before: &str| {
        let found = html.split(before).skip(1);
        found
            .filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
            .collect()
    };
    (
        names("<span class=\"mark is-seen\" data-seen=\""),
        names("<span class=\"mark\" data-seen=\""),
    )
}

async fn seen(browser: &Browser, page: &str) -> BTreeSet<String> {
    rows(browser, page).await.0
}

fn are_seen(seen: &BTreeSet<String>, rows: &[&str]) {
    for row in rows {
        assert!(seen.contains(*row), "{row} is not among {seen:?}");
    }
}

#[tokio::test]
async fn a_reader_who_is_not_signed_in_sees_rows_without_marks() {
    let reader = Browser::new(shared());
    for page in [
        "checkout-page",
        "components",
        "payment-links",
        "virtual-terminal",
        "pay-at-counter",
        "pay-at-table",
        "tap-to-pay",
    ] {
        let page = reader.get(&format!("/docs/go-live/{page}")).await;
        assert_eq!(page.status, 200);
        assert!(page.text().contains("Sign in</a> to see"));
        assert!(!page.text().contains("data-seen"));
    }
}

#[tokio::test]
async fn online_rows_follow_payments() {
    let till = Till::new().await;
    let app = &till.app;
    let page = "/docs/go-live/components";
    let email = "checklist-online@shop.example";
    let browser = Browser::of_user(shared(), &app.account, email, "viewer").await;
    let (done, open) = rows(&browser, page).await;
    assert!(!done.contains("paid"), "{done:?}");
    assert!(open.contains("paid"), "{open:?}");

    let intent = id(&app.create(json!({})).await);
    pay_intent(app, &intent, DECLINED).await;
    are_seen(&seen(&browser, page).await, &["declined"]);
    pay_intent(app, &intent, APPROVED).await;
    are_seen(&seen(&browser, page).await, &["paid", "paid-after-decline"]);

    for decision in ["cancel", "approve"] {
        let secret = app.secret(&id(&app.create(json!({})).await)).await;
        let challenge = pay(app, &secret, CHALLENGED).await;
        let proof = prove(app, &challenge.answer, decision).await;
        complete(app, &secret, &challenge.answer, &proof).await;
    }
    let order = json!({ "cardHolderNotPresent": true });
    pay_intent(app, &id(&app.create(order).await), APPROVED).await;
    let now = seen(&browser, page).await;
    are_seen(&now, &["challenge-passed", "challenge-failed"]);
    assert!(
        !now.contains("live") && !now.contains("wallet-paid"),
        "{now:?}"
    );
    are_seen(
        &seen(&browser, "/docs/go-live/virtual-terminal").await,
        &["phone-paid"],
    );

    let refund = json!({ "amount": 400, "refundReason": "broken" });
    let path = format!("/payment-intents/{intent}/refunds");
    let asked = app.send(&path, refund);
    asked.header("idempotencyKey", "once").await.expect(200);
    let overview = "/docs/go-live/overview";
    are_seen(&seen(&browser, overview).await, &["refunded-in-part"]);

    // Another company's location is not shown by naming it.
    let stranger = Till::new().await;
    let email = "checklist-stranger@shop.example";
    let other = Browser::of_user(shared(), &stranger.app.account, email, "owner").await;
    let named = format!("{page}?location={}", app.account);
    assert!(!seen(&other, &named).await.contains("paid"));
}

#[tokio::test]
async fn rows_of_a_till_follow_its_sessions() {
    let till = Till::new().await;
    let app = &till.app;
    let email = "checklist-till@shop.example";
    let browser = Browser::of_user(shared(), &app.account, email, "developer").await;
    let page = "/docs/go-live/pay-at-counter";
    let new = |changes| async { id(&app.create(changes).await) };
    for machine in ["SIP0", "SIP1", "SCN0", "TIP0", "CIP0"] {
        let session = till.sell(machine, &new(json!({})).await).await;
        till.status(&session).await;
    }
    let intent = new(json!({})).await;
    for machine in ["DIP0", "SIP0"] {
        let session = till.sell(machine, &intent).await;
        till.status(&session).await;
    }
    for accepted in [true, false] {
        let session = till.sell("SIS0", &new(json!({})).await).await;
        till.sign(&session, accepted).await.expect(200);
        till.status(&session).await;
    }
    let session = till.start("MAN0", sale(&new(json!({})).await)).await;
    till.cancel(&session).await.expect(200);
    till.status(&session).await;
    let mut held = manual();
    held["config"] = json!({ "payment": { "customAmountAllowed": true } });
    let held = new(held).await;
    till.status(&till.sell("SIP0", &held).await).await;
    let more = json!({ "amount": pounds(1500) });
    app.send(&format!("/payment-intents/{held}/amount"), more)
        .await
        .expect(200);
    for machine in ["SIP0", "DIP0"] {
        let session = till.start(machine, unlinked_refund(800)).await;
        till.status(&session).await;
    }
    let session = till.start("SIP0", matched_refund(&intent)).await;
    till.status(&session).await;

    let (done, open) = rows(&browser, page).await;
    let expected = [
        "sale-chip",
        "sale-tip",
        "sale-contactless",
        "sale-expired",
        "sale-canceled-on-machine",
        "sale-declined",
        "sale-tried-again",
        "sale-signed",
        "sale-signature-rejected",
        "sale-canceled-by-till",
        "held",
        "held-chip",
        "held-raised",
        "amount-changed",
        "captured-at-once",
        "unlinked-done",
        "unlinked-declined",
        "matched-done",
        "refunded",
    ];
    are_seen(&done, &expected);
    for row in [
        "sale-signature-timed-out",
        "sale-cashback",
        "keyed",
        "held-contactless",
        "held-other-card",
        "held-declined",
        "unlinked-expired",
        "matched-declined",
        "item-lines",
    ] {
        assert!(open.contains(row), "{row} is not among {open:?}");
    }
}

#[tokio::test]
async fn rows_about_requests_follow_the_log() {
    let till = Till::new().await;
    let app = &till.app;
    let email = "checklist-requests@shop.example";
    let browser = Browser::of_user(shared(), &app.account, email, "viewer").await;
    let page = "/docs/go-live/pay-at-counter";
    till.get("/terminals").await.expect(200);
    app.get("/webhooks").await.expect(200);
    app.create(json!({})).await;
    app.send("/payment-intents", json!({})).await.problem(400);
    let intent = id(&app.create(json!({})).await);
    let path = format!("/payment-intents/{intent}");
    app.get(&path).await.expect(200);
    till.press("MAN0", "menu", json!({})).await.expect(200);
    till.ask("MAN0", sale(&intent)).await.problem(409);
    // The log is written a moment later.
    let rows = [
        "terminals-listed",
        "webhooks-listed",
        "intent-read",
        "error-400",
        "machine-busy",
    ];
    let deadline = std::time::Instant::now() + tatami_tests::PATIENCE;
    loop {
        let now = seen(&browser, page).await;
        if rows.iter().all(|row| now.contains(*row)) {
            assert!(!now.contains("machine-off"), "{now:?}");
            return;
        }
        assert!(std::time::Instant::now() < deadline, "{now:?}");
    }
}

#[tokio::test]
async fn rows_of_a_pos_follow_its_orders_and_what_it_registered() {
    let place = Restaurant::open(TRANSPORTS[1], &[]).await;
    let app = place.app();
    let email = "checklist-table@shop.example";
    let browser = Browser::of_user(shared(), &app.account, email, "viewer").await;
    let page = "/docs/go-live/pay-at-table";
    are_seen(&seen(&browser, page).await, &["pos-registered"]);
    let explorer = seen(&browser, "/docs/at-the-table/explorer").await;
    are_seen(
        &explorer,
        &["capability SearchOrders", "capability CreateOrderLock"],
    );

    place.integration(json!({ "waiterId": "42" })).await;
    place.select("ord_1").await.expect(200);
    let half = json!({ "kind": "equal", "parts": 2 });
    place
        .pays(json!({ "split": half, "tip": { "percent": 12.5 } }))
        .await;
    let done = seen(&browser, page).await;
    are_seen(
        &done,
        &[
            "orders-listed",
            "order-chosen",
            "waiter",
            "order-locked",
            "table-part-tip",
        ],
    );
    assert!(!done.contains("table-split"), "{done:?}");
    place.pays(json!({ "split": half })).await;
    let done = seen(&browser, page).await;
    are_seen(&done, &["table-split", "table-split-tip"]);
    assert!(!done.contains("table-full"), "{done:?}");
}

#[tokio::test]
async fn terms_are_those_of_the_operator() {
    let none = Browser::new(shared()).get("/terms").await;
    assert_eq!(none.status, 200);
    assert!(none.text().contains("has not published terms"));

    let file = std::env::temp_dir().join(format!("tatami-terms-{}.md", std::process::id()));
    std::fs::write(&file, "## Ours\n\nBe kind.\n").expect("a file");
    let server = Tatami::start_with(&["--terms-file", file.to_str().expect("a path")]);
    let given = Browser::new(&server).get("/terms").await.text();
    assert!(given.contains("Be kind."), "{given}");
    assert!(!given.contains("has not published terms"));
    let page = Browser::new(&server).get("/docs").await.text();
    assert!(page.contains("href=\"/terms\""), "{page}");

    // Those who sign in and those who pay find them, if there are any.
    let link = "href=\"/terms\"";
    for (server, has_terms) in [(&server, true), (shared(), false)] {
        let app = App::on(server);
        let intent = id(&app.create(json!({})).await);
        let user = format!("terms-{has_terms}@example.com");
        let portal = Browser::of_user(server, &app.account, &user, "viewer").await;
        let payer = Browser::new(server);
        for (reader, path, word) in [
            (&payer, "/portal/sign-in".to_owned(), "Terms</a>"),
            (&portal, "/portal/profile".to_owned(), "Terms</a>"),
            (&payer, format!("/checkout/{intent}?lang=en"), "Terms</a>"),
            (
                &payer,
                format!("/checkout/{intent}?lang=de"),
                "Nutzungsbedingungen</a>",
            ),
            (&payer, "/checkout/nothing".to_owned(), "Terms</a>"),
        ] {
            let page = reader.get(&path).await.text();
            let shown = (page.contains(link), page.contains(word));
            assert_eq!(shown, (has_terms, has_terms), "{path}: {page}");
        }
    }
    std::fs::remove_file(&file).expect("the file goes");
}
