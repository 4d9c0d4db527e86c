//! The words that the page's scripts say, and how they write amounts.

use serde_json::{Map, Value, json};
use tatami_locale::Language;

/// What scripts call a text, and its key.
type Words = &'static [(&'static str, &'static str)];

const COMMON: Words = &[
    ("codeBack", "code-back"),
    ("codeFront", "code-front"),
    ("notDone", "not-done"),
    ("preferredNow", "preferred-now"),
    ("notRemoved", "not-removed"),
    ("removed", "removed"),
    ("lineOnceMore", "line-once-more"),
    ("errorsOne", "errors-one"),
    ("errorsMany", "errors-many"),
    ("misplaced", "misplaced-number"),
    ("longWait", "long-wait"),
    ("waitingLine", "waiting-line"),
    ("lineLost", "line-lost"),
    ("amountChanged", "amount-changed"),
    ("amountChangedText", "amount-changed-text"),
    ("tipPercent", "tip-percent"),
    ("tooLarge", "custom-amount-large"),
    ("testerFilled", "tester-filled"),
    ("checkDoing", "check-doing"),
    ("checkFailed", "check-failed"),
];
const PAYMENT: Words = &[
    ("button", "pay-button"),
    ("busy", "paying"),
    ("doing", "payment-doing"),
    ("ask", "payment-ask"),
    ("failed", "payment-not-made"),
    ("left", "payment-left"),
    ("broken", "payment-broken"),
    ("lost", "payment-lost"),
    ("nothing", "payment-nothing"),
    ("overtaken", "payment-overtaken"),
    ("unheard", "payment-unheard"),
];
/// What a clerk reads instead.
const TERMINAL: Words = &[("button", "terminal-charge"), ("busy", "terminal-charging")];
const SETUP: Words = &[
    ("button", "setup-button"),
    ("busy", "setup-busy"),
    ("doing", "setup-doing"),
    ("ask", "setup-ask"),
    ("failed", "setup-failed"),
    ("left", "setup-left"),
    ("broken", "setup-broken"),
    ("lost", "setup-lost"),
    ("nothing", "setup-nothing-saved"),
    ("overtaken", "setup-overtaken"),
    ("unheard", "setup-unheard"),
];

/// What a page is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A payer pays.
    Payment,
    /// A clerk takes a payment.
    Terminal,
    /// A card is kept.
    Setup,
}

/// The words of a page, as JSON. What is filled in by scripts is in braces.
pub(crate) fn words(t: &'static Language, purpose: Purpose) -> String {
    let parts: [&[_]; 2] = match purpose {
        Purpose::Payment => [PAYMENT, &[]],
        Purpose::Terminal => [PAYMENT, TERMINAL],
        Purpose::Setup => [SETUP, &[]],
    };
    let filled = ["count", "field", "amount", "label", "percent"];
    let braces = filled.map(|name| format!("{{{name}}}"));
    let filled: Vec<(&'static str, &str)> = filled
        .into_iter()
        .zip(braces.iter().map(String::as_str))
        .collect();
    let all = [COMMON].into_iter().chain(parts).flatten();
    let mut said: Map<String, Value> = all
        .map(|(name, key)| ((*name).to_owned(), t.with(key, &filled).into()))
        .collect();
    let money = json!({
        "decimal": t.get("number-decimal"),
        "group": t.get("number-group"),
        "least": t.least_before_group(),
        "form": t.money_form("{minus}", "{sign}", "{amount}"),
        "percent": t.with("percent", &[("number", "{number}")]),
    });
    said.insert("money".to_owned(), money);
    Value::Object(said).to_string()
}
