//! What a form says of a payment that is to be made.

use tatami_core::bounds::TEXT_CHARS;
use tatami_core::payment_intent::{
    Address, AmountDraft, AutoExpireAction, CaptureMode, Config, Customer, Details, Draft, Flag,
    PaymentPermissions, check,
};
use tatami_core::problem::{Refusal, Violation};
use tatami_core::time::Timestamp;
use tatami_engine::Failure;

use crate::fields::Fields;
use crate::money::minor_units;
use crate::times::day_end;

/// The fields of an order, and what the rules call them.
pub(crate) const NAMES: &[(&str, &str)] = &[
    ("Amount.CurrencyCode", "currency"),
    ("Amount", "amount"),
    ("IntendedAmount", "amount"),
    ("Reference", "reference"),
    ("Description", "description"),
    ("Terms", "terms"),
    ("MerchantInitiatedTransactionType", "kind"),
    ("Customer.EmailAddress", "email"),
    ("Customer", "customer"),
    ("UserEmailAddress", "email"),
    ("ExpireAt", "expires"),
    ("AutoExpireAction", "on-expiry"),
    ("BillingAddress.CountryCode", "country"),
    ("BillingAddress.Address1", "address1"),
    ("BillingAddress.Address2", "address2"),
    ("BillingAddress.City", "city"),
    ("BillingAddress.Postcode", "postcode"),
];

/// A field that is filled in.
pub(crate) fn filled(fields: &Fields, name: &str) -> Option<String> {
    let text = fields.get(name).trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The amount of a form, which may be left out.
pub(crate) fn amount(fields: &Fields, broken: &mut Vec<Violation>) -> Option<AmountDraft> {
    let text = filled(fields, "amount")?;
    let minor = minor_units(&text);
    if minor.is_none() {
        broken.push(Violation::new("Amount", "Write the amount as 12.50."));
    }
    Some(AmountDraft {
        value: minor?,
        currency_code: fields.get("currency").to_owned(),
    })
}

/// The end of the day that a form names, on the clock of the location.
pub(crate) fn expiry(
    fields: &Fields,
    zone: &str,
    broken: &mut Vec<Violation>,
) -> Option<Timestamp> {
    let text = filled(fields, "expires")?;
    let at = day_end(&text, zone);
    if at.is_none() {
        broken.push(Violation::new("ExpireAt", "Write the day as 2026-01-31."));
    }
    at
}

/// The details of an order, without its amount.
pub(crate) fn details(fields: &Fields) -> Details {
    let customer = Customer {
        id: filled(fields, "customer"),
        email_address: filled(fields, "email"),
        ..Customer::default()
    };
    Details {
        reference: fields.get("reference").trim().to_owned(),
        description: filled(fields, "description"),
        customer: (customer != Customer::default()).then_some(customer),
        ..Details::default()
    }
}

/// The billing address of a form, if any of it is filled in. A country alone is none: one
/// is always chosen.
pub(crate) fn billing_address(fields: &Fields) -> Option<Address> {
    let address = Address {
        address1: filled(fields, "address1"),
        address2: filled(fields, "address2"),
        city: filled(fields, "city"),
        postcode: filled(fields, "postcode"),
        ..Address::default()
    };
    (address != Address::default()).then(|| Address {
        country_code: filled(fields, "country"),
        ..address
    })
}

/// What the checkout page offers besides.
fn config(fields: &Fields) -> Config {
    let offers = |what: &str| fields.all("offer").any(|offered| offered == what);
    let asks = |what: &str| {
        let collection_required = offers(what);
        collection_required.then_some(Flag {
            collection_required,
        })
    };
    let payment = PaymentPermissions {
        custom_amount_allowed: offers("amount"),
        tips_allowed: offers("tips"),
    };
    Config {
        customer_email: asks("email"),
        billing_address: asks("billing-address"),
        shipping_details: asks("delivery-address"),
        payment: (payment != PaymentPermissions::default()).then_some(payment),
        ..Config::default()
    }
}

/// A payment to be created from a form, with these details.
///
/// # Errors
/// With every rule that the form breaks.
pub(crate) fn draft(
    fields: &Fields,
    zone: &str,
    now: Timestamp,
    details: Details,
) -> Result<Draft, Failure> {
    let mut broken = Vec::new();
    let is_manual = fields.get("capture") == "manual";
    let draft = Draft {
        amount: amount(fields, &mut broken),
        expire_at: expiry(fields, zone, &mut broken),
        capture_mode: is_manual.then_some(CaptureMode::Manual),
        auto_expire_action: is_manual.then(|| match fields.get("on-expiry") {
            "capture" => AutoExpireAction::Capture,
            _ => AutoExpireAction::Release,
        }),
        details: Box::new(Details {
            config: Some(config(fields)).filter(|config| *config != Config::default()),
            ..details
        }),
        ..Draft::default()
    };
    let description = draft.details.description.as_deref().unwrap_or_default();
    if description.chars().count() > TEXT_CHARS {
        let rule = format!("Shorten the description to {TEXT_CHARS} characters.");
        broken.push(Violation::new("Description", rule));
    }
    broken.extend(others(&broken, check(&draft, now)));
    match broken.is_empty() {
        true => Ok(draft),
        false => Err(Refusal::Invalid(broken).into()),
    }
}

/// Those violations whose fields are not named already.
pub(crate) fn others(named: &[Violation], all: Vec<Violation>) -> Vec<Violation> {
    let is_named = |field: &str| named.iter().any(|it| field.starts_with(it.field.as_str()));
    let others = all.into_iter().filter(|it| !is_named(&it.field));
    others.collect()
}
