//! Who calls, and why a call failed.

use tatami_core::account::{Permission, Scope};
use tatami_core::payment_intent::RequestRef;
use tatami_core::problem::Refusal;

use crate::ports::store::StoreError;

/// An authenticated request, as far as the use cases care.
#[derive(Clone, Debug)]
pub struct Call {
    /// What its key opens.
    pub scope: Scope,
    /// The published API version that its answer is written in.
    pub version: &'static str,
    /// Its idempotency key with the digest of the request, if it has one.
    pub idempotency: Option<(String, String)>,
}

impl Call {
    pub(crate) fn request(&self) -> Option<RequestRef> {
        self.idempotency
            .as_ref()
            .map(|(key, fingerprint)| RequestRef {
                key: key.clone(),
                fingerprint: fingerprint.clone(),
                version: self.version.to_owned(),
            })
    }
}

/// Why a use case did not do what was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Failure {
    /// A rule refused it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A request with the same idempotency key is still running.
    #[error("a request with this idempotency key is still running")]
    StillRunning,
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The account was not given this permission.
    #[error("the account does not have the permission '{}'", .0.word())]
    NotPermitted(Permission),
    /// No acquirer is configured for this environment.
    #[error("no acquirer is configured for this environment")]
    NoAcquirer,
    /// Too many calls to the acquirer are under way; nothing was done.
    #[error("too many calls to the acquirer are under way")]
    Busy,
    /// The client session secret is not ours, or of a session that is over,
    /// used or replaced.
    #[error("the client session secret is not valid")]
    BadSession,
    /// The secret does not open this customer, or no longer.
    #[error("the customer's secret is not valid")]
    BadCustomerSecret,
    /// Storage or another part of the installation failed; details are logged.
    #[error("{0}")]
    Unavailable(String),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.to_string())
    }
}
