//! What the operations on a payment intent share: load, decide, commit; with an open
//! attempt, call the acquirer and commit what it said.

use std::sync::Arc;

use tatami_core::Facts;
use tatami_core::account::AnyScope;
use tatami_core::id::{MailId, PaymentIntentId};
use tatami_core::payment_intent::{Decision, PaymentIntent};
use tatami_core::problem::Refusal;

use super::attempts::Means;
use super::{NO_INTENT, PaymentIntents};
use crate::command::{Decided, Opened, Ran, answered};
use crate::ports::answers::{Answer, Done};
use crate::ports::documents::DocumentWrite;
use crate::ports::mail::Mail;
use crate::ports::store::{Commit, Stored};
use crate::{Call, Engine, Failure};

/// What a rule is to an operation: state and facts to a decision.
pub(super) trait Rule:
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
pub(super) enum Says {
    Intent,
    IntentWithSecret,
    ReceiptSent,
}

impl PaymentIntents<'_> {
    /// Load, decide, commit; with an open attempt, call the acquirer and commit
    /// what it said. The work goes on if the caller hangs up: an operation that
    /// has begun is finished.
    pub(super) async fn operate(
        self,
        call: &Call,
        id: &PaymentIntentId,
        says: Says,
        rule: impl Rule + 'static,
    ) -> Result<Answer, Failure> {
        let (call, id) = (call.clone(), id.clone());
        self.0
            .to_the_end(move |engine| async move {
                engine
                    .payment_intents()
                    .operate_now(&call, &id, says, rule)
                    .await
            })
            .await
    }

    async fn operate_now(
        self,
        call: &Call,
        id: &PaymentIntentId,
        says: Says,
        rule: impl Rule,
    ) -> Result<Answer, Failure> {
        let ran = self.0.command(Some(call), Some(id.as_str()), || async {
            let stored = self.find(&call.scope, id).await?;
            let Stored { value, version } = stored.ok_or(NO_INTENT)?;
            let decision = self
                .0
                .with_facts(&call.scope, |facts| rule(&value, facts))?;
            let intent = Arc::clone(&decision.intent);
            let commit = self.commit_of(decision, Some(version)).await?;
            if intent.attempt.is_some() {
                self.0.may_call(&call.scope)?;
                let version = version + 1;
                let opened = Next::Call(Opened { intent, version });
                return Ok(Decided::opening(call, commit, opened));
            }
            let done = self.said(&intent, says);
            let answered = answered(self.0, call, commit, &done).await?;
            Ok(answered.map(Next::Answer))
        });
        match ran.await? {
            Ran::Before(answer) | Ran::Now(Next::Answer(answer), _) => Ok(answer),
            Ran::Now(Next::Call(Opened { intent, version }), held) => {
                // Few operations call the acquirer, and it takes much room.
                Box::pin(self.0.attempts().attempt(
                    &held,
                    intent,
                    version,
                    Means::None,
                    call.version,
                ))
                .await
            }
        }
    }

    pub(super) fn said(self, intent: &Arc<PaymentIntent>, says: Says) -> Done {
        match says {
            Says::ReceiptSent => Done::ReceiptSent,
            Says::Intent | Says::IntentWithSecret => Done::Intent {
                customer_secret: self.0.customers().secret_of(intent),
                sessions: self.0.sessions(),
                intent: Arc::clone(intent),
                show_secret: matches!(says, Says::IntentWithSecret),
            },
        }
    }

    /// A commit of what was decided about a payment intent, with what happened and
    /// the receipts that are owed.
    pub(crate) async fn commit_of(
        self,
        decision: Decision,
        expected: Option<i64>,
    ) -> Result<Commit, Failure> {
        let Decision {
            intent,
            events,
            receipts,
        } = decision;
        let mut documents = vec![DocumentWrite::put(&*intent, expected)?];
        if intent.at_table {
            // Few are, and it takes much room.
            documents.extend(Box::pin(self.0.tables().parts().part_after(&intent)).await?);
        }
        for mail in mails_of(self.0, &intent, &receipts).await? {
            documents.push(DocumentWrite::put(&mail, None)?);
        }
        Ok(Commit {
            events,
            ..self.0.commit_of(&intent.scope, documents)
        })
    }
}

async fn mails_of(
    engine: &Engine,
    intent: &PaymentIntent,
    receipts: &[String],
) -> Result<Vec<Mail>, Failure> {
    if receipts.is_empty() {
        return Ok(Vec::new());
    }
    let account = engine.account(&intent.scope.account).await?;
    let receipt = engine.parts.receipts.write(&account, intent);
    let mail = |to: &String| {
        engine.with_facts(&intent.scope, |facts| Mail {
            id: MailId::mint(intent.scope.environment, facts),
            scope: AnyScope::from(&intent.scope),
            to: to.clone(),
            subject: receipt.subject.clone(),
            text: receipt.text.clone(),
            html: receipt.html.clone(),
            created_at: facts.now,
            due_at: engine.parts.mailer.is_some().then_some(facts.now),
            refusals: 0,
            sent_at: None,
            payment: Some(intent.id.clone()),
        })
    };
    Ok(receipts.iter().map(mail).collect())
}
