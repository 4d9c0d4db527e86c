//! Payments in the portal: found, shown, and changed in the user's name.

use std::time::Instant;

use serde_json::json;
use tatami_tests::{APPROVED, App, Browser, DECLINED, DemoPos, PATIENCE, pay_intent, shared};

use super::owner;
use crate::{captured, id};

/// The pages of an account's sandbox.
fn payments(app: &App) -> String {
    format!("/portal/{}/test/payments", app.account)
}

#[tokio::test]
async fn payments_are_found_by_what_is_known_of_them() {
    let (browser, app) = owner("finds@example.com").await;
    let list = payments(&app);
    browser.get(&list).await.expect_page(200, "No payments");
    let details = json!({
        "reference": "Table 12 <b>",
        "amount": { "value": 4321, "currencyCode": "GBP" },
        "customer": { "emailAddress": "ada@example.com" },
    });
    let intent = id(&app.create(details).await);
    pay_intent(&app, &intent, APPROVED).await;
    let other = id(&app.create(json!({ "reference": "Another" })).await);
    for (query, found) in [
        ("", true),
        ("status=Captured", true),
        ("status=Created", false),
        ("reference=table+12", true),
        ("reference=table+13", false),
        ("reference=12+%3CB", true),
        ("amount-from=43.21&amount-to=43.21", true),
        ("amount-from=43.22", false),
        ("amount-to=43.20", false),
        ("customer=ADA%40example", true),
        ("customer=bob", false),
        ("last4=1005", true),
        ("last4=1006", false),
        ("source=api", true),
        ("source=woo", false),
        (
            "source=api&last4=1005&customer=ada%40example.com&reference=table&status=Captured",
            true,
        ),
        (
            "source=api&last4=1005&customer=ada%40example.com&reference=table&status=Created",
            false,
        ),
        ("from=2020-01-01&to=2090-01-01", true),
        ("from=2090-01-01", false),
    ] {
        let page = browser.get(&format!("{list}?{query}")).await;
        page.expect_page(200, "Payments");
        assert_eq!(
            page.text().contains(&intent),
            found,
            "{query}: {}",
            page.text()
        );
    }
    browser
        .get(&format!("{list}?amount-from=much"))
        .await
        .expect_page(400, "write it as 12.50");
    browser
        .get(&format!("{list}?from=soon"))
        .await
        .expect_page(400, "write it as 2026-01-31");
    let page = browser.get(&format!("{list}?id={other}")).await;
    page.goes_to(&format!("{list}/{other}"));
    browser
        .get(&format!("{list}?id=nothing"))
        .await
        .expect_page(404, "nothing with the id");
    let page = browser.get(&format!("{list}/{intent}")).await;
    page.expect_page(200, "Table 12 &#60;b&#62;");
    page.expect_page(200, "£43.21");
}

#[tokio::test]
async fn a_list_has_pages() {
    let (browser, app) = owner("pages-of-payments@example.com").await;
    for n in 0..60 {
        app.create(json!({ "reference": format!("Order {n}") }))
            .await;
    }
    let (mut path, mut seen, mut pages) = (payments(&app), Vec::new(), 0);
    loop {
        let page = browser.get(&path).await.text();
        pages += 1;
        let rows = page
            .split("/payments/pi_")
            .skip(1)
            .filter_map(|row| row.split('"').next());
        seen.extend(rows.map(str::to_owned));
        let next = page
            .split("rel=\"next\" href=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        match next {
            Some(next) => path = format!("{}{}", payments(&app), next.replace("&#38;", "&")),
            None => break,
        }
    }
    assert_eq!((pages, seen.len()), (3, 60));
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 60, "none twice");
}

#[tokio::test]
async fn a_refund_is_made_once_however_often_its_form_is_sent() {
    let (browser, app) = owner("refunds@example.com").await;
    let intent = captured(&app).await;
    let page = format!("{}/{intent}", payments(&app));
    let shown = browser.get(&page).await;
    let (csrf, once) = (shown.field("csrf"), shown.field("once"));
    let form = [
        ("csrf", csrf.as_str()),
        ("once", &once),
        ("refund", "2.50"),
        ("reason", "Cold soup"),
    ];
    for _ in 0..2 {
        let answer = browser.submit(&format!("{page}/refund"), &form).await;
        answer.goes_to(&format!("{page}?done=refund"));
    }
    let shown = browser.get(&page).await;
    shown.expect_page(200, "Cold soup");
    shown.expect_page(200, "value=\"7.50\"");
    // What is wrong stands at its field, and what was typed stays.
    let refund = format!("{page}/refund");
    for (amount, words) in [("much", "Write the amount as 12.50."), ("7.51", "amount")] {
        let fields = [("refund", amount), ("reason", "Cold coffee")];
        let answer = browser.send(&page, &refund, &fields).await;
        answer.expect_page(400, words);
        for shown in [
            "id=\"refund-error\"",
            &format!("value=\"{amount}\""),
            "value=\"Cold coffee\"",
        ] {
            answer.expect_page(400, shown);
        }
    }
    let long = "x".repeat(201);
    let fields = [("refund", "1.00"), ("reason", long.as_str())];
    let answer = browser.send(&page, &refund, &fields).await;
    answer.expect_page(400, "id=\"reason-error\"");
    let answer = browser
        .send(&page, &format!("{page}/receipt"), &[("email", "nobody")])
        .await;
    answer.expect_page(400, "id=\"email-error\"");
    answer.expect_page(400, "value=\"7.50\"");
    // The rest, and then no more.
    let answer = browser.send(&page, &refund, &[("refund", "7.50")]).await;
    answer.goes_to(&format!("{page}?done=refund"));
    assert_eq!(app.status(&intent).await, "Refunded");
    let trail = browser.get("/portal/audit").await.text();
    assert!(
        trail.matches("<code>payment.refund</code>").count() >= 2,
        "{trail}"
    );
    assert!(trail.contains(&intent));
}

#[tokio::test]
async fn payments_are_captured_reversed_and_canceled() {
    let (browser, app) = owner("operates@example.com").await;
    let manual = json!({ "captureMode": "Manual", "autoExpireAction": "Release" });
    for (action, fields, status) in [
        ("capture", &[("capture", "4.00")][..], "Captured"),
        ("reverse", &[], "Reversed"),
    ] {
        let intent = id(&app.create(manual.clone()).await);
        pay_intent(&app, &intent, APPROVED).await;
        let page = format!("{}/{intent}", payments(&app));
        let answer = browser
            .send(&page, &format!("{page}/{action}"), fields)
            .await;
        answer.goes_to(&format!("{page}?done={action}"));
        assert_eq!(app.status(&intent).await, status);
    }
    let intent = id(&app.create(json!({})).await);
    pay_intent(&app, &intent, DECLINED).await;
    let page = format!("{}/{intent}", payments(&app));
    browser.get(&page).await.expect_page(200, "Declined");
    let answer = browser.send(&page, &format!("{page}/cancel"), &[]).await;
    answer.goes_to(&format!("{page}?done=cancel"));
    assert_eq!(app.status(&intent).await, "Canceled");
    let answer = browser.send(&page, &format!("{page}/cancel"), &[]).await;
    assert!(answer.status.is_client_error(), "{}", answer.text());
}

#[tokio::test]
async fn support_refunds_and_does_no_more() {
    let app = App::new();
    let browser = Browser::of_user(shared(), &app.account, "supports@example.com", "support").await;
    let intent = captured(&app).await;
    let page = format!("{}/{intent}", payments(&app));
    let shown = browser.get(&page).await.text();
    assert!(
        shown.contains("/refund\"") && !shown.contains("/reverse\""),
        "{shown}"
    );
    let answer = browser.send(&page, &format!("{page}/reverse"), &[]).await;
    answer.expect_page(403, "does not allow");
    let answer = browser
        .send(&page, &format!("{page}/refund"), &[("refund", "1.00")])
        .await;
    answer.goes_to(&format!("{page}?done=refund"));
}

#[tokio::test]
async fn another_account_s_payment_is_none() {
    let (browser, app) = owner("own-payments@example.com").await;
    let strange = captured(&App::new()).await;
    let page = format!("{}/{strange}", payments(&app));
    browser.get(&page).await.expect_page(404, "no such payment");
    for action in ["capture", "refund", "reverse", "cancel", "receipt"] {
        let csrf = browser.csrf("/portal/profile").await;
        let fields = [
            ("csrf", csrf.as_str()),
            ("capture", "1.00"),
            ("refund", "1.00"),
            ("email", "ada@example.com"),
        ];
        let answer = browser.submit(&format!("{page}/{action}"), &fields).await;
        answer.expect_page(404, "no such payment");
    }
    // Nor is it in the other mode.
    let own = captured(&app).await;
    let live = format!("/portal/{}/live/payments/{own}", app.account);
    browser.get(&live).await.expect_page(404, "no such payment");
}

#[tokio::test]
async fn an_event_that_a_pos_received_is_shown_as_such() {
    let (browser, app) = owner("has-a-pos@example.com").await;
    let _pos = DemoPos::start(&app, "rest", &[]);
    let intent = id(&app.create(json!({})).await);
    let started = Instant::now();
    let page = loop {
        let page = browser.get(&format!("{}/{intent}", payments(&app))).await;
        if page.text().contains("Delivered · POS of") {
            break page;
        }
        assert!(started.elapsed() < PATIENCE, "{}", page.text());
        tokio::task::yield_now().await;
    };
    page.expect_page(
        200,
        "<span class=\"tag\">POS</span> <strong>payment_intent.created",
    );
    page.expect_page(200, "· POS of demo-pos");
    // It is no webhook that the shop has received.
    let home = browser.get(&format!("/portal/{}/test", app.account)).await;
    assert!(!home.text().contains("is-done"), "{}", home.text());
}
