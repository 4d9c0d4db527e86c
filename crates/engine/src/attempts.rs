//! Attempts: the bracket around every call to the acquirer.
//!
//! The opening commit is durable before the call is made. Whatever happens
//! then — an answer, silence, the death of this process — the attempt is
//! closed by exactly one commit, here or by [`Engine::settle`].

use std::sync::Arc;

use tatami_core::account::Scope;
use tatami_core::card::CardEntry;
use tatami_core::id::AttemptId;
use tatami_core::money::Money;
use tatami_core::payment_intent::{
    Attempt, AttemptKind, Challenge, Operation, Outcome, PaymentIntent,
};
use tatami_core::problem::Refusal;

use tracing::Instrument;

use crate::locks::Held;
use crate::ports::acquirer::{
    AcquirerAnswer, AcquirerError, Authorize, CardRefund, Channel, FollowUp, Resolution,
};
use crate::ports::answers::{Answer, Done};
use crate::ports::store::{CommitError, IdempotencyWrite};
use crate::{Engine, Failure};

/// How a payment reaches the acquirer.
pub(crate) enum Means {
    /// With the card as typed.
    Card(CardEntry),
    /// With the card that was kept, without its holder, naming the payment or
    /// the verification in which they agreed.
    Kept {
        /// The card.
        card: CardEntry,
        /// The scheme's reference of the first.
        original: String,
    },
    /// After the payer's challenge.
    Proof(String),
    /// With a card that a machine read.
    Presented(CardEntry),
    /// Not at all: the attempt is about an earlier authorization.
    None,
}

/// An attempt that was closed.
pub(crate) struct Closed {
    pub(crate) intent: Arc<PaymentIntent>,
    pub(crate) attempt: Attempt,
    pub(crate) outcome: Outcome,
}

/// Why an attempt stays open.
pub(crate) enum StillOpen {
    /// Nobody knows yet what became of it.
    Unknown,
    /// Something else failed.
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for StillOpen {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl Engine {
    /// Carries out the open attempt of an operation and answers it.
    pub(crate) async fn attempt(
        &self,
        held: &Held,
        intent: Arc<PaymentIntent>,
        version: i64,
        means: Means,
        api: &'static str,
    ) -> Result<Answer, Failure> {
        match self.carry_out(held, intent, version, means).await {
            Ok(closed) if closed.outcome == Outcome::NotDone => Err(Failure::Unavailable(
                "the acquirer could not be reached".to_owned(),
            )),
            Ok(closed) => {
                self.let_go_of_rest(held, &closed).await;
                self.answer_of(&closed, api).await
            }
            Err(StillOpen::Unknown) => Err(Refusal::Pending(
                "The acquirer has not answered yet. The outcome will be known shortly.".to_owned(),
            )
            .into()),
            Err(StillOpen::Failed(failure)) => Err(failure),
        }
    }

    /// Lets go of what is held still if what was done ended the hold. Should this
    /// fail, the intent is due, and the same is done then.
    async fn let_go_of_rest(&self, held: &Held, closed: &Closed) {
        if closed.attempt.kind.operation() != Operation::Capture || closed.intent.held() == 0 {
            return;
        }
        if let Err(failure) = self.end_hold_now(held, &closed.intent).await {
            let id = &closed.intent.id;
            tracing::warn!(intent.id = %id, error = %failure, "the rest of a hold is let go later");
        }
    }

    async fn end_hold_now(&self, held: &Held, intent: &PaymentIntent) -> Result<(), Failure> {
        let scope = &intent.scope;
        let stored = self.find_intent(scope, &intent.id).await?;
        let stored = stored.ok_or(crate::reading::NO_INTENT)?;
        let ended = self.with_facts(scope, |facts| stored.value.end_hold(facts));
        let Some(decision) = ended else {
            return Ok(());
        };
        let intent = Arc::clone(&decision.intent);
        self.commit(decision, Some(stored.version), None)
            .await
            .map_err(|e| Failure::Unavailable(e.to_string()))?;
        match self
            .carry_out(held, intent, stored.version + 1, Means::None)
            .await
        {
            Ok(_) | Err(StillOpen::Unknown) => Ok(()),
            Err(StillOpen::Failed(failure)) => Err(failure),
        }
    }

    /// Calls the acquirer for the open attempt and writes what it said.
    pub(crate) async fn carry_out(
        &self,
        _held: &Held,
        intent: Arc<PaymentIntent>,
        version: i64,
        means: Means,
    ) -> Result<Closed, StillOpen> {
        let at_machine = matches!(means, Means::Presented(_));
        let outcome = match self.ask_and_count(&intent, means).await {
            Ok(answer) => outcome(&intent, answer),
            Err(AcquirerError::Unreachable(why)) => {
                tracing::warn!(intent.id = %intent.id, error = why, "the acquirer was not reached");
                Outcome::NotDone
            }
            Err(AcquirerError::NoAnswer(why)) => {
                tracing::warn!(intent.id = %intent.id, error = why, "the acquirer did not answer");
                if at_machine {
                    // The machine says so; it is found out when the intent comes due.
                    return Err(StillOpen::Unknown);
                }
                self.resolve(&intent).await.ok_or(StillOpen::Unknown)?
            }
        };
        self.close(intent, version, outcome).await
    }

    async fn ask_and_count(
        &self,
        intent: &PaymentIntent,
        means: Means,
    ) -> Result<AcquirerAnswer, AcquirerError> {
        let operation = intent.attempt.as_ref().map(|a| a.kind.operation().name());
        self.counted_call(
            &intent.scope,
            operation.unwrap_or("none"),
            self.ask(intent, means),
        )
        .await
    }

    async fn ask(
        &self,
        intent: &PaymentIntent,
        means: Means,
    ) -> Result<AcquirerAnswer, AcquirerError> {
        let unreachable = |what: &str| AcquirerError::Unreachable(what.to_owned());
        let acquirer = self
            .acquirer(intent.scope.environment)
            .map_err(|e| unreachable(&e.to_string()))?;
        let attempt = intent
            .attempt
            .as_ref()
            .ok_or_else(|| unreachable("no attempt is open"))?;
        let follow_up = |minor: i64| {
            let authorization = intent
                .authorization
                .as_ref()
                .ok_or_else(|| unreachable("nothing is authorized"))?;
            Ok(FollowUp {
                scope: intent.scope.clone(),
                reference: attempt.id.clone(),
                authorization: authorization.reference.clone(),
                amount: Money::new(minor, intent.amount.currency),
            })
        };
        let authorized = intent.authorization.as_ref().map_or(0, |a| a.amount.minor);
        match (&attempt.kind, means) {
            (AttemptKind::Pay { amount, .. }, Means::Card(card)) => {
                let request = Authorize {
                    scope: intent.scope.clone(),
                    reference: attempt.id.clone(),
                    amount: *amount,
                    capture: intent.capture_mode == tatami_core::payment_intent::CaptureMode::Auto,
                    card,
                    address: intent.details.billing_address.clone(),
                    channel: Channel::Online {
                        three_ds: !intent.details.card_holder_not_present,
                    },
                };
                acquirer.authorize(request).await
            }
            (AttemptKind::Pay { .. }, Means::Proof(proof)) => {
                acquirer.complete(&intent.scope, &attempt.id, &proof).await
            }
            (AttemptKind::Pay { amount, .. }, Means::Presented(card)) => {
                let way = attempt.in_person.as_ref();
                let way = way.ok_or_else(|| unreachable("no machine read a card"))?;
                let request = Authorize {
                    scope: intent.scope.clone(),
                    reference: attempt.id.clone(),
                    amount: *amount,
                    capture: intent.capture_mode == tatami_core::payment_intent::CaptureMode::Auto,
                    card,
                    address: None,
                    channel: Channel::InPerson {
                        entry: way.entry,
                        verification: way.verification,
                    },
                };
                acquirer.authorize(request).await
            }
            (AttemptKind::Refund { amount, .. }, Means::Presented(card)) => {
                let way = attempt.in_person.as_ref();
                let way = way.ok_or_else(|| unreachable("no machine read a card"))?;
                let refund = follow_up(*amount)?;
                let request = CardRefund {
                    scope: refund.scope,
                    reference: refund.reference,
                    authorization: Some(refund.authorization),
                    amount: refund.amount,
                    card,
                    entry: way.entry,
                    verification: way.verification,
                };
                acquirer.refund_card(request).await
            }
            (AttemptKind::TakeBack, _) => {
                let unsigned = intent.unsigned.as_ref();
                let unsigned = unsigned.ok_or_else(|| unreachable("nothing is unsigned"))?;
                let request = FollowUp {
                    scope: intent.scope.clone(),
                    reference: attempt.id.clone(),
                    authorization: unsigned.reference.clone(),
                    amount: unsigned.amount,
                };
                acquirer.reverse(request).await
            }
            (AttemptKind::Charge { amount, .. }, Means::Kept { card, original }) => {
                let request = Authorize {
                    scope: intent.scope.clone(),
                    reference: attempt.id.clone(),
                    amount: *amount,
                    capture: true,
                    card,
                    address: intent.details.billing_address.clone(),
                    channel: Channel::MerchantInitiated { original },
                };
                acquirer.authorize(request).await
            }
            (AttemptKind::Pay { .. } | AttemptKind::Charge { .. }, _) => {
                Err(unreachable("a payment needs its card"))
            }
            (AttemptKind::Increment { additional, .. }, _) => {
                acquirer.increment(follow_up(additional.minor)?).await
            }
            (AttemptKind::Capture { amount, tips, .. }, _) => {
                acquirer
                    .capture(follow_up(amount + tips.unwrap_or(0))?)
                    .await
            }
            (AttemptKind::Refund { amount, .. }, _) => acquirer.refund(follow_up(*amount)?).await,
            (AttemptKind::Reverse { .. }, _) => acquirer.reverse(follow_up(authorized)?).await,
            (AttemptKind::Release, _) => acquirer.release(follow_up(intent.held())?).await,
        }
    }

    /// Makes the call of the open attempt where nobody can hear the answer.
    pub(crate) async fn send_unheard(&self, intent: &PaymentIntent, means: Means) {
        if let Err(error) = self.ask_and_count(intent, means).await {
            tracing::warn!(intent.id = %intent.id, %error, "the acquirer did not answer");
        }
    }

    /// Asks the acquirer what became of the open attempt.
    async fn resolve(&self, intent: &PaymentIntent) -> Option<Outcome> {
        let attempt = intent.attempt.as_ref()?;
        match self.resolved(&intent.scope, &attempt.id).await? {
            Resolution::Answered(answer) => Some(outcome(intent, answer)),
            Resolution::Voided => Some(Outcome::NotDone),
        }
    }

    /// Asks the acquirer what became of a reference; `None` while nobody knows.
    pub(crate) async fn resolved(
        &self,
        scope: &Scope,
        reference: &AttemptId,
    ) -> Option<Resolution> {
        let acquirer = self.acquirer(scope.environment).ok()?;
        let started = std::time::Instant::now();
        let calling = self.0.turns.call(&scope.account);
        let resolution = acquirer.resolve(scope, reference).await;
        drop(calling);
        counted(
            "resolve",
            started,
            match &resolution {
                Ok(Resolution::Answered(_)) => "answered",
                Ok(Resolution::Voided) => "voided",
                Err(_) => "no_answer",
            },
        );
        resolution
            .inspect_err(|error| {
                tracing::warn!(attempt.id = %reference, %error, "the outcome of an attempt is still unknown");
            })
            .ok()
    }

    /// Writes what became of the open attempt, once.
    async fn close(
        &self,
        intent: Arc<PaymentIntent>,
        version: i64,
        outcome: Outcome,
    ) -> Result<Closed, StillOpen> {
        let attempt = intent
            .attempt
            .clone()
            .ok_or_else(|| Failure::Unavailable("no attempt is open".to_owned()))?;
        let (mut intent, mut version) = (intent, version);
        loop {
            let scope = intent.scope.clone();
            let (concluded, cards) = self.card_after(Arc::clone(&intent), &outcome).await?;
            let decision = self.with_facts(&scope, |facts| {
                concluded.conclude(&attempt.id, outcome.clone(), facts)
            });
            let decision = match decision {
                // Another program did, when it took this one for gone. What it
                // wrote, the answer to the request included, is what happened.
                Err(Refusal::Conflict(_)) => return Err(StillOpen::Unknown),
                decision => decision?,
            };
            let (decision, mut records) = self.with_machine(&attempt, decision, &outcome).await?;
            let closed = Closed {
                intent: Arc::clone(&decision.intent),
                attempt: (*attempt).clone(),
                outcome: outcome.clone(),
            };
            let idempotency = self.finish_request(&closed).await?;
            records.extend(cards);
            records.extend(self.setup_after(&attempt, &outcome).await?);
            let commit = self.commit_with(decision, Some(version), idempotency, records);
            match commit.await {
                Ok(()) => {
                    if let Some(way) = &attempt.in_person {
                        self.machine_changed(&way.terminal);
                    }
                    return Ok(closed);
                }
                Err(CommitError::Stale) => {
                    let stored = self.find_intent(&scope, &intent.id).await?;
                    let stored = stored.ok_or(crate::reading::NO_INTENT)?;
                    (intent, version) = (Arc::new(stored.value), stored.version);
                }
                Err(error) => return Err(Failure::Unavailable(error.to_string()).into()),
            }
        }
    }

    /// The idempotency record of a closed attempt's request: its answer, or
    /// nothing if nothing happened.
    async fn finish_request(&self, closed: &Closed) -> Result<Option<IdempotencyWrite>, Failure> {
        let Some(request) = &closed.attempt.request else {
            return Ok(None);
        };
        if closed.outcome == Outcome::NotDone {
            return Ok(Some(IdempotencyWrite::Release {
                key: request.key.clone(),
            }));
        }
        let answer = self.answer_of(closed, &request.version).await?;
        Ok(Some(self.complete(&closed.intent.scope, request, &answer)))
    }

    async fn answer_of(&self, closed: &Closed, version: &str) -> Result<Answer, Failure> {
        let account = self.account(&closed.intent.scope.account).await?;
        let intent = Arc::clone(&closed.intent);
        let done = match (&closed.outcome, &closed.attempt.kind) {
            (Outcome::Approved(approval), AttemptKind::Charge { .. }) => {
                Done::Charged(intent, approval.clone())
            }
            (Outcome::Declined(decline), AttemptKind::Charge { .. }) => {
                Done::ChargeDeclined(intent, decline.clone())
            }
            (Outcome::Declined(decline), _) => Done::Refused(Refusal::Declined(format!(
                "The acquirer declined the operation: {}",
                decline.message
            ))),
            (_, AttemptKind::Capture { id, .. }) => Done::Captured(intent, id.clone()),
            (_, AttemptKind::Refund { id, .. }) => Done::Refunded(intent, id.clone()),
            (_, AttemptKind::Reverse { id }) => Done::Reversed(intent, id.clone()),
            (
                _,
                AttemptKind::Increment { .. }
                | AttemptKind::Pay { .. }
                | AttemptKind::Charge { .. }
                | AttemptKind::Release
                | AttemptKind::TakeBack,
            ) => Done::Intent {
                customer_secret: self.customer_secret(&intent),
                intent,
                sessions: self.sessions(),
                show_secret: true,
            },
        };
        Ok(self.0.parts.answers.write(&account, &done, version))
    }

    /// Finds out what became of an attempt that was left open, and writes it.
    /// While nobody knows, it is asked again later.
    pub(crate) async fn settle(
        &self,
        _held: &Held,
        intent: Arc<PaymentIntent>,
        version: i64,
    ) -> Result<(), Failure> {
        if intent.attempt.is_none() {
            return Ok(());
        }
        let Some(outcome) = self.resolve(&intent).await else {
            let later = intent.ask_later(self.now(&intent.scope));
            return match self.commit(later, Some(version), None).await {
                // Whoever changed it saw to its time.
                Ok(()) | Err(CommitError::Stale) => Ok(()),
                Err(error) => Err(Failure::Unavailable(error.to_string())),
            };
        };
        match self.close(intent, version, outcome).await {
            Ok(closed) => {
                let (id, what) = (&closed.intent.id, closed.attempt.kind.operation());
                tracing::info!(intent.id = %id, operation = ?what, "an open attempt is settled");
                Ok(())
            }
            // Somebody else wrote it first.
            Err(StillOpen::Unknown) => Ok(()),
            Err(StillOpen::Failed(failure)) => Err(failure),
        }
    }
}

impl Engine {
    /// Makes a call to the acquirer, in a span of its own, and counts it.
    pub(crate) async fn counted_call(
        &self,
        scope: &Scope,
        operation: &'static str,
        call: impl Future<Output = Result<AcquirerAnswer, AcquirerError>>,
    ) -> Result<AcquirerAnswer, AcquirerError> {
        let _calling = self.0.turns.call(&scope.account);
        let started = std::time::Instant::now();
        let span = tracing::debug_span!("acquirer", otel.kind = "client", operation);
        let answer = call.instrument(span).await;
        counted(
            operation,
            started,
            match &answer {
                Ok(AcquirerAnswer::Approved(_)) => "approved",
                Ok(AcquirerAnswer::Declined(_)) => "declined",
                Ok(AcquirerAnswer::Challenge(_)) => "challenged",
                Err(AcquirerError::Unreachable(_)) => "unreachable",
                Err(AcquirerError::NoAnswer(_)) => "no_answer",
            },
        );
        answer
    }
}

/// Counts a call to the acquirer, and how long it took.
fn counted(operation: &'static str, started: std::time::Instant, outcome: &'static str) {
    metrics::counter!("tatami_acquirer_calls_total", "operation" => operation, "outcome" => outcome)
        .increment(1);
    metrics::histogram!("tatami_acquirer_call_seconds", "operation" => operation)
        .record(started.elapsed());
}

/// What came of a call that is never challenged.
pub(crate) fn outcome_of(answer: AcquirerAnswer) -> Outcome {
    match answer {
        AcquirerAnswer::Approved(approval) => Outcome::Approved(approval),
        AcquirerAnswer::Declined(decline) => Outcome::Declined(decline),
        AcquirerAnswer::Challenge(_) => Outcome::NotDone,
    }
}

fn outcome(intent: &PaymentIntent, answer: AcquirerAnswer) -> Outcome {
    match (answer, intent.attempt.as_deref()) {
        (AcquirerAnswer::Approved(approval), _) => Outcome::Approved(approval),
        (AcquirerAnswer::Declined(decline), _) => Outcome::Declined(decline),
        (
            AcquirerAnswer::Challenge(c),
            Some(Attempt {
                id,
                kind: AttemptKind::Pay { card, keeping, .. },
                ..
            }),
        ) => Outcome::Challenged(Challenge {
            keeping: keeping.clone(),
            session: None,
            reference: id.clone(),
            transaction_id: c.transaction_id,
            acs_url: c.acs_url,
            payload: c.payload,
            card: card.clone(),
        }),
        // Only a payment can be challenged; anything else has not been done.
        (AcquirerAnswer::Challenge(_), _) => Outcome::NotDone,
    }
}
