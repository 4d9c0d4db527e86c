//! Orders.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;
use utoipa::ToSchema;

use super::{Amount, lenient};

/// An order at the POS.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// Its id; an order without one cannot be chosen.
    #[serde(default, deserialize_with = "lenient::text")]
    pub id: Option<String>,
    /// What was ordered.
    #[serde(default, deserialize_with = "lenient::list")]
    pub items: Vec<Item>,
    /// A note.
    pub note: Option<String>,
    /// Who ordered it.
    pub customer: Option<Customer>,
    /// What is taken off its price.
    #[serde(default, deserialize_with = "lenient::list")]
    pub discounts: Vec<Discount>,
    /// The taxes in its price.
    #[serde(default, deserialize_with = "lenient::list")]
    pub tax_lines: Vec<TaxLine>,
    /// Its status, in the words of the POS.
    pub status: Option<String>,
    /// When it was created.
    pub created_at: Option<String>,
    /// When it was last changed.
    pub updated_at: Option<String>,
    /// Its price, service charge included and tips not.
    pub total_amount: Option<Amount>,
    /// The payments so far.
    #[serde(default, deserialize_with = "lenient::list")]
    pub payments: Vec<Payment>,
    /// Whether it can be paid.
    pub payable: Option<bool>,
    /// What was paid so far, without tips.
    pub paid_amount: Option<Amount>,
    /// The service charge in its price.
    pub service_charge_amount: Option<Amount>,
    /// The id that people know it by.
    #[serde(default, deserialize_with = "lenient::text")]
    pub reference: Option<String>,
    /// The tips so far.
    pub tips_amount: Option<Amount>,
    /// Where it is served.
    pub details: Option<Details>,
    /// Its name, for people.
    #[serde(default, deserialize_with = "lenient::text")]
    pub display_name: Option<String>,
}

impl Order {
    /// What was paid of its price: what the POS says, or else the sum of the payments.
    /// None if that does not add up.
    pub fn paid(&self) -> Option<i64> {
        match &self.paid_amount {
            Some(paid) => self.in_its_currency(paid),
            None => self.payments.iter().try_fold(0_i64, |sum, payment| {
                sum.checked_add(self.in_its_currency(&payment.paid_amount)?)
            }),
        }
    }

    /// What is still to be paid; none if it has no price that can be paid.
    pub fn due(&self) -> Option<tatami_core::money::Money> {
        let mut due = self.total_amount.as_ref()?.money()?;
        due.minor = due.minor.checked_sub(self.paid()?)?;
        Some(due)
    }

    /// Whether something of it can be paid.
    pub fn is_payable(&self) -> bool {
        let has_due = self.due().is_some_and(|due| due.minor > 0);
        self.id.is_some() && self.payable.unwrap_or(true) && has_due
    }

    /// Whether the payment of that payment intent is recorded.
    pub fn has_payment(&self, payment_intent: &str) -> bool {
        let mut ids = self.payments.iter().map(|p| p.payment_intent_id.as_deref());
        ids.any(|id| id == Some(payment_intent))
    }

    fn in_its_currency(&self, amount: &Amount) -> Option<i64> {
        let own = &self.total_amount.as_ref()?.currency_code;
        own.eq_ignore_ascii_case(&amount.currency_code)
            .then_some(amount.value)
    }
}

/// An item of an order. Prices are of one, before modifiers and discounts.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// The price of one.
    pub amount_per_item: Amount,
    /// How many.
    #[serde(deserialize_with = "lenient::whole")]
    pub quantity: i64,
    /// A note.
    pub note: Option<String>,
    /// Its name.
    #[serde(default, deserialize_with = "lenient::some_text")]
    pub name: String,
    /// The product.
    #[serde(default, deserialize_with = "lenient::some_text")]
    pub plu: String,
    /// Parts with prices of their own.
    #[serde(default, deserialize_with = "lenient::list")]
    pub sub_items: Vec<SubItem>,
    /// What was changed about it.
    #[serde(default, deserialize_with = "lenient::list")]
    pub modifiers: Vec<Modifier>,
}

/// A part of an item.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubItem {
    /// The price of one.
    pub amount_per_item: Amount,
    /// How many.
    #[serde(deserialize_with = "lenient::whole")]
    pub quantity: i64,
    /// A note.
    pub note: Option<String>,
    /// Its name.
    #[serde(default, deserialize_with = "lenient::some_text")]
    pub name: String,
    /// The product.
    #[serde(default, deserialize_with = "lenient::some_text")]
    pub plu: String,
    /// What was changed about it.
    #[serde(default, deserialize_with = "lenient::list")]
    pub modifiers: Vec<Modifier>,
}

/// A change of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Modifier {
    /// Its name.
    #[serde(default, deserialize_with = "lenient::some_text")]
    pub name: String,
    /// How often, for a single item.
    #[serde(deserialize_with = "lenient::whole")]
    pub quantity: i64,
    /// The price of one.
    #[serde(alias = "amountPerItem")]
    pub amount_per_modifier: Amount,
    /// The product.
    #[serde(default, deserialize_with = "lenient::some_text")]
    pub plu: String,
}

/// A customer.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    /// Their id.
    #[serde(default, deserialize_with = "lenient::text")]
    pub id: Option<String>,
    /// Their mail address.
    pub email_address: Option<String>,
    /// Their phone number.
    #[serde(default, deserialize_with = "lenient::text")]
    pub phone_number: Option<String>,
    /// Their name.
    pub name: Option<String>,
}

/// What is taken off the price of an order or of a product.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Discount {
    /// Its name.
    #[serde(default, deserialize_with = "lenient::some_text")]
    pub name: String,
    /// The product, unless it is of the whole order.
    #[serde(default, deserialize_with = "lenient::text")]
    pub affected_plu: Option<String>,
    /// What identifies it.
    #[serde(default, deserialize_with = "lenient::text")]
    pub discount_reference: Option<String>,
    /// Its code.
    #[serde(default, deserialize_with = "lenient::text")]
    pub code: Option<String>,
    /// What it takes off.
    pub amount_total: Amount,
    /// The same in hundredths of a per cent.
    #[schema(value_type = Option<f64>)]
    pub amount_percentage: Option<serde_json::Number>,
}

/// A tax.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaxLine {
    /// Its id.
    #[serde(default, deserialize_with = "lenient::text")]
    pub id: Option<String>,
    /// Its name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: Option<String>,
    /// The product, unless it is of the whole order.
    #[serde(default, deserialize_with = "lenient::text")]
    pub affected_plu: Option<String>,
    /// Its rate, in hundredths of a per cent.
    #[schema(value_type = Option<f64>)]
    pub amount_percentage: Option<serde_json::Number>,
    /// How much it is.
    pub amount_total: Amount,
}

/// A payment of an order.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    /// The payment intent; none if it was paid otherwise.
    pub payment_intent_id: Option<String>,
    /// What was paid, without the tip.
    pub paid_amount: Amount,
    /// The tip.
    pub tips_amount: Option<Amount>,
}

/// Where an order is served.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    /// At a table.
    pub dine_in: Option<DineIn>,
    /// To be collected.
    #[schema(value_type = Option<Object>)]
    pub collection: Option<serde_json::Map<String, serde_json::Value>>,
    /// `DineIn` or `Collection`.
    pub order_type: Option<String>,
}

/// The table of an order, and who is at it.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DineIn {
    /// The table.
    #[serde(default, deserialize_with = "lenient::text")]
    pub table_id: Option<String>,
    /// The waiter.
    #[serde(default, deserialize_with = "lenient::text")]
    pub waiter_id: Option<String>,
    /// The party.
    #[serde(default, deserialize_with = "lenient::text")]
    pub party_id: Option<String>,
    /// The reservation that it was ordered for.
    #[serde(default, deserialize_with = "lenient::text")]
    pub reservation_id: Option<String>,
    /// When it should be ready.
    pub ready_at: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn order(value: Value) -> Order {
        serde_json::from_value(value).expect("an order")
    }

    fn gbp(value: i64) -> Value {
        json!({ "value": value, "currencyCode": "GBP" })
    }

    #[test]
    fn an_order_is_read_with_modifiers_in_both_spellings() {
        let burger = |price: &str| {
            json!({ "quantity": 1, "name": "Burger", "plu": 234, "amountPerItem": gbp(1090),
                "modifiers": [{ "name": "Bacon", "quantity": 2, price: gbp(100), "plu": "872" }] })
        };
        let read = order(json!({
            "id": "ord_1", "status": "Created", "note": null, "discounts": null,
            "customer": { "phoneNumber": 448_000_443_550_u64 },
            "items": [burger("amountPerItem"), burger("amountPerModifier")],
            "details": { "orderType": "DineIn", "dineIn": { "tableId": 5 } },
            "unheard": {},
        }));
        assert_eq!(read.status.as_deref(), Some("Created"));
        assert_eq!(read.items[0], read.items[1]);
        assert_eq!(read.items[0].modifiers[0].amount_per_modifier.value, 100);
        let table = read
            .details
            .and_then(|d| d.dine_in)
            .and_then(|d| d.table_id);
        assert_eq!(table.as_deref(), Some("5"));
    }

    #[test]
    fn what_is_paid_is_told_or_added_up() {
        let payments = json!([
            { "paymentIntentId": "pi_1", "paidAmount": gbp(300), "tipsAmount": gbp(30) },
            { "paidAmount": gbp(200) },
        ]);
        let added = order(json!({ "totalAmount": gbp(1000), "payments": payments }));
        assert_eq!(added.due().map(|due| due.minor), Some(500));
        assert!(added.has_payment("pi_1") && !added.has_payment("pi_2"));
        let stated =
            json!({ "totalAmount": gbp(1000), "payments": payments, "paidAmount": gbp(0) });
        assert_eq!(order(stated).due().map(|due| due.minor), Some(1000));
    }

    #[test]
    fn what_cannot_be_paid_is_not_payable() {
        let payable = |value: Value| order(value).is_payable();
        assert!(payable(json!({ "id": "a", "totalAmount": gbp(1) })));
        assert!(!payable(json!({ "totalAmount": gbp(1) })));
        assert!(!payable(json!({ "id": "a" })));
        assert!(!payable(json!({ "id": "a", "totalAmount": gbp(0) })));
        assert!(!payable(
            json!({ "id": "a", "totalAmount": gbp(1), "payable": false })
        ));
        assert!(!payable(
            json!({ "id": "a", "totalAmount": gbp(1), "paidAmount": gbp(1) })
        ));
        let sek = json!({ "value": 1, "currencyCode": "SEK" });
        assert!(!payable(json!({ "id": "a", "totalAmount": sek })));
        assert!(!payable(
            json!({ "id": "a", "totalAmount": gbp(9), "paidAmount": sek })
        ));
        let most = gbp(i64::MAX);
        let payments = json!([{ "paidAmount": most }, { "paidAmount": most }]);
        let overflows = json!({ "id": "a", "totalAmount": gbp(9), "payments": payments });
        assert!(!payable(overflows));
    }

    #[test]
    fn money_that_is_not_whole_is_refused() {
        let total = json!({ "value": 6.21, "currencyCode": "GBP" });
        let read = serde_json::from_value::<Order>(json!({ "id": "a", "totalAmount": total }));
        assert!(read.is_err());
    }
}
