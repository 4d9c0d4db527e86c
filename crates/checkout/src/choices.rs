//! The forms with which a payer chooses what to pay.

use tatami_core::money::Money;
use tatami_core::payment_intent::PaymentIntent;
use tatami_locale::Language;

/// The tips that are offered, in per cent of the amount.
pub(crate) const PERCENTS: [u32; 3] = [10, 15, 20];
/// What an amount looks like.
pub(crate) const EXAMPLE: i64 = 1250;

/// A tip that is offered.
pub(crate) struct Tip {
    pub(crate) percent: u32,
    pub(crate) label: String,
}

/// What a payer may choose, and what it is if they do not.
pub(crate) struct Choices {
    /// Whether the amount may be another.
    pub(crate) amount: bool,
    /// The tips that are offered, if one may be given.
    pub(crate) tips: Vec<Tip>,
    /// The intent's own amount, in minor units.
    pub(crate) own_amount: i64,
    pub(crate) own_amount_text: String,
    /// The intent's own tips, in minor units.
    pub(crate) own_tips: i64,
    pub(crate) own_tips_text: String,
    /// Service charge and cashback, in minor units.
    pub(crate) rest: i64,
    pub(crate) sign: &'static str,
    pub(crate) currency: &'static str,
    pub(crate) example: String,
}

impl Choices {
    /// What the payer of an intent may choose, if anything.
    pub(crate) fn of(intent: &PaymentIntent, t: &'static Language) -> Option<Self> {
        let allowed = intent.permissions();
        if !allowed.custom_amount_allowed && !allowed.tips_allowed {
            return None;
        }
        let Money { currency, .. } = intent.amount;
        let tip = |percent| {
            let amount = intent.amount.percent(percent)?;
            let (percent_text, amount) = (t.percent(percent), t.money(amount));
            let label = t.with(
                "tip-percent",
                &[("percent", &percent_text), ("amount", &amount)],
            );
            Some(Tip { percent, label })
        };
        let tips = PERCENTS.into_iter().filter(|_| allowed.tips_allowed);
        let own_tips = intent.tips.map_or(0, |tips| tips.minor);
        Some(Self {
            amount: allowed.custom_amount_allowed,
            tips: tips.filter_map(tip).collect(),
            own_amount: intent.amount.minor,
            own_amount_text: t.bare(intent.amount),
            own_tips,
            own_tips_text: match own_tips {
                0 => String::new(),
                minor => t.bare(Money::new(minor, currency)),
            },
            rest: [intent.service_charge, intent.cashback]
                .into_iter()
                .flatten()
                .fold(0, |sum, money| sum.saturating_add(money.minor)),
            sign: currency.sign(),
            currency: currency.code(),
            example: t.bare(Money::new(EXAMPLE, currency)),
        })
    }
}
