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
    ("resumes", "line-resumes"),
    ("lineLost", "line-lost"),
    ("amountChanged", "amount-changed"),
    ("amountChangedText", "amount-changed-text"),
    ("tipPercent", "tip-percent"),
    ("tooLarge", "custom-amount-large"),
    ("testerFilled", "tester-filled"),
    ("checkDoing", "check-doing"),
    ("checkFailed", "check-failed"),
    ("walletBroken", "wallet-broken"),
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
];

/// What a wallet's button and its simulated sheet say.
const WALLET: Words = &[
    ("plain", "wallet-plain"),
    ("book", "wallet-book"),
    ("buy", "wallet-buy"),
    ("checkout", "wallet-checkout"),
    ("donate", "wallet-donate"),
    ("order", "wallet-order"),
    ("pay", "pay-button"),
    ("note", "wallet-sheet-note"),
    ("card", "wallet-test-card"),
    ("confirm", "wallet-confirm"),
    ("cancel", "wallet-cancel"),
    ("email", "email"),
    ("emailInvalid", "email-invalid"),
    ("billing", "billing-address"),
    ("shipping", "delivery-address"),
    ("name", "wallet-name"),
    ("address1", "wallet-address"),
    ("locality", "part-town"),
    ("postalCode", "part-postcode"),
    ("countryCode", "country"),
    ("missing", "wallet-fill-in"),
    ("unreachable", "wallet-unreachable"),
    ("none", "wallet-none"),
    ("broken", "wallet-broken"),
];

/// What a component says while it pays.
const COMPONENT: Words = &[
    ("doing", "payment-doing"),
    ("ask", "payment-ask"),
    ("resumes", "line-resumes"),
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

/// The words of a wallet, as JSON. What is filled in by scripts is in braces.
pub(crate) fn wallet_words(t: &'static Language) -> String {
    let filled = [
        ("amount", "{amount}"),
        ("merchant", "{merchant}"),
        ("field", "{field}"),
    ];
    Value::Object(said(t, WALLET, &filled)).to_string()
}

/// The words of a component while it pays, as JSON.
pub(crate) fn component_words(t: &'static Language) -> String {
    Value::Object(said(t, COMPONENT, &[])).to_string()
}

fn said<'w>(
    t: &'static Language,
    words: impl IntoIterator<Item = &'w (&'static str, &'static str)>,
    filled: &[(&'static str, &str)],
) -> Map<String, Value> {
    let words = words.into_iter();
    words
        .map(|(name, key)| ((*name).to_owned(), t.with(key, filled).into()))
        .collect()
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
    let mut said = said(t, all, &filled);
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
