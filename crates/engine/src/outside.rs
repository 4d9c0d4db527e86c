//! The bracket around every call to the outside, whatever aggregate it is about:
//! record, claim, send, conclude, or leave it to settling.
//!
//! - **Record.** A commit puts the open call into its aggregate's document and makes
//!   the document due at the moment when somebody asks what became of the call.
//! - **Claim.** A call is sent once, by the one node whose commit claimed it. Most
//!   calls are sent by the node that recorded them, as soon as they are: for them,
//!   that commit is the claim. A card machine's call is sent later, by whichever node
//!   finds it due, so its claim is a commit of its own, with a lease. A call that is
//!   found open and claimed is never sent again; the outside is asked about it.
//! - **Send.** Counted, traced, bounded in number (see [`crate::Admission`]) and in time.
//! - **Conclude.** One commit closes the call, with all that follows from it.
//! - **Settle.** When the document comes due and the call is still open, the outside is
//!   asked what became of it, and that is concluded; or it is asked again later.
//!
//! A sender's wait is over before anybody else may look at its call: sending and
//! asking together take less than a claim lasts, and less than a document with an
//! open call takes to come due. Should a clock be moved or a node stand still
//! meanwhile, the outside decides: what it was asked about and had not seen by then is
//! void there.

use std::time::{Duration, Instant};

use tatami_core::account::Scope;
use tatami_core::payment_intent::{Outcome, SETTLE_AFTER};
use tatami_core::time::SignedDuration;
use tracing::Instrument;

use crate::ports::outside::CallError;
use crate::{Engine, Failure};

/// After that long a call counts as unanswered.
const SEND_TIMEOUT: Duration = Duration::from_secs(18);
/// How long the outside may take to say what became of a call.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(8);
/// How long a claim on a call lasts.
pub(crate) const CALL_LEASE: SignedDuration = SETTLE_AFTER;

const _: () = assert!(
    SEND_TIMEOUT.as_secs() + RESOLVE_TIMEOUT.as_secs() < CALL_LEASE.as_secs().unsigned_abs()
);

/// Who is called: the names of its figures.
#[derive(Debug)]
pub(crate) struct Outside {
    pub(crate) name: &'static str,
    pub(crate) calls: &'static str,
    pub(crate) seconds: &'static str,
}

/// The acquirers of all merchants.
pub(crate) const ACQUIRER: Outside = Outside {
    name: "acquirer",
    calls: "tatami_acquirer_calls_total",
    seconds: "tatami_acquirer_call_seconds",
};

/// The POS systems of all merchants.
pub(crate) const POS: Outside = Outside {
    name: "pos",
    calls: "tatami_pos_calls_total",
    seconds: "tatami_pos_call_seconds",
};

/// A call that stands in an aggregate's document.
pub(crate) struct OpenCall<'a> {
    pub(crate) outside: &'static Outside,
    pub(crate) scope: &'a Scope,
    pub(crate) reference: &'a str,
    pub(crate) operation: &'static str,
}

/// What comes of a call.
pub(crate) trait CallOutcome: Send {
    /// It never happened and never will.
    const NOT_DONE: Self;
    /// The word for it in figures.
    fn word(&self) -> &'static str;
}

impl CallOutcome for Outcome {
    const NOT_DONE: Self = Self::NotDone;

    fn word(&self) -> &'static str {
        match self {
            Self::Approved(_) => "approved",
            Self::Declined(_) => "declined",
            Self::Challenged(_) => "challenged",
            Self::NotDone => "voided",
        }
    }
}

/// An aggregate in whose document a call to the outside can be open.
pub(crate) trait HasCall: Sized + Send + Sync {
    /// What the call needs and no document keeps, such as the card.
    type Means: Send;
    type Outcome: CallOutcome;
    /// What there is once the call is concluded.
    type Concluded: Send;

    fn open_call(&self) -> Option<OpenCall<'_>>;

    /// Whether the sender asks about a call that was not answered; otherwise it is
    /// left to settling.
    fn resolves_at_once(&self) -> bool {
        true
    }

    fn send(
        &self,
        engine: &Engine,
        means: Self::Means,
    ) -> impl Future<Output = Result<Self::Outcome, CallError>> + Send;

    /// Asks what became of the call; if it was never seen it is void from then on.
    fn resolve(
        &self,
        engine: &Engine,
    ) -> impl Future<Output = Result<Self::Outcome, CallError>> + Send;

    /// Closes the call by one commit.
    fn conclude_call(
        self,
        engine: &Engine,
        version: i64,
        outcome: Self::Outcome,
    ) -> impl Future<Output = Result<Self::Concluded, StillOpen>> + Send;

    /// Makes the document due again: nobody knows yet.
    fn ask_call_later(
        self,
        engine: &Engine,
        version: i64,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Why a call stays open.
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

/// Sends a recorded call that the caller has claimed, and concludes it.
pub(crate) async fn carry_out<T: HasCall>(
    engine: &Engine,
    about: T,
    version: i64,
    means: T::Means,
) -> Result<T::Concluded, StillOpen> {
    let outcome = match send(engine, &about, means).await {
        Ok(outcome) => outcome,
        Err(CallError::Unreachable(_)) => T::Outcome::NOT_DONE,
        Err(CallError::NoAnswer(_)) if !about.resolves_at_once() => {
            return Err(StillOpen::Unknown);
        }
        Err(CallError::NoAnswer(_)) => {
            let resolved = resolve(engine, &about).await;
            resolved.ok_or(StillOpen::Unknown)?
        }
    };
    about.conclude_call(engine, version, outcome).await
}

/// Sends a recorded call that the caller has claimed.
pub(crate) async fn send<T: HasCall>(
    engine: &Engine,
    about: &T,
    means: T::Means,
) -> Result<T::Outcome, CallError> {
    let no_call = || CallError::Unreachable("no call is open".to_owned());
    let call = about.open_call().ok_or_else(no_call)?;
    let send = about.send(engine, means);
    make(engine, &call, T::Outcome::word, send).await
}

/// Makes a call: counted, traced, bounded in number and in time. `word` is what figures
/// have for its outcome. A call that changes something outside is recorded and claimed
/// before.
pub(crate) async fn make<A>(
    engine: &Engine,
    call: &OpenCall<'_>,
    word: impl FnOnce(&A) -> &'static str,
    work: impl Future<Output = Result<A, CallError>>,
) -> Result<A, CallError> {
    let answer = timed(engine, call, call.operation, SEND_TIMEOUT, work).await;
    let word = match &answer {
        Ok(outcome) => word(outcome),
        Err(CallError::Unreachable(_)) => "unreachable",
        Err(CallError::NoAnswer(_)) => "no_answer",
    };
    call.outside.count(call.operation, word);
    answer.inspect_err(|error| {
        let (outside, reference) = (call.outside.name, call.reference);
        tracing::warn!(outside, attempt.id = %reference, %error, "a call was not answered");
    })
}

/// Asks what became of an open call; `None` while nobody knows.
async fn resolve<T: HasCall>(engine: &Engine, about: &T) -> Option<T::Outcome> {
    const RESOLVE: &str = "resolve";
    let call = about.open_call()?;
    let resolve = about.resolve(engine);
    let answer = timed(engine, &call, RESOLVE, RESOLVE_TIMEOUT, resolve).await;
    let word = match &answer {
        Ok(outcome) if outcome.word() == T::Outcome::NOT_DONE.word() => "voided",
        Ok(_) => "answered",
        Err(_) => "no_answer",
    };
    call.outside.count(RESOLVE, word);
    let unknown = |error: &CallError| {
        let (outside, reference) = (call.outside.name, call.reference);
        tracing::warn!(outside, attempt.id = %reference, %error, "what became of a call is still unknown");
    };
    answer.inspect_err(unknown).ok()
}

async fn timed<A>(
    engine: &Engine,
    call: &OpenCall<'_>,
    operation: &'static str,
    timeout: Duration,
    work: impl Future<Output = Result<A, CallError>>,
) -> Result<A, CallError> {
    let _under_way = engine.admission().call(&call.scope.account);
    let started = Instant::now();
    let name = call.outside.name;
    let span = tracing::debug_span!("call", otel.name = name, otel.kind = "client", operation);
    let answer = tokio::time::timeout(timeout, work.instrument(span)).await;
    metrics::histogram!(call.outside.seconds, "operation" => operation).record(started.elapsed());
    answer.unwrap_or_else(|_| Err(CallError::NoAnswer("its time is over".to_owned())))
}

/// Finds out what became of a call that was left open, and concludes it. While
/// nobody knows, it is asked about again later.
pub(crate) async fn settle<T: HasCall>(
    engine: &Engine,
    about: T,
    version: i64,
) -> Result<(), Failure> {
    let Some(call) = about.open_call() else {
        return Ok(());
    };
    let (operation, reference) = (call.operation, call.reference.to_owned());
    let Some(outcome) = resolve(engine, &about).await else {
        return about.ask_call_later(engine, version).await;
    };
    match about.conclude_call(engine, version, outcome).await {
        Ok(_) => {
            tracing::info!(attempt.id = %reference, operation, "an open call is settled");
            Ok(())
        }
        // Another node concluded it first.
        Err(StillOpen::Unknown) => Ok(()),
        Err(StillOpen::Failed(failure)) => Err(failure),
    }
}

impl Outside {
    fn count(&self, operation: &'static str, outcome: &'static str) {
        metrics::counter!(self.calls, "operation" => operation, "outcome" => outcome).increment(1);
    }
}
