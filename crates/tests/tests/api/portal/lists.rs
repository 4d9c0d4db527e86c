//! Lists of the portal: ids that lead to what they are of, files, refunds, transactions.

use serde_json::json;
use tatami_tests::{APPROVED, App, DECLINED, Till, pay_intent, unlinked_refund};

use super::owner;
use crate::{captured, id, manual, pounds, text};

fn place(app: &App) -> String {
    format!("/portal/{}/test", app.account)
}

#[tokio::test]
async fn any_id_leads_to_what_it_is_of() {
    let (browser, app) = owner("any-id@example.com").await;
    let base = place(&app);
    let paid = captured(&app).await;
    let details = app.intent(&paid).await["paymentDetails"].clone();
    let back = app.send(
        &format!("/payment-intents/{paid}/refunds"),
        json!({ "amount": 1 }),
    );
    let refund = text(&back.key("one").await.expect(200), "refundId");
    let held = id(&app.create(manual()).await);
    pay_intent(&app, &held, APPROVED).await;
    let path = format!("/payment-intents/{held}/captures");
    let capture = app.send(&path, json!({ "amount": 5 })).await.expect(200);
    let undone = id(&app.create(json!({ "reference": "Table 9 =" })).await);
    pay_intent(&app, &undone, APPROVED).await;
    let path = format!("/payment-intents/{undone}/reversal");
    let reversal = app.post(&path).await.expect(200);
    let setup = id(&app.setup(json!({})).await);
    let customer = id(&app.send("/customers", json!({})).await.expect(200));
    let till = Till { app: app.clone() };
    till.pace("immediate").await;
    let sold = id(&app.create(json!({})).await);
    let session = till.sell("SIP0", &sold).await;
    let given = till.start("SIP0", unlinked_refund(700)).await;
    let payment = |id: &str| format!("{base}/payments/{id}");
    for (id, leads_to) in [
        (paid.as_str(), payment(&paid)),
        (&text(&details, "transactionId"), payment(&paid)),
        (&refund, payment(&paid)),
        (&text(&capture, "captureId"), payment(&held)),
        (&text(&reversal, "reversalId"), payment(&undone)),
        ("table+9+%3D", payment(&undone)),
        (&session, payment(&sold)),
        (&given, format!("{base}/refunds")),
        (&setup, format!("{base}/setup-intents/{setup}")),
        (&customer, format!("{base}/customers/{customer}")),
    ] {
        let found = browser.get(&format!("{base}/payments?id={id}")).await;
        found.goes_to(&leads_to);
    }
    let (stranger, other) = owner("any-id-of-others@example.com").await;
    for id in [&paid, &refund, &session, &setup, &customer] {
        let path = format!("{}/payments?id={id}", place(&other));
        stranger
            .get(&path)
            .await
            .expect_page(404, "nothing with the id");
    }
    for _ in 0..2 {
        app.create(json!({ "reference": "Twice" })).await;
    }
    let found = browser.get(&format!("{base}/payments?id=Twice")).await;
    found.goes_to(&format!("{base}/payments?reference=Twice"));
}

#[tokio::test]
async fn a_file_has_the_filtered_payments_and_no_formulas() {
    let (browser, app) = owner("exports@example.com").await;
    let reference = "=HYPERLINK(\"http://evil.example\",\"x\")";
    let order = json!({ "reference": reference, "amount": pounds(1234) });
    let intent = id(&app.create(order).await);
    pay_intent(&app, &intent, APPROVED).await;
    for n in 0..205 {
        app.create(json!({ "reference": format!("Many {n}") }))
            .await;
    }
    let path = format!("{}/payments/export", place(&app));
    let file = browser.get(&path).await.text();
    let lines: Vec<&str> = file.trim_end().split("\r\n").collect();
    assert_eq!(lines.len(), 207, "{}", lines.len());
    assert!(lines[0].starts_with("id,created,status,reference,amount,amount_minor,currency"));
    let last = lines[206];
    assert!(last.starts_with(&format!("{intent},")), "{last}");
    let cell = r#""'=HYPERLINK(""http://evil.example"",""x"")""#;
    assert!(last.contains(cell), "{last}");
    assert!(last.contains(",12.34,1234,GBP,"), "{last}");
    assert!(last.contains(",Visa,1005,"), "{last}");
    let filtered = format!("{path}?status=Captured&amount-from=12.34");
    let filtered = browser.get(&filtered).await;
    assert_eq!(filtered.text().trim_end().split("\r\n").count(), 2);
    browser
        .get(&format!("{path}?from=soon"))
        .await
        .expect_page(400, "write it as 2026-01-31");
}

#[tokio::test]
async fn refunds_and_transactions_have_their_pages() {
    let (browser, app) = owner("gives-back@example.com").await;
    let base = place(&app);
    browser
        .get(&format!("{base}/refunds"))
        .await
        .expect_page(200, "No refunds yet");
    browser
        .get(&format!("{base}/transactions"))
        .await
        .expect_page(200, "No transactions yet");
    let paid = captured(&app).await;
    let wish = json!({ "amount": 250, "refundReason": "Cold <soup>" });
    let refund = app.send(&format!("/payment-intents/{paid}/refunds"), wish);
    let refund = text(&refund.key("one").await.expect(200), "refundId");
    let undone = captured(&app).await;
    app.post(&format!("/payment-intents/{undone}/reversal"))
        .await
        .expect(200);
    let declined = id(&app.create(json!({})).await);
    pay_intent(&app, &declined, DECLINED).await;
    let till = Till { app: app.clone() };
    till.pace("immediate").await;
    till.start("SIP0", unlinked_refund(700)).await;

    let page = browser.get(&format!("{base}/refunds")).await;
    for words in [
        "£2.50",
        "Cold &#60;soup&#62;",
        &refund,
        "Reversal",
        "Refund without a payment",
        "£7.00",
    ] {
        page.expect_page(200, words);
    }
    assert!(page.text().contains(&format!("{base}/payments/{paid}")));

    let list = async |query: &str| browser.get(&format!("{base}/transactions{query}")).await;
    let all = list("").await;
    for words in [
        "Sale", "Refund", "Declined", "Reversed", "Terminal", &refund,
    ] {
        all.expect_page(200, words);
    }
    let sales = list("?type=Sale&status=Declined").await.text();
    assert!(
        sales.contains(&declined) && !sales.contains(&undone),
        "{sales}"
    );
    let reversed = list("?status=Reversed").await.text();
    assert!(reversed.contains(&undone) && !reversed.contains(&paid));
    list("?from=2090-01-01")
        .await
        .expect_page(200, "No transactions match this filter");
    list("?from=soon")
        .await
        .expect_page(400, "write it as 2026-01-31");
}
