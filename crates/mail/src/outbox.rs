//! The little of storage that sending mail needs.

use std::sync::Arc;

use async_trait::async_trait;
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_engine::ports::mail::Mail;
use tatami_engine::ports::store::{Store, StoreError};

/// Where mail waits.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Claims mails that wait, as [`Store::claim_mails`].
    ///
    /// # Errors
    /// If storage fails.
    async fn claim(
        &self,
        now: Timestamp,
        lease: SignedDuration,
        limit: usize,
    ) -> Result<Vec<Mail>, StoreError>;

    /// Marks a mail as sent, as [`Store::mail_sent`].
    ///
    /// # Errors
    /// If storage fails; the mail is then sent again.
    async fn sent(&self, mail: &Mail, at: Timestamp) -> Result<(), StoreError>;

    /// Gives a mail up, as [`Store::mail_failed`].
    ///
    /// # Errors
    /// If storage fails; the mail is then tried again.
    async fn failed(&self, mail: &Mail, error: &str) -> Result<(), StoreError>;
}

#[async_trait]
impl Outbox for Arc<dyn Store> {
    async fn claim(
        &self,
        now: Timestamp,
        lease: SignedDuration,
        limit: usize,
    ) -> Result<Vec<Mail>, StoreError> {
        self.claim_mails(now, lease, limit).await
    }

    async fn sent(&self, mail: &Mail, at: Timestamp) -> Result<(), StoreError> {
        self.mail_sent(mail, at).await
    }

    async fn failed(&self, mail: &Mail, error: &str) -> Result<(), StoreError> {
        self.mail_failed(mail, error).await
    }
}
