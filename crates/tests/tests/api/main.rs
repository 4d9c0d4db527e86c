//! The published contract, checked on the running program: one module per
//! topic, one server for all of them, an account of its own for every test.

#![allow(
    clippy::expect_used,
    reason = "a failed expectation is how a test fails"
)]

mod accounts;
mod amounts;
mod apps;
mod authentication;
mod bodies;
mod bounds;
mod branding;
mod canaries;
mod captcha;
mod captures;
mod card_data;
mod card_machine_pages;
mod challenges;
mod charges;
mod checklists;
mod checkout_pages;
mod command_line;
mod components;
mod conventions;
mod customers;
mod demo_pos;
mod described;
mod documentation;
mod documentation_links;
mod epos_events;
mod epos_integrations;
mod epos_sockets;
mod epos_tester;
mod expiry;
mod go_live;
mod go_live_at_table;
mod hostile_peers;
mod idempotency;
mod intents;
mod leniency;
mod moving;
mod no_sandbox;
mod obligations;
mod operating;
mod parties;
mod pay_at_table;
mod pay_at_table_faults;
mod pay_by_qr;
mod payers_details;
mod payments;
mod portal;
mod printed_bills;
mod public;
mod races;
mod receipts;
mod refunds;
mod refusals;
mod reversals;
mod saved_cards;
mod search;
mod setup_intents;
mod terminals;
mod tokenization;
#[cfg(feature = "otlp")]
mod traces;
mod transactions;
mod tries;
mod validation;
mod versions;
mod wallet_options;
mod wallets;
mod webhook_delivery;
mod webhooks;

use serde_json::{Value, json};
use tatami_tests::{APPROVED, App, pay_intent};

/// A property that is a text.
fn text(value: &Value, name: &str) -> String {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} of {value} is not a text"))
        .to_owned()
}

fn id(intent: &Value) -> String {
    text(intent, "id")
}

fn pounds(pence: i64) -> Value {
    json!({ "value": pence, "currencyCode": "GBP" })
}

/// So many lines of an order, of about 1.5 KB each.
fn long_lines(lines: usize) -> Value {
    let modifier = json!({
        "id": "m", "name": "x".repeat(100), "quantity": 1, "amountPerModifier": pounds(0),
    });
    let line = json!({
        "name": "Cup", "quantity": 1, "amountTotal": pounds(1), "modifiers": vec![modifier; 8],
    });
    vec![line; lines].into()
}

/// What a manual payment intent adds to the default order.
fn manual() -> Value {
    json!({
        "captureMode": "Manual",
        "autoExpireIn": "6.00:00:00",
        "autoExpireAction": "Release",
    })
}

/// The id of a payment intent that was paid at once.
async fn captured(app: &App) -> String {
    let intent = app.create(json!({})).await;
    let paid = pay_intent(app, &id(&intent), APPROVED).await;
    assert_eq!(paid["status"], "Captured", "{paid}");
    id(&intent)
}

/// The id of a manual payment intent whose amount is held.
async fn authorized(app: &App) -> String {
    authorized_with(app, json!({})).await
}

/// The same, with other changes to the order.
async fn authorized_with(app: &App, changes: Value) -> String {
    let mut order = manual();
    for (name, value) in changes.as_object().expect("changes by name") {
        order[name] = value.clone();
    }
    let intent = app.create(order).await;
    let paid = pay_intent(app, &id(&intent), APPROVED).await;
    assert_eq!(paid["status"], "Authorized", "{paid}");
    id(&intent)
}

/// An id of the right form that nobody has.
fn unknown(prefix: &str) -> String {
    format!("{prefix}_sandbox_0123456789012345678901")
}
