//! Calls about payment intents: what an attempt asks of the acquirer, and the commit
//! that concludes it.

use std::sync::Arc;

use tatami_core::card::CardEntry;
use tatami_core::payment_intent::{Attempt, AttemptKind, Operation, Outcome, PaymentIntent};
use tatami_core::problem::Refusal;

use super::requests;
use crate::command::{Decided, Known, Opened};
use crate::locks::Held;
use crate::outside::{self, ACQUIRER, HasCall, OpenCall, StillOpen};
use crate::ports::answers::{Answer, Done};
use crate::ports::outside::CallError;
use crate::ports::store::{IdempotencyWrite, Stored};
use crate::{DeviceProof, Engine, Failure};

/// How a payment reaches the acquirer.
pub(crate) enum Means {
    /// With the card as typed.
    Card(CardEntry),
    /// With the card that was kept, without its holder, naming the payment or
    /// the verification in which they agreed.
    Kept {
        card: CardEntry,
        /// The scheme's reference of the first.
        original: String,
    },
    /// With the card of a wallet.
    Wallet {
        card: CardEntry,
        /// What the device says of its holder.
        proof: Option<DeviceProof>,
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

impl HasCall for Arc<PaymentIntent> {
    type Means = Means;
    type Outcome = Outcome;
    type Concluded = Closed;

    fn open_call(&self) -> Option<OpenCall<'_>> {
        let attempt = self.attempt.as_ref()?;
        Some(OpenCall {
            outside: &ACQUIRER,
            scope: &self.scope,
            reference: attempt.id.as_str(),
            operation: attempt.kind.operation().name(),
        })
    }

    fn resolves_at_once(&self) -> bool {
        // A machine says that there was no answer.
        let attempt = self.attempt.as_deref();
        attempt.is_none_or(|a| a.in_person.is_none() || a.kind == AttemptKind::TakeBack)
    }

    async fn send(&self, engine: &Engine, means: Means) -> Result<Outcome, CallError> {
        let route = engine.route(&self.scope).await?;
        let answer = requests::send(&route, self, means).await?;
        Ok(requests::outcome(self, answer))
    }

    async fn resolve(&self, engine: &Engine) -> Result<Outcome, CallError> {
        let attempt = requests::open_attempt(self)?;
        let resolved = engine.resolved(&self.scope, &attempt.id).await?;
        Ok(resolved.map_or(Outcome::NotDone, |answer| requests::outcome(self, answer)))
    }

    async fn conclude_call(
        self,
        engine: &Engine,
        version: i64,
        outcome: Outcome,
    ) -> Result<Closed, StillOpen> {
        engine.attempts().close(self, version, outcome).await
    }

    async fn ask_call_later(self, engine: &Engine, version: i64) -> Result<(), Failure> {
        let later = PaymentIntent::ask_later(&self, engine.now(&self.scope));
        let intents = engine.payment_intents();
        let commit = intents.commit_of(later, Some(version)).await?;
        engine.make_durable_if_current(commit).await?;
        Ok(())
    }
}

/// Attempts to take, give back or release money: calls to the acquirer about payment
/// intents.
#[derive(Clone, Copy)]
pub struct Attempts<'a>(pub(super) &'a Engine);

impl Engine {
    pub fn attempts(&self) -> Attempts<'_> {
        Attempts(self)
    }
}

impl Attempts<'_> {
    /// Carries out the open attempt of an operation and answers it.
    pub(crate) async fn attempt(
        self,
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
    async fn let_go_of_rest(self, held: &Held, closed: &Closed) {
        if closed.attempt.kind.operation() != Operation::Capture || closed.intent.held() == 0 {
            return;
        }
        if let Err(failure) = self.end_hold_now(held, &closed.intent).await {
            let id = &closed.intent.id;
            tracing::warn!(intent.id = %id, error = %failure, "the rest of a hold is let go later");
        }
    }

    async fn end_hold_now(self, held: &Held, intent: &PaymentIntent) -> Result<(), Failure> {
        let (scope, id) = (&intent.scope, &intent.id);
        let ended = self.0.change(None, || async {
            let Stored { value, version } = self.0.payment_intents().known(scope, id).await?;
            let ended = self.0.with_facts(scope, |facts| value.end_hold(facts));
            let Some(decision) = ended else {
                return Ok(Decided::nothing(None));
            };
            let payers = self.0.payers();
            let opened = payers.opening(decision, version, Vec::new()).await?;
            Ok(opened.map(Some))
        });
        let Some(Opened { intent, version }) = ended.await?.0 else {
            return Ok(());
        };
        match self.carry_out(held, intent, version, Means::None).await {
            Ok(_) | Err(StillOpen::Unknown) => Ok(()),
            Err(StillOpen::Failed(failure)) => Err(failure),
        }
    }

    /// Sends the call of the open attempt and writes what came of it.
    pub(crate) async fn carry_out(
        self,
        _held: &Held,
        intent: Arc<PaymentIntent>,
        version: i64,
        means: Means,
    ) -> Result<Closed, StillOpen> {
        outside::carry_out(self.0, intent, version, means).await
    }

    /// Writes what became of the open attempt, once.
    async fn close(
        self,
        intent: Arc<PaymentIntent>,
        version: i64,
        outcome: Outcome,
    ) -> Result<Closed, StillOpen> {
        let attempt = intent
            .attempt
            .clone()
            .ok_or_else(|| Failure::Unavailable("no attempt is open".to_owned()))?;
        let (scope, id) = (intent.scope.clone(), intent.id.clone());
        let known = Known::new(intent, version);
        let again = || async {
            let Stored { value, version } = self.0.payment_intents().known(&scope, &id).await?;
            let value = Arc::new(value);
            Ok(Stored { value, version })
        };
        let closed = self.0.change(None, || async {
            let stored = known.or_read(again()).await?;
            self.closing(stored, &attempt, &outcome).await
        });
        let closed = closed.await?.0.ok_or(StillOpen::Unknown)?;
        if let Some(way) = &attempt.in_person {
            self.0.terminals().changed(&way.terminal);
        }
        Ok(closed)
    }

    /// The commit that closes an attempt, with all that changes with it; nothing if
    /// another program closed it when it took this one for gone. What that wrote, the
    /// answer to the request included, is what happened.
    async fn closing(
        self,
        Stored { value, version }: Stored<Arc<PaymentIntent>>,
        attempt: &Attempt,
        outcome: &Outcome,
    ) -> Result<Decided<Option<Closed>>, Failure> {
        let scope = value.scope.clone();
        let saved_cards = self.0.saved_cards();
        let (concluded, cards) = saved_cards.card_after(value, outcome).await?;
        let decision = self.0.with_facts(&scope, |facts| {
            concluded.conclude(&attempt.id, outcome.clone(), facts)
        });
        let decision = match decision {
            Err(Refusal::Conflict(_)) => return Ok(Decided::nothing(None)),
            decision => decision?,
        };
        let counters = self.0.terminals().counters();
        let (decision, at_terminal) = counters.with_machine(attempt, decision, outcome).await?;
        let closed = Closed {
            intent: Arc::clone(&decision.intent),
            attempt: attempt.clone(),
            outcome: outcome.clone(),
        };
        let charges = self.0.charges();
        let payment_intents = self.0.payment_intents();
        let mut commit = payment_intents.commit_of(decision, Some(version)).await?;
        commit.documents.extend(at_terminal);
        commit.documents.extend(cards);
        commit
            .documents
            .extend(charges.setup_after(attempt, outcome).await?);
        commit.idempotency = self.finish_request(&closed).await?;
        Ok(Decided::change(commit, Some(closed)))
    }

    /// The idempotency record of a closed attempt's request: its answer, or
    /// nothing if nothing happened.
    async fn finish_request(self, closed: &Closed) -> Result<Option<IdempotencyWrite>, Failure> {
        let Some(request) = &closed.attempt.request else {
            return Ok(None);
        };
        if closed.outcome == Outcome::NotDone {
            return Ok(Some(IdempotencyWrite::Release {
                key: request.key.clone(),
            }));
        }
        let answer = self.answer_of(closed, &request.version).await?;
        Ok(Some(self.0.complete(
            &closed.intent.scope,
            request,
            &answer,
        )))
    }

    async fn answer_of(self, closed: &Closed, version: &str) -> Result<Answer, Failure> {
        let account = self.0.account(&closed.intent.scope.account).await?;
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
                customer_secret: self.0.customers().secret_of(&intent),
                intent,
                sessions: self.0.sessions(),
                show_secret: true,
            },
        };
        Ok(self.0.parts.answers.write(&account, &done, version))
    }
}
