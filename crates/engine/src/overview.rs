//! What an operator looks at: attempts whose outcome nobody knows yet, and how
//! much is still to be done.

use tatami_core::account::{AnyScope, Scope};
use tatami_core::id::{AttemptId, MailId, PaymentIntentId, SetupIntentId, TerminalSessionId};
use tatami_core::payment_intent::{Operation, PaymentIntent, SETTLE_AFTER};
use tatami_core::problem::Refusal;
use tatami_core::setup_intent::SetupIntent;
use tatami_core::terminal_session::Session;
use tatami_core::time::{SignedDuration, Timestamp};

use crate::ports::documents::{Aggregate, Document, DocumentKind, DocumentQuery, ValueRange};
use crate::ports::mail::{Mail, PAYMENT};
use crate::ports::store::{Backlog, Stored};
use crate::{Engine, Failure};

/// Due documents that are counted one by one.
const COUNTED_DUE: usize = 1000;
/// Records that are looked through for open attempts.
const LOOKED_THROUGH: usize = 10_000;
/// How far ahead of now they may be due: as far as those with an open attempt
/// are, and what the clocks of two programs on one database may differ by.
const LOOK_AHEAD: SignedDuration = SETTLE_AFTER.saturating_add(SignedDuration::from_secs(5));

/// What an attempt was opened on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptOn {
    /// A payment intent, and what was asked for it.
    PaymentIntent(PaymentIntentId, Operation),
    /// A setup intent: its card is verified.
    SetupIntent(SetupIntentId),
    /// A session of a card machine: a refund without a payment intent.
    TerminalSession(TerminalSessionId),
}

impl AttemptOn {
    /// Its id, whose prefix says what it is.
    pub fn id(&self) -> &str {
        match self {
            Self::PaymentIntent(id, _) => id.as_str(),
            Self::SetupIntent(id) => id.as_str(),
            Self::TerminalSession(id) => id.as_str(),
        }
    }

    /// What was asked, as one word.
    pub const fn operation(&self) -> &'static str {
        match self {
            Self::PaymentIntent(_, operation) => operation.name(),
            Self::SetupIntent(_) => "verify",
            Self::TerminalSession(_) => "unlinked-refund",
        }
    }
}

/// An attempt that is open: the acquirer was or may have been called, and what
/// it did is not written yet.
#[derive(Clone, Debug)]
pub struct OpenAttempt {
    pub scope: Scope,
    /// What it was opened on.
    pub on: AttemptOn,
    /// The reference that the acquirer was given.
    pub reference: AttemptId,
    /// When it was opened (account time).
    pub started_at: Timestamp,
    /// For how long it has been open.
    pub age: SignedDuration,
}

impl OpenAttempt {
    /// Whether it has been open for longer than an answer may take, so that the
    /// acquirer is being asked what became of it.
    pub fn is_unknown(&self) -> bool {
        self.age > SETTLE_AFTER
    }
}

/// What is still to be done.
#[derive(Clone, Debug, Default)]
pub struct Outstanding {
    /// Documents that are due and not done yet; counted up to a thousand.
    pub due: usize,
    /// Deliveries that are neither delivered nor given up.
    pub deliveries: u64,
    /// How long ago the oldest of their events happened.
    pub oldest_delivery: SignedDuration,
    /// Mails that are not sent.
    pub mails: u64,
    /// How long ago the oldest of them was written.
    pub oldest_mail: SignedDuration,
    /// Jobs that failed for the last time.
    pub failed_jobs: u64,
    /// Open attempts.
    pub attempts: usize,
    /// How long the oldest of them has been open.
    pub oldest_attempt: SignedDuration,
}

/// What operators look at.
#[derive(Clone, Copy)]
pub struct Overview<'a>(pub(crate) &'a Engine);

impl Engine {
    pub fn overview(&self) -> Overview<'_> {
        Overview(self)
    }
}

impl Overview<'_> {
    /// The attempts that are open at this moment, oldest first.
    pub async fn open_attempts(self) -> Result<Vec<OpenAttempt>, Failure> {
        let mut open = self.open_on_records().await?;
        open.sort_by_key(|attempt| std::cmp::Reverse(attempt.age));
        Ok(open)
    }

    /// What is due, or is so soon that it may have an open attempt: whatever has
    /// one is due within [`SETTLE_AFTER`]. What is overdue comes first, so that
    /// behind a longer backlog than is looked through some may be missed until
    /// it is done.
    pub(crate) async fn due_soon(self) -> Result<Vec<Stored<Document>>, Failure> {
        let until = self.0.parts.clocks.machine() + LOOK_AHEAD;
        let soon = self.0.store().due_documents(until, None, LOOKED_THROUGH);
        let soon = soon.await?;
        if soon.len() == LOOKED_THROUGH {
            tracing::warn!(
                documents = LOOKED_THROUGH,
                "more is due than is looked through for open attempts"
            );
        }
        Ok(soon)
    }

    async fn open_on_records(self) -> Result<Vec<OpenAttempt>, Failure> {
        let soon = self.due_soon().await?;
        let mut open = Vec::new();
        for record in soon {
            match record.value.kind {
                DocumentKind::PaymentIntent => {
                    let intent = record.value.read::<PaymentIntent>()?;
                    if let Some(attempt) = &intent.attempt {
                        let operation = attempt.kind.operation();
                        let on = AttemptOn::PaymentIntent(intent.id.clone(), operation);
                        open.push(self.as_open(&intent.scope, on, &attempt.id, attempt.started_at));
                    }
                }
                DocumentKind::SetupIntent => {
                    let intent = record.value.read::<SetupIntent>()?;
                    if let Some(attempt) = &intent.attempt {
                        let on = AttemptOn::SetupIntent(intent.id.clone());
                        open.push(self.as_open(&intent.scope, on, &attempt.id, attempt.started_at));
                    }
                }
                DocumentKind::TerminalSession => {
                    let session = record.value.read::<Session>()?;
                    if let Some((reference, asked_at)) = session.open_call() {
                        let on = AttemptOn::TerminalSession(session.story.id.clone());
                        open.push(self.as_open(&session.scope, on, reference, asked_at));
                    }
                }
                _ => {}
            }
        }
        Ok(open)
    }

    fn as_open(
        self,
        scope: &Scope,
        on: AttemptOn,
        reference: &AttemptId,
        started_at: Timestamp,
    ) -> OpenAttempt {
        OpenAttempt {
            scope: scope.clone(),
            on,
            reference: reference.clone(),
            started_at,
            age: self.0.now(scope).duration_since(started_at),
        }
    }

    /// How many payments and cards on file of a scope something happens to by itself
    /// within a time, counted up to a thousand, and when the first of it is due (account
    /// time).
    ///
    /// # Errors
    /// If storage fails.
    pub async fn due_within(
        self,
        scope: &Scope,
        time: SignedDuration,
    ) -> Result<(usize, Option<Timestamp>), Failure> {
        let until = self.0.parts.clocks.machine() + time;
        let due = self
            .0
            .store()
            .due_documents(until, Some(scope), COUNTED_DUE);
        let due = due.await?;
        let is_counted = |document: &&Stored<Document>| {
            let kind = document.value.kind;
            matches!(
                kind,
                DocumentKind::PaymentIntent | DocumentKind::SetupIntent
            )
        };
        let counted = due.iter().filter(is_counted);
        let first = counted.clone().find_map(|document| document.value.due_at);
        Ok((counted.count(), first))
    }

    /// How much is still to be done.
    pub async fn outstanding(self) -> Result<Outstanding, Failure> {
        let Backlog {
            deliveries,
            oldest_delivery,
            mails,
            oldest_mail,
            failed_jobs,
        } = self.0.store().backlog().await?;
        let machine = self.0.parts.clocks.machine();
        let due = self.0.store().due_documents(machine, None, COUNTED_DUE);
        let due = due.await?.len();
        let attempts = self.open_attempts().await?;
        let age = |at: Option<(AnyScope, Timestamp)>| {
            at.map_or(SignedDuration::ZERO, |(scope, at)| {
                self.0.now_in(&scope).duration_since(at)
            })
        };
        Ok(Outstanding {
            due,
            deliveries,
            oldest_delivery: age(oldest_delivery),
            mails,
            oldest_mail: age(oldest_mail),
            failed_jobs,
            attempts: attempts.len(),
            oldest_attempt: attempts.first().map_or(SignedDuration::ZERO, |a| a.age),
        })
    }

    /// A mail of a scope.
    ///
    /// # Errors
    /// If there is none of that id in the scope, or storage fails.
    pub async fn mail(self, scope: &Scope, id: &MailId) -> Result<Mail, Failure> {
        let found = self.0.find::<Mail>(Some(scope), id.as_str()).await?;
        Ok(found.ok_or(Refusal::NotFound("mail"))?.value)
    }

    /// The mails about a payment, the latest first, at most so many.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn mails_about(
        self,
        scope: &Scope,
        id: &PaymentIntentId,
        limit: usize,
    ) -> Result<Vec<Mail>, Failure> {
        let query = DocumentQuery {
            value: Some(ValueRange::exactly(PAYMENT, id.as_str())),
            limit,
            ..DocumentQuery::default()
        };
        let scope = AnyScope::from(scope);
        let page = self.0.store().documents(Mail::KIND, &scope, query).await?;
        let mails = page.documents.into_iter().map(|r| r.value.read());
        Ok(mails.collect::<Result<_, _>>()?)
    }

    /// The latest mails of a scope.
    pub async fn mails(
        self,
        scope: impl Into<AnyScope>,
        limit: usize,
    ) -> Result<Vec<Mail>, Failure> {
        let query = DocumentQuery {
            limit,
            ..DocumentQuery::default()
        };
        let page = self
            .0
            .store()
            .documents(Mail::KIND, &scope.into(), query)
            .await?;
        let mails = page.documents.into_iter().map(|r| r.value.read());
        Ok(mails.collect::<Result<_, _>>()?)
    }
}
