//! Paying: from the card's submission to the acquirer's answer.

use serde::{Deserialize, Serialize};

use super::{
    AttemptKind, Choice, Decision, Method, PaidWith, PayerDetails, PaymentIntent, Session, Status,
    may_try,
};
use crate::Facts;
use crate::card::CardSummary;
use crate::id::AttemptId;
use crate::money::Money;
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
    pub card: CardSummary,
    /// What the vault has to do with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keeping: Option<Keeping>,
    /// The nonce of the session that the try was begun with. Its secret can
    /// complete the challenge even if the intent has a new session since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// What the payer chose to pay, if not what is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<Choice>,
}

impl PaymentIntent {
    /// Whether a session of that nonce may be used to pay now.
    pub fn session_open(&self, nonce: &str, now: Timestamp) -> bool {
        self.session.is_open(nonce, now)
    }

    /// Whether a secret of that nonce may go on with what was begun: it is that
    /// of the current session, or of the one that the waiting challenge was begun
    /// with. A change of the amount ends both.
    pub fn session_continues(&self, nonce: &str) -> bool {
        let begun = self.challenge.as_ref().and_then(|c| c.session.as_deref());
        self.session.nonce == nonce || begun == Some(nonce)
    }

    pub(super) fn payable(&self, now: Timestamp) -> Result<(), Refusal> {
        self.settled()?;
        if self.status != Status::Created {
            return Err(self.refuse());
        }
        if now >= self.expire_at {
            return Err(self.refuse_because("It has expired."));
        }
        Ok(())
    }

    /// Opens the attempt to pay with a card. It uses up the session.
    ///
    /// # Errors
    /// If the intent is not `Created`, has expired, or has an open attempt, cannot be
    /// paid this way, or too many cards were declined.
    pub fn begin_payment(
        &self,
        with: impl Into<PaidWith>,
        payer: PayerDetails,
        facts: &mut Facts<'_>,
    ) -> Result<Decision, Refusal> {
        self.can_be_paid(facts.now)?;
        may_try(&self.payment_events, facts.now)?;
        let PaidWith { card, keeping } = with.into();
        self.details.accepts(match keeping {
            _ if card.wallet.is_some() => Method::Wallet,
            Some(Keeping::Kept(_)) => Method::SavedCard,
            Some(Keeping::Keep(_)) | None => Method::Card,
        })?;
        let mut intent = self.clone();
        let choice = self.session.choice;
        intent.session.used = true;
        intent.challenge = None;
        intent.details.tell_of(payer)?;
        Ok(intent.attempt(
            AttemptKind::Pay {
                amount: self.total_of(choice)?,
                card,
                keeping,
                choice,
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
                let why = "No 3-D Secure challenge is waiting for it.";
                return Err(self.refuse_because(why));
            }
        };
        let kind = AttemptKind::Pay {
            amount: self.total_of(challenge.choice)?,
            card: challenge.card.clone(),
            keeping: challenge.keeping.clone(),
            choice: challenge.choice,
        };
        let mut decision = self.attempt(kind, None, facts);
        if let Some(attempt) = &mut decision.intent_mut().attempt {
            attempt.id = challenge.reference.clone();
        }
        Ok(decision)
    }

    /// Gives the intent a new client session. The old secret can only complete a
    /// challenge that was begun with it.
    ///
    /// # Errors
    /// If the intent can no longer be paid.
    pub fn refresh_session(&self, facts: &mut Facts<'_>) -> Result<Decision, Refusal> {
        self.payable(facts.now)?;
        let mut intent = self.changed(facts.now);
        intent.session = Session::open(facts);
        Ok(Decision::of(intent))
    }

    /// The same, for a page that shows its payer what is asked for and, if they chose
    /// otherwise, what they are going to pay; `None` if that is no longer what is
    /// asked for. So a secret never pays an amount that its payer has not seen: it
    /// pays what is asked for, or exactly what was chosen.
    ///
    /// # Errors
    /// As for [`PaymentIntent::refresh_session`] and [`PaymentIntent::choose`].
    pub fn renew_session(
        &self,
        shown: Money,
        choice: Option<Choice>,
        facts: &mut Facts<'_>,
    ) -> Result<Option<Decision>, Refusal> {
        let mut renewed = self.refresh_session(facts)?;
        if self.total() != shown {
            return Ok(None);
        }
        if let Some(choice) = choice {
            renewed.intent_mut().session.choice = self.choose(choice)?;
        }
        Ok(Some(renewed))
    }
}
