//! The acquirer's side of the port: requests in, answers out.

use std::sync::Arc;

use async_trait::async_trait;
use tatami_core::Entropy;
use tatami_core::account::Scope;
use tatami_core::id::AttemptId;
use tatami_core::payment_intent::{Decline, DeclineReason};
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_engine::ports::acquirer::{
    Acquirer, AcquirerAnswer, Authorize, CardRefund, ChallengeAnswer, FollowUp, Resolution, Verify,
};
use tatami_engine::ports::connector_state::ConnectorState;
use tatami_engine::ports::outside::CallError;

use crate::authorize::{Heard, Presented, authorize};
use crate::books::authorizations::Authorization;
use crate::books::entries::{Answer, Operation};
use crate::books::{About, BookEntry, BookedAuthorization, Books, BooksError};
use crate::faults::Fault;
use crate::in_person::{self, ToCard};
use crate::time::AccountTime;
use crate::{follow_up, three_ds};

/// The name that its state is kept under.
pub const STATE: &str = "sandbox-acquirer";

/// Where payers are sent for a challenge, on this installation.
pub const ACS_URL: &str = "/three-ds/acs";

/// How long slow cards take, in account time.
const SLOW_ANSWER: SignedDuration = SignedDuration::from_secs(5);

pub struct SandboxAcquirer {
    books: Books,
    time: Arc<dyn AccountTime>,
}

impl SandboxAcquirer {
    /// An acquirer with its books in that state, and ids and codes from `entropy`.
    pub fn new(
        state: Arc<dyn ConnectorState>,
        time: Arc<dyn AccountTime>,
        entropy: Box<dyn Entropy>,
    ) -> Self {
        let books = Books::new(state, entropy);
        Self { books, time }
    }

    /// What the acquirer was asked for a scope, oldest first: at most so many after a
    /// reference.
    pub async fn books(
        &self,
        scope: &Scope,
        after: Option<&AttemptId>,
        limit: usize,
    ) -> Result<Vec<BookEntry>, BooksError> {
        let entries = self.books.entries(scope, after, limit).await?;
        Ok(entries.into_iter().map(BookEntry::from).collect())
    }

    /// The scope's approved authorizations among so many entries, oldest first, and
    /// where their money is.
    pub async fn authorizations(
        &self,
        scope: &Scope,
        limit: usize,
    ) -> Result<Vec<BookedAuthorization>, BooksError> {
        let entries = self.books.entries(scope, None, limit).await?;
        let opened = entries.iter().filter_map(Authorization::of);
        Ok(opened.map(BookedAuthorization::from).collect())
    }

    /// Sets what happens to the next payment of a scope, whatever its card; with none it
    /// does what its card says.
    pub async fn plan(&self, scope: &Scope, fault: Option<Fault>) -> Result<(), BooksError> {
        let about = About::Fault(scope);
        self.books
            .ask(about, |desk| desk.ledger.set_fault(fault))
            .await
    }

    /// What is set for the next payment of a scope.
    pub async fn planned(&self, scope: &Scope) -> Result<Option<Fault>, BooksError> {
        let about = About::Fault(scope);
        self.books.ask(about, |desk| desk.ledger.fault()).await
    }

    /// Asks the books about the challenge that a browser names.
    pub(crate) async fn challenged<T>(
        &self,
        payload: &str,
        rule: impl Fn(&mut crate::books::Desk<'_>) -> T,
    ) -> Result<T, BooksError> {
        self.books.ask(About::Challenge(payload), rule).await
    }

    async fn present(&self, presented: Presented) -> Result<AcquirerAnswer, CallError> {
        let about = presented.about();
        let heard = self.books.ask(about, |desk| authorize(desk, &presented));
        self.said(heard.await?, &presented.scope, presented.at)
            .await
    }

    async fn said(
        &self,
        heard: Heard,
        scope: &Scope,
        at: Timestamp,
    ) -> Result<AcquirerAnswer, CallError> {
        match heard {
            Heard::Now(answer) => Ok(answer.said()),
            Heard::Later(answer) => {
                self.time.until(scope, at + SLOW_ANSWER).await;
                Ok(answer.said())
            }
            Heard::Never => Err(CallError::NoAnswer(
                "the line to the acquirer went dead".to_owned(),
            )),
        }
    }

    async fn follow(
        &self,
        operation: Operation,
        request: FollowUp,
    ) -> Result<AcquirerAnswer, CallError> {
        let at = self.time.now(&request.scope);
        let follows = Some(&request.authorization);
        let about = About::new(&request.scope, &request.reference, follows);
        let heard = self.books.ask(about, |desk| {
            follow_up::follow_up(desk, operation, &request, at)
        });
        self.said(heard.await?, &request.scope, at).await
    }
}

impl From<BooksError> for CallError {
    fn from(error: BooksError) -> Self {
        Self::NoAnswer(error.to_string())
    }
}

#[async_trait]
impl Acquirer for SandboxAcquirer {
    async fn authorize(&self, request: Authorize) -> Result<AcquirerAnswer, CallError> {
        let now = self.time.now(&request.scope);
        self.present(Presented::payment(request, now)).await
    }

    async fn verify(&self, request: Verify) -> Result<AcquirerAnswer, CallError> {
        let now = self.time.now(&request.scope);
        self.present(Presented::card(request, now)).await
    }

    async fn complete(
        &self,
        scope: &Scope,
        reference: &AttemptId,
        proof: &str,
    ) -> Result<AcquirerAnswer, CallError> {
        let at = self.time.now(scope);
        let answer = self.books.ask(About::known(scope, reference), |desk| {
            three_ds::complete(desk, scope, reference, proof, at)
        });
        Ok(answer.await?.said())
    }

    async fn increment(&self, request: FollowUp) -> Result<AcquirerAnswer, CallError> {
        self.follow(Operation::Increment, request).await
    }

    async fn capture(&self, request: FollowUp) -> Result<AcquirerAnswer, CallError> {
        self.follow(Operation::Capture, request).await
    }

    async fn refund(&self, request: FollowUp) -> Result<AcquirerAnswer, CallError> {
        self.follow(Operation::Refund, request).await
    }

    async fn refund_card(&self, request: CardRefund) -> Result<AcquirerAnswer, CallError> {
        let now = self.time.now(&request.scope);
        let presented = ToCard::new(request, now);
        let request = &presented.request;
        let follows = request.authorization.as_ref();
        let about = About::new(&request.scope, &request.reference, follows);
        let heard = self
            .books
            .ask(about, |desk| in_person::refund(desk, &presented));
        self.said(heard.await?, &request.scope, now).await
    }

    async fn reverse(&self, request: FollowUp) -> Result<AcquirerAnswer, CallError> {
        self.follow(Operation::Reverse, request).await
    }

    async fn release(&self, request: FollowUp) -> Result<AcquirerAnswer, CallError> {
        self.follow(Operation::Release, request).await
    }

    async fn resolve(&self, scope: &Scope, reference: &AttemptId) -> Result<Resolution, CallError> {
        let at = self.time.now(scope);
        let answer = self.books.ask(About::known(scope, reference), |desk| {
            follow_up::resolve(desk, scope, reference, at)
        });
        Ok(answer.await?.resolution())
    }
}

impl Answer {
    /// What is said to whoever sends the reference.
    pub(crate) fn said(self) -> AcquirerAnswer {
        match self {
            Self::Approved(approval) => AcquirerAnswer::Approved(approval),
            Self::Declined(decline) => AcquirerAnswer::Declined(decline),
            Self::Challenge {
                transaction_id,
                payload,
            } => AcquirerAnswer::Challenge(ChallengeAnswer {
                transaction_id,
                acs_url: ACS_URL.to_owned(),
                payload,
            }),
            Self::Void { transaction_id } => AcquirerAnswer::Declined(Decline {
                reason: DeclineReason::DoNotHonour,
                message: "The reference was made void".to_owned(),
                transaction_id,
            }),
        }
    }

    /// What is said to whoever asks what became of the reference.
    pub(crate) fn resolution(self) -> Resolution {
        match self {
            Self::Void { .. } => Resolution::Voided,
            answer => Resolution::Answered(answer.said()),
        }
    }
}
