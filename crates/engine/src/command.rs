//! The way of every use case that changes something: answer again what was carried
//! out before, lock, load, decide, commit, and decide anew when another was first.
//!
//! A use case says how to load, what the rule is and what to answer. What it decided
//! is one [`Commit`]; if that opens a call to the outside, the caller goes on with the
//! lock still held.

use std::sync::Arc;

use tatami_core::account::{AnyScope, Scope};
use tatami_core::id::AccountId;
use tatami_core::payment_intent::{Decision, PaymentIntent};
use tatami_core::problem::Refusal;
use tracing::Instrument;

use crate::locks::Held;
use crate::ports::answers::{Answer, Done};
use crate::ports::records::RecordWrite;
use crate::ports::store::{Commit, CommitError};
use crate::{Call, Engine, Failure};

/// How often a change is decided before it is given up because others were first.
const MAX_TRIES: usize = 8;

/// What a use case decided.
pub(crate) struct Decided<T> {
    commit: Option<Commit>,
    taken: &'static str,
    result: T,
}

impl<T> Decided<T> {
    /// Nothing changes.
    pub(crate) fn nothing(result: T) -> Self {
        Self {
            commit: None,
            taken: "Another has the same value already.",
            result,
        }
    }

    pub(crate) fn change(commit: Commit, result: T) -> Self {
        Self {
            commit: Some(commit),
            ..Self::nothing(result)
        }
    }

    /// A change that opens a call to the outside: the commit claims the request's
    /// idempotency key, for the answer to what comes of the call.
    pub(crate) fn opening(call: &Call, mut commit: Commit, result: T) -> Self {
        commit.idempotency = Engine::claim(call.request().as_ref());
        Self::change(commit, result)
    }

    /// The same change with another result.
    pub(crate) fn map<U>(self, result: impl FnOnce(T) -> U) -> Decided<U> {
        Decided {
            commit: self.commit,
            taken: self.taken,
            result: result(self.result),
        }
    }

    /// What to refuse with if another document has a value that only one may have.
    pub(crate) fn unless_taken(self, taken: &'static str) -> Self {
        Self { taken, ..self }
    }
}

/// What came of a command.
pub(crate) enum Ran<T> {
    /// This very request was carried out before; its answer.
    Before(Answer),
    /// It was carried out now. What it changed is locked until `Held` is dropped.
    Now(T, Held),
}

/// A payment intent whose open attempt was committed, at its new version.
pub(crate) struct Opened {
    pub(crate) intent: Arc<PaymentIntent>,
    pub(crate) version: i64,
}

impl Engine {
    /// Runs a use case. `lock` names what no other request in this process changes
    /// meanwhile; between processes the documents' versions decide. A refusal never
    /// hides that this very request was carried out while it waited.
    ///
    /// # Errors
    /// What `decide` refuses, or [`Failure::Unavailable`] if others were first each
    /// time.
    pub(crate) async fn command<T, F>(
        &self,
        call: Option<&Call>,
        lock: Option<&str>,
        decide: impl Fn() -> F,
    ) -> Result<Ran<T>, Failure>
    where
        F: Future<Output = Result<Decided<T>, Failure>>,
    {
        if let Some(answer) = self.before(call).await? {
            return Ok(Ran::Before(answer));
        }
        let held = self.0.locks.hold_known(lock).await;
        for _ in 0..MAX_TRIES {
            let decided = match decide().await {
                Ok(decided) => decided,
                Err(refused @ Failure::Refused(_)) => return self.replayed(call, refused).await,
                Err(failure) => return Err(failure),
            };
            let written = match decided.commit {
                Some(commit) => self.make_durable(commit).await,
                None => Ok(()),
            };
            match written {
                Ok(()) => return Ok(Ran::Now(decided.result, held)),
                Err(CommitError::Stale) => {}
                Err(CommitError::KeyTaken) => {
                    return self.replayed(call, Failure::StillRunning).await;
                }
                Err(CommitError::ValueTaken) => {
                    let refusal = Refusal::Conflict(decided.taken.to_owned());
                    return self.replayed(call, refusal.into()).await;
                }
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Err(Failure::Unavailable(
            "others change it too often".to_owned(),
        ))
    }

    async fn before(&self, call: Option<&Call>) -> Result<Option<Answer>, Failure> {
        match call {
            Some(call) => self.replay(call).await,
            None => Ok(None),
        }
    }

    async fn replayed<T>(&self, call: Option<&Call>, failure: Failure) -> Result<Ran<T>, Failure> {
        let answer = self.before(call).await?;
        answer.map(Ran::Before).ok_or(failure)
    }

    /// A command whose answer is stored by its commit.
    pub(crate) async fn respond<F>(
        &self,
        call: &Call,
        lock: Option<&str>,
        decide: impl Fn() -> F,
    ) -> Result<Answer, Failure>
    where
        F: Future<Output = Result<Decided<Answer>, Failure>>,
    {
        match self.command(Some(call), lock, decide).await? {
            Ran::Before(answer) | Ran::Now(answer, _) => Ok(answer),
        }
    }

    /// A command of nobody's request, or of one that has no idempotency key.
    pub(crate) async fn change<T, F>(
        &self,
        lock: &str,
        decide: impl Fn() -> F,
    ) -> Result<(T, Held), Failure>
    where
        F: Future<Output = Result<Decided<T>, Failure>>,
    {
        match self.command(None, Some(lock), decide).await? {
            Ran::Now(result, held) => Ok((result, held)),
            // Only a request with a key is answered from storage.
            Ran::Before(_) => Err(Failure::StillRunning),
        }
    }

    /// Runs work to its end even if the caller goes away: whatever calls the outside.
    pub(crate) async fn to_the_end<T, F>(&self, work: impl FnOnce(Self) -> F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        let work = tokio::spawn(work(self.clone()).in_current_span());
        work.await
            .unwrap_or_else(|e| Err(Failure::Unavailable(e.to_string())))
    }

    /// What was done, as the caller is told.
    pub(crate) async fn answer(
        &self,
        account: &AccountId,
        done: &Done,
        version: &str,
    ) -> Result<Answer, Failure> {
        let account = self.account(account).await?;
        Ok(self.0.parts.answers.write(&account, done, version))
    }

    /// A change with its answer, which its commit stores.
    pub(crate) async fn answered(
        &self,
        call: &Call,
        mut commit: Commit,
        done: &Done,
    ) -> Result<Decided<Answer>, Failure> {
        let answer = self.answer(&call.scope.account, done, call.version).await?;
        commit.idempotency = self.store_answer(call, &answer);
        Ok(Decided::change(commit, answer))
    }

    /// A commit of documents alone.
    pub(crate) fn commit_of(&self, scope: &Scope, records: Vec<RecordWrite>) -> Commit {
        Commit {
            scope: AnyScope::from(scope),
            at: self.now(scope),
            records,
            claims: Vec::new(),
            events: Vec::new(),
            idempotency: None,
        }
    }

    /// A commit of what was decided about a payment intent, with what happened and
    /// the receipts that are owed.
    pub(crate) async fn commit_of_decision(
        &self,
        decision: Decision,
        expected: Option<i64>,
    ) -> Result<Commit, Failure> {
        let Decision {
            intent,
            events,
            receipts,
        } = decision;
        let mut records = vec![RecordWrite::put(&*intent, expected)?];
        for mail in self.mails_of(&intent, &receipts).await? {
            records.push(RecordWrite::put(&mail, None)?);
        }
        Ok(Commit {
            events,
            ..self.commit_of(&intent.scope, records)
        })
    }

    /// The only way to storage for what was decided.
    pub(crate) async fn make_durable(&self, commit: Commit) -> Result<(), CommitError> {
        let tells = !commit.events.is_empty();
        let sends = commit.records.iter().any(RecordWrite::is_due_mail);
        let span = tracing::debug_span!("commit");
        self.store().commit(commit).instrument(span).await?;
        if tells {
            self.0.told.notify_one();
        }
        if sends {
            self.0.mailed.notify_one();
        }
        Ok(())
    }
}
