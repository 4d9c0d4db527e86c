//! Receipts as HTML and plain text.

use askama::Template;
use jiff::tz::TimeZone;
use tatami_core::account::Account;
use tatami_core::card::{CardSummary, Scheme};
use tatami_core::id::Environment;
use tatami_core::money::Money;
use tatami_core::payment_intent::{ItemLine, Modifier, PaymentIntent, TaxLine};
use tatami_core::time::Timestamp;
use tatami_engine::ports::mail::{Receipt, Receipts};

use super::story::{Story, story};

/// Writes receipts for people: what was bought, what it cost, and how it was
/// paid, never more of the card than its last four digits.
#[derive(Clone, Copy, Debug, Default)]
pub struct HtmlReceipts;

impl Receipts for HtmlReceipts {
    fn write(&self, account: &Account, intent: &PaymentIntent) -> Receipt {
        let content = Content::of(account, intent);
        let test = if content.sandbox { "[Sandbox] " } else { "" };
        #[expect(clippy::expect_used, reason = "writing to a string does not fail")]
        let (html, text) = (
            Html { r: &content }.render().expect("a string takes it"),
            Text { r: &content }.render().expect("a string takes it"),
        );
        Receipt {
            subject: format!("{test}{} {}", content.story.subject, content.merchant),
            text,
            html,
        }
    }
}

#[derive(Template)]
#[template(path = "receipt.html")]
struct Html<'a> {
    r: &'a Content,
}

#[derive(Template)]
#[template(path = "receipt.txt", escape = "none")]
struct Text<'a> {
    r: &'a Content,
}

/// What both forms show.
struct Content {
    merchant: String,
    sandbox: bool,
    story: Story,
    lines: Vec<Line>,
    sums: Vec<(&'static str, Money)>,
    total: Money,
    facts: Vec<(&'static str, String)>,
}

/// A position, or a remark under one.
struct Line {
    text: String,
    amount: Option<Money>,
    indented: bool,
}

impl Content {
    fn of(account: &Account, intent: &PaymentIntent) -> Self {
        let details = &intent.details;
        let items = details.item_lines.iter().flat_map(item);
        Self {
            merchant: merchant(account, intent),
            sandbox: intent.scope.environment == Environment::Sandbox,
            story: story(intent),
            lines: items
                .chain(details.tax_lines.iter().flat_map(tax))
                .collect(),
            sums: sums(intent),
            total: intent.total(),
            facts: facts(account, intent),
        }
    }
}

/// Whom the payer paid: as on the payment page, the title if there is one.
fn merchant(account: &Account, intent: &PaymentIntent) -> String {
    let config = intent.details.config.as_ref();
    let title = config.and_then(|config| config.title.as_deref());
    let title = title.map(plain).filter(|title| !title.is_empty());
    title.unwrap_or_else(|| plain(&account.name))
}

/// The parts of the total, if there are several.
fn sums(intent: &PaymentIntent) -> Vec<(&'static str, Money)> {
    let extras = [
        ("Tip", intent.tips),
        ("Service charge", intent.service_charge),
        ("Cashback", intent.cashback),
    ];
    let extras = extras.map(|(name, money)| (name, money.filter(|m| m.minor != 0)));
    if extras.iter().all(|(_, money)| money.is_none()) {
        return Vec::new();
    }
    let extras = extras.into_iter().filter_map(|(n, m)| m.map(|m| (n, m)));
    std::iter::once(("Amount", intent.amount))
        .chain(extras)
        .collect()
}

fn facts(account: &Account, intent: &PaymentIntent) -> Vec<(&'static str, String)> {
    let paid = intent.authorization.as_ref();
    let at = paid.map_or(intent.created_at, |a| a.at);
    let known = [
        ("Date", Some(local(at, &account.time_zone))),
        ("Reference", Some(plain(&intent.details.reference))),
        (
            "Description",
            intent.details.description.as_deref().map(plain),
        ),
        ("Card", paid.map(|a| card(&a.card))),
        ("Authorisation code", paid.map(|a| plain(&a.auth_code))),
        ("Payment", Some(intent.id.to_string())),
    ];
    known
        .into_iter()
        .filter_map(|(name, value)| value.map(|v| (name, v)))
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

fn item(line: &ItemLine) -> Vec<Line> {
    let name = plain(line.name.as_deref().unwrap_or("Item"));
    let first = Line {
        text: counted(line.quantity.unwrap_or(1), &name),
        amount: line.amount_total,
        indented: false,
    };
    let modifiers = line.modifiers.iter().flatten().map(modifier);
    std::iter::once(first).chain(modifiers).collect()
}

fn modifier(modifier: &Modifier) -> Line {
    let each = modifier.amount_per_modifier;
    let minor = each.minor.saturating_mul(modifier.quantity);
    Line {
        text: counted(modifier.quantity, &plain(&modifier.name)),
        amount: Some(Money { minor, ..each }),
        indented: true,
    }
}

fn tax(line: &TaxLine) -> Vec<Line> {
    let first = Line {
        text: plain(line.caption.as_deref().unwrap_or("Tax")),
        amount: line.amount_total,
        indented: false,
    };
    let remark = line.sub_caption.as_deref().map(plain);
    let remark = remark.filter(|text| !text.is_empty()).map(|text| Line {
        text,
        amount: None,
        indented: true,
    });
    std::iter::once(first).chain(remark).collect()
}

fn counted(quantity: i64, name: &str) -> String {
    match quantity {
        1 => name.to_owned(),
        n => format!("{n} × {name}"),
    }
}

fn card(card: &CardSummary) -> String {
    let scheme = match card.scheme {
        Scheme::Visa => "Visa",
        Scheme::Mastercard => "Mastercard",
        Scheme::Maestro => "Maestro",
        Scheme::Discover => "Discover",
        Scheme::Dci => "Diners Club",
        Scheme::Amex => "American Express",
        Scheme::Unknown => "Card",
    };
    format!("{scheme} **** {}", card.last4)
}

/// A moment as the account's calendar and clock show it.
fn local(at: Timestamp, zone: &str) -> String {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    at.to_zoned(zone)
        .strftime("%-d %B %Y, %H:%M %Z")
        .to_string()
}

/// A merchant's text on one line, without the characters that end lines or
/// turn the direction of what follows.
fn plain(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let one_line: String = text
        .chars()
        .filter(|c| !turns(*c))
        .map(|c| {
            if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
                ' '
            } else {
                c
            }
        })
        .collect();
    one_line.trim().to_owned()
}
