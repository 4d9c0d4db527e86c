//! The acquirer's counter: requests in, answers out.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use tatami_core::Entropy;
use tatami_core::account::Scope;
use tatami_core::id::AttemptId;
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_engine::ports::acquirer::{
    Acquirer, AcquirerAnswer, Authorize, CardRefund, FollowUp, Resolution, Verify,
};
use tatami_engine::ports::clock::SystemEntropy;
use tatami_engine::ports::outside::CallError;

use crate::authorize::{Heard, Presented, authorize};
use crate::books::entries::Operation;
use crate::books::{BookEntry, BookedAuthorization, Books, BooksError, Connector, OpenError};
use crate::in_person::{self, ToCard};
use crate::time::AccountTime;
use crate::{follow_up, three_ds};

/// How long slow cards take, in account time.
const SLOW_ANSWER: SignedDuration = SignedDuration::from_secs(5);

/// The sandbox acquirer.
pub struct SandboxAcquirer {
    books: Books,
    time: Arc<dyn AccountTime>,
}

impl SandboxAcquirer {
    /// Opens the acquirer's books, making them if they are not there.
    ///
    /// # Errors
    /// If the file cannot be opened or a newer program wrote it.
    pub fn open(path: &Path, time: Arc<dyn AccountTime>) -> Result<Self, OpenError> {
        Self::open_with(path, time, Box::new(SystemEntropy))
    }

    /// As [`SandboxAcquirer::open`], with ids and codes from `entropy`.
    ///
    /// # Errors
    /// As for [`SandboxAcquirer::open`].
    pub fn open_with(
        path: &Path,
        time: Arc<dyn AccountTime>,
        entropy: Box<dyn Entropy>,
    ) -> Result<Self, OpenError> {
        let books = Books::open(path, entropy)?;
        Ok(Self { books, time })
    }

    /// Opens books that several programs share.
    ///
    /// # Errors
    /// If the database fails or a newer program wrote them.
    pub async fn open_shared(
        connector: Arc<dyn Connector>,
        time: Arc<dyn AccountTime>,
    ) -> Result<Self, OpenError> {
        let books = Books::open_shared(connector, Box::new(SystemEntropy)).await?;
        Ok(Self { books, time })
    }

    /// Everything the acquirer was asked for a scope, oldest first.
    ///
    /// # Errors
    /// If the books fail.
    pub async fn books(&self, scope: &Scope) -> Result<Vec<BookEntry>, BooksError> {
        let scope = scope.clone();
        self.desk()
            .ask(move |desk| desk.ledger.entries(&scope))
            .await
            .map(|found| found.into_iter().map(BookEntry::from).collect())
    }

    /// The scope's approved authorizations and where their money is, oldest
    /// first.
    ///
    /// # Errors
    /// If the books fail.
    pub async fn authorizations(
        &self,
        scope: &Scope,
    ) -> Result<Vec<BookedAuthorization>, BooksError> {
        let scope = scope.clone();
        self.desk()
            .ask(move |desk| desk.ledger.authorizations(&scope))
            .await
            .map(|found| found.into_iter().map(BookedAuthorization::from).collect())
    }

    pub(crate) const fn desk(&self) -> &Books {
        &self.books
    }

    async fn present(&self, presented: Presented) -> Result<AcquirerAnswer, CallError> {
        let (scope, at) = (presented.scope.clone(), presented.at);
        let heard = self
            .books
            .ask(move |desk| authorize(desk, &presented))
            .await?;
        self.said(heard, &scope, at).await
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
        let scope = request.scope.clone();
        let at = self.time.now(&scope);
        let heard = self
            .books
            .ask(move |desk| follow_up::follow_up(desk, operation, &request, at))
            .await?;
        self.said(heard, &scope, at).await
    }
}

impl From<BooksError> for CallError {
    fn from(error: BooksError) -> Self {
        match error {
            BooksError::Closed => Self::Unreachable(error.to_string()),
            BooksError::Failed => Self::NoAnswer(error.to_string()),
        }
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
        let (scope, reference, proof) = (scope.clone(), reference.clone(), proof.to_owned());
        let answer = self
            .books
            .ask(move |desk| three_ds::complete(desk, &scope, &reference, &proof, at))
            .await?;
        Ok(answer.said())
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
        let scope = request.scope.clone();
        let now = self.time.now(&scope);
        let presented = ToCard::new(request, now);
        let heard = self
            .books
            .ask(move |desk| in_person::refund(desk, &presented))
            .await?;
        self.said(heard, &scope, now).await
    }

    async fn reverse(&self, request: FollowUp) -> Result<AcquirerAnswer, CallError> {
        self.follow(Operation::Reverse, request).await
    }

    async fn release(&self, request: FollowUp) -> Result<AcquirerAnswer, CallError> {
        self.follow(Operation::Release, request).await
    }

    async fn resolve(&self, scope: &Scope, reference: &AttemptId) -> Result<Resolution, CallError> {
        let at = self.time.now(scope);
        let (scope, reference) = (scope.clone(), reference.clone());
        let answer = self
            .books
            .ask(move |desk| follow_up::resolve(desk, &scope, &reference, at))
            .await?;
        Ok(answer.resolution())
    }
}
