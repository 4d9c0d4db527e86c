//! What a guest chose to pay of a bill, as the form sends it.

use tatami_core::money::{Currency, Money};
use tatami_core::pay_at_table::{ChosenItem, PartWish, Split, Tip};
use tatami_core::problem::Violation;

/// The most people who share a bill here.
pub(super) const MOST_SHARES: u32 = 20;
/// The largest amount that is read, in digits before the separator.
const MOST_DIGITS: usize = 7;
/// Above so many the items of a bill are not chosen one by one.
pub(super) const MOST_ITEMS: usize = 200;
/// As much as a field may hold.
const MOST_CHARS: usize = 200;

/// A form as it was filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TableForm {
    /// The order, by its id at the POS.
    pub(crate) order: String,
    /// The payment that is given up, if that is what is asked.
    pub(crate) drop: Option<String>,
    pub(crate) split: String,
    pub(crate) parts: String,
    pub(crate) amount: String,
    pub(crate) tip: String,
    pub(crate) own_tip: String,
    /// Items by their place, and how many of each.
    items: Vec<(usize, i64)>,
}

/// What is wrong with a form: the field, and the key of what is said about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    Parts,
    Amount,
    /// More than is left.
    AmountLarge,
    Items,
    Tip,
}

impl Wrong {
    /// What a rule says that was broken.
    pub(super) fn of(violation: &Violation) -> Option<Self> {
        let field = violation.field.as_str();
        Some(match field {
            "Split.Amount.Value" => Self::AmountLarge,
            _ if field.starts_with("Split.Parts") => Self::Parts,
            _ if field.starts_with("Split.Items") => Self::Items,
            _ if field.starts_with("Tip") => Self::Tip,
            _ => return None,
        })
    }

    /// The field.
    pub(super) const fn field(self) -> &'static str {
        match self {
            Self::Parts => "parts",
            Self::Amount | Self::AmountLarge => "amount-of-own",
            Self::Items => "item-0",
            Self::Tip => "own-tip",
        }
    }
}

impl TableForm {
    /// The form that nobody has filled in.
    pub(super) fn blank(order: &str) -> Self {
        Self {
            order: order.to_owned(),
            split: "full".to_owned(),
            parts: "2".to_owned(),
            tip: "none".to_owned(),
            ..Self::default()
        }
    }

    /// Reads the fields; those that are unknown are ignored.
    pub(super) fn read(fields: Vec<(String, String)>) -> Self {
        let mut form = Self::default();
        for (name, value) in fields {
            if value.len() > MOST_CHARS {
                continue;
            }
            match name.as_str() {
                "order" => form.order = value,
                "drop" => form.drop = Some(value),
                "split" => form.split = value,
                "parts" => form.parts = value,
                "amount" => form.amount = value,
                "tip" => form.tip = value,
                "own-tip" => form.own_tip = value,
                _ => form.items.extend(chosen(&name, &value)),
            }
        }
        form.items.truncate(MOST_ITEMS);
        form
    }

    pub(super) fn is_split(&self, split: &str) -> bool {
        self.split == split
    }

    pub(super) fn is_tip(&self, tip: &str) -> bool {
        self.tip == tip
    }

    pub(super) fn is_count(&self, index: &usize, count: &i64) -> bool {
        let chosen = self.items.iter().find(|(i, _)| i == index);
        chosen.map_or(0, |(_, count)| *count) == *count
    }

    /// What is to be paid, in a currency.
    ///
    /// # Errors
    /// With all that is wrong.
    pub(super) fn wish(&self, currency: Currency) -> Result<PartWish, Vec<Wrong>> {
        let split = self.wished_split(currency);
        let tip = self.wished_tip(currency);
        match (split, tip) {
            (Ok(split), Ok(tip)) => Ok(PartWish { split, tip }),
            (split, tip) => Err([split.err(), tip.err()].into_iter().flatten().collect()),
        }
    }

    fn wished_split(&self, currency: Currency) -> Result<Split, Wrong> {
        match self.split.as_str() {
            "equal" => {
                let parts = self.parts.trim().parse().ok();
                let parts = parts.filter(|parts| (2..=MOST_SHARES).contains(parts));
                Ok(Split::Equal {
                    parts: parts.ok_or(Wrong::Parts)?,
                })
            }
            "amount" => {
                let amount = typed_amount(&self.amount).filter(|minor| *minor > 0);
                let minor = amount.ok_or(Wrong::Amount)?;
                Ok(Split::Amount(Money::new(minor, currency)))
            }
            "items" => {
                let items = self.items.iter().filter(|(_, quantity)| *quantity > 0);
                let items: Vec<ChosenItem> = items
                    .map(|&(index, quantity)| ChosenItem { index, quantity })
                    .collect();
                match items.is_empty() {
                    true => Err(Wrong::Items),
                    false => Ok(Split::Items(items)),
                }
            }
            _ => Ok(Split::Full),
        }
    }

    fn wished_tip(&self, currency: Currency) -> Result<Option<Tip>, Wrong> {
        match self.tip.as_str() {
            "" | "none" => Ok(None),
            "other" => {
                let minor = typed_amount(&self.own_tip).ok_or(Wrong::Tip)?;
                Ok(Some(Tip::Amount(Money::new(minor, currency))))
            }
            percent => {
                let percent = percent
                    .parse::<u32>()
                    .ok()
                    .filter(|percent| *percent <= 100);
                Ok(Some(Tip::Percent(percent.ok_or(Wrong::Tip)? * 100)))
            }
        }
    }
}

/// An item and how many of it, from the field that it is chosen with.
fn chosen(name: &str, value: &str) -> Option<(usize, i64)> {
    let index = name.strip_prefix("item-")?.parse().ok()?;
    Some((index, value.parse().ok()?))
}

/// Minor units of what was typed, with a point or a comma before at most two decimals.
fn typed_amount(text: &str) -> Option<i64> {
    let plain = text.replace(['£', '€', ' ', '\u{a0}', '\u{202f}'], "");
    let (whole, part) = match plain.split_once([',', '.']) {
        Some((whole, part)) => (whole, part),
        None => (plain.as_str(), ""),
    };
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let is_amount = is_digits(whole) && is_digits(part) && !(whole.is_empty() && part.is_empty());
    if !is_amount || whole.len() > MOST_DIGITS || part.len() > 2 {
        return None;
    }
    format!("{whole}{part:0<2}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(fields: &[(&str, &str)]) -> Result<PartWish, Vec<Wrong>> {
        let fields = fields
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        TableForm::read(fields.collect()).wish(Currency::Gbp)
    }

    #[test]
    fn every_way_to_split_is_read() {
        let gbp = |minor| Money::new(minor, Currency::Gbp);
        let item = |index, quantity| ChosenItem { index, quantity };
        for (fields, split, tip) in [
            (vec![], Split::Full, None),
            (vec![("split", "full"), ("tip", "none")], Split::Full, None),
            (
                vec![("split", "equal"), ("parts", " 3 "), ("tip", "15")],
                Split::Equal { parts: 3 },
                Some(Tip::Percent(1500)),
            ),
            (
                vec![
                    ("split", "amount"),
                    ("amount", "12,5"),
                    ("tip", "other"),
                    ("own-tip", "£1.20"),
                ],
                Split::Amount(gbp(1250)),
                Some(Tip::Amount(gbp(120))),
            ),
            (
                vec![
                    ("split", "items"),
                    ("item-0", "0"),
                    ("item-2", "2"),
                    ("item-x", "1"),
                ],
                Split::Items(vec![item(2, 2)]),
                None,
            ),
        ] {
            assert_eq!(wish(&fields), Ok(PartWish { split, tip }), "{fields:?}");
        }
    }

    #[test]
    fn all_that_is_wrong_is_told() {
        for (fields, wrong) in [
            (vec![("split", "equal"), ("parts", "1")], vec![Wrong::Parts]),
            (
                vec![("split", "equal"), ("parts", "21")],
                vec![Wrong::Parts],
            ),
            (
                vec![("split", "amount"), ("amount", "0")],
                vec![Wrong::Amount],
            ),
            (
                vec![("split", "items"), ("item-0", "0")],
                vec![Wrong::Items],
            ),
            (
                vec![("split", "amount"), ("tip", "other"), ("own-tip", "-1")],
                vec![Wrong::Amount, Wrong::Tip],
            ),
            (vec![("tip", "101")], vec![Wrong::Tip]),
            (vec![("tip", "-1")], vec![Wrong::Tip]),
        ] {
            assert_eq!(wish(&fields), Err(wrong), "{fields:?}");
        }
    }

    #[test]
    fn amounts_are_read_as_people_type_them() {
        for (text, minor) in [
            ("12", Some(1200)),
            ("12.5", Some(1250)),
            ("12,50 €", Some(1250)),
            (".5", Some(50)),
            ("5.", Some(500)),
            ("", None),
            (".", None),
            ("1.234", None),
            ("1,234.50", None),
            ("-1", None),
            ("1e3", None),
            ("12345678", None),
        ] {
            assert_eq!(typed_amount(text), minor, "{text}");
        }
    }
}
