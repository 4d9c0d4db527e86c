//! Payment intents as a till uses them.

use serde_json::{Value, json};
use tatami_tests::{Till, sale};

use super::{intent, sold};
use crate::{id, manual, pounds, text};

#[tokio::test]
async fn create_payment_intent_auto() {
    let till = Till::new().await;
    let intent = till.app.create(json!({ "captureMode": "Auto" })).await;
    assert_eq!(intent["captureMode"], "Auto");
    assert_eq!(intent["status"], "Created");
    assert_eq!(intent["terminalSessionHistory"], json!([]));
}

#[tokio::test]
async fn create_payment_intent_manual() {
    let till = Till::new().await;
    let intent = till.app.create(manual()).await;
    assert_eq!(intent["captureMode"], "Manual");
    assert_eq!(intent["status"], "Created");
}

#[tokio::test]
async fn retrieve_payment_intent() {
    let till = Till::new().await;
    let intent = sold(&till, json!({})).await;
    let paid = till.app.intent(&intent).await;
    assert_eq!(paid["status"], "Captured");
    let details = &paid["paymentDetails"];
    for name in [
        "transactionId",
        "transactionDateTime",
        "message",
        "authCode",
    ] {
        assert!(!text(details, name).is_empty(), "{details}");
    }
}

#[tokio::test]
async fn change_payment_intent_amount() {
    let till = Till::new().await;
    let changeable = json!({ "config": { "payment": { "customAmountAllowed": true } } });
    let intent = intent(&till, changeable).await;
    let path = format!("/payment-intents/{intent}/amount");
    let change = |pence: i64| till.app.send(&path, json!({ "amount": pounds(pence) }));
    assert_eq!(change(1500).await.expect(200)["amount"]["value"], 1500);
    // Not while a machine shows the amount.
    let session = till.sell("MAN0", &intent).await;
    change(1).await.problem(400);
    till.cancel(&session).await.expect(200);
    change(1600).await.expect(200);
    till.sell("SIP0", &intent).await;
    let paid = till.app.intent(&intent).await;
    assert_eq!(paid["totalAmount"]["value"], 1600);
    assert_eq!(paid["status"], "Captured");
}

#[tokio::test]
async fn cancel_payment_intent() {
    let till = Till::new().await;
    let intent = intent(&till, json!({})).await;
    let path = format!("/payment-intents/{intent}");
    let session = till.sell("MAN0", &intent).await;
    till.app.delete(&path).await.problem(400);
    till.cancel(&session).await.expect(200);
    till.app.delete(&path).await.expect(200);
    assert_eq!(till.app.status(&intent).await, "Canceled");
    till.ask("SIP0", sale(&intent)).await.problem(400);
}

#[tokio::test]
async fn list_all_payment_intents() {
    let till = Till::new().await;
    let first = sold(&till, json!({})).await;
    let second = id(&till.app.create(json!({})).await);
    let found = till.app.send("/payment-intents/search", json!({})).await;
    let found = found.expect(200);
    let ids: Vec<String> = found["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(id)
        .collect();
    assert_eq!(ids, [second, first]);
}

#[tokio::test]
async fn create_payment_intent_moto() {
    let till = Till::new().await;
    let absent = json!({ "cardHolderNotPresent": true });
    let first = intent(&till, absent.clone()).await;
    let session = till.sell("MAN0", &first).await;
    let machine = till.machine("MAN0").await;
    assert_eq!(machine["screen"]["name"], "keyIn", "{machine}");
    let typed = json!({ "number": "4456 5300 0000 1005", "expiry": "12/39", "cv2": "123" });
    till.press("MAN0", "key-in", typed).await.expect(200);
    let session = till.session(&session).await;
    assert_eq!(session["status"], "Captured", "{session}");
    let shown: Vec<Value> = session["notificationEvents"]
        .as_array()
        .expect("a list")
        .clone();
    assert!(shown.iter().all(|n| n["notificationType"] != "PresentCard"));
    let card = &till.app.intent(&first).await["paymentDetails"]["card"];
    assert_eq!(card["entryMode"], "ManualEntry");
    assert_eq!(card["verificationMethod"], "None");
    assert_eq!(card["cardNumber"], "44565300****1005");
    // A scripted machine types as well.
    let second = intent(&till, absent).await;
    till.sell("SIP0", &second).await;
    let card = &till.app.intent(&second).await["paymentDetails"]["card"];
    assert_eq!(card["entryMode"], "ManualEntry");
}

#[tokio::test]
async fn item_lines() {
    let till = Till::new().await;
    let lines = json!([{
        "id": "1", "name": "Cup", "quantity": 1, "amountTotal": pounds(1000),
        "modifiers": [{ "id": "d", "name": "Discount", "quantity": 1, "amountPerModifier": pounds(-100) }],
    }]);
    let intent = sold(&till, json!({ "itemLines": lines })).await;
    let paid = till.app.intent(&intent).await;
    assert_eq!(paid["itemLines"][0]["name"], "Cup");
    let modifier = &paid["itemLines"][0]["modifiers"][0];
    assert_eq!(modifier["amountPerModifier"]["value"], -100);
}

#[tokio::test]
async fn webhooks() {
    let till = Till::new().await;
    let events = till.app.get("/webhooks/events").await.expect(200);
    assert!(events.to_string().contains("payment_intent.status_updated"));
    let subscription = json!({
        "url": "https://shop.example/hook",
        "events": ["payment_intent.status_updated"],
    });
    till.app.send("/webhooks", subscription).await.expect(200);
    let listed = till.app.get("/webhooks").await.expect(200);
    assert!(listed.to_string().contains("payment_intent.status_updated"));
    let intent = sold(&till, json!({})).await;
    let deliveries = till
        .app
        .get("/sandbox/webhook-deliveries")
        .await
        .expect(200);
    let told = deliveries
        .as_array()
        .expect("a list")
        .iter()
        .any(|delivery| {
            let payload = delivery["payload"].as_str().unwrap_or_default();
            payload.contains(&intent) && payload.contains("Captured")
        });
    assert!(told, "{deliveries}");
}
