//! 2022-04-07, the first. After it, in 2024-02-05:
//!
//! - item lines have a `name` for their `caption`, need an `amountTotal`, and
//!   gained `category`, `modifiers` and `plu`; tax lines gained `affectedPlu`
//! - manual authorizations have to say what happens at the end of their hold
//! - `cardHolderNotPresent` took the place of `transactionSource: MOTO`
//! - the client session secret is only given on request
//! - the card of `paymentDetails` is an object of its own, beside a transaction
//!   id and a payment method id
//! - payment intents gained cashback, service charge, order details, setup
//!   intent, payment link, captures and card machine sessions

use serde_json::Value;
use tatami_core::problem::Violation;

use super::{Object, Version, objects};
use crate::shape::{Members, Tree};

pub(super) const VERSION: Version = Version {
    date: "2022-04-07",
    always_shows_secret: true,
    upgrade,
    downgrade,
    excuses,
};

/// The properties of a card that stood in `paymentDetails` itself.
const CARD: [&str; 4] = ["cardNumber", "cardName", "expiryDate", "cardType"];

/// The properties that a payment intent did not have.
const LATER: [&str; 8] = [
    "cardHolderNotPresent",
    "orderDetails",
    "setupIntentId",
    "cashbackAmount",
    "serviceChargeAmount",
    "paymentLink",
    "terminalSessionHistory",
    "captures",
];

/// Reads this version's names as the newest.
pub(super) fn understand(body: &mut Members<'_>) {
    if let Some(Tree::List(lines)) = body.get_mut("itemLines") {
        for line in lines {
            name_for_caption(line);
        }
    }
    let source = body.take("transactionSource");
    let moto = matches!(source, Some(Tree::Text(s)) if s.eq_ignore_ascii_case("MOTO"));
    if moto && body.get_mut("cardHolderNotPresent").is_none() {
        body.push("cardHolderNotPresent", Tree::Boolean(true));
    }
}

/// What happens at the end of a hold had not to be said.
fn upgrade(body: &mut Members<'_>) {
    let mode = body.get_mut("captureMode");
    let manual = matches!(mode, Some(Tree::Text(mode)) if mode.eq_ignore_ascii_case("Manual"));
    let is_silent = |action: &Tree<'_>| match action {
        Tree::Nothing => true,
        Tree::Text(text) => text.is_empty(),
        _ => false,
    };
    let silent = body
        .get_mut("autoExpireAction")
        .is_none_or(|action| is_silent(action));
    if manual && silent {
        body.take("autoExpireAction");
        body.push("autoExpireAction", Tree::Text("Release".into()));
    }
}

fn name_for_caption(line: &mut Tree<'_>) {
    let Tree::Object(line) = line else { return };
    if let Some(caption) = line.take("caption")
        && line.get_mut("name").is_none()
    {
        line.push("name", caption);
    }
}

fn downgrade(intent: &mut Object) {
    for later in LATER {
        intent.shift_remove(later);
    }
    for line in objects(intent, "itemLines") {
        let lines = line.iter().filter_map(|(name, value)| match name.as_str() {
            "name" => Some(("caption".to_owned(), value.clone())),
            "category" | "modifiers" | "plu" => None,
            _ => Some((name.clone(), value.clone())),
        });
        *line = lines.collect();
    }
    for line in objects(intent, "taxLines") {
        line.shift_remove("affectedPlu");
    }
    let details = intent
        .get_mut("paymentDetails")
        .and_then(Value::as_object_mut);
    if let Some(details) = details {
        flatten(details);
    }
}

fn flatten(details: &mut Object) {
    details.shift_remove("transactionId");
    details.shift_remove("paymentMethodId");
    let Some(Value::Object(mut card)) = details.shift_remove("card") else {
        return;
    };
    for name in CARD {
        if let Some(value) = card.shift_remove(name) {
            details.insert(name.to_owned(), value);
        }
    }
}

fn excuses(violation: &Violation) -> bool {
    violation.field.starts_with("ItemLines[")
        && violation.field.ends_with("].AmountTotal")
        && violation.rule.ends_with("is required.")
}
