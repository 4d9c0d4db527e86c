//! Approved authorizations and where their money is.

use serde::{Deserialize, Serialize};
use tatami_core::id::AttemptId;

use super::balance::Balance;
use super::entries::Entry;
use crate::cards::Outcome;

/// What an entry has more if it is an approved authorization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Opened {
    pub(crate) outcome: Outcome,
    pub(crate) auth_code: String,
    pub(crate) balance: Balance,
}

/// An approved authorization.
#[derive(Clone, Debug)]
pub(crate) struct Authorization {
    pub(crate) reference: AttemptId,
    pub(crate) card: String,
    pub(crate) opened: Opened,
}

impl Authorization {
    /// That of an entry, if it is one.
    pub(crate) fn of(entry: &Entry) -> Option<Self> {
        Some(Self {
            reference: entry.reference.clone(),
            card: entry.card.clone().unwrap_or_default(),
            opened: entry.opened.clone()?,
        })
    }
}

/// An authorization with its balance, for people and for comparing the
/// acquirer's record with ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BookedAuthorization {
    /// The reference of the authorization.
    pub reference: AttemptId,
    /// The masked card number.
    pub card: String,
    /// Where its money is.
    #[serde(flatten)]
    pub balance: Balance,
}

impl From<Authorization> for BookedAuthorization {
    fn from(authorization: Authorization) -> Self {
        Self {
            reference: authorization.reference,
            card: authorization.card,
            balance: authorization.opened.balance,
        }
    }
}
