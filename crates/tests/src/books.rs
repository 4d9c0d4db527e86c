//! The acquirer's side of the story.

use serde_json::Value;

/// One entry of the acquirer's books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The reference that the acquirer was given.
    pub reference: String,
    /// `verify`, `authorize`, `charge`, `increment`, `capture`, `refund`, `reverse`,
    /// `release` or `void`.
    pub operation: String,
    /// The reference of the authorization that it is about.
    pub authorization: String,
    /// Minor units; 0 for what was never seen.
    pub amount: i64,
    /// `approved`, `declined`, `challenged` or `voided`.
    pub outcome: String,
    /// The acquirer's transaction id, which `paymentDetails` shows.
    pub transaction: String,
}

impl Entry {
    /// Reads an entry as the sandbox lists it.
    pub(crate) fn read(entry: &Value) -> Self {
        let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        let amount = &entry["amount"];
        let minor = amount.as_i64().or_else(|| amount["minor"].as_i64());
        Self {
            reference: text("reference"),
            operation: text("operation"),
            authorization: text("authorization"),
            amount: minor.or_else(|| amount["value"].as_i64()).unwrap_or(0),
            outcome: text("outcome"),
            transaction: text("transactionId"),
        }
    }

    /// Whether money moved, or was held, by it.
    pub fn approved(&self) -> bool {
        self.outcome == "approved"
    }

    /// Whether it is an approved operation of that name.
    pub fn is(&self, operation: &str) -> bool {
        self.approved() && self.operation == operation
    }
}

/// The sum of the approved operations of that name.
pub fn booked<'b>(books: impl IntoIterator<Item = &'b Entry>, operation: &str) -> i64 {
    let of_that_name = books.into_iter().filter(|entry| entry.is(operation));
    of_that_name.map(|entry| entry.amount).sum()
}
