//! Challenges whose payment is not concluded yet.

use serde::{Deserialize, Serialize};
use tatami_core::account::Scope;
use tatami_core::id::AttemptId;

use crate::cards::Outcome;

/// How many codes a payer may try.
pub(crate) const CODE_TRIES: u8 = 3;

/// How a challenge ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Ending {
    Passed,
    Refused,
    Cancelled,
    Failed,
    Abandoned,
}

/// A challenge.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Pending {
    /// What the payer's browser brings to the issuer's page.
    pub(crate) payload: String,
    pub(crate) scope: Scope,
    pub(crate) reference: AttemptId,
    /// What the issuer does once the holder has proved who they are.
    pub(crate) outcome: Outcome,
    pub(crate) funding: String,
    /// How it ends whatever the payer does.
    pub(crate) forced: Option<Ending>,
    pub(crate) tries_left: u8,
    /// How it ended, with the proof of it, once the payer has decided.
    pub(crate) ended: Option<(Ending, String)>,
}
