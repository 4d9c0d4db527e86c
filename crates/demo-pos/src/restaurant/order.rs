//! An order, and the rules about its price, its payments and its lock.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Refusal;

/// The currency of the restaurant.
pub const CURRENCY: &str = "GBP";

/// An item of an order.
#[derive(Clone, Debug)]
pub struct Item {
    /// The product.
    pub plu: String,
    /// Its name.
    pub name: String,
    /// The price of one, in pence.
    pub price: i64,
    /// How many.
    pub quantity: i64,
    /// What is added to each: name, product and price in pence.
    pub modifiers: Vec<(String, String, i64)>,
}

/// A payment that was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The payment intent.
    pub intent: String,
    /// What was paid of the order, in pence.
    pub paid: i64,
    /// The tip, in pence.
    pub tip: i64,
}

/// A lock of the platform.
#[derive(Clone, Debug)]
pub struct Lock {
    /// Its id.
    pub id: String,
    /// When it is over.
    pub expiry: Timestamp,
    /// Whom it is for.
    pub holder: String,
}

/// An order.
#[derive(Clone, Debug)]
pub struct Order {
    /// Its id.
    pub id: String,
    /// Its name, if it has one.
    pub display_name: Option<String>,
    /// The table.
    pub table: Option<String>,
    /// The waiter.
    pub waiter: Option<String>,
    /// The party.
    pub party: Option<String>,
    /// A note.
    pub note: Option<String>,
    /// The items.
    pub items: Vec<Item>,
    /// A discount, in pence.
    pub discount: i64,
    /// The service charge, in hundredths of a per cent of the items.
    pub service: i64,
    /// The payments.
    pub payments: Vec<Payment>,
    /// The lock, which may be over.
    pub lock: Option<Lock>,
    /// `Accepted`, `Finalized` or `Canceled`.
    pub status: &'static str,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Item {
    /// The price of all of it, in pence.
    pub fn total(&self) -> i64 {
        let modifiers: i64 = self.modifiers.iter().map(|(_, _, price)| price).sum();
        (self.price + modifiers) * self.quantity
    }

    fn json(&self) -> Value {
        let modifiers: Vec<_> = self
            .modifiers
            .iter()
            .map(|(name, plu, price)| {
                json!({
                    "name": name, "plu": plu, "quantity": 1, "amountPerModifier": money(*price),
                })
            })
            .collect();
        json!({
            "name": self.name,
            "plu": self.plu,
            "quantity": self.quantity,
            "amountPerItem": money(self.price),
            "modifiers": modifiers,
        })
    }
}

/// An amount as JSON.
pub fn money(pence: i64) -> Value {
    json!({ "value": pence, "currencyCode": CURRENCY })
}

impl Order {
    /// The service charge, in pence.
    pub fn service_charge(&self) -> i64 {
        (self.items_total() - self.discount) * self.service / 10_000
    }

    fn items_total(&self) -> i64 {
        self.items.iter().map(Item::total).sum()
    }

    /// The price, in pence.
    pub fn total(&self) -> i64 {
        self.items_total() - self.discount + self.service_charge()
    }

    /// What was paid of it, in pence.
    pub fn paid(&self) -> i64 {
        self.payments.iter().map(|payment| payment.paid).sum()
    }

    /// Whether something of it can be paid.
    pub fn is_payable(&self) -> bool {
        self.status == "Accepted" && self.total() > self.paid()
    }

    /// The lock, unless it is over.
    pub fn lock_at(&self, now: Timestamp) -> Option<&Lock> {
        self.lock.as_ref().filter(|lock| lock.expiry > now)
    }

    /// Whether a request with that lock may change the order.
    ///
    /// # Errors
    /// If it is under another lock.
    pub fn check_lock(&self, lock: Option<&str>, now: Timestamp) -> Result<(), Refusal> {
        match self.lock_at(now) {
            Some(held) if lock != Some(held.id.as_str()) => Err(Refusal::conflict(format!(
                "The order is locked by {}.",
                held.holder
            ))),
            _ => Ok(()),
        }
    }

    /// Records a payment. One that is recorded already stays as it is.
    ///
    /// # Errors
    /// If it is not the same as the recorded one, or more than is due.
    pub fn record(&mut self, payment: Payment) -> Result<(), Refusal> {
        let mut recorded = self.payments.iter();
        if let Some(recorded) = recorded.find(|p| p.intent == payment.intent) {
            return match *recorded == payment {
                true => Ok(()),
                false => Err(Refusal::conflict(
                    "The payment is recorded with another amount.",
                )),
            };
        }
        if !self.is_payable() {
            return Err(Refusal::conflict("The order cannot be paid."));
        }
        if payment.paid <= 0 || payment.tip < 0 {
            return Err(Refusal::invalid("The amount is not valid."));
        }
        if payment.paid > self.total() - self.paid() {
            return Err(Refusal::conflict("The payment is more than is due."));
        }
        self.payments.push(payment);
        if self.paid() == self.total() {
            self.status = "Finalized";
        }
        Ok(())
    }

    /// The order as JSON.
    pub fn json(&self) -> Value {
        let payments: Vec<_> = self
            .payments
            .iter()
            .map(|payment| {
                json!({
                    "paymentIntentId": payment.intent,
                    "paidAmount": money(payment.paid),
                    "tipsAmount": money(payment.tip),
                })
            })
            .collect();
        let mut order = json!({
            "id": self.id,
            "status": self.status,
            "items": self.items.iter().map(Item::json).collect::<Vec<_>>(),
            "totalAmount": money(self.total()),
            "paidAmount": money(self.paid()),
            "tipsAmount": money(self.payments.iter().map(|payment| payment.tip).sum()),
            "payments": payments,
            "payable": self.is_payable(),
            "reference": self.id,
            "createdAt": self.created_at.to_string(),
            "updatedAt": self.updated_at.to_string(),
        });
        if self.service > 0 {
            order["serviceChargeAmount"] = money(self.service_charge());
        }
        if self.discount > 0 {
            let discount = json!({ "name": "Discount", "amountTotal": money(self.discount) });
            order["discounts"] = json!([discount]);
        }
        // VAT of a fifth is in the price.
        let vat = json!({
            "id": "VAT",
            "name": "VAT",
            "amountPercentage": 2000,
            "amountTotal": money((self.items_total() - self.discount) / 6),
        });
        order["taxLines"] = json!([vat]);
        for (name, value) in [("displayName", &self.display_name), ("note", &self.note)] {
            if let Some(value) = value {
                order[name] = value.as_str().into();
            }
        }
        order["details"] = self.details();
        order
    }

    fn details(&self) -> Value {
        let Some(table) = &self.table else {
            return json!({ "orderType": "Collection", "collection": { "asap": true } });
        };
        let mut dine_in = json!({ "tableId": table });
        for (name, value) in [("waiterId", &self.waiter), ("partyId", &self.party)] {
            if let Some(value) = value {
                dine_in[name] = value.as_str().into();
            }
        }
        json!({ "orderType": "DineIn", "dineIn": dine_in })
    }
}
