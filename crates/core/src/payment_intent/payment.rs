//! Paying: from the card's submission to the acquirer's answer.

use serde::{Deserialize, Serialize};

use super::{
    Address, AttemptKind, Decision, Details, PaidWith, PaymentIntent, Session, Shipping, Status,
    may_try,
};
use crate::Facts;
use crate::card::CardSummary;
use crate::id::AttemptId;
use crate::problem::Refusal;
use crate::saved_card::Keeping;
use crate::time::Timestamp;

/// A 3-D Secure challenge that waits for the payer at the issuer's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// The reference under which the payment was asked for.
    pub reference: AttemptId,
    /// The acquirer's transaction id.
    pub transaction_id: String,
    /// Where the payer proves who they are.
    pub acs_url: String,
    /// What is posted there (`paReq` to existing clients).
    pub payload: String,
    /// The card.
    pub card: CardSummary,
    /// What the vault has to do with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keeping: Option<Keeping>,
}

/// What a payer adds to the order while paying; each part replaces the
/// merchant's only if it was given.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "the endpoint's own names")]
pub struct PayerDetails {
    pub email: Option<String>,
    pub phone: Option<String>,
    pub billing_address: Option<Address>,
    pub shipping: Option<Shipping>,
    pub metadata: std::collections::BTreeMap<String, String>,
}

impl Details {
    /// Adds what the payer tells.
    pub(crate) fn tell_of(&mut self, payer: PayerDetails) {
        if payer.email.is_some() || payer.phone.is_some() {
            let customer = self.customer.get_or_insert_default();
            customer.email_address = payer.email.or(customer.email_address.take());
            customer.phone_number = payer.phone.or(customer.phone_number.take());
        }
        if payer.billing_address.is_some() {
            self.billing_address = payer.billing_address;
        }
        if payer.shipping.is_some() {
            self.shipping = payer.shipping;
        }
        self.metadata.extend(payer.metadata);
    }
}

impl PaymentIntent {
    /// Whether a session of that nonce may be used to pay now.
    pub fn session_open(&self, nonce: &str, now: Timestamp) -> bool {
        self.session.is_open(nonce, now)
    }

    pub(super) fn payable(&self, now: Timestamp) -> Result<(), Refusal> {
        self.settled()?;
        if self.status != Status::Created {
            return Err(self.refuse("paid"));
        }
        if now >= self.expire_at {
            return Err(Refusal::Conflict(
                "The payment intent has expired and cannot be paid.".to_owned(),
            ));
        }
        Ok(())
    }

    /// Opens the attempt to pay with a card. It uses up the session.
    ///
    /// # Errors
    /// If the intent is not `Created`, has expired, or has an open attempt, or too many
    /// cards were declined.
    pub fn begin_payment(
        &self,
        with: impl Into<PaidWith>,
        payer: PayerDetails,
        facts: &mut Facts<'_>,
    ) -> Result<Decision, Refusal> {
        self.can_be_paid(facts.now)?;
        may_try(&self.payment_events, facts.now)?;
        let PaidWith { card, keeping } = with.into();
        let mut intent = self.clone();
        intent.session.used = true;
        intent.challenge = None;
        intent.details.tell_of(payer);
        Ok(intent.attempt(
            AttemptKind::Pay {
                amount: self.total(),
                card,
                keeping,
            },
            None,
            facts,
        ))
    }

    /// Opens the attempt again after the payer's challenge, under the same
    /// reference.
    ///
    /// # Errors
    /// If no challenge of that transaction is waiting, or as for
    /// [`PaymentIntent::begin_payment`].
    pub fn resume_payment(
        &self,
        transaction_id: &str,
        facts: &mut Facts<'_>,
    ) -> Result<Decision, Refusal> {
        self.can_be_paid(facts.now)?;
        let challenge = match &self.challenge {
            Some(challenge) if challenge.transaction_id == transaction_id => challenge,
            _ => {
                return Err(Refusal::Conflict(
                    "No 3-D Secure challenge is waiting for this payment.".to_owned(),
                ));
            }
        };
        let kind = AttemptKind::Pay {
            amount: self.total(),
            card: challenge.card.clone(),
            keeping: challenge.keeping.clone(),
        };
        let mut decision = self.attempt(kind, None, facts);
        if let Some(attempt) = &mut decision.intent_mut().attempt {
            attempt.id = challenge.reference.clone();
        }
        Ok(decision)
    }

    /// Gives the intent a new client session; the old secret opens nothing any
    /// more.
    ///
    /// # Errors
    /// If the intent can no longer be paid.
    pub fn refresh_session(&self, facts: &mut Facts<'_>) -> Result<Decision, Refusal> {
        self.payable(facts.now)?;
        let mut intent = self.changed(facts.now);
        intent.session = Session::open(facts);
        Ok(Decision::of(intent))
    }
}
