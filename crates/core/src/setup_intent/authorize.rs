//! Authorizing: from the card's submission to the acquirer's answer.

use super::{Attempt, Consent, SetupIntent, Status, Verification, Waiting};
use crate::Facts;
use crate::card::CardSummary;
use crate::id::{AttemptId, SavedCardId};
use crate::payment_intent::{
    Approval, Challenge, Decline, Outcome, PayerDetails, PaymentEventKind, RequestRef,
    SETTLE_AFTER, Session, may_try,
};
use crate::problem::Refusal;
use crate::time::Timestamp;

/// A card that its holder gives.
#[derive(Clone, Debug)]
pub struct Submission {
    /// What may be kept and shown of it.
    pub card: CardSummary,
    /// Where its number is put in the vault.
    pub saved_card: SavedCardId,
    /// When the holder agreed to the terms; none if they did not.
    pub consented_at: Option<Timestamp>,
    /// What the holder typed besides.
    pub payer: PayerDetails,
    /// Who waits for the answer.
    pub request: Option<RequestRef>,
}

impl SetupIntent {
    /// Whether a card can be given now.
    fn open(&self, now: Timestamp) -> Result<(), Refusal> {
        self.settled()?;
        if self.status != Status::Created {
            return Err(self.refuse());
        }
        if now >= self.expire_at {
            return Err(self.refuse_because("It has expired."));
        }
        Ok(())
    }

    /// Opens the attempt to verify a card. It uses up the session.
    ///
    /// # Errors
    /// If the holder did not agree to the terms, or the intent is not `Created`,
    /// has expired, or has an open attempt.
    pub fn begin_verification(
        &self,
        given: Submission,
        facts: &mut Facts<'_>,
    ) -> Result<Self, Refusal> {
        self.open(facts.now)?;
        may_try(&self.events, facts.now)?;
        let Some(at) = given.consented_at else {
            return Err(Refusal::invalid(
                "MitConsentGiven",
                "The card holder must agree to the terms.",
            ));
        };
        let mut intent = self.changed(facts.now);
        intent.session.used = true;
        intent.waiting = None;
        intent.details.tell_of(given.payer)?;
        intent.attempt = Some(Attempt {
            id: AttemptId::mint(self.scope.environment, facts),
            card: given.card,
            saved_card: given.saved_card,
            consent: Consent {
                at,
                terms: self.terms.clone(),
            },
            started_at: facts.now,
            settle_at: facts.now + SETTLE_AFTER,
            request: given.request,
            session: Some(self.session.nonce.clone()),
        });
        Ok(intent)
    }

    /// Opens the attempt again after the holder's challenge, under the same
    /// reference.
    ///
    /// # Errors
    /// If no challenge of that transaction is waiting, or the intent is no
    /// longer open.
    pub fn resume_verification(
        &self,
        transaction_id: &str,
        facts: &mut Facts<'_>,
    ) -> Result<Self, Refusal> {
        self.open(facts.now)?;
        let mut intent = self.changed(facts.now);
        let waiting = match intent.waiting.take() {
            Some(waiting) if waiting.challenge.transaction_id == transaction_id => waiting,
            _ => {
                let why = "No 3-D Secure challenge is waiting for it.";
                return Err(self.refuse_because(why));
            }
        };
        intent.attempt = Some(Attempt {
            id: waiting.challenge.reference,
            card: waiting.challenge.card,
            saved_card: waiting.saved_card,
            consent: waiting.consent,
            started_at: facts.now,
            settle_at: facts.now + SETTLE_AFTER,
            request: None,
            session: waiting.challenge.session,
        });
        Ok(intent)
    }

    /// Gives the intent a new client session. The old secret can only complete a
    /// challenge that was begun with it.
    ///
    /// # Errors
    /// If no card can be given any more.
    pub fn refresh_session(&self, facts: &mut Facts<'_>) -> Result<Self, Refusal> {
        self.open(facts.now)?;
        let mut intent = self.changed(facts.now);
        intent.session = Session::open(facts);
        Ok(intent)
    }

    /// Lets the open attempt wait longer for its outcome.
    pub fn ask_later(&self, now: Timestamp) -> Self {
        let mut intent = self.clone();
        if let Some(attempt) = &mut intent.attempt {
            attempt.settle_at = now + SETTLE_AFTER;
        }
        intent
    }

    /// Writes what became of the open attempt.
    ///
    /// # Errors
    /// If no attempt of that id is open: somebody else wrote its outcome.
    pub fn conclude(
        &self,
        id: &AttemptId,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let mut intent = self.changed(now);
        let attempt = match intent.attempt.take() {
            Some(attempt) if attempt.id == *id => attempt,
            _ => {
                return Err(Refusal::Conflict(
                    "The result of this operation is already recorded.".to_owned(),
                ));
            }
        };
        match outcome {
            Outcome::Approved(approval) => intent.approved(attempt, approval),
            Outcome::Declined(decline) => intent.declined(attempt, &decline),
            Outcome::Challenged(challenge) => intent.challenged(attempt, challenge),
            Outcome::NotDone => {}
        }
        Ok(intent)
    }

    fn approved(&mut self, attempt: Attempt, approval: Approval) {
        let card = CardSummary {
            funding: approval.funding.unwrap_or(attempt.card.funding),
            ..attempt.card
        };
        self.status = Status::Authorized;
        self.session.used = true;
        self.record(
            PaymentEventKind::Authorized,
            &approval.transaction_id,
            &approval.auth_code,
            Some(card.clone()),
        );
        self.verification = Some(Verification {
            reference: attempt.id,
            transaction_id: approval.transaction_id,
            auth_code: approval.auth_code,
            message: approval.message,
            avs_result: approval.avs_result,
            network_reference: approval.network_reference,
            card,
            saved_card: Some(attempt.saved_card),
            consent: attempt.consent,
            at: self.updated_at,
        });
    }

    fn declined(&mut self, attempt: Attempt, decline: &Decline) {
        let id = &decline.transaction_id;
        self.record(PaymentEventKind::Declined, id, "", Some(attempt.card));
    }

    fn challenged(&mut self, attempt: Attempt, mut challenge: Challenge) {
        challenge.session = attempt.session;
        let card = Some(challenge.card.clone());
        let id = &challenge.transaction_id;
        self.record(PaymentEventKind::AuthChallenged, id, "", card);
        self.waiting = Some(Waiting {
            challenge,
            saved_card: attempt.saved_card,
            consent: attempt.consent,
        });
    }
}
