//! Calls that verify the card of a setup intent, and the commit that concludes them.

use tatami_core::card::CardEntry;
use tatami_core::payment_intent::Outcome;
use tatami_core::problem::Refusal;
use tatami_core::saved_card::SavedCard;
use tatami_core::setup_intent::{Attempt, SetupIntent};

use super::{NO_SETUP_INTENT, SetupIntents};
use crate::acquiring::outcome_of;
use crate::command::{Decided, Known};
use crate::locks::Held;
use crate::outside::{self, ACQUIRER, HasCall, OpenCall, StillOpen};
use crate::ports::acquirer::{AcquirerAnswer, Authentication, Verify};
use crate::ports::outside::CallError;
use crate::ports::store::{IdempotencyWrite, Stored};
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
            reference: self.attempt.as_ref()?.id.as_str(),
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
        engine
            .setup_intents()
            .close_verification(self, version, outcome)
            .await
    }

    async fn ask_call_later(self, engine: &Engine, version: i64) -> Result<(), Failure> {
        let later = SetupIntent::ask_later(&self, engine.now(&self.scope));
        engine
            .setup_intents()
            .commit_due(&self, &later, version)
            .await
    }
}

impl SetupIntents<'_> {
    /// Sends the call of the open attempt and writes what came of it.
    pub(super) async fn verify(
        self,
        _held: &Held,
        intent: SetupIntent,
        version: i64,
        by: VerifyBy,
    ) -> Result<Verified, StillOpen> {
        outside::carry_out(self.0, intent, version, by).await
    }

    /// Writes what became of the open attempt, once.
    async fn close_verification(
        self,
        intent: SetupIntent,
        version: i64,
        outcome: Outcome,
    ) -> Result<Verified, StillOpen> {
        let attempt = intent.attempt.clone();
        let attempt = attempt.ok_or_else(|| Failure::Unavailable("no attempt is open".into()))?;
        let kept = self
            .0
            .find::<SavedCard>(None, attempt.saved_card.as_str())
            .await?;
        // A card that took too long is no longer there to be charged.
        let outcome = match kept {
            None if matches!(outcome, Outcome::Approved(_)) => Outcome::NotDone,
            _ => outcome,
        };
        let id = intent.id.clone();
        let known = Known::new(intent, version);
        let again = || async {
            let stored = self.0.find::<SetupIntent>(None, id.as_str()).await?;
            Ok(stored.ok_or(NO_SETUP_INTENT)?)
        };
        let closed = self.0.change(None, || async {
            let stored = known.or_read(again()).await?;
            self.closing(stored, &attempt, &outcome).await
        });
        let intent = closed.await?.0.ok_or(StillOpen::Unknown)?;
        Ok(Verified { intent, outcome })
    }

    /// The commit that closes an attempt; nothing if another program did. What that
    /// wrote is what happened.
    async fn closing(
        self,
        Stored { value, version }: Stored<SetupIntent>,
        attempt: &Attempt,
        outcome: &Outcome,
    ) -> Result<Decided<Option<SetupIntent>>, Failure> {
        let now = self.0.now(&value.scope);
        let closed = match value.conclude(&attempt.id, outcome.clone(), now) {
            Err(Refusal::Conflict(_)) => return Ok(Decided::nothing(None)),
            closed => closed?,
        };
        let writes = self.writes(Some(&value), &closed, Some(version));
        let mut commit = self.0.commit_of(&value.scope, writes.await?);
        commit.idempotency = self.finish_request(&closed, attempt, outcome).await?;
        Ok(Decided::change(commit, Some(closed)))
    }

    /// The idempotency record of a closed attempt's request.
    async fn finish_request(
        self,
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
        let answer = self.answer(closed, &request.version).await?;
        Ok(Some(self.0.complete(&closed.scope, request, &answer)))
    }

    /// Looks at a setup intent whose time has come: asks what became of an open
    /// verification, or expires it or its card.
    pub(crate) async fn fire(self, due: &Stored<SetupIntent>) -> Result<(), Failure> {
        let id = &due.value.id;
        let _held = self.0.locks.hold(id.as_str()).await;
        let Some(Stored { value, version }) = self.0.find::<SetupIntent>(None, id.as_str()).await?
        else {
            return Ok(());
        };
        let now = self.0.now(&value.scope);
        if value.due_at().is_none_or(|at| at > now) {
            return Ok(());
        }
        if value.attempt.is_some() {
            return outside::settle(self.0, value, version).await;
        }
        match value.expire(now) {
            Some(expired) => self.commit_due(&value, &expired, version).await,
            None => Ok(()),
        }
    }

    /// Makes a change durable, unless somebody else changed it meanwhile.
    async fn commit_due(
        self,
        before: &SetupIntent,
        after: &SetupIntent,
        version: i64,
    ) -> Result<(), Failure> {
        let writes = self.writes(Some(before), after, Some(version));
        let commit = self.0.commit_of(&before.scope, writes.await?);
        self.0.make_durable_if_current(commit).await?;
        Ok(())
    }
}

fn open_attempt(intent: &SetupIntent) -> Result<&Attempt, CallError> {
    let attempt = intent.attempt.as_ref();
    attempt.ok_or_else(|| CallError::Unreachable("no attempt is open".to_owned()))
}

fn outcome(attempt: &Attempt, answer: AcquirerAnswer) -> Outcome {
    outcome_of(answer, Some((&attempt.id, &attempt.card, None)))
}
