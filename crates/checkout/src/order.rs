//! What a page shows of the order: pure, from the intent.

use tatami_core::account::Account;
use tatami_core::id::Environment;
use tatami_core::payment_intent::{Config, ItemLine, PaymentIntent, Status, TaxLine};
use tatami_engine::View;
use tatami_locale::Language;

/// How many items, and lines in all, are shown at once; more are folded, so that
/// the card's fields are not far below them.
const MOST_ITEMS: usize = 3;
const MOST_LINES: usize = 6;

/// A line of the order's table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) count: Option<i64>,
    pub(crate) name: String,
    pub(crate) note: Option<String>,
    pub(crate) amount: String,
    /// Whether it belongs to the line above.
    pub(crate) part: bool,
}

impl Line {
    pub(crate) fn new(name: &str, amount: String) -> Self {
        Self {
            count: None,
            name: name.to_owned(),
            note: None,
            amount,
            part: false,
        }
    }
}

/// Who is paid, as the payer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Merchant {
    pub(crate) title: String,
    pub(crate) monogram: String,
    /// The trading name, where the title is another.
    pub(crate) trading_name: Option<String>,
}

impl Merchant {
    pub(crate) fn of(account: &Account, config: Option<&Config>) -> Self {
        let name = account.name.clone();
        let title = filled(config.and_then(|c| c.title.clone()));
        let title = title.unwrap_or_else(|| name.clone());
        let initial = title.chars().find(|c| c.is_alphanumeric());
        Self {
            monogram: initial.map_or_else(|| "·".to_owned(), |c| c.to_uppercase().collect()),
            trading_name: (name != title).then_some(name),
            title,
        }
    }
}

/// The order as its payer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) title: String,
    /// The key of what the amount is called.
    pub(crate) amount_label: &'static str,
    pub(crate) total: String,
    pub(crate) description: Option<String>,
    pub(crate) reference: Option<String>,
    pub(crate) groups: Vec<Vec<Line>>,
    pub(crate) show_total: bool,
    /// How many items there are.
    pub(crate) items: usize,
    pub(crate) items_text: String,
    pub(crate) sandbox: bool,
}

impl Order {
    pub(crate) fn of(view: &View, t: &'static Language) -> Self {
        let intent = &view.intent;
        let config = intent.details.config.clone().unwrap_or_default();
        let shown = config.details.unwrap_or_default();
        let groups = [
            items(&intent.details.item_lines, t),
            taxes(&intent.details.tax_lines, t),
            extras(intent, t),
        ];
        Self {
            title: Merchant::of(&view.account, intent.details.config.as_ref()).title,
            amount_label: match intent.status {
                Status::Created | Status::Canceled => "amount-to-pay",
                _ => "amount",
            },
            total: t.money(intent.total()),
            description: filled(intent.details.description.clone()),
            reference: shown
                .show_reference
                .then(|| intent.details.reference.clone()),
            groups: groups.into_iter().filter(|g| !g.is_empty()).collect(),
            show_total: shown.show_total,
            items: intent.details.item_lines.len(),
            items_text: t.counted("items", intent.details.item_lines.len()),
            sandbox: intent.scope.environment == Environment::Sandbox,
        }
    }

    /// A bill of those lines.
    pub(crate) fn of_groups(title: String, total: String, groups: [Vec<Line>; 3]) -> Self {
        Self {
            title,
            amount_label: "amount-to-pay",
            total,
            description: None,
            reference: None,
            groups: groups.into_iter().filter(|g| !g.is_empty()).collect(),
            show_total: true,
            items: 0,
            items_text: String::new(),
            sandbox: false,
        }
    }

    /// Whether there is anything to put in a table.
    pub(crate) fn has_table(&self) -> bool {
        !self.groups.is_empty() || self.show_total
    }

    /// Whether its lines are folded until somebody asks for them.
    pub(crate) fn is_long(&self) -> bool {
        let lines: usize = self.groups.iter().map(Vec::len).sum();
        self.items > MOST_ITEMS || lines > MOST_LINES
    }
}

fn filled(text: Option<String>) -> Option<String> {
    text.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty())
}

fn items(lines: &[ItemLine], t: &'static Language) -> Vec<Line> {
    let mut shown = Vec::new();
    for item in lines {
        let amount = item.amount_total.map(|a| t.money(a));
        shown.push(Line {
            count: item.quantity,
            ..Line::new(
                item.name.as_deref().unwrap_or_else(|| t.get("item")),
                amount.unwrap_or_default(),
            )
        });
        for modifier in item.modifiers.iter().flatten() {
            let mut each = modifier.amount_per_modifier;
            each.minor = each.minor.saturating_mul(modifier.quantity);
            shown.push(Line {
                count: Some(modifier.quantity).filter(|q| *q != 1),
                part: true,
                ..Line::new(&modifier.name, t.money(each))
            });
        }
    }
    shown
}

fn taxes(lines: &[TaxLine], t: &'static Language) -> Vec<Line> {
    let shown = lines.iter().map(|tax| Line {
        note: filled(tax.sub_caption.clone()),
        ..Line::new(
            tax.caption.as_deref().unwrap_or_else(|| t.get("tax")),
            tax.amount_total.map(|a| t.money(a)).unwrap_or_default(),
        )
    });
    shown.collect()
}

/// How the total comes about, when more than the amount is in it.
fn extras(intent: &PaymentIntent, t: &'static Language) -> Vec<Line> {
    let extras = [
        ("tip", intent.tips),
        ("service-charge", intent.service_charge),
        ("cashback", intent.cashback),
    ];
    let mut shown: Vec<Line> = extras
        .into_iter()
        .filter_map(|(name, money)| Some((name, money.filter(|m| m.minor != 0)?)))
        .map(|(name, money)| Line::new(t.get(name), t.money(money)))
        .collect();
    if !shown.is_empty() {
        shown.insert(0, Line::new(t.get("amount"), t.money(intent.amount)));
    }
    shown
}
