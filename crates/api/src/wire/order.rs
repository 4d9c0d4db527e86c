//! What was ordered.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tatami_core::payment_intent as core;
use tatami_core::problem::Violation;
use tatami_core::time::ticks;
use utoipa::ToSchema;

use super::money::Money;

/// One item of an order.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ItemLine {
    /// The merchant's id of the item.
    #[schema(max_length = 60)]
    pub id: Option<String>,
    /// Number of units bought.
    #[schema(value_type = Option<i32>)]
    pub quantity: Option<i64>,
    /// Name of the item, as the payer reads it.
    #[schema(max_length = 100)]
    pub name: Option<String>,
    /// Category that the item belongs to.
    #[schema(max_length = 2000)]
    pub category: Option<String>,
    /// Changes to the item, such as extras and discounts.
    #[schema(max_items = 50)]
    pub modifiers: Option<Vec<Modifier>>,
    /// Price of the whole line before taxes and discounts. `null` if none was given,
    /// which only version 2022-04-07 allows.
    #[schema(required)]
    #[serialize_always]
    pub amount_total: Option<Money>,
    /// Price look-up code (PLU) of the item.
    #[schema(max_length = 200)]
    pub plu: Option<String>,
}

/// A change to an item: an extra, or a discount if its amount is negative.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Modifier {
    /// The merchant's id of the modifier.
    #[schema(required, value_type = String, max_length = 2000)]
    pub id: Option<String>,
    /// Name of the modifier for people.
    #[schema(required, value_type = String, max_length = 2000)]
    pub name: Option<String>,
    /// How many times it applies to each unit of the item.
    #[schema(required, value_type = i64)]
    pub quantity: Option<i64>,
    /// Price of one; negative for a discount.
    #[schema(required, value_type = Money)]
    pub amount_per_modifier: Option<Money>,
}

/// A tax or fee of an order.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaxLine {
    /// The merchant's id of the tax.
    #[schema(max_length = 60)]
    pub id: Option<String>,
    /// Name of the tax, such as `VAT`.
    #[schema(max_length = 100)]
    pub caption: Option<String>,
    /// Second line of the name, such as the rate.
    #[schema(max_length = 100)]
    pub sub_caption: Option<String>,
    /// Total amount of the tax.
    #[schema(required, value_type = Money)]
    pub amount_total: Option<Money>,
    /// Price look-up code (PLU) of the item that is taxed.
    #[schema(max_length = 200)]
    pub affected_plu: Option<String>,
}

/// What a link does: `OpenLink` opens a page, `DownloadFile` downloads a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum ActionType {
    /// Opens a page.
    OpenLink,
    /// Downloads a file.
    DownloadFile,
}

/// A link that belongs to a payment, such as one to an invoice.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActionLink {
    /// Absolute URL of the page or file.
    #[schema(required, value_type = String, format = "uri", min_length = 1, max_length = 2000)]
    pub url: Option<String>,
    /// What the link does; `OpenLink` if left out.
    pub action: Option<ActionType>,
    /// Text of the link.
    #[schema(required, value_type = String, min_length = 1, max_length = 60)]
    pub label: Option<String>,
    /// Name under which a downloaded file is saved.
    #[schema(max_length = 256)]
    pub file_name: Option<String>,
}

/// The order behind a payment.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderDetails {
    /// When the order is available to the customer (ISO 8601).
    #[schema(format = DateTime)]
    pub availability_date: Option<String>,
    /// `true` if it updates an order that was sent earlier.
    pub is_update: Option<bool>,
    /// Id of the order.
    #[schema(max_length = 2000)]
    pub id: Option<String>,
    /// Id of the order in another system, such as the till's.
    #[schema(max_length = 2000)]
    pub external_id: Option<String>,
}

impl ItemLine {
    /// The line as the rules know it.
    pub fn known(self, path: &str, broken: &mut Vec<Violation>) -> core::ItemLine {
        let modifiers = self.modifiers.map(|all| {
            let known = |(i, m): (usize, Modifier)| {
                let path = format!("{path}.Modifiers[{i}].AmountPerModifier");
                Some(core::Modifier {
                    amount_per_modifier: m.amount_per_modifier?.known(&path, broken)?,
                    id: m.id?,
                    name: m.name?,
                    quantity: m.quantity?,
                })
            };
            all.into_iter().enumerate().filter_map(known).collect()
        });
        let total = format!("{path}.AmountTotal");
        core::ItemLine {
            id: self.id,
            quantity: self.quantity,
            name: self.name,
            category: self.category,
            modifiers,
            amount_total: self.amount_total.and_then(|m| m.known(&total, broken)),
            plu: self.plu,
        }
    }
}

impl TaxLine {
    /// The line as the rules know it.
    pub fn known(self, path: &str, broken: &mut Vec<Violation>) -> core::TaxLine {
        let total = format!("{path}.AmountTotal");
        core::TaxLine {
            id: self.id,
            caption: self.caption,
            sub_caption: self.sub_caption,
            amount_total: self.amount_total.and_then(|m| m.known(&total, broken)),
            affected_plu: self.affected_plu,
        }
    }
}

/// All lines of an order, as the rules know them.
pub fn known_items(lines: Vec<ItemLine>, broken: &mut Vec<Violation>) -> Vec<core::ItemLine> {
    let known = |(i, line): (usize, ItemLine)| line.known(&format!("ItemLines[{i}]"), broken);
    lines.into_iter().enumerate().map(known).collect()
}

/// All taxes of an order, as the rules know them.
pub fn known_taxes(lines: Vec<TaxLine>, broken: &mut Vec<Violation>) -> Vec<core::TaxLine> {
    let known = |(i, line): (usize, TaxLine)| line.known(&format!("TaxLines[{i}]"), broken);
    lines.into_iter().enumerate().map(known).collect()
}

impl From<core::ItemLine> for ItemLine {
    fn from(from: core::ItemLine) -> Self {
        let modifier = |m: core::Modifier| Modifier {
            id: Some(m.id),
            name: Some(m.name),
            quantity: Some(m.quantity),
            amount_per_modifier: Some(m.amount_per_modifier.into()),
        };
        Self {
            id: from.id,
            quantity: from.quantity,
            name: from.name,
            category: from.category,
            modifiers: from
                .modifiers
                .map(|all| all.into_iter().map(modifier).collect()),
            amount_total: from.amount_total.map(Into::into),
            plu: from.plu,
        }
    }
}

impl From<core::TaxLine> for TaxLine {
    fn from(from: core::TaxLine) -> Self {
        Self {
            id: from.id,
            caption: from.caption,
            sub_caption: from.sub_caption,
            amount_total: from.amount_total.map(Into::into),
            affected_plu: from.affected_plu,
        }
    }
}

impl ActionLink {
    /// The link as the rules know it, if nothing it needs was refused.
    pub fn known(self) -> Option<core::ActionLink> {
        let action = self.action.unwrap_or(ActionType::OpenLink);
        Some(core::ActionLink {
            url: self.url?,
            action: Some(format!("{action:?}")),
            label: self.label?,
            file_name: self.file_name,
        })
    }
}

impl From<core::ActionLink> for ActionLink {
    fn from(from: core::ActionLink) -> Self {
        let action = match from.action.as_deref() {
            Some("DownloadFile") => ActionType::DownloadFile,
            _ => ActionType::OpenLink,
        };
        Self {
            url: Some(from.url),
            action: Some(action),
            label: Some(from.label),
            file_name: from.file_name,
        }
    }
}

impl From<OrderDetails> for core::OrderDetails {
    fn from(from: OrderDetails) -> Self {
        let date = from.availability_date.as_deref();
        Self {
            availability_date: date.and_then(|d| d.parse::<Timestamp>().ok()),
            is_update: from.is_update,
            id: from.id,
            external_id: from.external_id,
        }
    }
}

impl From<core::OrderDetails> for OrderDetails {
    fn from(from: core::OrderDetails) -> Self {
        Self {
            availability_date: from.availability_date.map(ticks),
            is_update: from.is_update,
            id: from.id,
            external_id: from.external_id,
        }
    }
}
