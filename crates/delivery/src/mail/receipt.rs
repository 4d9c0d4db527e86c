//! Receipts as HTML and plain text.

use askama::Template;
use tatami_core::account::Account;
use tatami_core::card::{CardSummary, Scheme};
use tatami_core::id::Environment;
use tatami_core::money::Money;
use tatami_core::payment_intent::{ItemLine, Modifier, PaymentIntent, TaxLine};
use tatami_engine::ports::mail::{Receipt, Receipts};
use tatami_locale::Language;

use super::invitation;
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
            subject: format!("{test}{}", content.about_merchant(content.story.subject)),
            text,
            html,
        }
    }

    fn invite(&self, account: &Account, intent: &PaymentIntent, link: &str) -> Receipt {
        invitation::write(&Content::of(account, intent), intent, link)
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
pub(super) struct Content {
    /// The language of the page that was paid on.
    pub(super) t: &'static Language,
    pub(super) merchant: String,
    pub(super) sandbox: bool,
    story: Story,
    lines: Vec<Line>,
    /// Keys of what they are, and the sums.
    sums: Vec<(&'static str, Money)>,
    pub(super) total: Money,
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
        let language = details.language.as_deref().and_then(Language::by_tag);
        let t = language.unwrap_or_else(Language::english);
        let items = details.item_lines.iter().flat_map(|line| item(line, t));
        Self {
            t,
            merchant: merchant(account, intent),
            sandbox: intent.scope.environment == Environment::Sandbox,
            story: story(intent, t),
            lines: items
                .chain(details.tax_lines.iter().flat_map(|line| tax(line, t)))
                .collect(),
            sums: sums(intent),
            total: intent.total(),
            facts: facts(account, intent, t),
        }
    }

    pub(super) fn money(&self, money: &Money) -> String {
        self.t.money(*money)
    }

    /// A text that names the merchant.
    pub(super) fn about_merchant(&self, key: &str) -> String {
        self.t.with(key, &[("merchant", &self.merchant)])
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
        ("tip", intent.tips),
        ("service-charge", intent.service_charge),
        ("cashback", intent.cashback),
    ];
    let extras = extras.map(|(name, money)| (name, money.filter(|m| m.minor != 0)));
    if extras.iter().all(|(_, money)| money.is_none()) {
        return Vec::new();
    }
    let extras = extras.into_iter().filter_map(|(n, m)| m.map(|m| (n, m)));
    std::iter::once(("amount", intent.amount))
        .chain(extras)
        .collect()
}

fn facts(
    account: &Account,
    intent: &PaymentIntent,
    t: &'static Language,
) -> Vec<(&'static str, String)> {
    let paid = intent.authorization.as_ref();
    let at = paid.map_or(intent.created_at, |a| a.at);
    let known = [
        ("date-of", Some(t.date(at, &account.time_zone))),
        ("reference", Some(plain(&intent.details.reference))),
        (
            "description",
            intent.details.description.as_deref().map(plain),
        ),
        ("card", paid.map(|a| card(&a.card, t))),
        ("receipt-auth-code", paid.map(|a| plain(&a.auth_code))),
        ("receipt-payment", Some(intent.id.to_string())),
    ];
    known
        .into_iter()
        .filter_map(|(name, value)| value.map(|v| (name, v)))
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

fn item(line: &ItemLine, t: &'static Language) -> Vec<Line> {
    let name = plain(line.name.as_deref().unwrap_or_else(|| t.get("item")));
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

fn tax(line: &TaxLine, t: &'static Language) -> Vec<Line> {
    let first = Line {
        text: plain(line.caption.as_deref().unwrap_or_else(|| t.get("tax"))),
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

fn card(card: &CardSummary, t: &'static Language) -> String {
    let scheme = match card.scheme {
        Scheme::Unknown => t.get("card-unknown"),
        scheme => scheme.title(),
    };
    format!("{scheme} **** {}", card.last4)
}

/// A merchant's text on one line, without the characters that end lines or
/// turn the direction of what follows.
pub(super) fn plain(text: &str) -> String {
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
