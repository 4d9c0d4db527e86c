//! What people did. Entries are only ever added.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::account::Scope;
use crate::id::{AuditId, CompanyId, UserId};
use crate::time::Timestamp;

/// An action of a user.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    pub id: AuditId,
    pub company: CompanyId,
    /// None if it was done on the command line.
    pub user: Option<UserId>,
    /// The e-mail address of that user at that time, or what else did it.
    pub by: String,
    /// What was done, such as `user.invite`.
    pub action: String,
    /// What it was done to: an id or an address.
    pub subject: String,
    /// The location and environment, if it is about one.
    pub scope: Option<Scope>,
    /// From where it was done.
    pub address: String,
    pub old: Option<Value>,
    pub new: Option<Value>,
    pub at: Timestamp,
}
