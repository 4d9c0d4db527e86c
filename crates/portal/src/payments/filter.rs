//! What the fields of the filter of payments ask for.

use tatami_core::account::Account;
use tatami_core::payment_intent::Status;
use tatami_core::time::Timestamp;
use tatami_engine::Wanted;

use crate::fields::Fields;
use crate::money::minor_units;
use crate::times::{day_end, day_start};

/// Reads the filter.
///
/// # Errors
/// With a sentence for each field that cannot be read.
pub(super) fn wanted(fields: &Fields, account: &Account) -> Result<Wanted, Vec<String>> {
    let mut bad = Vec::new();
    let (from, to) = (
        day(fields.get("from"), account, day_start, &mut bad),
        day(fields.get("to"), account, day_end, &mut bad),
    );
    let (least, most) = (
        amount(fields.get("amount-from"), &mut bad),
        amount(fields.get("amount-to"), &mut bad),
    );
    let last4 = fields.get("last4").trim();
    let are_digits = last4.len() == 4 && last4.bytes().all(|b| b.is_ascii_digit());
    if !last4.is_empty() && !are_digits {
        bad.push("The last digits of a card are four, such as 1005.".to_owned());
    }
    if !bad.is_empty() {
        return Err(bad);
    }
    let text = |name: &str| fields.get(name).trim().to_owned();
    Ok(Wanted {
        statuses: fields.all("status").filter_map(Status::from_name).collect(),
        from,
        to,
        reference: text("reference"),
        customer: text("customer"),
        source: text("source"),
        last4: last4.to_owned(),
        least,
        most,
    })
}

/// A day of a filter.
pub(crate) fn day(
    text: &str,
    account: &Account,
    read: fn(&str, &str) -> Option<Timestamp>,
    bad: &mut Vec<String>,
) -> Option<Timestamp> {
    let at = read(text, &account.time_zone);
    if at.is_none() && !text.is_empty() {
        bad.push(format!("{text} is not a date: write it as 2026-01-31."));
    }
    at
}

fn amount(text: &str, bad: &mut Vec<String>) -> Option<i64> {
    let minor = minor_units(text);
    if minor.is_none() && !text.is_empty() {
        bad.push(format!("{text} is not an amount: write it as 12.50."));
    }
    minor
}
