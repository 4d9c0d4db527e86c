//! The search for transactions.

use serde_json::{Value, json};
use tatami_tests::{APPROVED, App, DECLINED, Till, pay_intent, unlinked_refund};

use crate::{authorized_with, captured, id, manual, pounds, text};

/// The latest seven days.
#[expect(clippy::disallowed_methods, reason = "a client has no clock port")]
fn week() -> Value {
    let now = jiff::Timestamp::now();
    let span = jiff::SignedDuration::from_hours(3 * 24);
    json!({ "startDate": now - span, "endDate": now + span })
}

async fn search(app: &App, changes: Value) -> Value {
    let mut body = week();
    for (name, value) in changes.as_object().expect("changes by name") {
        body[name] = value.clone();
    }
    app.send("/transactions/search", body).await.expect(200)
}

/// Type, status and amount of each, newest first.
fn told(page: &Value) -> Vec<String> {
    let data = page["data"].as_array().expect("a list");
    let told = data.iter().map(|it| {
        let amount = &it["amount"]["value"];
        format!("{} {} {amount}", text(it, "type"), text(it, "status"))
    });
    told.collect()
}

async fn refund(app: &App, intent: &str, amount: i64) -> String {
    let path = format!("/payment-intents/{intent}/refunds");
    let refund = app.send(&path, json!({ "amount": amount }));
    text(&refund.key("back").await.expect(200), "refundId")
}

#[tokio::test]
async fn a_payment_its_decline_and_its_refund_are_transactions() {
    let app = App::new();
    let order = json!({
        "amount": pounds(1000), "tipsAmount": pounds(150), "reference": "Table 4",
    });
    let intent = id(&app.create(order).await);
    pay_intent(&app, &intent, DECLINED).await;
    let paid = pay_intent(&app, &intent, APPROVED).await;
    let refunded = refund(&app, &intent, 400).await;

    let page = search(&app, json!({})).await;
    let expected = [
        "Refund Authorized 400",
        "Sale Authorized 1000",
        "Sale Declined 1150",
    ];
    assert_eq!(told(&page), expected);
    let (back, sale, declined) = (&page["data"][0], &page["data"][1], &page["data"][2]);
    assert_eq!(text(back, "id"), refunded);
    assert_eq!(
        text(sale, "id"),
        text(&paid["paymentDetails"], "transactionId")
    );
    assert_eq!(sale["tipsAmount"], pounds(150));
    assert_eq!(sale["cashbackAmount"], pounds(0));
    assert_eq!(text(sale, "reference"), "Table 4");
    let details = &sale["paymentDetails"];
    assert_eq!(details["isRemote"], true);
    assert_eq!(details["paymentProduct"], "OnlineCheckout");
    assert_eq!(details["authCode"], paid["paymentDetails"]["authCode"]);
    assert_eq!(details["card"]["number"], "************1005");
    assert_eq!(details["card"]["type"], "Visa");
    assert!(details.get("terminalId").is_none(), "{details}");
    assert!(declined["paymentDetails"].get("authCode").is_none());
    for it in [back, sale, declined] {
        assert_eq!(text(it, "paymentIntentId"), intent);
        assert_eq!(text(it, "merchantId").len(), 15);
    }

    let wrong = pay_intent(&app, &id(&app.create(json!({})).await), APPROVED).await;
    let reversal = format!("/payment-intents/{}/reversal", id(&wrong));
    app.post(&reversal).await.expect(200);
    let page = search(&app, json!({ "statuses": ["Reversed"] })).await;
    assert_eq!(told(&page), ["Sale Reversed 1000"]);
    let page = search(&app, json!({ "statuses": ["declined"] })).await;
    assert_eq!(told(&page), ["Sale Declined 1150"]);
}

#[tokio::test]
async fn holds_wait_for_their_collection_or_end() {
    let app = App::new();
    let taken = authorized_with(&app, json!({})).await;
    let waiting = search(&app, json!({})).await;
    assert_eq!(told(&waiting), ["PreAuth AwaitingCollection 1000"]);
    let capture = json!({ "amount": 600, "tipsAmount": 50 });
    let path = format!("/payment-intents/{taken}/captures");
    app.send(&path, capture).await.expect(200);
    let page = search(&app, json!({})).await;
    assert_eq!(
        told(&page),
        ["Collection Authorized 600", "PreAuth Authorized 1000"]
    );
    assert_eq!(page["data"][0]["tipsAmount"], pounds(50));

    let app = App::new();
    let short = json!({ "autoExpireIn": "00:00:40" });
    authorized_with(&app, short).await;
    app.advance("00:01:00").await;
    let page = search(&app, json!({})).await;
    assert_eq!(told(&page), ["PreAuth Released 1000"]);
    assert_eq!(manual()["autoExpireAction"], "Release");
}

#[tokio::test]
async fn an_increased_hold_is_one_transaction() {
    let app = App::new();
    let allowed = json!({ "config": { "payment": { "customAmountAllowed": true } } });
    let held = authorized_with(&app, allowed).await;
    let path = format!("/payment-intents/{held}/amount");
    let more = json!({ "amount": pounds(1500) });
    app.send(&path, more).await.expect(200);
    let page = search(&app, json!({})).await;
    assert_eq!(told(&page), ["PreAuth AwaitingCollection 1500"]);
}

#[tokio::test]
async fn card_machines_bring_transactions_with_and_without_a_payment() {
    let till = Till::new().await;
    let sold = id(&till.app.create(json!({})).await);
    till.sell("SIP0", &sold).await;
    let given = till.start("SIP0", unlinked_refund(700)).await;
    assert_eq!(till.status(&given).await, "Captured");
    let page = search(&till.app, json!({})).await;
    assert_eq!(
        told(&page),
        ["Refund Authorized 700", "Sale Authorized 1000"]
    );
    for it in page["data"].as_array().expect("a list") {
        let details = &it["paymentDetails"];
        assert_eq!(details["isRemote"], false);
        assert_eq!(details["paymentProduct"], "Terminal");
        assert!(text(details, "terminalId").starts_with("tm_sandbox_"));
        assert!(["Chip", "ContactLess"].contains(&text(details, "terminalEntryModeType").as_str()));
    }
    assert!(page["data"][0].get("paymentIntentId").is_none());
}

#[tokio::test]
async fn pages_of_transactions_go_forth_and_back() {
    let (app, other) = (App::new(), App::new());
    for _ in 0..3 {
        let paid = captured(&app).await;
        refund(&app, &paid, 100).await;
    }
    captured(&other).await;
    let all = search(&app, json!({})).await["data"].clone();
    let all = all.as_array().expect("a list");
    assert_eq!(all.len(), 6);
    let page = async |cursor: Value| search(&app, json!({ "cursor": cursor })).await;
    let first = page(json!({ "limit": 4 })).await;
    assert_eq!(first["data"].as_array().expect("a list"), &all[..4]);
    assert!(first.get("before").is_none());
    let after = text(&first, "after");
    assert!(after.len() <= 200, "{after}");
    let last = page(json!({ "limit": 4, "after": after })).await;
    assert_eq!(last["data"].as_array().expect("a list"), &all[4..]);
    assert!(last.get("after").is_none());
    let back = page(json!({ "limit": 3, "before": last["before"] })).await;
    assert_eq!(back["data"].as_array().expect("a list"), &all[1..4]);
    assert!(
        back["before"].is_string() && back["after"].is_string(),
        "{back}"
    );

    let own = search(&other, json!({ "cursor": { "after": after } })).await;
    assert!(own["data"].as_array().is_some_and(|data| data.len() <= 1));
}

#[tokio::test]
async fn a_status_is_found_behind_many_others() {
    let app = App::new();
    let undone = captured(&app).await;
    app.post(&format!("/payment-intents/{undone}/reversal"))
        .await
        .expect(200);
    // More than are read at once.
    for _ in 0..55 {
        captured(&app).await;
    }
    let found = search(&app, json!({ "statuses": ["Reversed"] })).await;
    let found = found["data"].as_array().expect("a list");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["paymentIntentId"], undone.as_str());
    let rest = search(&app, json!({ "statuses": ["Authorized"] })).await;
    let rest = rest["data"].as_array().expect("a list").len();
    assert_eq!(rest, 50, "a page");
}

#[tokio::test]
async fn the_search_for_transactions_has_rules() {
    let app = App::new();
    let blames = async |body: Value| app.send("/transactions/search", body).await.blames(400);
    assert_eq!(blames(json!({})).await, ["EndDate", "StartDate"]);
    let span = |from: &str, to: &str| json!({ "startDate": from, "endDate": to });
    let (one, eight) = ("2026-01-01T00:00:00Z", "2026-01-08T00:00:01Z");
    assert_eq!(blames(span(one, eight)).await, ["EndDate"]);
    assert_eq!(blames(span(eight, one)).await, ["EndDate"]);
    app.send("/transactions/search", span(one, "2026-01-08T00:00:00Z"))
        .await
        .expect(200);
    let mut wrong = week();
    wrong["cursor"] = json!({ "after": "abc" });
    assert_eq!(blames(wrong.clone()).await, ["Cursor.After"]);
    wrong["cursor"] = json!({ "limit": 101 });
    assert_eq!(blames(wrong.clone()).await, ["Cursor.Limit"]);
    wrong["cursor"] = json!({});
    wrong["statuses"] = json!(["Lost"]);
    assert_eq!(blames(wrong).await.len(), 1);
}
