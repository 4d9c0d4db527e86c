//! What every port to the outside has in common.

/// Why a call brought no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The request was never received: nothing happened.
    #[error("it could not be reached: {0}")]
    Unreachable(String),
    /// The request may have been carried out; only asking about it shows.
    #[error("it did not answer in time: {0}")]
    NoAnswer(String),
}
