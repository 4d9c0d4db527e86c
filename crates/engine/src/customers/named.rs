//! The customer of a payment intent: whether it may be named, and its secret,
//! which the payment link carries.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use tatami_core::account::Scope;
use tatami_core::customer::Customer;
use tatami_core::id::CustomerId;
use tatami_core::payment_intent::{Details, Method, PaymentIntent};
use tatami_core::problem::Violation;

use super::{Customers, digest};
use crate::Failure;
use crate::ports::documents::DocumentWrite;

/// What sealed secrets are for; their place is the intent's id.
const PURPOSE: &str = "customer-secret";

impl Customers<'_> {
    /// Every rule that an order breaks about its customer. A shop may name a
    /// customer that is only its own, as long as nothing of the vault is asked
    /// for.
    pub(crate) async fn check_named(
        self,
        scope: &Scope,
        details: &Details,
        secret: Option<&str>,
    ) -> Result<Vec<Violation>, Failure> {
        let named = details.customer.clone().unwrap_or_default();
        let offers = details.offers(Method::SavedCard);
        let asks =
            secret.is_some() || named.saved_card_id.is_some() || (offers && named.id.is_some());
        if !asks {
            return Ok(Vec::new());
        }
        let Some(id) = named.id else {
            let rule = "The Id is required with a Secret or a SavedCardId.";
            return Ok(vec![Violation::new("Customer.Id", rule)]);
        };
        let customer = match CustomerId::parse(&id) {
            Ok(id) => self.0.find::<Customer>(Some(scope), id.as_str()).await?,
            Err(_) => None,
        };
        let Some(customer) = customer else {
            let rule = "There is no such customer.";
            return Ok(vec![Violation::new("Customer.Id", rule)]);
        };
        let mut broken = Vec::new();
        let opens = |secret| {
            customer
                .value
                .is_opened_by(&digest(secret), self.0.now(scope))
        };
        if secret.is_some_and(|secret| !opens(secret)) {
            broken.push(Violation::new(
                "Customer.Secret",
                "The Secret is not valid for this customer, or has expired.",
            ));
        }
        if let Some(card) = &named.saved_card_id
            && self
                .0
                .saved_cards()
                .kept_card_of(scope, &id, card)
                .await?
                .is_none()
        {
            broken.push(Violation::new(
                "Customer.SavedCardId",
                "The customer has no such saved card.",
            ));
        }
        Ok(broken)
    }

    /// What naming a saved card in an order writes: its customer prefers it from
    /// then on, until another is chosen.
    pub(crate) async fn named_card(
        self,
        intent: &PaymentIntent,
    ) -> Result<Vec<DocumentWrite>, Failure> {
        let named = intent.details.customer.as_ref();
        let Some((owner, card)) = named.and_then(|c| c.id.as_ref().zip(c.saved_card_id.as_ref()))
        else {
            return Ok(Vec::new());
        };
        self.0
            .saved_cards()
            .preference(&intent.scope, owner, card)
            .await
    }

    /// Seals the customer's secret into an intent.
    pub(crate) fn seal_secret(self, intent: &mut PaymentIntent, secret: &str) {
        let mut nonce = [0; 12];
        (self.0.parts.entropy)().fill(&mut nonce);
        let key = &self.0.parts.key;
        let sealed = key.seal(PURPOSE, intent.id.as_str(), nonce, secret.as_bytes());
        if let Some(customer) = &mut intent.details.customer {
            customer.sealed_secret = Some(BASE64.encode(sealed));
        }
    }

    /// The customer's secret that an intent was made with, for its merchant.
    pub(crate) fn secret_of(self, intent: &PaymentIntent) -> Option<String> {
        let sealed = intent.details.customer.as_ref()?.sealed_secret.as_ref()?;
        let sealed = BASE64.decode(sealed).ok()?;
        let key = &self.0.parts.key;
        let secret = key.open(PURPOSE, intent.id.as_str(), &sealed).ok()?;
        String::from_utf8(secret.to_vec()).ok()
    }
}
