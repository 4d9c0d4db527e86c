//! Orders on a card machine as they are written.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tatami_api::wire::money::Money;
use tatami_core::money::Money as CoreMoney;
use tatami_core::pay_at_table::{
    Charge, ChosenItem, Item, ItemPart, MOST_PERCENT, Order, PartWish, Split, TablePayment, Tip,
};
use tatami_core::problem::Violation;
use tatami_engine::{ListedOrder, OrderList, OrderView, VisitView};
use utoipa::ToSchema;

/// What the Integration screen of a card machine shows.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachineIntegration {
    /// Id of the waiter, if one was entered.
    pub waiter_id: Option<String>,
    /// The chosen order; left out if none is chosen.
    pub order: Option<CardMachineOrder>,
    /// The part of an order that was paid last, or is being paid.
    pub payment: Option<CardMachinePart>,
}

/// The order that is chosen on a card machine.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachineOrder {
    /// Id of the order at the POS.
    pub order_id: String,
    /// Name of the order on the display.
    pub name: String,
    /// Status of the order, in the words of the POS.
    pub status: Option<String>,
    /// Id of the table.
    pub table_id: Option<String>,
    /// Price of the order, without tips.
    pub total: Option<Money>,
    /// Amount that is not paid yet.
    pub due: Option<Money>,
    /// Amount that is not paid yet and that nobody else is paying; left out if there is
    /// none.
    pub available: Option<Money>,
    /// Items of the order; `index` of a request counts them from 0.
    pub items: Vec<CardMachineOrderItem>,
    /// Discounts of the order.
    pub discounts: Vec<CardMachineOrderCharge>,
    /// Taxes in the price.
    pub taxes: Vec<CardMachineOrderCharge>,
    /// Service charge in the price.
    pub service_charge: Option<Money>,
}

/// An item of an order.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachineOrderItem {
    /// Name of the item.
    pub name: String,
    /// How many of the item were ordered.
    pub quantity: i64,
    /// Price of one with all that belongs to it.
    pub price: Option<Money>,
    /// Note of the waiter.
    pub note: Option<String>,
    /// What belongs to each: parts and changes.
    pub parts: Vec<CardMachineOrderItemPart>,
}

/// A part or a change of an item.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachineOrderItemPart {
    /// Name of the part.
    pub name: String,
    /// Number of it for each item.
    pub quantity: i64,
    /// Amount that is in the price of the item.
    pub amount: Option<Money>,
}

/// A discount or a tax of an order.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachineOrderCharge {
    /// Name of the discount or the tax.
    pub name: String,
    /// Amount of the discount or the tax.
    pub amount: Money,
}

/// A part of an order that is paid on a card machine.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachinePart {
    /// Id of the payment intent.
    pub payment_intent_id: String,
    /// Id of the order at the POS.
    pub order_id: String,
    /// Amount of the order that is paid.
    pub amount: Money,
    /// Tip that is paid on top of the amount.
    pub tip: Option<Money>,
    /// `waiting` for the payment, `recording` at the POS, `recorded`, `givingBack` and
    /// `givenBack` if the POS refused it, `dropped` if it was not paid, or `uncertain` if
    /// the POS refused it and cannot be asked whether it has it.
    pub status: String,
    /// What the POS said last, if it did not record the payment.
    pub message: Option<String>,
}

/// The orders that can be paid on a card machine.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachineOrders {
    /// The orders, as the display lists them.
    pub orders: Vec<CardMachineListedOrder>,
    /// Cursor of the next page; left out on the last one.
    pub after: Option<String>,
}

/// An order in the list of a card machine.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachineListedOrder {
    /// Id of the order at the POS.
    pub order_id: String,
    /// Name of the order on the display: at most 24 characters.
    pub name: String,
    /// Amount that is not paid yet.
    pub due: Option<Money>,
    /// Price of the order, without tips.
    pub total: Option<Money>,
    /// Status of the order, in the words of the POS.
    pub status: Option<String>,
    /// Id of the waiter.
    pub waiter_id: Option<String>,
    /// Id of the table.
    pub table_id: Option<String>,
}

/// Who opens the Integration screen.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachineIntegrationRequest {
    /// Id of the waiter. Only the waiter's orders are listed then.
    #[schema(max_length = 50)]
    pub waiter_id: Option<String>,
}

/// The order to choose.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachineSelectOrderRequest {
    /// Id of the order at the POS.
    #[schema(required, value_type = String, max_length = 200)]
    pub order_id: Option<String>,
}

/// What is paid of the chosen order.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachinePayOrderRequest {
    /// How much of the order is paid.
    #[schema(required, value_type = CardMachineSplit)]
    pub split: Option<CardMachineSplit>,
    /// Tip on this part.
    pub tip: Option<CardMachineTip>,
}

/// How an order is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum CardMachineSplitKind {
    Full,
    Equal,
    Amount,
    Items,
}

/// How much of an order is paid.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachineSplit {
    /// All that is due, one of several equal parts, an amount, or some of the items.
    #[schema(required, value_type = CardMachineSplitKind)]
    pub kind: Option<CardMachineSplitKind>,
    /// Number of equal parts, for `equal`. The same number again continues the split.
    pub parts: Option<i64>,
    /// Amount to pay, for `amount`.
    pub amount: Option<Money>,
    /// Items to pay, for `items`.
    #[schema(max_items = 500)]
    pub items: Option<Vec<CardMachineChosenItem>>,
}

/// Items of an order that are paid.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachineChosenItem {
    /// Position of the item in the order, from 0.
    #[schema(required, value_type = i64)]
    pub index: Option<i64>,
    /// Number of these items.
    #[schema(required, value_type = i64)]
    pub quantity: Option<i64>,
}

/// A tip: an amount or a percentage.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachineTip {
    /// Amount of the tip.
    pub amount: Option<Money>,
    /// Percentage of the part that is paid, with at most two decimals.
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 100)]
    pub percent: Option<Value>,
}

impl CardMachinePayOrderRequest {
    /// What is to be paid; what is wrong is noted.
    pub(super) fn wish(self, broken: &mut Vec<Violation>) -> Option<PartWish> {
        let tip = self.tip.map(|tip| tip.known(broken));
        let split = self.split?.known(broken)?;
        let tip = match tip {
            Some(known) => Some(known?),
            None => None,
        };
        Some(PartWish { split, tip })
    }
}

impl CardMachineSplit {
    fn known(self, broken: &mut Vec<Violation>) -> Option<Split> {
        let mut required = |name: &str| {
            let rule = format!("The {name} field is required.");
            broken.push(Violation::new(format!("Split.{name}"), rule));
        };
        match self.kind? {
            CardMachineSplitKind::Full => Some(Split::Full),
            CardMachineSplitKind::Equal => match self.parts {
                // Numbers that do not fit are as wrong as none.
                Some(parts) => Some(Split::Equal {
                    parts: u32::try_from(parts).unwrap_or(0),
                }),
                None => {
                    required("Parts");
                    None
                }
            },
            CardMachineSplitKind::Amount => match self.amount {
                Some(amount) => amount.known("Split.Amount", broken).map(Split::Amount),
                None => {
                    required("Amount");
                    None
                }
            },
            CardMachineSplitKind::Items => match self.items {
                Some(items) => {
                    let chosen = items.into_iter().map(|item| ChosenItem {
                        index: item
                            .index
                            .and_then(|index| usize::try_from(index).ok())
                            .unwrap_or(usize::MAX),
                        quantity: item.quantity.unwrap_or(0),
                    });
                    Some(Split::Items(chosen.collect()))
                }
                None => {
                    required("Items");
                    None
                }
            },
        }
    }
}

impl CardMachineTip {
    fn known(self, broken: &mut Vec<Violation>) -> Option<Tip> {
        match (self.amount, self.percent) {
            (Some(amount), None) => amount.known("Tip.Amount", broken).map(Tip::Amount),
            (None, Some(percent)) => {
                let known = hundredths(&percent).map(Tip::Percent);
                if known.is_none() {
                    let rule = format!(
                        "The Percent must be a number from 0 to {MOST_PERCENT} with at most two decimals."
                    );
                    broken.push(Violation::new("Tip.Percent", rule));
                }
                known
            }
            (Some(_), Some(_)) | (None, None) => {
                let rule = "The Tip must have either an Amount or a Percent.";
                broken.push(Violation::new("Tip", rule));
                None
            }
        }
    }
}

/// A percentage in hundredths, as it is written.
fn hundredths(percent: &Value) -> Option<u32> {
    let text = match percent {
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let decimals = decimals.trim_end_matches('0');
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 3 || decimals.len() > 2 {
        return None;
    }
    if !digits(whole) || !digits(decimals) {
        return None;
    }
    format!("{whole}{decimals:0<2}").parse().ok()
}

impl From<&OrderList> for CardMachineOrders {
    fn from(list: &OrderList) -> Self {
        Self {
            orders: list.orders.iter().map(Into::into).collect(),
            after: list.after.clone(),
        }
    }
}

impl From<&ListedOrder> for CardMachineListedOrder {
    fn from(ListedOrder { order, name }: &ListedOrder) -> Self {
        Self {
            order_id: order.id.clone(),
            name: name.clone(),
            due: order.due.map(Into::into),
            total: order.total.map(Into::into),
            status: order.status.clone(),
            waiter_id: order.waiter_id.clone(),
            table_id: order.table_id.clone(),
        }
    }
}

impl From<&VisitView> for CardMachineIntegration {
    fn from(view: &VisitView) -> Self {
        Self {
            waiter_id: view.visit.waiter_id.clone(),
            order: view.order.as_ref().map(Into::into),
            payment: view.part.as_ref().map(Into::into),
        }
    }
}

impl From<&TablePayment> for CardMachinePart {
    fn from(part: &TablePayment) -> Self {
        Self {
            payment_intent_id: part.intent.to_string(),
            order_id: part.order_id.clone(),
            amount: part.amount.into(),
            tip: part.tip.map(Into::into),
            status: part.stage.word().to_owned(),
            message: part.message.clone(),
        }
    }
}

impl From<&OrderView> for CardMachineOrder {
    fn from(view: &OrderView) -> Self {
        let order: &Order = &view.order;
        let priced = |minor: i64| order.total.map(|total| CoreMoney { minor, ..total }.into());
        let part = |part: &ItemPart| CardMachineOrderItemPart {
            name: part.name.clone(),
            quantity: part.quantity,
            amount: priced(part.amount),
        };
        let item = |item: &Item| CardMachineOrderItem {
            name: item.name.clone(),
            quantity: item.quantity,
            price: priced(item.price),
            note: item.note.clone(),
            parts: item.parts.iter().map(part).collect(),
        };
        Self {
            order_id: order.id.clone(),
            name: view.name.clone(),
            status: order.status.clone(),
            table_id: order.table_id.clone(),
            total: order.total.map(Into::into),
            due: order.due.map(Into::into),
            available: view.available.map(Into::into),
            items: order.items.iter().map(item).collect(),
            discounts: order.discounts.iter().map(Into::into).collect(),
            taxes: order.taxes.iter().map(Into::into).collect(),
            service_charge: order.service_charge.map(Into::into),
        }
    }
}

impl From<&Charge> for CardMachineOrderCharge {
    fn from(charge: &Charge) -> Self {
        Self {
            name: charge.name.clone(),
            amount: charge.amount.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn percentages_are_read_to_the_hundredth() {
        for (percent, read) in [
            (json!(12.5), Some(1250)),
            (json!(10), Some(1000)),
            (json!(10.0), Some(1000)),
            (json!(0.25), Some(25)),
            (json!(100), Some(10_000)),
            (json!(12.345), None),
            (json!(-1), None),
            (json!("10"), None),
            (json!(999), Some(99_900)),
            (json!(1000), None),
        ] {
            assert_eq!(hundredths(&percent), read, "{percent}");
        }
    }
}
