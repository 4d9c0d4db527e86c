//! Orders as they are shown and paid.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::money::Money;

/// An order of a merchant's POS, as far as the platform needs it.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its id at the POS.
    pub id: String,
    /// Its name, for people.
    pub display_name: Option<String>,
    /// The table.
    pub table_id: Option<String>,
    /// The waiter.
    pub waiter_id: Option<String>,
    /// The id that people know it by.
    pub reference: Option<String>,
    /// Its status, in the words of the POS.
    pub status: Option<String>,
    /// Its price, service charge included and tips not; none if it has none that can be
    /// paid.
    pub total: Option<Money>,
    /// What is still to be paid of it.
    pub due: Option<Money>,
    /// Whether the POS lets it be paid.
    pub is_payable: bool,
    /// What was ordered.
    pub items: Vec<Item>,
    /// What is taken off its price.
    pub discounts: Vec<Charge>,
    /// The taxes in its price.
    pub taxes: Vec<Charge>,
    /// The service charge in its price.
    pub service_charge: Option<Money>,
    /// The payment intents whose payments are recorded.
    pub payments: Vec<String>,
}

/// An item of an order.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its name.
    pub name: String,
    /// How many.
    pub quantity: i64,
    /// The price of one with all its parts, in minor units of the order's currency.
    pub price: i64,
    /// A note.
    pub note: Option<String>,
    /// What belongs to each: parts of it, and changes.
    pub parts: Vec<ItemPart>,
}

/// What belongs to an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemPart {
    /// Its name.
    pub name: String,
    /// How many, for a single item.
    pub quantity: i64,
    /// What they add to the price of the item, in minor units.
    pub amount: i64,
}

/// A discount or a tax.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// Its name.
    pub name: String,
    /// How much.
    pub amount: Money,
}

impl Order {
    /// What the items cost together, before discounts, taxes and service charge; none if
    /// that does not fit.
    pub fn items_total(&self) -> Option<i64> {
        self.items.iter().try_fold(0_i64, |sum, item| {
            sum.checked_add(item.price.checked_mul(item.quantity)?)
        })
    }

    /// Whether the payment of that payment intent is recorded.
    pub fn has_payment(&self, payment_intent: &str) -> bool {
        self.payments.iter().any(|known| known == payment_intent)
    }

    /// What is still to be paid if it can be paid.
    pub fn payable(&self) -> Option<Money> {
        self.due.filter(|due| self.is_payable && due.minor > 0)
    }
}
