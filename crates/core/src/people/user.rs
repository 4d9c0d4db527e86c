//! A user of the portal.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Access;
use crate::id::{CompanyId, UserId};
use crate::time::Timestamp;

/// A user who signs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: UserId,
    pub company: CompanyId,
    /// As it was given; [`normalized`], it is one user's alone.
    pub email: String,
    /// Empty until the invitation is accepted.
    pub name: String,
    pub access: Access,
    /// None before the invitation is accepted.
    pub password: Option<PasswordHash>,
    pub second_factor: Option<SecondFactor>,
    pub created_at: Timestamp,
}

impl User {
    /// Whether a second factor is asked for.
    pub fn has_second_factor(&self) -> bool {
        self.second_factor
            .as_ref()
            .is_some_and(|it| it.is_confirmed)
    }

    /// What to call them.
    pub fn called(&self) -> &str {
        if self.name.is_empty() {
            &self.email
        } else {
            &self.name
        }
    }
}

/// An e-mail address as users are found by it.
pub fn normalized(email: &str) -> String {
    email.trim().to_lowercase()
}

/// What is kept of a password: argon2id with its parameters and salt. It does not print.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordHash {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes over the memory.
    pub passes: u32,
    pub lanes: u32,
    /// In base64url.
    pub salt: String,
    /// In base64url.
    pub hash: String,
}

/// A secret that is shared with an authenticator app. It does not print.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactor {
    /// Sealed, bound to the user; in base64url.
    pub sealed: String,
    /// Whether a code of it was given once: it is asked for from then on.
    pub is_confirmed: bool,
    /// The step of the last code that was used.
    pub last_step: u64,
    /// Digests of recovery codes that are left.
    pub recovery: Vec<String>,
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(****)")
    }
}

impl fmt::Debug for SecondFactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecondFactor(****)")
    }
}
