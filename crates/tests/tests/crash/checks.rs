//! Our record, the shops' ledgers and the acquirer's books agree.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use tatami_tests::{App, Delivery, Entry, booked};

use crate::ledger::{Ledger, Order};

/// Panics at the first disagreement.
pub async fn everything_holds(app: &App, ledgers: &[Ledger]) {
    let books = app.books().await;
    no_reference_twice(&books);
    let mut known = 0;
    for ledger in ledgers {
        for order in &ledger.orders {
            let intent = app.intent(&order.id).await;
            as_acknowledged(order, &intent);
            as_booked(order, &intent, &books);
            known += 1;
        }
        for answered in &ledger.answers {
            let request = &answered.request;
            let again = app
                .send(&request.path, request.body.clone())
                .key(&request.key)
                .await;
            assert_eq!(
                again.status,
                answered.status,
                "{request:?}: {}",
                again.text()
            );
            assert_eq!(again.text(), answered.answer, "{request:?}");
        }
    }
    assert!(known > 0, "nothing was ordered");
    // The replays moved nothing.
    assert_eq!(app.books().await, books);
    nothing_is_open(app, ledgers).await;
    no_charge_without_an_order(ledgers, &books);
}

/// Each shop heard the whole story of each order, in its order. It may have
/// heard a part again: what is sent when the program is killed is sent again.
pub fn every_event_arrived(ledgers: &[Ledger], got: &[Delivery]) {
    let mut heard: HashMap<String, Vec<String>> = HashMap::new();
    let mut seen = HashSet::new();
    for arrived in got {
        let event = arrived.json()["id"].as_str().expect("an id").to_owned();
        if seen.insert(event) {
            heard
                .entry(arrived.intent())
                .or_default()
                .push(arrived.status());
        }
    }
    println!("{} deliveries of {} events", got.len(), seen.len());
    for order in ledgers.iter().flat_map(|ledger| &ledger.orders) {
        let story = heard.remove(&order.id).unwrap_or_default();
        assert_eq!(story, order.story(), "{order:?}");
    }
    // An order of which the shop never heard is as it was made.
    assert!(
        heard.values().all(|story| story == &["Created"]),
        "{heard:?}"
    );
}

fn no_reference_twice(books: &[Entry]) {
    let mut seen = HashMap::new();
    for entry in books {
        let before = seen.insert(&entry.reference, entry);
        assert!(before.is_none(), "{before:?} and {entry:?}");
    }
}

fn list<'v>(intent: &'v Value, name: &str) -> &'v [Value] {
    intent[name].as_array().map_or(&[], Vec::as_slice)
}

/// Everything that the shop was told is in our record, and nothing else is but
/// what it asked for.
fn as_acknowledged(order: &Order, intent: &Value) {
    let status = intent["status"].as_str().expect("a status");
    let refunded: i64 = order.refunds.iter().map(|(_, amount)| amount).sum();
    let captured: i64 = order.captures.iter().map(|(_, amount)| amount).sum();
    let expected = match order {
        Order { reversed: true, .. } => "Reversed",
        Order { paid: false, .. } => "Created",
        Order {
            manual: true,
            captures,
            ..
        } if captures.is_empty() => "Authorized",
        Order { manual: true, .. } if refunded == captured => "Refunded",
        Order { manual: false, .. } if refunded == order.total => "Refunded",
        Order { .. } => "Captured",
    };
    assert_eq!(status, expected, "{order:?}: {intent}");
    assert_eq!(intent["refundedAmount"], refunded, "{order:?}: {intent}");
    let recorded: Vec<(String, i64)> = list(intent, "captures")
        .iter()
        .map(|capture| {
            let id = capture["id"].as_str().expect("an id").to_owned();
            (id, capture["amount"].as_i64().expect("an amount"))
        })
        .collect();
    if order.manual {
        assert_eq!(recorded, order.captures, "{intent}");
    }
}

/// The acquirer moved what our record says, and no more.
fn as_booked(order: &Order, intent: &Value, books: &[Entry]) {
    let opening = |entry: &&Entry| {
        entry.amount == order.total && (entry.is("authorize") || entry.is("charge"))
    };
    let authorizations: Vec<&Entry> = books.iter().filter(opening).collect();
    let at = format!("{order:?}: {intent}: {authorizations:#?}");
    let Some(transaction) = intent["paymentDetails"]["transactionId"].as_str() else {
        assert!(!order.paid, "{at}");
        assert!(authorizations.is_empty(), "charged and not recorded: {at}");
        return;
    };
    assert_eq!(authorizations.len(), 1, "charged more than once: {at}");
    assert_eq!(authorizations[0].transaction, transaction, "{at}");
    let name = if order.manual { "authorize" } else { "charge" };
    assert_eq!(authorizations[0].operation, name, "{at}");

    let reference = &authorizations[0].reference;
    let about = |entry: &&Entry| entry.authorization == *reference && entry.reference != *reference;
    let follow_ups: Vec<&Entry> = books.iter().filter(about).collect();
    let sum = |operation: &str| booked(follow_ups.iter().copied(), operation);
    let captured: i64 = order.captures.iter().map(|(_, amount)| amount).sum();
    let refunded: i64 = order.refunds.iter().map(|(_, amount)| amount).sum();
    assert_eq!(sum("capture"), captured, "{at}: {follow_ups:#?}");
    assert_eq!(sum("refund"), refunded, "{at}: {follow_ups:#?}");
    let undone = if order.reversed { order.total } else { 0 };
    assert_eq!(sum("reverse"), undone, "{at}: {follow_ups:#?}");
}

/// An open attempt would make an intent refuse everything for a while.
async fn nothing_is_open(app: &App, ledgers: &[Ledger]) {
    for order in ledgers.iter().flat_map(|ledger| &ledger.orders) {
        let refused = app
            .post(&format!("/payment-intents/{}/charge", order.id))
            .await;
        assert!(
            !refused.text().contains("still waiting"),
            "{}",
            refused.text()
        );
        if !order.paid {
            let fresh = format!(
                "/payment-intents/{}/refresh-client-session-secret",
                order.id
            );
            app.post(&fresh).await.expect(200);
        }
    }
}

fn no_charge_without_an_order(ledgers: &[Ledger], books: &[Entry]) {
    let orders: usize = ledgers
        .iter()
        .flat_map(|ledger| &ledger.orders)
        .filter(|order| order.paid)
        .count();
    let opened = books
        .iter()
        .filter(|entry| entry.is("authorize") || entry.is("charge"))
        .count();
    assert_eq!(opened, orders, "charges and paid orders");
}
