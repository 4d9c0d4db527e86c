//! Verifying a card: the bracket around the call to the acquirer, as for
//! payments.

use tatami_core::card::CardEntry;
use tatami_core::payment_intent::{Challenge, Outcome};
use tatami_core::problem::Refusal;
use tatami_core::saved_card::SavedCard;
use tatami_core::setup_intent::{Attempt, SetupIntent};

use super::NO_SETUP_INTENT;
use crate::attempts::StillOpen;
use crate::locks::Held;
use crate::ports::acquirer::{AcquirerAnswer, AcquirerError, Authentication, Resolution, Verify};
use crate::ports::store::{CommitError, IdempotencyWrite, Stored};
use crate::{Engine, Failure};

/// How a verification reaches the acquirer.
pub(super) enum VerifyBy {
    /// With the card as typed; its holder can be asked.
    Card(CardEntry),
    /// With the card that the merchant's own server captured, and what its own
    /// 3-D Secure said.
    Captured(CardEntry, Option<Authentication>),
    /// After the holder's challenge.
    Proof(String),
}

/// A verification that was closed.
pub(super) struct Verified {
    pub(super) intent: SetupIntent,
    pub(super) outcome: Outcome,
}

impl Engine {
    /// Calls the acquirer for the open attempt and writes what it said.
    pub(super) async fn verify(
        &self,
        _held: &Held,
        intent: SetupIntent,
        version: i64,
        by: VerifyBy,
    ) -> Result<Verified, StillOpen> {
        let attempt = open_attempt(&intent)?;
        let outcome = match self
            .counted_call(
                &intent.scope,
                "verify",
                self.ask_to_verify(&intent, &attempt, by),
            )
            .await
        {
            Ok(answer) => outcome(&attempt, answer),
            Err(AcquirerError::Unreachable(why)) => {
                tracing::warn!(intent.id = %intent.id, error = why, "the acquirer was not reached");
                Outcome::NotDone
            }
            Err(AcquirerError::NoAnswer(why)) => {
                tracing::warn!(intent.id = %intent.id, error = why, "the acquirer did not answer");
                self.found_out(&intent, &attempt)
                    .await
                    .ok_or(StillOpen::Unknown)?
            }
        };
        self.close_setup(intent, version, &attempt, outcome).await
    }

    async fn ask_to_verify(
        &self,
        intent: &SetupIntent,
        attempt: &Attempt,
        by: VerifyBy,
    ) -> Result<AcquirerAnswer, AcquirerError> {
        let acquirer = self
            .acquirer(intent.scope.environment)
            .map_err(|e| AcquirerError::Unreachable(e.to_string()))?;
        let (card, three_ds, authentication) = match by {
            VerifyBy::Card(card) => (card, true, None),
            VerifyBy::Captured(card, authentication) => (card, false, authentication),
            VerifyBy::Proof(proof) => {
                return acquirer.complete(&intent.scope, &attempt.id, &proof).await;
            }
        };
        let request = Verify {
            scope: intent.scope.clone(),
            reference: attempt.id.clone(),
            card,
            address: intent.details.billing_address.clone(),
            three_ds,
            authentication,
        };
        acquirer.verify(request).await
    }

    async fn found_out(&self, intent: &SetupIntent, attempt: &Attempt) -> Option<Outcome> {
        match self.resolved(&intent.scope, &attempt.id).await? {
            Resolution::Answered(answer) => Some(outcome(attempt, answer)),
            Resolution::Voided => Some(Outcome::NotDone),
        }
    }

    /// Writes what became of the open attempt, once.
    async fn close_setup(
        &self,
        intent: SetupIntent,
        version: i64,
        attempt: &Attempt,
        outcome: Outcome,
    ) -> Result<Verified, StillOpen> {
        let (mut intent, mut version) = (intent, version);
        let kept = self
            .find::<SavedCard>(None, attempt.saved_card.as_str())
            .await?;
        // A card that took too long is no longer there to be charged.
        let outcome = match kept {
            None if matches!(outcome, Outcome::Approved(_)) => Outcome::NotDone,
            _ => outcome,
        };
        loop {
            let scope = intent.scope.clone();
            let now = self.now(&scope);
            let closed = match intent.conclude(&attempt.id, outcome.clone(), now) {
                // Another program did; what it wrote is what happened.
                Err(Refusal::Conflict(_)) => return Err(StillOpen::Unknown),
                closed => closed?,
            };
            let writes = self
                .setup_writes(Some(&intent), &closed, Some(version))
                .await?;
            let answered = self.finish_setup(&closed, attempt, &outcome).await?;
            match self
                .commit_records(&scope, writes, Vec::new(), answered)
                .await
            {
                Ok(()) => {
                    return Ok(Verified {
                        intent: closed,
                        outcome,
                    });
                }
                Err(CommitError::Stale) => {
                    let stored = self.find::<SetupIntent>(None, intent.id.as_str()).await?;
                    let stored = stored.ok_or(NO_SETUP_INTENT)?;
                    (intent, version) = (stored.value, stored.version);
                }
                Err(error) => return Err(Failure::Unavailable(error.to_string()).into()),
            }
        }
    }

    /// The idempotency record of a closed attempt's request.
    async fn finish_setup(
        &self,
        closed: &SetupIntent,
        attempt: &Attempt,
        outcome: &Outcome,
    ) -> Result<Option<IdempotencyWrite>, Failure> {
        let Some(request) = &attempt.request else {
            return Ok(None);
        };
        if *outcome == Outcome::NotDone {
            return Ok(Some(IdempotencyWrite::Release {
                key: request.key.clone(),
            }));
        }
        let answer = self.answer_setup(closed, &request.version).await?;
        Ok(Some(self.complete(&closed.scope, request, &answer)))
    }

    /// Looks at a setup intent whose time has come: asks what became of an open
    /// verification, or expires it or its card.
    pub(crate) async fn fire_setup_intent(&self, due: &Stored<SetupIntent>) -> Result<(), Failure> {
        let id = &due.value.id;
        let _held = self.0.locks.hold(id.as_str()).await;
        let Some(Stored { value, version }) = self.find::<SetupIntent>(None, id.as_str()).await?
        else {
            return Ok(());
        };
        let now = self.now(&value.scope);
        if value.due_at().is_none_or(|at| at > now) {
            return Ok(());
        }
        let changed = match &value.attempt {
            None => value.expire(now),
            Some(attempt) => match self.found_out(&value, attempt).await {
                None => Some(value.ask_later(now)),
                Some(outcome) => {
                    let attempt = attempt.clone();
                    return match self.close_setup(value, version, &attempt, outcome).await {
                        // Somebody else wrote it first.
                        Ok(_) | Err(StillOpen::Unknown) => Ok(()),
                        Err(StillOpen::Failed(failure)) => Err(failure),
                    };
                }
            },
        };
        match changed {
            Some(changed) => self.commit_setup(&value, &changed, version).await,
            None => Ok(()),
        }
    }

    /// Makes a change durable, unless somebody else changed it meanwhile.
    pub(crate) async fn commit_setup(
        &self,
        before: &SetupIntent,
        after: &SetupIntent,
        version: i64,
    ) -> Result<(), Failure> {
        let writes = self
            .setup_writes(Some(before), after, Some(version))
            .await?;
        match self
            .commit_records(&before.scope, writes, Vec::new(), None)
            .await
        {
            Ok(()) | Err(CommitError::Stale) => Ok(()),
            Err(error) => Err(Failure::Unavailable(error.to_string())),
        }
    }
}

fn open_attempt(intent: &SetupIntent) -> Result<Attempt, Failure> {
    let attempt = intent.attempt.clone();
    attempt.ok_or_else(|| Failure::Unavailable("no attempt is open".to_owned()))
}

fn outcome(attempt: &Attempt, answer: AcquirerAnswer) -> Outcome {
    match answer {
        AcquirerAnswer::Approved(approval) => Outcome::Approved(approval),
        AcquirerAnswer::Declined(decline) => Outcome::Declined(decline),
        AcquirerAnswer::Challenge(c) => Outcome::Challenged(Challenge {
            keeping: None,
            session: None,
            reference: attempt.id.clone(),
            transaction_id: c.transaction_id,
            acs_url: c.acs_url,
            payload: c.payload,
            card: attempt.card.clone(),
        }),
    }
}
