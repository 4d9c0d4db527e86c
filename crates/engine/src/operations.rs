//! The merchant's operations on payment intents.

use std::sync::Arc;

use tatami_core::Facts;
use tatami_core::id::{MailId, PaymentIntentId};
use tatami_core::money::Money;
use tatami_core::payment_intent::{
    CaptureRequest, Decision, Draft, ItemLine, PaymentIntent, RefundRequest, TaxLine, create,
};
use tatami_core::problem::{Refusal, Violation};

use crate::attempts::Means;
use crate::command::{Decided, Opened, Ran};
use crate::ports::answers::{Answer, Done};
use crate::ports::jobs::Job;
use crate::ports::mail::Mail;
use crate::ports::records::RecordWrite;
use crate::ports::store::{CommitError, IdempotencyWrite, StoreError, Stored};
use crate::reading::NO_INTENT;
use crate::{Call, Engine, Failure};

/// What a rule is to an operation: state and facts to a decision.
pub(crate) trait Rule:
    Fn(&PaymentIntent, &mut Facts<'_>) -> Result<Decision, Refusal> + Send + Sync
{
}
impl<F: Fn(&PaymentIntent, &mut Facts<'_>) -> Result<Decision, Refusal> + Send + Sync> Rule for F {}

/// What follows the commit of an operation.
enum Next {
    Answer(Answer),
    Call(Opened),
}

/// What an operation answers with when it needs no acquirer.
#[derive(Clone, Copy)]
enum Says {
    Intent,
    IntentWithSecret,
    ReceiptSent,
}

/// A decision, unless the rules that a rule of the core does not know are
/// broken too: all of them are told.
fn with_rules(
    decided: Result<Decision, Refusal>,
    broken: Vec<Violation>,
) -> Result<Decision, Refusal> {
    match decided {
        Err(Refusal::Invalid(mut all)) => {
            all.extend(broken);
            Err(Refusal::Invalid(all))
        }
        Ok(_) if !broken.is_empty() => Err(Refusal::Invalid(broken)),
        decided => decided,
    }
}

impl Engine {
    /// Creates a payment intent.
    ///
    /// # Errors
    /// With every rule the draft breaks.
    pub async fn create_payment_intent(
        &self,
        call: &Call,
        draft: Draft,
    ) -> Result<Answer, Failure> {
        self.create_customers_payment_intent(call, draft, None)
            .await
    }

    /// Creates a payment intent of a customer whose saved cards the secret
    /// opens to whoever has the payment link.
    ///
    /// # Errors
    /// With every rule the draft breaks.
    pub async fn create_customers_payment_intent(
        &self,
        call: &Call,
        draft: Draft,
        customer_secret: Option<&str>,
    ) -> Result<Answer, Failure> {
        self.respond(call, None, || async {
            let mut draft = draft.clone();
            self.check_setup_intent(call, &mut draft).await?;
            let broken = self
                .check_customer(&call.scope, &draft.details, customer_secret)
                .await?;
            let created = self.with_facts(&call.scope, |facts| {
                create(call.scope.clone(), draft, facts)
            });
            let mut decision = with_rules(created, broken)?;
            if let Some(secret) = customer_secret {
                self.seal_customer_secret(decision.intent_mut(), secret);
            }
            let cards = self.named_card(&decision.intent).await?;
            let done = self.said(&decision.intent, Says::Intent);
            let mut commit = self.commit_of_decision(decision, None).await?;
            commit.records.extend(cards);
            self.answered(call, commit, &done).await
        })
        .await
    }

    /// Cancels an unpaid intent.
    ///
    /// # Errors
    /// If its state does not allow it.
    pub async fn cancel_payment_intent(
        &self,
        call: &Call,
        id: &PaymentIntentId,
    ) -> Result<Answer, Failure> {
        self.operate(call, id, Says::Intent, |intent, facts| intent.cancel(facts))
            .await
    }

    /// Changes the amount, and the lines that are given.
    ///
    /// # Errors
    /// If the amount, the configuration or the state does not allow it, or the
    /// acquirer declines an increment.
    pub async fn set_amount(
        &self,
        call: &Call,
        id: &PaymentIntentId,
        amount: Money,
        lines: (Option<Vec<ItemLine>>, Option<Vec<TaxLine>>),
    ) -> Result<Answer, Failure> {
        let request = call.request();
        self.operate(call, id, Says::IntentWithSecret, move |intent, facts| {
            intent.set_amount(amount, lines.clone(), request.clone(), facts)
        })
        .await
    }

    /// Changes the tips.
    ///
    /// # Errors
    /// As for [`Engine::set_amount`].
    pub async fn set_tips(
        &self,
        call: &Call,
        id: &PaymentIntentId,
        tips: Money,
    ) -> Result<Answer, Failure> {
        let request = call.request();
        self.operate(call, id, Says::IntentWithSecret, move |intent, facts| {
            intent.set_tips(tips, request.clone(), facts)
        })
        .await
    }

    /// Captures part or all of what is held.
    ///
    /// # Errors
    /// If the state or the amount does not allow it, or the acquirer declines.
    pub async fn capture(
        &self,
        call: &Call,
        id: &PaymentIntentId,
        wish: CaptureRequest,
    ) -> Result<Answer, Failure> {
        let request = call.request();
        self.operate(call, id, Says::Intent, move |intent, facts| {
            intent.begin_capture(wish, request.clone(), facts)
        })
        .await
    }

    /// Refunds part or all of what was captured.
    ///
    /// # Errors
    /// If the state or the amount does not allow it, or the acquirer declines.
    pub async fn create_refund(
        &self,
        call: &Call,
        id: &PaymentIntentId,
        wish: RefundRequest,
    ) -> Result<Answer, Failure> {
        let request = call.request();
        self.operate(call, id, Says::Intent, move |intent, facts| {
            intent.begin_refund(wish.clone(), request.clone(), facts)
        })
        .await
    }

    /// Undoes a whole payment.
    ///
    /// # Errors
    /// If the state or the time does not allow it, or the acquirer declines.
    pub async fn reverse(&self, call: &Call, id: &PaymentIntentId) -> Result<Answer, Failure> {
        let request = call.request();
        let zone = self.account(&call.scope.account).await?.time_zone.clone();
        self.operate(call, id, Says::Intent, move |intent, facts| {
            intent.begin_reversal(&zone, request.clone(), facts)
        })
        .await
    }

    /// Gives the intent a new client session.
    ///
    /// # Errors
    /// If the intent can no longer be paid.
    pub async fn refresh_session(
        &self,
        call: &Call,
        id: &PaymentIntentId,
    ) -> Result<Answer, Failure> {
        self.operate(call, id, Says::IntentWithSecret, |intent, facts| {
            intent.refresh_session(facts)
        })
        .await
    }

    /// Sends receipts of a paid intent.
    ///
    /// # Errors
    /// If an address is not one, or the intent was never paid.
    pub async fn send_receipt(
        &self,
        call: &Call,
        id: &PaymentIntentId,
        emails: Vec<String>,
    ) -> Result<Answer, Failure> {
        self.operate(call, id, Says::ReceiptSent, move |intent, facts| {
            intent.send_receipt(emails.clone(), facts)
        })
        .await
    }

    /// Load, decide, commit; with an open attempt, call the acquirer and commit
    /// what it said. The work goes on if the caller hangs up: an operation that
    /// has begun is finished.
    async fn operate(
        &self,
        call: &Call,
        id: &PaymentIntentId,
        says: Says,
        rule: impl Rule + 'static,
    ) -> Result<Answer, Failure> {
        let (call, id) = (call.clone(), id.clone());
        self.to_the_end(
            move |engine| async move { engine.operate_now(&call, &id, says, rule).await },
        )
        .await
    }

    async fn operate_now(
        &self,
        call: &Call,
        id: &PaymentIntentId,
        says: Says,
        rule: impl Rule,
    ) -> Result<Answer, Failure> {
        let ran = self.command(Some(call), Some(id.as_str()), || async {
            let stored = self.find_intent(&call.scope, id).await?;
            let Stored { value, version } = stored.ok_or(NO_INTENT)?;
            let decision = self.with_facts(&call.scope, |facts| rule(&value, facts))?;
            let intent = Arc::clone(&decision.intent);
            let commit = self.commit_of_decision(decision, Some(version)).await?;
            if intent.attempt.is_some() {
                self.may_call(&call.scope)?;
                let version = version + 1;
                let opened = Next::Call(Opened { intent, version });
                return Ok(Decided::opening(call, commit, opened));
            }
            let done = self.said(&intent, says);
            let answered = self.answered(call, commit, &done).await?;
            Ok(answered.map(Next::Answer))
        });
        match ran.await? {
            Ran::Before(answer) | Ran::Now(Next::Answer(answer), _) => Ok(answer),
            Ran::Now(Next::Call(Opened { intent, version }), held) => {
                // Few operations call the acquirer, and it takes much room.
                Box::pin(self.attempt(&held, intent, version, Means::None, call.version)).await
            }
        }
    }

    fn said(&self, intent: &Arc<PaymentIntent>, says: Says) -> Done {
        match says {
            Says::ReceiptSent => Done::ReceiptSent,
            Says::Intent | Says::IntentWithSecret => Done::Intent {
                customer_secret: self.customer_secret(intent),
                sessions: self.sessions(),
                intent: Arc::clone(intent),
                show_secret: matches!(says, Says::IntentWithSecret),
            },
        }
    }

    /// Makes a decision durable: state, events, mail and stored answer
    /// together.
    pub(crate) async fn commit(
        &self,
        decision: Decision,
        expected: Option<i64>,
        idempotency: Option<IdempotencyWrite>,
    ) -> Result<(), CommitError> {
        self.commit_with(decision, expected, idempotency, Vec::new())
            .await
    }

    /// Makes a decision durable together with the records that change with it.
    pub(crate) async fn commit_with(
        &self,
        decision: Decision,
        expected: Option<i64>,
        idempotency: Option<IdempotencyWrite>,
        records: Vec<RecordWrite>,
    ) -> Result<(), CommitError> {
        self.commit_claiming(decision, expected, idempotency, records, Vec::new())
            .await
    }

    /// Makes a decision durable, with claims on records that its maker goes on
    /// with.
    pub(crate) async fn commit_claiming(
        &self,
        decision: Decision,
        expected: Option<i64>,
        idempotency: Option<IdempotencyWrite>,
        records: Vec<RecordWrite>,
        claims: Vec<Job>,
    ) -> Result<(), CommitError> {
        let mut commit = self
            .commit_of_decision(decision, expected)
            .await
            .map_err(|e| CommitError::Store(StoreError(e.to_string())))?;
        commit.records.extend(records);
        commit.claims = claims;
        commit.idempotency = idempotency;
        self.make_durable(commit).await
    }

    pub(crate) async fn mails_of(
        &self,
        intent: &PaymentIntent,
        receipts: &[String],
    ) -> Result<Vec<Mail>, Failure> {
        if receipts.is_empty() {
            return Ok(Vec::new());
        }
        let account = self.account(&intent.scope.account).await?;
        let receipt = self.0.parts.receipts.write(&account, intent);
        let mail = |to: &String| {
            self.with_facts(&intent.scope, |facts| Mail {
                id: MailId::mint(intent.scope.environment, facts),
                scope: intent.scope.clone(),
                to: to.clone(),
                subject: receipt.subject.clone(),
                text: receipt.text.clone(),
                html: receipt.html.clone(),
                created_at: facts.now,
                due_at: self.0.parts.mailer.is_some().then_some(facts.now),
                refusals: 0,
                sent_at: None,
            })
        };
        Ok(receipts.iter().map(mail).collect())
    }
}
