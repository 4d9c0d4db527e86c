//! The pages of the hosted checkout, from the intent they are about.

use askama::Template;
use tatami_core::id::Environment;
use tatami_core::payment_intent::{Config, Flag, Method, PaymentIntent};
use tatami_core::time::Timestamp;
use tatami_engine::View;
use tatami_locale::{Language, Moment};

use crate::address_form::{self, AddressForm};
use crate::branding::Brand;
use crate::choices::Choices;
use crate::order::{Merchant, Order};
use crate::reader::{self, Reader};
use crate::saved_cards::SavedCards;
use crate::script_words::{Purpose, wallet_words, words};
use crate::standing::{Standing, StateTexts};
use crate::{assets, links};

/// A sentence above the form, by the keys of its texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) title: &'static str,
    pub(crate) text: &'static str,
}

/// For a payer who came back without having paid.
pub(crate) const NOT_PAID: Notice = Notice {
    title: "payment-not-made",
    text: "payment-unheard",
};

/// For a payer whose answer at the bank was not used.
pub(crate) const OVERTAKEN: Notice = Notice {
    title: "payment-not-made",
    text: "payment-overtaken-or-over",
};

/// The payment form.
#[derive(Template)]
#[template(path = "pay.html")]
pub(crate) struct PayPage {
    assets: &'static str,
    brand: Brand,
    merchant: Merchant,
    t: &'static Language,
    foot: reader::Foot,
    order: Order,
    id: String,
    /// Whether a clerk types in the card of a customer who is elsewhere.
    terminal: bool,
    /// The session's secret; empty if a new one is needed.
    secret: String,
    /// The total that is asked for, in minor units.
    amount: i64,
    currency: &'static str,
    choices: Option<Choices>,
    /// The account's month, as `2026-03`: cards of earlier ones have expired.
    month: String,
    notice: Option<Notice>,
    /// What is asked for and cannot be offered: keys of texts.
    missing: Vec<&'static str>,
    wallet: Option<WalletWay>,
    saved: Option<SavedCards>,
    takes_cards: bool,
    /// Whether there are fields to fill in, and a button that pays with them.
    has_form: bool,
    collect_email: bool,
    email: String,
    addresses: Vec<AddressForm>,
    words: String,
    /// The script that proves what a card is only taken with.
    captcha: Option<&'static str>,
    return_url: Option<String>,
    cancel_url: Option<String>,
}

/// The way to pay with a wallet: its words, and what it has to ask the payer.
struct WalletWay {
    words: String,
    email: bool,
    billing: bool,
    shipping: bool,
}

impl WalletWay {
    fn of(intent: &PaymentIntent, t: &'static Language) -> Self {
        let config = intent.details.config.as_ref();
        let asked = |flag: fn(&Config) -> Option<Flag>| {
            let flag = config.and_then(flag);
            flag.is_some_and(|flag| flag.collection_required)
        };
        Self {
            words: wallet_words(t),
            email: asked(|config| config.customer_email),
            billing: asked(|config| config.billing_address),
            shipping: asked(|config| config.shipping_details),
        }
    }
}

/// The ways to pay besides a card that is typed in, and what is asked before any.
#[derive(Default)]
pub(crate) struct Ways {
    /// The saved cards that the link opens.
    pub(crate) saved: Option<SavedCards>,
    /// Whether wallets are set up.
    pub(crate) wallets: bool,
    /// The script that proves what a card is only taken with.
    pub(crate) captcha: Option<&'static str>,
}

impl Ways {
    fn has_saved(&self) -> bool {
        self.saved.as_ref().is_some_and(SavedCards::has_chosen)
    }

    fn has_wallet(&self, intent: &PaymentIntent) -> bool {
        // A clerk has no wallet of the customer's.
        let details = &intent.details;
        self.wallets && details.offers(Method::Wallet) && !details.card_holder_not_present
    }
}

/// A page that tells how a payment stands.
#[derive(Template)]
#[template(path = "state.html")]
pub(crate) struct StatePage {
    pub(crate) assets: &'static str,
    pub(crate) brand: Brand,
    pub(crate) t: &'static Language,
    pub(crate) foot: reader::Foot,
    pub(crate) texts: StateTexts,
    pub(crate) sandbox: bool,
    pub(crate) order: Option<Order>,
    pub(crate) id: Option<String>,
    /// When it was paid.
    pub(crate) at: Option<Moment>,
    /// Keys of what they are, and the facts.
    pub(crate) facts: Vec<(&'static str, String)>,
    pub(crate) action: Option<links::Action>,
    pub(crate) return_url: Option<String>,
    pub(crate) cancel_url: Option<String>,
}

/// What is shown to somebody who opens a payment's link.
pub(crate) enum CheckoutPage {
    /// The form.
    Pay(Box<PayPage>),
    /// How the payment stands.
    State(Box<StatePage>),
}

impl CheckoutPage {
    /// The page of an intent at `now`, its account's time. `fresh` is right
    /// after a payment; `notice` is shown above the form, if there is one.
    pub(crate) fn of(
        view: &View,
        now: Timestamp,
        fresh: bool,
        notice: Option<Notice>,
        ways: Ways,
        reader: &Reader,
    ) -> Self {
        let standing = Standing::of(&view.intent, now);
        let state = |texts| Self::State(Box::new(StatePage::of(view, standing, texts, reader)));
        match StateTexts::of(standing, &view.intent, fresh) {
            None if !can_pay(view, &ways) => state(StateTexts::NO_WAY),
            None => Self::Pay(Box::new(PayPage::of(view, now, notice, ways, reader))),
            Some(texts) => state(texts),
        }
    }

    /// The HTML.
    pub(crate) fn html(&self) -> Result<String, askama::Error> {
        match self {
            Self::Pay(page) => page.render(),
            Self::State(page) => page.render(),
        }
    }
}

impl PayPage {
    fn of(
        view: &View,
        now: Timestamp,
        notice: Option<Notice>,
        ways: Ways,
        reader: &Reader,
    ) -> Self {
        let t = reader.language;
        let intent = &view.intent;
        let config = intent.details.config.clone().unwrap_or_default();
        let customer = intent.details.customer.clone().unwrap_or_default();
        let total = intent.total();
        let terminal = intent.details.card_holder_not_present;
        // A session with a choice pays what another window shows.
        let open = intent.session_open(&intent.session.nonce, now);
        let shows_all = intent.session.choice.is_none();
        let takes_cards = intent.details.offers(Method::Card);
        Self {
            assets: assets::base(),
            brand: Brand::of(view.branding.as_ref()),
            merchant: Merchant::of(&view.account, intent.details.config.as_ref()),
            t,
            foot: reader.foot(),
            order: Order::of(view, t),
            id: intent.id.to_string(),
            terminal,
            secret: match open && shows_all {
                true => view.secret(),
                false => String::new(),
            },
            amount: total.minor,
            currency: total.currency.code(),
            choices: Choices::of(intent, t),
            month: now.strftime("%Y-%m").to_string(),
            notice,
            missing: missing(view, &ways),
            wallet: ways.has_wallet(intent).then(|| WalletWay::of(intent, t)),
            takes_cards,
            has_form: takes_cards || ways.has_saved(),
            captcha: ways.captcha,
            saved: ways.saved,
            collect_email: config.customer_email.is_some_and(|f| f.collection_required),
            email: customer.email_address.unwrap_or_default(),
            addresses: address_form::of(intent, view.account.country(), t),
            words: words(
                t,
                match terminal {
                    true => Purpose::Terminal,
                    false => Purpose::Payment,
                },
            ),
            return_url: links::return_url(intent).map(String::from),
            cancel_url: links::cancel_url(intent).map(String::from),
        }
    }

    /// The button, which says what is paid.
    fn label(&self) -> String {
        let key = match self.terminal {
            true => "terminal-charge",
            false => "pay-button",
        };
        self.t.with(key, &[("amount", &self.order.total)])
    }

    fn title(&self) -> String {
        let filled = [
            ("amount", &*self.order.total),
            ("merchant", &*self.merchant.title),
        ];
        match self.terminal {
            true => self.t.with("terminal-title", &filled),
            false => self.t.with("pay-title", &filled),
        }
    }

    /// A text that names the merchant.
    fn about_merchant(&self, key: &str) -> String {
        self.t.with(key, &[("merchant", &self.merchant.title)])
    }
}

/// Whether the page has a way to pay that the merchant allows.
fn can_pay(view: &View, ways: &Ways) -> bool {
    let intent = &view.intent;
    intent.details.offers(Method::Card) || ways.has_saved() || ways.has_wallet(intent)
}

/// The ways to pay that the merchant asks for and that this page cannot offer.
fn missing(view: &View, ways: &Ways) -> Vec<&'static str> {
    let details = &view.intent.details;
    let wanted = [
        (
            details.offers(Method::Wallet) && !ways.has_wallet(&view.intent),
            "methods-missing-wallet",
        ),
        (
            details.offers(Method::SavedCard) && ways.saved.is_none(),
            "methods-missing-saved",
        ),
    ];
    let missing = wanted.into_iter().filter(|(missing, _)| *missing);
    missing.map(|(_, key)| key).collect()
}

impl StatePage {
    fn of(view: &View, standing: Standing, texts: StateTexts, reader: &Reader) -> Self {
        let intent = &view.intent;
        let back = |wanted: bool, url: Option<url::Url>| url.filter(|_| wanted).map(String::from);
        let paid = standing == Standing::Paid;
        let authorization = intent.authorization.as_deref().filter(|_| paid);
        let t = reader.language;
        Self {
            brand: Brand::of(view.branding.as_ref()),
            sandbox: intent.scope.environment == Environment::Sandbox,
            order: Some(Order::of(view, t)),
            id: Some(intent.id.to_string()),
            at: authorization.map(|a| Moment::of(a.at, &view.account.time_zone, t)),
            facts: authorization
                .map(|a| vec![("card", crate::card_words(&a.card, t))])
                .unwrap_or_default(),
            action: links::action(intent).filter(|_| paid),
            return_url: back(paid, links::return_url(intent)),
            cancel_url: back(
                matches!(
                    standing,
                    Standing::Canceled | Standing::Expired | Standing::Payable
                ),
                links::cancel_url(intent),
            ),
            ..Self::bare(texts, reader)
        }
    }

    /// A page about no payment.
    pub(crate) fn bare(texts: StateTexts, reader: &Reader) -> Self {
        Self {
            assets: assets::base(),
            brand: Brand::default(),
            t: reader.language,
            foot: reader.foot(),
            texts,
            sandbox: false,
            order: None,
            id: None,
            at: None,
            facts: Vec::new(),
            action: None,
            return_url: None,
            cancel_url: None,
        }
    }
}
