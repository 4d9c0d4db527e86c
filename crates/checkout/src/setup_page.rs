//! The pages of a setup intent: a card is kept, and nothing paid.

use askama::Template;
use tatami_core::id::Environment;
use tatami_core::payment_intent::Method;
use tatami_core::setup_intent::{SetupIntent, Status, TransactionType};
use tatami_core::time::Timestamp;
use tatami_engine::SetupView;
use tatami_locale::Language;

use crate::branding::Brand;
use crate::order::Merchant;
use crate::page::{Notice, StatePage};
use crate::reader::{self, Reader};
use crate::script_words::{Purpose, words};
use crate::standing::StateTexts;
use crate::{assets, links};

/// For a payer who came back without a card being kept.
pub(crate) const NOT_SAVED: Notice = Notice {
    title: "setup-failed",
    text: "setup-unheard",
};

/// For a payer whose answer at the bank was not used.
pub(crate) const OVERTAKEN: Notice = Notice {
    title: "setup-failed",
    text: "setup-overtaken-or-over",
};

/// A card could be saved, but not on this page.
const NO_WAY: StateTexts =
    StateTexts::plain("no-way", "setup-state-no-way", "setup-state-no-way-text");

/// How a setup intent stands, in its payer's eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetupStanding {
    /// It waits for a card.
    Open,
    /// A card is being verified.
    Processing,
    /// A card is kept, or was.
    Saved,
    /// The shop gave it up.
    Canceled,
    /// No card was given in time.
    Expired,
}

impl SetupStanding {
    /// How an intent stands at `now`, its account's time.
    pub(crate) fn of(intent: &SetupIntent, now: Timestamp) -> Self {
        match intent.status {
            Status::Created if intent.attempt.is_some() => Self::Processing,
            Status::Created if now >= intent.expire_at => Self::Expired,
            Status::Created => Self::Open,
            Status::Authorized | Status::Completed | Status::CardExpired => Self::Saved,
            Status::Canceled | Status::Closed => Self::Canceled,
            Status::Expired => Self::Expired,
        }
    }

    /// The word for it in pages and scripts; that of a payment where the scripts
    /// do the same.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Open => "payable",
            Self::Processing => "processing",
            Self::Saved => "saved",
            Self::Canceled => "canceled",
            Self::Expired => "expired",
        }
    }

    fn texts(self, fresh: bool) -> Option<StateTexts> {
        let plain = |title, text| StateTexts::plain(self.word(), title, text);
        Some(match (self, fresh) {
            (Self::Open, _) => return None,
            (Self::Processing, _) => {
                plain("setup-state-processing", "setup-state-processing-text").waiting()
            }
            (Self::Saved, true) => plain("setup-state-saved", "setup-state-saved-text").good(fresh),
            (Self::Saved, false) => {
                plain("setup-state-before", "setup-state-before-text").good(fresh)
            }
            (Self::Canceled, _) => plain("setup-state-canceled", "setup-state-canceled-text"),
            (Self::Expired, _) => plain("setup-state-expired", "setup-state-expired-text"),
        })
    }
}

/// The form.
#[derive(Template)]
#[template(path = "setup.html")]
struct SetupPage {
    assets: &'static str,
    t: &'static Language,
    foot: reader::Foot,
    /// Never a clerk's page: the card's holder must agree.
    terminal: bool,
    sandbox: bool,
    brand: Brand,
    merchant: Merchant,
    description: Option<String>,
    reference: Option<String>,
    intended: Option<String>,
    /// Whether the card is charged once at most.
    once: bool,
    terms: String,
    id: String,
    secret: String,
    month: String,
    notice: Option<Notice>,
    words: String,
    /// The script that proves what a card is only taken with.
    captcha: Option<&'static str>,
    return_url: Option<String>,
    cancel_url: Option<String>,
}

/// The page of a setup intent at `now`, its account's time.
///
/// # Errors
/// If a template cannot be rendered.
pub(crate) fn html(
    view: &SetupView,
    now: Timestamp,
    fresh: bool,
    notice: Option<Notice>,
    captcha: Option<&'static str>,
    reader: &Reader,
) -> Result<String, askama::Error> {
    let standing = SetupStanding::of(&view.intent, now);
    match standing.texts(fresh) {
        None if !view.intent.details.offers(Method::Card) => {
            state(view, standing, NO_WAY, reader).render()
        }
        None => {
            let page = SetupPage::of(view, now, notice, reader);
            SetupPage { captcha, ..page }.render()
        }
        Some(texts) => state(view, standing, texts, reader).render(),
    }
}

fn merchant(view: &SetupView) -> Merchant {
    Merchant::of(&view.account, view.intent.details.config.as_ref())
}

impl SetupPage {
    fn of(view: &SetupView, now: Timestamp, notice: Option<Notice>, reader: &Reader) -> Self {
        let t = reader.language;
        let intent = &view.intent;
        let config = intent.details.config.as_ref();
        let shown = config.and_then(|c| c.details).unwrap_or_default();
        Self {
            assets: assets::base(),
            t,
            foot: reader.foot(),
            terminal: false,
            sandbox: intent.scope.environment == Environment::Sandbox,
            brand: Brand::of(view.branding.as_ref()),
            merchant: merchant(view),
            description: intent
                .details
                .description
                .clone()
                .filter(|d| !d.trim().is_empty()),
            reference: shown
                .show_reference
                .then(|| intent.details.reference.clone()),
            intended: intent.intended_amount.map(|amount| t.money(amount)),
            once: intent.kind == TransactionType::NoShow,
            terms: intent.terms.clone(),
            id: intent.id.to_string(),
            secret: match intent.session_open(&intent.session.nonce, now) {
                true => view.secret.clone(),
                false => String::new(),
            },
            month: now.strftime("%Y-%m").to_string(),
            notice,
            words: words(t, Purpose::Setup),
            captcha: None,
            return_url: links::return_to(config, intent.id.as_str()).map(String::from),
            cancel_url: links::cancel_to(config).map(String::from),
        }
    }

    /// A text that names the merchant.
    fn about_merchant(&self, key: &str) -> String {
        self.t.with(key, &[("merchant", &self.merchant.title)])
    }
}

fn state(
    view: &SetupView,
    standing: SetupStanding,
    texts: StateTexts,
    reader: &Reader,
) -> StatePage {
    let intent = &view.intent;
    let config = intent.details.config.as_ref();
    let saved = standing == SetupStanding::Saved;
    let over = !matches!(standing, SetupStanding::Saved | SetupStanding::Processing);
    let mut facts = vec![("setup-saved-for", merchant(view).title)];
    if let Some(verified) = intent.verification.as_ref().filter(|_| saved) {
        facts.push(("card", crate::card_words(&verified.card, reader.language)));
    }
    StatePage {
        brand: Brand::of(view.branding.as_ref()),
        sandbox: intent.scope.environment == Environment::Sandbox,
        id: Some(intent.id.to_string()),
        facts,
        return_url: links::return_to(config, intent.id.as_str())
            .filter(|_| saved)
            .map(String::from),
        cancel_url: links::cancel_to(config).filter(|_| over).map(String::from),
        ..StatePage::bare(texts, reader)
    }
}
