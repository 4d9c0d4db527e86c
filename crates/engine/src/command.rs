//! The way of every use case that changes something: answer again what was carried
//! out before, lock, load, decide, commit, and decide anew when another was first.
//!
//! A use case says how to load, what the rule is and what to answer. What it decided
//! is one [`Commit`]; if that opens a call to the outside, the caller goes on with the
//! lock still held.

use std::sync::{Arc, Mutex, PoisonError};

use tatami_core::account::{AnyScope, Scope};
use tatami_core::id::AccountId;
use tatami_core::payment_intent::PaymentIntent;
use tatami_core::problem::Refusal;
use tracing::Instrument;

use crate::idempotency::claim;
use crate::locks::Held;
use crate::people::{Carried, noted};
use crate::ports::answers::{Answer, Done};
use crate::ports::documents::{Aggregate, DocumentQuery, DocumentWrite};
use crate::ports::store::{Commit, CommitError, Stored};
use crate::request_log::concerns;
use crate::{Call, Engine, Failure, Shared};

/// How often a change is decided before it is given up because others were first.
const MAX_TRIES: usize = 8;
/// Documents that are read together.
const PAGE: usize = 500;

/// What a use case decided.
pub(crate) struct Decided<T> {
    commit: Option<Commit>,
    /// What it is refused with if another document has a value that only one may have.
    /// Without it, the change is decided again, which finds the other.
    taken: Option<&'static str>,
    result: T,
}

impl<T> Decided<T> {
    /// Nothing changes.
    pub(crate) fn nothing(result: T) -> Self {
        Self {
            commit: None,
            taken: None,
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
        commit.idempotency = claim(call.request().as_ref());
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
        Self {
            taken: Some(taken),
            ..self
        }
    }
}

/// What came of a command.
pub(crate) enum Ran<T> {
    /// This very request was carried out before; its answer.
    Before(Answer),
    /// It was carried out now. What it changed is locked until `Held` is dropped.
    Now(T, Held),
}

impl<T> Ran<T> {
    /// Of what was carried out before, the trail has an entry.
    fn before(answer: Answer) -> Self {
        noted().forget();
        Self::Before(answer)
    }

    fn before_or(answer: Option<Answer>, failure: Failure) -> Result<Self, Failure> {
        answer.map(Self::before).ok_or(failure)
    }
}

/// A document as the caller read or wrote it a moment ago, for the first decision. For
/// later ones it is read again.
pub(crate) struct Known<T>(Mutex<Option<Stored<T>>>);

impl<T> Known<T> {
    pub(crate) fn new(value: T, version: i64) -> Self {
        Self::of(Some(Stored { value, version }))
    }

    pub(crate) fn of(known: Option<Stored<T>>) -> Self {
        Self(Mutex::new(known))
    }

    pub(crate) async fn or_read(
        &self,
        read: impl Future<Output = Result<Stored<T>, Failure>>,
    ) -> Result<Stored<T>, Failure> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        match known {
            Some(known) => Ok(known),
            None => read.await,
        }
    }
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
        if let Some(answer) = self.replay(call).await? {
            return Ok(Ran::before(answer));
        }
        let held = self.locks.hold_known(lock).await;
        for _ in 0..MAX_TRIES {
            let decided = match decide().await {
                Ok(decided) => decided,
                Err(refused @ Failure::Refused(_)) => {
                    return Ran::before_or(self.replay(call).await?, refused);
                }
                Err(failure) => return Err(failure),
            };
            let written = match decided.commit {
                Some(commit) => self.make_durable(commit).await,
                None => Ok(()),
            };
            match written {
                Ok(()) => return Ok(Ran::Now(decided.result, held)),
                Err(CommitError::KeyTaken) => {
                    return Ran::before_or(self.replay(call).await?, Failure::StillRunning);
                }
                Err(CommitError::ValueTaken) if let Some(taken) = decided.taken => {
                    let refusal = Refusal::Conflict(taken.to_owned());
                    return Ran::before_or(self.replay(call).await?, refusal.into());
                }
                Err(CommitError::Stale | CommitError::ValueTaken) => {}
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Err(Failure::Unavailable(
            "others change it too often".to_owned(),
        ))
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

    /// A command of nobody's request, or of one that has no idempotency key. Without a
    /// name to lock, the caller has locked what it is about.
    pub(crate) async fn change<'a, T, F>(
        &self,
        lock: impl Into<Option<&'a str>>,
        decide: impl Fn() -> F,
    ) -> Result<(T, Held), Failure>
    where
        F: Future<Output = Result<Decided<T>, Failure>>,
    {
        match self.command(None, lock.into(), decide).await? {
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
        let (noted, work) = (noted(), work(self.clone()));
        let work = async move { noted.carry(work).await };
        let work = tokio::spawn(work.in_current_span());
        work.await
            .unwrap_or_else(|e| Err(Failure::Unavailable(e.to_string())))
    }
}

/// The answer to what was done.
pub(crate) async fn answer(
    engine: &Engine,
    account: &AccountId,
    done: &Done,
    version: &str,
) -> Result<Answer, Failure> {
    let account = engine.account(account).await?;
    Ok(engine.parts.answers.write(&account, done, version))
}

/// A change with its answer, which its commit stores.
pub(crate) async fn answered(
    engine: &Engine,
    call: &Call,
    mut commit: Commit,
    done: &Done,
) -> Result<Decided<Answer>, Failure> {
    let answer = answer(engine, &call.scope.account, done, call.version).await?;
    commit.idempotency = engine.store_answer(call, &answer);
    Ok(Decided::change(commit, answer))
}

/// Writes the audit entry that the current request has noted, before a change that is not
/// a commit.
pub(crate) async fn write_noted(engine: &Engine) -> Result<(), Failure> {
    engine.people().write_noted(&noted()).await
}

impl Shared {
    /// An aggregate of a scope; without one, of any.
    pub(crate) async fn find<T: Aggregate>(
        &self,
        scope: Option<&Scope>,
        id: &str,
    ) -> Result<Option<Stored<T>>, Failure> {
        let scope = scope.map(AnyScope::from);
        let found = self.store().document(T::KIND, scope.as_ref(), id).await?;
        let found: Option<Stored<T>> = found.map(|record| record.read()).transpose()?;
        if let Some(found) = &found {
            concerns(&found.value);
        }
        Ok(found)
    }

    /// All aggregates of a scope that a query wants, newest first, however many pages
    /// they are.
    pub(crate) async fn all<T: Aggregate>(
        &self,
        scope: impl Into<AnyScope>,
        query: DocumentQuery,
    ) -> Result<Vec<Stored<T>>, Failure> {
        let scope = scope.into();
        let (mut all, mut after) = (Vec::new(), query.after.clone());
        loop {
            let query = DocumentQuery {
                after,
                limit: PAGE,
                ..query.clone()
            };
            let page = self.store().documents(T::KIND, &scope, query).await?;
            for record in &page.documents {
                all.push(record.read()?);
            }
            after = page.documents.last().map(|record| record.value.id.clone());
            if !page.more_after || after.is_none() {
                return Ok(all);
            }
        }
    }

    /// A commit of documents alone.
    pub(crate) fn commit_of(
        &self,
        scope: impl Into<AnyScope>,
        documents: Vec<DocumentWrite>,
    ) -> Commit {
        let scope = scope.into();
        Commit {
            at: self.now_in(&scope),
            scope,
            documents,
            claims: Vec::new(),
            events: Vec::new(),
            idempotency: None,
        }
    }

    /// The only way to storage for what was decided.
    pub(crate) async fn make_durable(&self, mut commit: Commit) -> Result<(), CommitError> {
        let carried = Carried::by(&mut commit.documents)?;
        let has_events = !commit.events.is_empty();
        let has_mail = commit.documents.iter().any(DocumentWrite::is_due_mail);
        let at = commit.at;
        let calls = commit.documents.iter().any(|d| d.is_due_at_table(at));
        let span = tracing::debug_span!("commit");
        self.store().commit(commit).instrument(span).await?;
        carried.done();
        if has_events {
            self.events_written.notify_one();
        }
        if has_mail {
            self.mail_written.notify_one();
        }
        if calls {
            self.call_due.notify_one();
        }
        Ok(())
    }

    /// Makes a change durable that is void if another was first: that one saw to
    /// what was due. Whether it was made.
    pub(crate) async fn make_durable_if_current(&self, commit: Commit) -> Result<bool, Failure> {
        match self.make_durable(commit).await {
            Ok(()) => Ok(true),
            Err(CommitError::Stale) => Ok(false),
            Err(error) => Err(Failure::Unavailable(error.to_string())),
        }
    }
}
