//! Calls that verify the card of a setup intent, and the commit that concludes them.

use tatami_core::card::CardEntry;
use tatami_core::payment_intent::Outcome;
use tatami_core::problem::Refusal;
use tatami_core::saved_card::SavedCard;
use tatami_core::setup_intent::{Attempt, SetupIntent};

use super::NO_SETUP_INTENT;
use crate::acquiring::outcome_of;
use crate::locks::Held;
use crate::outside::{ACQUIRER, HasCall, OpenCall, StillOpen};
use crate::ports::acquirer::{AcquirerAnswer, Authentication, Verify};
use crate::ports::outside::CallError;
use crate::ports::store::{CommitError, IdempotencyWrite, Stored};
use crate::{Engine, Failure};

/// How a verification reaches the acquirer.
pub(crate) enum VerifyBy {
    /// With the card as typed; its holder can be asked.
    Card(CardEntry),
    /// With the card that the merchant's own server captured, and what its own
    /// 3-D Secure said.
    Captured(CardEntry, Option<Authentication>),
    /// After the holder's challenge.
    Proof(String),
}

/// A verification that was closed.
pub(crate) struct Verified {
    pub(crate) intent: SetupIntent,
    pub(crate) outcome: Outcome,
}

impl HasCall for SetupIntent {
    type Means = VerifyBy;
    type Outcome = Outcome;
    type Concluded = Verified;

    fn open_call(&self) -> Option<OpenCall<'_>> {
        Some(OpenCall {
            outside: &ACQUIRER,
            scope: &self.scope,
            reference: &self.attempt.as_ref()?.id,
            operation: "verify",
        })
    }

    async fn send(&self, engine: &Engine, by: VerifyBy) -> Result<Outcome, CallError> {
        let (attempt, route) = (open_attempt(self)?, engine.route(&self.scope).await?);
        let (card, three_ds, authentication) = match by {
            VerifyBy::Card(card) => (card, true, None),
            VerifyBy::Captured(card, authentication) => (card, false, authentication),
            VerifyBy::Proof(proof) => {
                let completed = route.acquirer.complete(&self.scope, &attempt.id, &proof);
                return Ok(outcome(attempt, completed.await?));
            }
        };
        let request = Verify {
            scope: self.scope.clone(),
            merchant: route.merchant,
            reference: attempt.id.clone(),
            card,
            address: self.details.billing_address.clone(),
            three_ds,
            authentication,
        };
        Ok(outcome(attempt, route.acquirer.verify(request).await?))
    }

    async fn resolve(&self, engine: &Engine) -> Result<Outcome, CallError> {
        let attempt = open_attempt(self)?;
        let resolved = engine.resolved(&self.scope, &attempt.id).await?;
        Ok(resolved.map_or(Outcome::NotDone, |answer| outcome(attempt, answer)))
    }

    async fn conclude_call(
        self,
        engine: &Engine,
        version: i64,
        outcome: Outcome,
    ) -> Result<Verified, StillOpen> {
        engine.close_setup(self, version, outcome).await
    }

    async fn ask_call_later(self, engine: &Engine, version: i64) -> Result<(), Failure> {
        let later = SetupIntent::ask_later(&self, engine.now(&self.scope));
        engine.commit_setup(&self, &later, version).await
    }
}

impl Engine {
    /// Sends the call of the open attempt and writes what came of it.
    pub(super) async fn verify(
        &self,
        _held: &Held,
        intent: SetupIntent,
        version: i64,
        by: VerifyBy,
    ) -> Result<Verified, StillOpen> {
        self.carry_out_call(intent, version, by).await
    }

    /// Writes what became of the open attempt, once.
    async fn close_setup(
        &self,
        intent: SetupIntent,
        version: i64,
        outcome: Outcome,
    ) -> Result<Verified, StillOpen> {
        let attempt = intent.attempt.clone();
        let attempt = attempt.ok_or_else(|| Failure::Unavailable("no attempt is open".into()))?;
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
            let answered = self.finish_setup(&closed, &attempt, &outcome).await?;
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
        if value.attempt.is_some() {
            return self.settle_call(value, version).await;
        }
        match value.expire(now) {
            Some(expired) => self.commit_setup(&value, &expired, version).await,
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

fn open_attempt(intent: &SetupIntent) -> Result<&Attempt, CallError> {
    let attempt = intent.attempt.as_ref();
    attempt.ok_or_else(|| CallError::Unreachable("no attempt is open".to_owned()))
}

fn outcome(attempt: &Attempt, answer: AcquirerAnswer) -> Outcome {
    outcome_of(answer, Some((&attempt.id, &attempt.card, None)))
}
