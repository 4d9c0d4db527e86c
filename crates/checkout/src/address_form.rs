//! The forms for addresses, filled in with what the merchant gave.

use tatami_core::account::Account;
use tatami_core::payment_intent::{Address, PaymentIntent, Shipping};
use tatami_locale::Language;

use crate::addresses::{self, Part};
use crate::countries::country;

/// A form for an address.
pub(crate) struct AddressForm {
    pub(crate) prefix: &'static str,
    /// The key of its legend.
    pub(crate) legend: &'static str,
    pub(crate) with_name: bool,
    /// Whether it may be that of the form before it.
    pub(crate) can_be_same: bool,
    /// Whether it is, as far as the merchant knows.
    pub(crate) is_same: bool,
    pub(crate) country: &'static str,
    /// Codes and names: the merchant's country, then all others.
    pub(crate) countries: Vec<Country>,
    /// The parts of addresses of the country that is chosen at first.
    pub(crate) parts: [Part; 3],
    pub(crate) given: Given,
    /// What the carrier is told, where something is delivered.
    pub(crate) delivery_notes: Option<String>,
}

/// A country that can be chosen.
#[derive(Clone)]
pub(crate) struct Country {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    /// Which parts its addresses have, for the page's script.
    pub(crate) parts: String,
}

fn countries(first: &str, t: &'static Language) -> Vec<Country> {
    let country = |(code, name): &'static (&'static str, String)| Country {
        code,
        name,
        parts: addresses::words(code),
    };
    let mut all: Vec<Country> = t.countries().iter().map(country).collect();
    if let Some(at) = all.iter().position(|country| country.code == first) {
        all[..=at].rotate_right(1);
    }
    all
}

/// What the merchant gave of an address.
#[derive(Default)]
pub(crate) struct Given {
    pub(crate) name: String,
    pub(crate) address1: String,
    pub(crate) address2: String,
    /// Lines after the second, each with its number, where there are any.
    pub(crate) further: Vec<(u8, String)>,
    city: String,
    state: String,
    postcode: String,
}

impl Given {
    /// The part of that name.
    pub(crate) fn part(&self, name: &str) -> &str {
        match name {
            "city" => &self.city,
            "state" => &self.state,
            "postcode" => &self.postcode,
            _ => "",
        }
    }

    fn of(address: Address, name: Option<String>) -> Self {
        let text = |part: Option<String>| part.unwrap_or_default();
        let filled = |part: &Option<String>| part.as_ref().is_some_and(|t| !t.trim().is_empty());
        let further = [(3, address.address3), (4, address.address4)];
        Self {
            name: text(name),
            address1: text(address.address1),
            address2: text(address.address2),
            further: further
                .into_iter()
                .filter(|(_, line)| filled(line))
                .map(|(number, line)| (number, text(line)))
                .collect(),
            city: text(address.city.filter(|t| !t.is_empty()).or(address.locality)),
            state: text(address.state.filter(|t| !t.is_empty()).or(address.county)),
            postcode: text(address.postcode),
        }
    }
}

/// The forms that an intent asks for: /// those of the merchant's country, unless the merchant gave another.
pub(crate) fn of(
    intent: &PaymentIntent,
    merchant_country: &str,
    t: &'static Language,
) -> Vec<AddressForm> {
    let details = &intent.details;
    let config = details.config.clone().unwrap_or_default();
    let asks_billing = config
        .billing_address
        .is_some_and(|f| f.collection_required);
    let asks_shipping = config
        .shipping_details
        .is_some_and(|f| f.collection_required);
    let usual = country(merchant_country).map_or(Account::DEFAULT_COUNTRY, |c| c.alpha2);
    let billing = details.billing_address.clone().unwrap_or_default();
    let Shipping {
        name,
        delivery_notes,
        address,
    } = details.shipping.clone().unwrap_or_default();
    let elsewhere = address
        .as_ref()
        .is_some_and(|a| *a != billing && *a != Address::default());
    let form = |prefix, legend, address: Address, name| {
        let code = address.country_code.as_deref().unwrap_or_default();
        let chosen = country(code).map_or(usual, |country| country.alpha2);
        AddressForm {
            prefix,
            legend,
            with_name: false,
            can_be_same: false,
            is_same: false,
            country: chosen,
            countries: countries(usual, t),
            parts: addresses::parts(chosen),
            given: Given::of(address, name),
            delivery_notes: None,
        }
    };
    let mut forms = Vec::new();
    if asks_billing {
        forms.push(form("billing", "billing-address", billing, None));
    }
    if asks_shipping {
        let address = address.unwrap_or_default();
        forms.push(AddressForm {
            with_name: true,
            can_be_same: asks_billing,
            is_same: !elsewhere,
            delivery_notes: Some(delivery_notes.unwrap_or_default()),
            ..form("shipping", "delivery-address", address, name)
        });
    }
    forms
}
