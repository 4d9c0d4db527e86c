//! The mail that asks a payer for a payment, as HTML and plain text.

use askama::Template;
use tatami_core::payment_intent::PaymentIntent;
use tatami_engine::ports::mail::Receipt;

use super::receipt::{Content, plain};

#[derive(Template)]
#[template(path = "payment_link.html")]
struct Html<'a> {
    r: &'a Content,
    facts: &'a [(&'static str, String)],
    link: &'a str,
}

#[derive(Template)]
#[template(path = "payment_link.txt", escape = "none")]
struct Text<'a> {
    r: &'a Content,
    facts: &'a [(&'static str, String)],
    link: &'a str,
}

pub(super) fn write(r: &Content, intent: &PaymentIntent, link: &str) -> Receipt {
    let facts = facts(intent);
    let facts = facts.as_slice();
    #[expect(clippy::expect_used, reason = "writing to a string does not fail")]
    let (html, text) = (
        Html { r, facts, link }.render().expect("a string takes it"),
        Text { r, facts, link }.render().expect("a string takes it"),
    );
    let test = if r.sandbox { "[Sandbox] " } else { "" };
    Receipt {
        subject: format!("{test}{}", r.about_merchant("link-subject")),
        text,
        html,
    }
}

fn facts(intent: &PaymentIntent) -> Vec<(&'static str, String)> {
    let description = intent.details.description.as_deref().map(plain);
    let known = [
        ("reference", Some(plain(&intent.details.reference))),
        ("description", description),
    ];
    let known = known.into_iter();
    let known = known.filter_map(|(name, value)| value.map(|value| (name, value)));
    known.filter(|(_, value)| !value.is_empty()).collect()
}
