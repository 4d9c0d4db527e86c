//! Orders of a POS on a card machine.

use serde_json::{Value, json};
use tatami_tests::{Restaurant, Till, WITHOUT_LOCKS};

use crate::{pounds, text};

fn full() -> Value {
    json!({ "split": { "kind": "full" } })
}

#[tokio::test]
async fn an_order_is_chosen_before_it_is_paid() {
    let till = Till::new().await;
    till.press("SIP0", "integration", json!({}))
        .await
        .problem(409);
    let place = Restaurant::with(till, "rest", &[]);
    place.select("ord_1").await.problem(409);
    let refused = place.pay(full()).await.detail(409);
    assert!(refused.contains("Integration"), "{refused}");
    place.integration(json!({})).await;
    let refused = place.pay(full()).await.detail(409);
    assert_eq!(refused, "No order is chosen on the card machine.");
    place.press("leave-order", json!({})).await.problem(409);
    place.press("print-bill", json!({})).await.problem(409);
    let refused = place.press("select-order", json!({})).await;
    assert_eq!(refused.blames(400), ["OrderId"]);
}

#[tokio::test]
async fn a_pos_without_a_needed_capability_is_told() {
    let without = ["--without", "SearchOrders"];
    let place = Restaurant::open("rest", &without).await;
    let refused = place.press("integration", json!({})).await.detail(409);
    assert!(refused.contains("SearchOrders"), "{refused}");
    let without = ["--without", "RecordOrderPaymentById"];
    let place = Restaurant::open("rest", &without).await;
    place.integration(json!({})).await;
    let refused = place.select("ord_1").await.detail(409);
    assert!(refused.contains("RecordOrderPaymentById"), "{refused}");
    // An order can be read without the capability to read one.
    let without = ["--without", "GetOrderById", "--without", "DeleteOrderLock"];
    let place = Restaurant::open("rest", &without).await;
    place.choose("ord_1").await;
    place.pays(full()).await;
    place.agrees(&["ord_1"]).await;
    place.select("none").await.problem(404);
}

#[tokio::test]
async fn wrong_parts_are_refused_before_a_card_is_asked_for() {
    let place = Restaurant::open("rest", &WITHOUT_LOCKS).await;
    place.choose("ord_1").await;
    let euros = json!({ "value": 1, "currencyCode": "EUR" });
    let item = |index: i64, quantity: i64| json!({ "kind": "items", "items": [{ "index": index, "quantity": quantity }] });
    for (split, field) in [
        (json!({}), "Split.Kind"),
        (json!({ "kind": "equal" }), "Split.Parts"),
        (json!({ "kind": "equal", "parts": 0 }), "Split.Parts"),
        (json!({ "kind": "equal", "parts": 101 }), "Split.Parts"),
        (json!({ "kind": "amount" }), "Split.Amount"),
        (
            json!({ "kind": "amount", "amount": pounds(2311) }),
            "Split.Amount.Value",
        ),
        (
            json!({ "kind": "amount", "amount": pounds(0) }),
            "Split.Amount.Value",
        ),
        (
            json!({ "kind": "amount", "amount": euros }),
            "Split.Amount.CurrencyCode",
        ),
        (json!({ "kind": "items", "items": [] }), "Split.Items"),
        (item(2, 1), "Split.Items[0].Index"),
        (item(-1, 1), "Split.Items[0].Index"),
        (item(0, 3), "Split.Items[0].Quantity"),
    ] {
        let refused = place.pay(json!({ "split": split })).await;
        assert_eq!(refused.blames(400), [field], "{split}");
    }
    for (tip, field) in [
        (json!({}), "Tip"),
        (json!({ "percent": 100.5 }), "Tip.Percent"),
        (json!({ "percent": 1.125 }), "Tip.Percent"),
        (json!({ "amount": pounds(-1) }), "Tip.Amount.Value"),
        (json!({ "amount": pounds(2311) }), "Tip.Amount.Value"),
    ] {
        let mut wanted = full();
        wanted["tip"] = tip.clone();
        assert_eq!(place.pay(wanted).await.blames(400), [field], "{tip}");
    }
    let machine = place.shown().await;
    assert_eq!(machine["integration"]["payment"], json!(null), "{machine}");
    assert!(place.app().books().await.is_empty());
}

#[tokio::test]
async fn one_machine_is_at_an_order() {
    let place = Restaurant::open("ws", &[]).await;
    place.choose("ord_1").await;
    let first = place.till.tid("SIP0").await;
    let other = json!({ "orderId": "ord_1" });
    place
        .till
        .press("MAN0", "integration", json!({}))
        .await
        .expect(200);
    let refused = place
        .till
        .press("MAN0", "select-order", other.clone())
        .await;
    assert!(refused.detail(409).contains(&first), "{}", refused.text());
    place.leave().await;
    place
        .till
        .press("MAN0", "select-order", other)
        .await
        .expect(200);
    // Another order that is chosen leaves the first.
    let second = json!({ "orderId": "ord_2" });
    place
        .till
        .press("MAN0", "select-order", second)
        .await
        .expect(200);
    assert!(place.is_free("ord_1").await && !place.is_free("ord_2").await);
    let tid = place.till.tid("MAN0").await;
    let path = format!("/sandbox/card-machines/{tid}/integration");
    let closed = place.app().delete(&path).await.expect(200);
    assert_eq!(closed["integration"], json!(null), "{closed}");
    place.unlocks("ord_2").await;
}

#[tokio::test]
async fn who_holds_the_lock_is_told() {
    let place = Restaurant::open("rest", &[]).await;
    let lock = json!({
        "lockId": "theirs", "expiry": "2099-01-01T00:00:00Z",
    });
    let template = "/v1/orders/{orderId}/lock";
    let locked = place
        .pos
        .ask(reqwest::Method::POST, template, &["ord_1"], &lock);
    assert_eq!(locked.await.0, 200);
    place.integration(json!({})).await;
    let refused = place.select("ord_1").await.detail(409);
    assert_eq!(refused, "The order is locked by another device.");
    let machine = place.shown().await;
    assert_eq!(machine["integration"]["order"], json!(null), "{machine}");
}

#[tokio::test]
async fn a_declined_part_is_tried_again_under_the_same_lock() {
    let place = Restaurant::open("ws", &[]).await.at("DIP0");
    place.choose("ord_1").await;
    let half = json!({ "split": { "kind": "equal", "parts": 2 } });
    let machine = place.pay(half.clone()).await.expect(200);
    let declined = &machine["integration"]["payment"];
    assert_eq!(declined["status"], "waiting", "{machine}");
    let declined = text(declined, "paymentIntentId");
    assert!(!place.is_free("ord_1").await);
    let card = json!({ "outcome": "success" });
    place.till.next("DIP0", card).await;
    let paid = place.pays(half).await;
    assert_ne!(paid, declined);
    assert_eq!(place.app().status(&declined).await, "Canceled");
    assert_eq!(place.payments("ord_1").await, [(paid, 1155, 0)]);
    assert_eq!(place.asked("CreateOrderLock").await, 1);
    place.leave().await;
    place.unlocks("ord_1").await;
    place.agrees(&["ord_1"]).await;
}

#[tokio::test]
async fn an_order_that_nobody_touches_is_left() {
    let place = Restaurant::open("rest", &[]).await;
    place.choose("ord_1").await;
    place.app().advance("00:04:55").await;
    let machine = place.shown().await;
    assert_eq!(machine["integration"]["order"]["orderId"], "ord_1");
    assert!(place.asked("ExtendOrderLock").await >= 4, "it is kept");
    assert!(!place.is_free("ord_1").await);
    place.app().advance("00:00:10").await;
    let machine = place.shown().await;
    assert_eq!(machine["integration"]["order"], json!(null), "{machine}");
    place.unlocks("ord_1").await;
}

#[tokio::test]
async fn a_payment_under_way_is_ended_before_the_order_is_left() {
    let place = Restaurant::open("ws", &[]).await.at("MAN0");
    place.choose("ord_1").await;
    place.pay(full()).await.expect(200);
    place.press("leave-order", json!({})).await.problem(409);
    place.pay(full()).await.problem(409);
    place.press("cancel", json!({})).await.expect(200);
    let machine = place.leave().await;
    assert_eq!(
        machine["integration"]["payment"]["status"], "dropped",
        "{machine}"
    );
    place.unlocks("ord_1").await;
    place.choose("ord_1").await;
    place.pay(full()).await.expect(200);
    let card = json!({ "card": "visa-debit" });
    place.press("insert", card).await.expect(200);
    place
        .press("pin", json!({ "digits": "1234" }))
        .await
        .expect(200);
    place.becomes("recorded").await;
    place.agrees(&["ord_1"]).await;
}

#[tokio::test]
async fn a_till_may_use_the_machine_meanwhile() {
    let place = Restaurant::open("ws", &[]).await;
    place.choose("ord_1").await;
    let intent = crate::id(&place.app().create(json!({})).await);
    place.till.sell("SIP0", &intent).await;
    assert_eq!(place.app().status(&intent).await, "Captured");
    let machine = place.shown().await;
    assert_eq!(machine["integration"]["order"]["orderId"], "ord_1");
    place.pays(full()).await;
}

#[tokio::test]
async fn what_the_merchant_gave_back_is_not_recorded() {
    let place = Restaurant::open("rest", &[]).await;
    place.choose("ord_1").await;
    place.pos.fail("down=RecordOrderPaymentById").await;
    place.pay(full()).await.expect(200);
    let intent = place.becomes("recording").await;
    let path = format!("/payment-intents/{intent}/reversal");
    place.app().post(&path).await.expect(200);
    place.becomes("givenBack").await;
    place.pos.fail("").await;
    place.app().advance("00:10:00").await;
    assert_eq!(place.payments("ord_1").await, []);
    place.agrees(&["ord_1"]).await;
}

#[tokio::test]
async fn an_order_that_is_not_for_sale_is_not_chosen() {
    let place = Restaurant::open("ws", &WITHOUT_LOCKS).await;
    place.choose("ord_1").await;
    place.pays(full()).await;
    place.select("ord_1").await.problem(409);
}
