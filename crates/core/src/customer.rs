//! Customers: whom cards are saved for.

use serde::{Deserialize, Serialize};

use crate::Facts;
use crate::account::Scope;
use crate::email::is_email;
use crate::id::CustomerId;
use crate::payment_intent::{Address, COUNTRY_RULE};
use crate::problem::{Refusal, Violation};
use crate::time::{SignedDuration, Timestamp};

/// How long a customer's secret is good for when nothing else is configured.
pub const SECRET_LIFE: SignedDuration = SignedDuration::from_mins(30);
/// The most secrets of a customer that are good at a time; the oldest goes
/// first.
pub const MAX_SECRETS: usize = 50;

/// What a merchant sends of a customer.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the contract's own names")]
pub struct CustomerDetails {
    pub name: Option<String>,
    pub shipping_address: Option<Address>,
    pub billing_address: Option<Address>,
    pub email_address: Option<String>,
    pub phone_number: Option<String>,
    pub vat_number: Option<String>,
}

/// A secret that opens a customer's saved cards for a while. Only its digest is
/// kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerSecret {
    /// SHA-256 of the secret, base16.
    pub digest: String,
    /// When it stops opening anything.
    pub expires_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Customer {
    pub id: CustomerId,
    /// Whose customer it is.
    pub scope: Scope,
    /// What the merchant sent.
    pub details: CustomerDetails,
    /// How often the details changed.
    pub document_version: u32,
    /// The secrets, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<CustomerSecret>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its details last changed.
    pub updated_at: Timestamp,
}

impl Customer {
    /// A new customer.
    ///
    /// # Errors
    /// With every rule that the details break.
    pub fn create(
        scope: Scope,
        details: CustomerDetails,
        facts: &mut Facts<'_>,
    ) -> Result<Self, Refusal> {
        let details = details.without_empty();
        details.check()?;
        Ok(Self {
            id: CustomerId::mint(scope.environment, facts),
            scope,
            details,
            document_version: 0,
            secrets: Vec::new(),
            created_at: facts.now,
            updated_at: facts.now,
        })
    }

    /// Changes what is named: an empty text takes a detail away.
    ///
    /// # Errors
    /// With every rule that the details break then.
    pub fn update(&self, change: CustomerDetails, now: Timestamp) -> Result<Self, Refusal> {
        let old = self.details.clone();
        let details = CustomerDetails {
            name: change.name.or(old.name),
            shipping_address: change.shipping_address.or(old.shipping_address),
            billing_address: change.billing_address.or(old.billing_address),
            email_address: change.email_address.or(old.email_address),
            phone_number: change.phone_number.or(old.phone_number),
            vat_number: change.vat_number.or(old.vat_number),
        }
        .without_empty();
        details.check()?;
        Ok(Self {
            details,
            document_version: self.document_version + 1,
            updated_at: now,
            ..self.clone()
        })
    }

    /// Keeps the digest of a new secret. What is over by now goes.
    #[must_use]
    pub fn with_secret(&self, secret: CustomerSecret, now: Timestamp) -> Self {
        let mut customer = self.clone();
        customer.secrets.retain(|s| now < s.expires_at);
        customer.secrets.push(secret);
        let over = customer.secrets.len().saturating_sub(MAX_SECRETS);
        customer.secrets.drain(..over);
        customer
    }

    /// Whether the secret of that digest opens this customer now.
    pub fn is_opened_by(&self, digest: &str, now: Timestamp) -> bool {
        self.secrets
            .iter()
            .any(|s| s.digest == digest && now < s.expires_at)
    }
}

impl CustomerDetails {
    fn without_empty(mut self) -> Self {
        for text in [
            &mut self.name,
            &mut self.email_address,
            &mut self.phone_number,
            &mut self.vat_number,
        ] {
            *text = text.take().filter(|t| !t.trim().is_empty());
        }
        self
    }

    /// Checks every rule about the details.
    ///
    /// # Errors
    /// With every rule broken.
    fn check(&self) -> Result<(), Refusal> {
        let mut broken = Vec::new();
        if self.email_address.as_deref().is_some_and(|e| !is_email(e)) {
            broken.push(Violation::new(
                "EmailAddress",
                "The EmailAddress is not a valid e-mail address.",
            ));
        }
        for (field, address) in [
            ("ShippingAddress", &self.shipping_address),
            ("BillingAddress", &self.billing_address),
        ] {
            if address.as_ref().is_some_and(|a| !a.has_known_country()) {
                broken.push(Violation::new(format!("{field}.CountryCode"), COUNTRY_RULE));
            }
        }
        match broken.is_empty() {
            true => Ok(()),
            false => Err(Refusal::Invalid(broken)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::tests::Seeded;
    use crate::id::{AccountId, Environment};

    fn now() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().expect("a moment")
    }

    fn ada() -> Customer {
        let scope = Scope {
            account: AccountId::parse("acc_RBMHTJ4fIkmSppDILZVCGw").expect("an id"),
            environment: Environment::Sandbox,
        };
        let details = CustomerDetails {
            name: Some("Ada".to_owned()),
            email_address: Some("ada@example.com".to_owned()),
            phone_number: Some(" ".to_owned()),
            ..CustomerDetails::default()
        };
        let mut entropy = Seeded(3);
        let facts = &mut Facts {
            now: now(),
            entropy: &mut entropy,
        };
        Customer::create(scope, details, facts).expect("a customer")
    }

    #[test]
    fn a_change_touches_what_it_names_and_counts() {
        let ada = ada();
        assert_eq!(
            (ada.document_version, &ada.details.phone_number),
            (0, &None)
        );
        let later = now() + SignedDuration::from_secs(5);
        let change = CustomerDetails {
            name: Some(String::new()),
            phone_number: Some("07700 900123".to_owned()),
            ..CustomerDetails::default()
        };
        let changed = ada.update(change, later).expect("changed");
        assert_eq!(changed.details.name, None);
        assert_eq!(changed.details.email_address, ada.details.email_address);
        assert_eq!(changed.document_version, 1);
        assert_eq!((changed.created_at, changed.updated_at), (now(), later));
    }

    #[test]
    fn every_broken_rule_is_named() {
        let abroad = Address {
            country_code: Some("GBR".to_owned()),
            ..Address::default()
        };
        let change = CustomerDetails {
            email_address: Some("ada".to_owned()),
            shipping_address: Some(abroad.clone()),
            billing_address: Some(abroad),
            ..CustomerDetails::default()
        };
        let Err(Refusal::Invalid(broken)) = ada().update(change, now()) else {
            panic!("it was not refused");
        };
        let fields: Vec<&str> = broken.iter().map(|v| v.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "EmailAddress",
                "ShippingAddress.CountryCode",
                "BillingAddress.CountryCode"
            ]
        );
    }

    #[test]
    fn a_secret_opens_until_it_is_over_and_the_oldest_make_room() {
        let mut customer = ada();
        let secret = |n: usize| CustomerSecret {
            digest: n.to_string(),
            expires_at: now() + SECRET_LIFE,
        };
        for n in 0..=MAX_SECRETS {
            customer = customer.with_secret(secret(n), now());
        }
        assert!(!customer.is_opened_by("0", now()), "it made room");
        assert!(customer.is_opened_by("1", now()));
        assert!(!customer.is_opened_by("none", now()));
        let over = now() + SECRET_LIFE;
        assert!(!customer.is_opened_by("1", over));
        let only = customer.with_secret(secret(99), over);
        assert_eq!(only.secrets.len(), 1, "what is over is not kept");
        assert_eq!(only.document_version, 0, "a secret is no change");
    }
}
