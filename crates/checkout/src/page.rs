//! The pages of the hosted checkout, from the intent they are about.

use askama::Template;
use tatami_core::payment_intent::Method;
use tatami_core::time::Timestamp;
use tatami_engine::View;
use tatami_http::Moment;

use crate::address_form::{self, AddressForm};
use crate::card_form::ErrorKind;
use crate::order::Order;
use crate::saved_cards::SavedCards;
use crate::standing::{Standing, Told};
use crate::{assets, links};

/// A sentence above the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) title: &'static str,
    pub(crate) text: &'static str,
}

/// For a payer who came back without having paid.
pub(crate) const NOT_PAID: Notice = Notice {
    title: "The payment was not made",
    text: "Your bank did not approve it, or it was stopped. Nothing was taken from your card. You can try again, or use another card.",
};

/// For a payer whose answer at the bank was not used.
pub(crate) const OVERTAKEN: Notice = Notice {
    title: "The payment was not made",
    text: "The payment was continued in another window or tab, or your bank’s check was over already. Nothing was taken from your card here. You can try again.",
};

/// The sentences of wrong fields: the same that the server answers with.
pub(crate) struct Messages {
    pub(crate) number_required: &'static str,
    pub(crate) number_invalid: &'static str,
    pub(crate) expiry_required: &'static str,
    pub(crate) expiry_invalid: &'static str,
    pub(crate) expiry_past: &'static str,
    pub(crate) cv2_required: &'static str,
    pub(crate) cv2_invalid: &'static str,
    pub(crate) name_required: &'static str,
    pub(crate) name_invalid: &'static str,
    pub(crate) email_invalid: &'static str,
    pub(crate) consent_required: &'static str,
    pub(crate) misplaced: &'static str,
}

pub(crate) const MESSAGES: Messages = Messages {
    number_required: ErrorKind::CardNumberRequired.message(),
    number_invalid: ErrorKind::CardNumberInvalid.message(),
    expiry_required: ErrorKind::ExpiryDateRequired.message(),
    expiry_invalid: ErrorKind::ExpiryDateInvalid.message(),
    expiry_past: ErrorKind::ExpiryDateMustBeInFuture.message(),
    cv2_required: ErrorKind::Cv2Required.message(),
    cv2_invalid: ErrorKind::Cv2Invalid.message(),
    name_required: ErrorKind::CardNameRequired.message(),
    name_invalid: ErrorKind::CardNameInvalid.message(),
    email_invalid: ErrorKind::UserEmailAddressInvalid.message(),
    consent_required: ErrorKind::MitConsentRequired.message(),
    misplaced: "Remove the card number from “{field}”.",
};

/// The payment form.
#[derive(Template)]
#[template(path = "pay.html")]
pub(crate) struct PayPage {
    assets: &'static str,
    order: Order,
    id: String,
    /// The session's secret; empty if a new one is needed.
    secret: String,
    /// The total that is shown, in minor units.
    amount: i64,
    currency: &'static str,
    /// The account's month, as `2026-03`: cards of earlier ones have expired.
    month: String,
    notice: Option<Notice>,
    saved: Option<SavedCards>,
    takes_cards: bool,
    collect_email: bool,
    email: String,
    addresses: Vec<AddressForm>,
    messages: Messages,
    return_url: Option<String>,
    cancel_url: Option<String>,
}

/// A page that tells how a payment stands.
#[derive(Template)]
#[template(path = "state.html")]
pub(crate) struct StatePage {
    pub(crate) assets: &'static str,
    pub(crate) told: Told,
    pub(crate) order: Option<Order>,
    pub(crate) id: Option<String>,
    /// When it was paid.
    pub(crate) at: Option<Moment>,
    pub(crate) facts: Vec<(&'static str, String)>,
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
    /// `saved` are the saved cards that the link opens.
    pub(crate) fn of(
        view: &View,
        now: Timestamp,
        fresh: bool,
        notice: Option<Notice>,
        saved: Option<SavedCards>,
    ) -> Self {
        let standing = Standing::of(&view.intent, now);
        match Told::of(standing, view.intent.capture_mode, fresh) {
            None if !can_pay(view, saved.as_ref()) => {
                Self::State(Box::new(StatePage::of(view, standing, Told::NO_WAY)))
            }
            None => Self::Pay(Box::new(PayPage::of(view, now, notice, saved))),
            Some(told) => Self::State(Box::new(StatePage::of(view, standing, told))),
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
    fn of(view: &View, now: Timestamp, notice: Option<Notice>, saved: Option<SavedCards>) -> Self {
        let intent = &view.intent;
        let config = intent.details.config.clone().unwrap_or_default();
        let customer = intent.details.customer.clone().unwrap_or_default();
        let total = intent.total();
        Self {
            assets: assets::base(),
            order: Order::of(view),
            id: intent.id.to_string(),
            secret: match intent.session_open(&intent.session.nonce, now) {
                true => view.secret(),
                false => String::new(),
            },
            amount: total.minor,
            currency: total.currency.code(),
            month: now.strftime("%Y-%m").to_string(),
            notice,
            saved,
            takes_cards: intent.details.offers(Method::Card),
            collect_email: config.customer_email.is_some_and(|f| f.collection_required),
            email: customer.email_address.unwrap_or_default(),
            addresses: address_form::of(intent),
            messages: MESSAGES,
            return_url: links::return_url(intent).map(String::from),
            cancel_url: links::cancel_url(intent).map(String::from),
        }
    }
}

/// Whether the page has a way to pay that the merchant allows.
fn can_pay(view: &View, saved: Option<&SavedCards>) -> bool {
    view.intent.details.offers(Method::Card) || saved.is_some_and(SavedCards::has_chosen)
}

impl StatePage {
    fn of(view: &View, standing: Standing, told: Told) -> Self {
        let intent = &view.intent;
        let back = |wanted: bool, url: Option<url::Url>| url.filter(|_| wanted).map(String::from);
        let paid = standing == Standing::Paid;
        let authorization = intent.authorization.as_deref().filter(|_| paid);
        Self {
            assets: assets::base(),
            told,
            order: Some(Order::of(view)),
            id: Some(intent.id.to_string()),
            at: authorization.map(|a| Moment::of(a.at, &view.account.time_zone)),
            facts: authorization
                .map(|a| vec![("Card", crate::card_words(&a.card))])
                .unwrap_or_default(),
            return_url: back(paid, links::return_url(intent)),
            cancel_url: back(
                matches!(
                    standing,
                    Standing::Canceled | Standing::Expired | Standing::Payable
                ),
                links::cancel_url(intent),
            ),
        }
    }

    /// A page about no payment.
    pub(crate) fn bare(told: Told) -> Self {
        Self {
            assets: assets::base(),
            told,
            order: None,
            id: None,
            at: None,
            facts: Vec::new(),
            return_url: None,
            cancel_url: None,
        }
    }
}
