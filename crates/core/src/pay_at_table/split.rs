//! Parts of an order: what one payer pays of it.

use serde::{Deserialize, Serialize};

use super::{Item, Order, PartStage, TablePayment, Tip};
use crate::money::Money;
use crate::problem::{Refusal, Violation};

/// The most parts that an order is split into.
pub const MOST_PARTS: u32 = 100;

/// How much of an order a payer wants to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Split {
    /// All that is due.
    Full,
    /// One of so many equal parts.
    Equal {
        /// How many.
        parts: u32,
    },
    /// So much.
    Amount(Money),
    /// Some of its items.
    Items(Vec<ChosenItem>),
}

/// Some of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChosenItem {
    /// Its place in the order.
    pub index: usize,
    /// How many of it.
    pub quantity: i64,
}

/// What a payer wants to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartWish {
    /// How much of the order.
    pub split: Split,
    /// What on top.
    pub tip: Option<Tip>,
}

/// An order that is split into equal parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EqualSplit {
    /// Distinguishes it from the other splits of the order.
    pub number: u32,
    /// How many parts.
    pub parts: u32,
    /// What was due when it began.
    pub total: Money,
}

/// What a part is worked out of.
#[derive(Clone, Copy, Debug)]
pub struct Bill<'a> {
    /// The order as its POS said just now.
    pub order: &'a Order,
    /// The parts of it that were begun, however they ended.
    pub parts: &'a [TablePayment],
    /// The equal split that it is in.
    pub split: Option<EqualSplit>,
    /// The number of a new split.
    pub next_split: u32,
}

/// A part of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// How much of the order.
    pub amount: Money,
    /// The tip.
    pub tip: Option<Money>,
    /// The items that are paid, if it is by items.
    pub items: Vec<ChosenItem>,
    /// The equal split that it is of.
    pub split: Option<EqualSplit>,
}

/// What others are paying of an order, or have paid without the POS knowing yet.
pub fn reserved(order: &Order, parts: &[TablePayment]) -> i64 {
    let open = parts.iter().filter(|part| part.stage.is_reserved());
    let unknown = open.filter(|part| !order.has_payment(part.intent.as_str()));
    unknown.fold(0, |sum, part| sum.saturating_add(part.amount.minor))
}

impl Bill<'_> {
    /// What is left to be paid by another part.
    ///
    /// # Errors
    /// If the order cannot be paid, or all of it is being paid.
    pub fn available(&self) -> Result<Money, Refusal> {
        let due = self.order.payable().ok_or_else(|| {
            Refusal::Conflict("The order cannot be paid: nothing of it is due.".to_owned())
        })?;
        let left = due.minor.saturating_sub(reserved(self.order, self.parts));
        if left <= 0 {
            return Err(Refusal::Conflict(
                "All that is due of the order is being paid.".to_owned(),
            ));
        }
        Ok(Money::new(left, due.currency))
    }

    /// The part that a payer wants to pay.
    ///
    /// # Errors
    /// If the order cannot be paid, or the part is nothing or more than is left.
    pub fn part(&self, wish: &PartWish) -> Result<Part, Refusal> {
        let left = self.available()?;
        let mut part = Part {
            amount: left,
            tip: None,
            items: Vec::new(),
            split: None,
        };
        match &wish.split {
            Split::Full => {}
            Split::Equal { parts } => (part.amount, part.split) = self.equal(*parts, left)?,
            Split::Amount(amount) => part.amount = checked(*amount, left)?,
            Split::Items(chosen) => {
                part.amount = self.share_of(chosen, left)?;
                part.items.clone_from(chosen);
            }
        }
        part.tip = wish.tip.map_or(Ok(None), |tip| tip.on(part.amount))?;
        Ok(part)
    }

    fn equal(&self, parts: u32, left: Money) -> Result<(Money, Option<EqualSplit>), Refusal> {
        if !(1..=MOST_PARTS).contains(&parts) {
            let rule = format!("The Parts must be from 1 to {MOST_PARTS}.");
            return Err(Refusal::invalid("Split.Parts", &rule));
        }
        let known = self.split.filter(|split| split.parts == parts);
        let known = known.map(|split| (split, self.taken(split)));
        let new = EqualSplit {
            number: self.next_split,
            parts,
            total: left,
        };
        let known = known.filter(|(split, taken)| *taken < split.parts);
        let (split, taken) = known.unwrap_or((new, 0));
        let amount = match taken + 1 == split.parts {
            true => left,
            false => Money {
                minor: share(split.total.minor, split.parts, taken),
                ..left
            },
        };
        if amount.minor <= 0 {
            let rule = "The order is too small for so many Parts.";
            return Err(Refusal::invalid("Split.Parts", rule));
        }
        Ok((within(amount, left, "Split.Parts")?, Some(split)))
    }

    /// How many parts of a split are paid or being paid.
    fn taken(&self, split: EqualSplit) -> u32 {
        let of = |part: &&TablePayment| part.split == Some(split.number) && part.stage.is_kept();
        u32::try_from(self.parts.iter().filter(of).count()).unwrap_or(u32::MAX)
    }

    /// What items cost, with their share of all that is of the whole order.
    fn share_of(&self, chosen: &[ChosenItem], left: Money) -> Result<Money, Refusal> {
        let items = &self.order.items;
        let mut open: Vec<i64> = items.iter().map(|item| item.quantity).collect();
        let mut before = Some(0_i64);
        for paid in self.paid_items() {
            if let (Some(item), Some(open)) = (items.get(paid.index), open.get_mut(paid.index)) {
                *open = open.saturating_sub(paid.quantity);
                before = plus(before, item.price.checked_mul(paid.quantity));
            }
        }
        let price = take(chosen, items, &mut open)?;
        if open.iter().all(|open| *open <= 0) {
            return Ok(left);
        }
        // What all parts so far are rounded to: so the parts add up.
        let until = |price: Option<i64>| {
            let all = self.order.items_total().filter(|all| *all > 0)?;
            let (all, total) = (i128::from(all), i128::from(self.order.total?.minor));
            let share = total * i128::from(price?);
            i64::try_from((share * 2 + all).div_euclid(all * 2)).ok()
        };
        let amount = until(plus(before, Some(price))).zip(until(before));
        let amount = amount.and_then(|(until, before)| until.checked_sub(before));
        let amount = amount.filter(|amount| *amount > 0).ok_or_else(|| {
            Refusal::invalid("Split.Items", "The Items have no price that can be paid.")
        })?;
        within(Money::new(amount, left.currency), left, "Split.Items")
    }

    fn paid_items(&self) -> impl Iterator<Item = ChosenItem> {
        let kept = self.parts.iter().filter(|part| part.stage.is_kept());
        kept.flat_map(|part| part.items.iter().copied())
    }
}

/// Takes items, and returns what they cost.
fn take(chosen: &[ChosenItem], items: &[Item], open: &mut [i64]) -> Result<i64, Refusal> {
    if chosen.is_empty() {
        return Err(Refusal::invalid(
            "Split.Items",
            "The Items must not be empty.",
        ));
    }
    let (mut price, mut broken) = (Some(0_i64), Vec::new());
    for (i, wanted) in chosen.iter().enumerate() {
        let (Some(item), Some(open)) = (items.get(wanted.index), open.get_mut(wanted.index)) else {
            let rule = "The order has no item at this Index.";
            broken.push(Violation::new(format!("Split.Items[{i}].Index"), rule));
            continue;
        };
        if wanted.quantity < 1 || wanted.quantity > *open {
            let rule = format!("The Quantity must be from 1 to {}.", (*open).max(0));
            let rule = match *open > 0 {
                true => rule,
                false => "All of this item is paid, or being paid.".to_owned(),
            };
            broken.push(Violation::new(format!("Split.Items[{i}].Quantity"), rule));
            continue;
        }
        *open -= wanted.quantity;
        price = plus(price, item.price.checked_mul(wanted.quantity));
    }
    match (broken.is_empty(), price) {
        (true, Some(price)) => Ok(price),
        (true, None) => Err(Refusal::invalid("Split.Items", "The Items cost too much.")),
        (false, _) => Err(Refusal::Invalid(broken)),
    }
}

fn plus(sum: Option<i64>, more: Option<i64>) -> Option<i64> {
    sum?.checked_add(more?)
}

/// A part of equal ones; the larger ones come first.
fn share(total: i64, parts: u32, index: u32) -> i64 {
    let parts = i64::from(parts);
    let more = i64::from(index) < total.rem_euclid(parts);
    total.div_euclid(parts) + i64::from(more)
}

fn checked(amount: Money, left: Money) -> Result<Money, Refusal> {
    if amount.currency != left.currency {
        let rule = format!("The currency of the order is {}.", left.currency.code());
        return Err(Refusal::invalid("Split.Amount.CurrencyCode", &rule));
    }
    if amount.minor <= 0 {
        let rule = "The Amount must be greater than 0.";
        return Err(Refusal::invalid("Split.Amount.Value", rule));
    }
    within(amount, left, "Split.Amount.Value")
}

fn within(amount: Money, left: Money, field: &str) -> Result<Money, Refusal> {
    if amount.minor > left.minor {
        let rule = format!(
            "This is more than the {} that is left to be paid.",
            left.minor
        );
        return Err(Refusal::invalid(field, &rule));
    }
    Ok(amount)
}

impl PartStage {
    /// Whether it takes from what others can pay, though the POS may not know of it.
    pub const fn is_reserved(self) -> bool {
        matches!(self, Self::Waiting | Self::Recording | Self::Uncertain)
    }

    /// Whether it is paid or may be.
    pub const fn is_kept(self) -> bool {
        self.is_reserved() || matches!(self, Self::Recorded)
    }
}
