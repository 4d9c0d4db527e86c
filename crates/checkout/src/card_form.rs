//! What is wrong with a submission, in the error kinds that components and their
//! callers know.

use std::borrow::Cow;

use serde::Serialize;
use tatami_core::problem::Violation;
use tatami_core::typed_card::CardFault;
use tatami_locale::Language;

/// What is wrong with a field. The wire names are the documented ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ErrorKind {
    CardNameRequired,
    CardNameInvalid,
    CardNumberRequired,
    CardNumberInvalid,
    ExpiryDateRequired,
    ExpiryDateInvalid,
    ExpiryDateMustBeInFuture,
    Cv2Required,
    Cv2Invalid,
    UserEmailAddressInvalid,
    UserPhoneNumberInvalid,
    BillingAddressInvalid,
    BillingAddressIncomplete,
    ShippingAddressInvalid,
    ShippingAddressIncomplete,
    MetaDataInvalid,
    MitConsentRequired,
}

impl ErrorKind {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::CardNameRequired,
        Self::CardNameInvalid,
        Self::CardNumberRequired,
        Self::CardNumberInvalid,
        Self::ExpiryDateRequired,
        Self::ExpiryDateInvalid,
        Self::ExpiryDateMustBeInFuture,
        Self::Cv2Required,
        Self::Cv2Invalid,
        Self::UserEmailAddressInvalid,
        Self::UserPhoneNumberInvalid,
        Self::BillingAddressInvalid,
        Self::BillingAddressIncomplete,
        Self::ShippingAddressInvalid,
        Self::ShippingAddressIncomplete,
        Self::MetaDataInvalid,
        Self::MitConsentRequired,
    ];

    /// The sentence for the payer, by its key. The page shows the same ones.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::CardNameRequired => CardFault::NameRequired.key(),
            Self::CardNameInvalid => CardFault::NameInvalid.key(),
            Self::CardNumberRequired => CardFault::NumberRequired.key(),
            Self::CardNumberInvalid => CardFault::NumberInvalid.key(),
            Self::ExpiryDateRequired => CardFault::ExpiryRequired.key(),
            Self::ExpiryDateInvalid => CardFault::ExpiryInvalid.key(),
            Self::ExpiryDateMustBeInFuture => CardFault::ExpiryPast.key(),
            Self::Cv2Required => CardFault::Cv2Required.key(),
            Self::Cv2Invalid => CardFault::Cv2Invalid.key(),
            Self::UserEmailAddressInvalid => "email-invalid",
            Self::UserPhoneNumberInvalid => "phone-invalid",
            Self::BillingAddressInvalid => "billing-country-invalid",
            Self::BillingAddressIncomplete => "billing-incomplete",
            Self::ShippingAddressIncomplete => "delivery-incomplete",
            Self::ShippingAddressInvalid => "delivery-country-invalid",
            Self::MetaDataInvalid => "metadata-invalid",
            Self::MitConsentRequired => "consent-required",
        }
    }
}

impl From<CardFault> for ErrorKind {
    fn from(fault: CardFault) -> Self {
        match fault {
            CardFault::NameRequired => Self::CardNameRequired,
            CardFault::NameInvalid => Self::CardNameInvalid,
            CardFault::NumberRequired => Self::CardNumberRequired,
            CardFault::NumberInvalid => Self::CardNumberInvalid,
            CardFault::ExpiryRequired => Self::ExpiryDateRequired,
            CardFault::ExpiryInvalid => Self::ExpiryDateInvalid,
            CardFault::ExpiryPast => Self::ExpiryDateMustBeInFuture,
            CardFault::Cv2Required => Self::Cv2Required,
            CardFault::Cv2Invalid => Self::Cv2Invalid,
        }
    }
}

/// A validation error as it goes out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldError {
    /// Its kind.
    pub error_type: ErrorKind,
    /// Its sentence.
    pub message: Cow<'static, str>,
    /// The field, where a kind stands for several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

impl From<ErrorKind> for FieldError {
    fn from(error_type: ErrorKind) -> Self {
        Self {
            error_type,
            message: Cow::Borrowed(Language::english().get(error_type.key())),
            field: None,
        }
    }
}

impl FieldError {
    /// The same in another language. What a rule says of one field stays as it is:
    /// pages have their own words for it.
    pub(crate) fn in_language(mut self, language: &'static Language) -> Self {
        if self.field.is_none() {
            self.message = Cow::Borrowed(language.get(self.error_type.key()));
        }
        self
    }

    /// A rule that a submission's field breaks, if it is about one.
    pub fn of(broken: &Violation) -> Option<Self> {
        let error_type = match broken.field.split('.').next()? {
            "UserEmailAddress" => ErrorKind::UserEmailAddressInvalid,
            "UserPhoneNumber" => ErrorKind::UserPhoneNumberInvalid,
            "BillingAddress" => ErrorKind::BillingAddressInvalid,
            "ShippingDetails" => ErrorKind::ShippingAddressInvalid,
            "MetaData" => ErrorKind::MetaDataInvalid,
            _ => return None,
        };
        Some(Self {
            error_type,
            message: Cow::Owned(broken.rule.clone()),
            field: Some(camel(&broken.field)),
        })
    }
}

/// `BillingAddress.Address1` as the submission writes it.
fn camel(field: &str) -> String {
    let part = |part: &str| {
        let (first, rest) = part.split_at(part.len().min(1));
        first.to_ascii_lowercase() + rest
    };
    field.split('.').map(part).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_rule_names_its_field_as_it_was_sent() {
        let error = |field: &str| FieldError::of(&Violation::new(field, "A rule."));
        let error = |field| error(field).map(|e| (e.error_type, e.field.unwrap_or_default()));
        for (field, kind, sent) in [
            (
                "BillingAddress.Address1",
                ErrorKind::BillingAddressInvalid,
                "billingAddress.address1",
            ),
            (
                "ShippingDetails.Address.City",
                ErrorKind::ShippingAddressInvalid,
                "shippingDetails.address.city",
            ),
            ("MetaData", ErrorKind::MetaDataInvalid, "metaData"),
        ] {
            assert_eq!(error(field), Some((kind, sent.to_owned())));
        }
        assert_eq!(error("PaymentMethodId"), None);
    }

    #[test]
    fn kinds_go_out_under_their_documented_names() {
        let names = [
            ErrorKind::Cv2Required,
            ErrorKind::ExpiryDateMustBeInFuture,
            ErrorKind::CardNumberInvalid,
        ]
        .map(|k| serde_json::to_value(FieldError::from(k)).expect("json")["errorType"].clone());
        assert_eq!(
            names,
            [
                "cv2Required",
                "expiryDateMustBeInFuture",
                "cardNumberInvalid"
            ]
        );
    }
}
