//! The published Pay at Counter go-live checklist: one test a row, named after
//! it. `cargo xtask test` prints them as a table.

mod configuration;
mod errors;
mod intents;
mod preauthorizations;
mod refund_sessions;
mod refunds;
mod sales;

use serde_json::{Value, json};
use tatami_tests::Till;

use crate::{id, manual, text};

/// The id of a new payment intent of £10.00, with changes.
async fn intent(till: &Till, changes: Value) -> String {
    id(&till.app.create(changes).await)
}

/// The statuses that a session came to.
fn statuses(session: &Value) -> Vec<String> {
    let events = session["statusEvents"].as_array().expect("a list");
    events.iter().map(|event| text(event, "status")).collect()
}

/// What the machine showed.
fn notifications(session: &Value) -> Vec<String> {
    let events = session["notificationEvents"].as_array().expect("a list");
    events
        .iter()
        .map(|event| text(event, "notificationType"))
        .collect()
}

/// What happened to a payment intent.
fn events(intent: &Value) -> Vec<String> {
    let events = intent["paymentEvents"].as_array().expect("a list");
    events
        .iter()
        .map(|event| text(event, "eventType"))
        .collect()
}

/// The texts of a receipt.
fn lines(receipt: &Value) -> Vec<String> {
    let lines = receipt["lines"].as_array().expect("lines");
    let texts = lines
        .iter()
        .filter_map(|line| line["text"]["value"].as_str());
    texts.map(str::to_owned).collect()
}

/// A payment intent that was paid on the chip and PIN machine.
async fn sold(till: &Till, changes: Value) -> String {
    let intent = intent(till, changes).await;
    let session = till.sell("SIP0", &intent).await;
    assert!(["Captured", "Authorized"].contains(&till.status(&session).await.as_str()));
    intent
}

/// A manual payment intent with an amount held by the chip and PIN machine.
async fn held(till: &Till) -> String {
    let mut order = manual();
    order["config"] = json!({ "payment": { "customAmountAllowed": true } });
    let intent = sold(till, order).await;
    assert_eq!(till.app.status(&intent).await, "Authorized");
    intent
}
