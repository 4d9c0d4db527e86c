//! Creating a payment intent: every rule about the order, all violations at once.

use super::{
    Address, AutoExpireAction, COUNTRY_RULE, CaptureMode, DEFAULT_EXPIRY, DEFAULT_HOLD, Decision,
    Details, Method, PaymentIntent, Session, Status,
};
use crate::Facts;
use crate::account::Scope;
use crate::email::is_email;
use crate::event::EventType;
use crate::id::PaymentIntentId;
use crate::link::is_link;
use crate::money::{Currency, Money};
use crate::problem::{Refusal, Violation};
use crate::time::{SignedDuration, TimeSpan, Timestamp};

/// The longest reference.
pub const MAX_REFERENCE_CHARS: usize = 60;
/// A hold must be longer than this.
pub const MIN_HOLD: SignedDuration = SignedDuration::from_secs(30);

/// An amount as a caller wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AmountDraft {
    /// Minor units.
    pub value: i64,
    /// The currency's code.
    pub currency_code: String,
}

/// A payment intent as a caller asks for it. Optional fields are those that
/// the caller may leave out, and those that a caller did leave out although it
/// may not: the rules name them.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "the contract's own names")]
pub struct Draft {
    pub capture_mode: Option<CaptureMode>,
    pub amount: Option<AmountDraft>,
    pub tips: Option<AmountDraft>,
    pub service_charge: Option<AmountDraft>,
    pub cashback: Option<AmountDraft>,
    pub expire_at: Option<Timestamp>,
    pub auto_expire_in: Option<TimeSpan>,
    pub auto_expire_action: Option<AutoExpireAction>,
    pub details: Box<Details>,
}

/// The sum of amounts of one currency; `None` if it does not fit or mixes.
pub(super) fn total(parts: impl IntoIterator<Item = Money>) -> Option<Money> {
    let mut parts = parts.into_iter();
    let first = parts.next()?;
    parts.try_fold(first, |sum, part| sum.plus(part).ok())
}

/// The amounts of a draft that could be read.
struct Amounts {
    amount: Option<Money>,
    tips: Option<Money>,
    service_charge: Option<Money>,
    cashback: Option<Money>,
}

/// Every rule that a draft breaks, for a caller that has found more wrong with
/// the request than a draft can hold.
pub fn check(draft: &Draft, now: Timestamp) -> Vec<Violation> {
    checked(draft, now).1
}

fn checked(draft: &Draft, now: Timestamp) -> (Amounts, Vec<Violation>) {
    let mut rules = Rules::default();
    let amount = rules.money("Amount", draft.amount.as_ref(), None, 1);
    let currency = amount.map(|a| a.currency);
    if amount.is_none() {
        rules.required("Amount");
    }
    let mut extra =
        |field, draft: &Option<AmountDraft>| rules.money(field, draft.as_ref(), currency, 0);
    let amounts = Amounts {
        amount,
        tips: extra("TipsAmount", &draft.tips),
        service_charge: extra("ServiceChargeAmount", &draft.service_charge),
        cashback: extra("CashbackAmount", &draft.cashback),
    };
    let parts = [
        amount,
        amounts.tips,
        amounts.service_charge,
        amounts.cashback,
    ];
    if rules.0.is_empty() && total(parts.into_iter().flatten()).is_none() {
        rules.broken("Amount.Value", "The total amount is too large.");
    }
    let capture_mode = draft.capture_mode.unwrap_or(CaptureMode::Auto);
    if draft.details.setup_intent_id.is_some() && capture_mode == CaptureMode::Manual {
        rules.broken(
            "CaptureMode",
            "A payment intent with a setup intent can only have the capture mode 'Auto'.",
        );
    }
    rules.hold(capture_mode, draft.auto_expire_in, draft.auto_expire_action);
    rules.future("ExpireAt", draft.expire_at, now);
    rules.details(&draft.details);
    (amounts, rules.0)
}

/// Creates a payment intent in `Created`, with its event.
///
/// # Errors
/// [`Refusal::Invalid`] with every rule that the draft breaks.
pub fn create(scope: Scope, draft: Draft, facts: &mut Facts<'_>) -> Result<Decision, Refusal> {
    let (amounts, broken) = checked(&draft, facts.now);
    let Some(amount) = amounts.amount.filter(|_| broken.is_empty()) else {
        return Err(Refusal::Invalid(broken));
    };
    let capture_mode = draft.capture_mode.unwrap_or(CaptureMode::Auto);
    let expire_at = draft.expire_at.unwrap_or(facts.now + DEFAULT_EXPIRY);

    let mut details = draft.details;
    details.settle_methods();
    let manual = capture_mode == CaptureMode::Manual;
    let intent = PaymentIntent {
        id: PaymentIntentId::mint(scope.environment, facts),
        scope,
        status: Status::Created,
        capture_mode,
        amount,
        requested_amount: None,
        tips: amounts.tips,
        service_charge: amounts.service_charge,
        cashback: amounts.cashback,
        details,
        expire_at,
        auto_expire_in: draft.auto_expire_in.filter(|_| manual),
        auto_expire_action: draft.auto_expire_action.filter(|_| manual),
        session: Session::open(facts),
        attempt: None,
        challenge: None,
        unsigned: None,
        authorization: None,
        captures: Vec::new(),
        refunds: Vec::new(),
        wallet_tokens: Vec::new(),
        at_table: false,
        reversal: None,
        payment_events: Vec::new(),
        receipts_sent: None,
        terminal_sessions: Vec::new(),
        created_at: facts.now,
        updated_at: facts.now,
    };
    Ok(Decision::of(intent).with_event(EventType::PAYMENT_INTENT_CREATED, facts))
}

/// The rules of what merchants create, and those that were broken.
#[derive(Default)]
pub(crate) struct Rules(Vec<Violation>);

impl Rules {
    pub(crate) fn into_broken(self) -> Vec<Violation> {
        self.0
    }

    pub(crate) fn broken(&mut self, field: impl Into<String>, rule: impl Into<String>) {
        self.0.push(Violation::new(field, rule));
    }

    pub(crate) fn required(&mut self, field: &str) {
        if !self.0.iter().any(|v| v.field.starts_with(field)) {
            self.broken(field, format!("The {field} field is required."));
        }
    }

    pub(crate) fn future(&mut self, field: &str, at: Option<Timestamp>, now: Timestamp) {
        if at.is_some_and(|at| at <= now) {
            self.broken(field, format!("The {field} must be in the future."));
        }
    }

    pub(crate) fn money(
        &mut self,
        field: &str,
        draft: Option<&AmountDraft>,
        same: Option<Currency>,
        least: i64,
    ) -> Option<Money> {
        let draft = draft?;
        if draft.value < least {
            let rule = if least > 0 {
                "must be greater than 0"
            } else {
                "must not be negative"
            };
            self.broken(format!("{field}.Value"), format!("The {field} {rule}."));
        }
        let code = format!("{field}.CurrencyCode");
        let Some(currency) = Currency::from_code(&draft.currency_code) else {
            self.broken(code, "The currency must be GBP or EUR.");
            return None;
        };
        if same.is_some_and(|same| same != currency) {
            self.broken(code, "The currency must be that of the Amount.");
        }
        Some(Money::new(draft.value, currency))
    }

    fn hold(
        &mut self,
        mode: CaptureMode,
        length: Option<TimeSpan>,
        action: Option<AutoExpireAction>,
    ) {
        if mode == CaptureMode::Auto {
            if length.is_some() {
                self.broken(
                    "AutoExpireIn",
                    "AutoExpireIn is only allowed for the capture mode 'Manual'.",
                );
            }
            if action.is_some() {
                self.broken(
                    "AutoExpireAction",
                    "AutoExpireAction is only allowed for the capture mode 'Manual'.",
                );
            }
            return;
        }
        if action.is_none() {
            self.broken(
                "AutoExpireAction",
                "The AutoExpireAction field is required for the capture mode 'Manual'.",
            );
        }
        if length.is_some_and(|l| l.length() <= MIN_HOLD || l.length() >= DEFAULT_HOLD) {
            self.broken(
                "AutoExpireIn",
                "AutoExpireIn must be more than 30 seconds and less than 7 days.",
            );
        }
    }

    pub(crate) fn details(&mut self, details: &Details) {
        let reference = details.reference.chars().count();
        if details.reference.trim().is_empty() {
            self.broken("Reference", "The Reference field is required.");
        } else if reference > MAX_REFERENCE_CHARS {
            self.broken(
                "Reference",
                "The Reference must be at most 60 characters long.",
            );
        }
        let email = details
            .customer
            .as_ref()
            .and_then(|c| c.email_address.as_deref());
        if email.is_some_and(|e| !e.is_empty() && !is_email(e)) {
            self.broken(
                "Customer.EmailAddress",
                "The EmailAddress is not a valid e-mail address.",
            );
        }
        self.address("BillingAddress", details.billing_address.as_ref());
        self.address(
            "ShippingDetails.Address",
            details.shipping.as_ref().and_then(|s| s.address.as_ref()),
        );
        for (i, method) in details.payment_methods.iter().enumerate() {
            if Method::from_name(method).is_none() {
                self.broken(
                    format!("PaymentMethods[{i}]"),
                    "A payment method must be Card, Wallet or SavedCard.",
                );
            }
        }
        if let Some(config) = &details.config {
            self.link("Config.RedirectUrl", config.redirect_url.as_deref());
            self.link("Config.CancelUrl", config.cancel_url.as_deref());
        }
        if let Some(link) = &details.action_link {
            self.link("ActionLink.Url", Some(&link.url));
        }
    }

    fn address(&mut self, field: &str, address: Option<&Address>) {
        if address.is_some_and(|a| !a.has_known_country()) {
            self.broken(format!("{field}.CountryCode"), COUNTRY_RULE);
        }
    }

    fn link(&mut self, field: &str, url: Option<&str>) {
        if url.is_some_and(|u| !u.is_empty() && !is_link(u)) {
            self.broken(
                field,
                "The URL must be absolute and one that a browser can open.",
            );
        }
    }
}
