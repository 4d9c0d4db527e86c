//! Accounts, keys and the scope that every query carries.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, Environment, KeyId};
use crate::time::Timestamp;

/// One environment of one account: what a key opens. Every read and write of
/// an account's data takes one, so that data cannot cross.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Scope {
    /// The location account.
    pub account: AccountId,
    /// Its sandbox or its production.
    pub environment: Environment,
}

/// What an account may do beyond taking payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Permission {
    /// Send card numbers that its own server captured.
    Tokenization,
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 1] = [Self::Tokenization];

    /// The word for it on the command line and in storage.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tokenization => "tokenization",
        }
    }

    /// Reads [`Permission::word`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.word() == word)
    }
}

/// A location account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The trading name payers see.
    pub name: String,
    /// IANA name of the time zone its calendar days follow.
    pub time_zone: String,
    /// What it may do beyond taking payments.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub permissions: BTreeSet<Permission>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Account {
    /// The zone of an account nobody set another for.
    pub const DEFAULT_TIME_ZONE: &str = "Europe/London";
}

impl AccountId {
    /// The number that the account has as a merchant: 15 digits, always the same.
    pub fn merchant_id(&self) -> String {
        const LEAST: u64 = 100_000_000_000_000;
        let fold = |number: u64, byte: u8| (number * 131 + u64::from(byte)) % (9 * LEAST);
        let number = self.as_str().bytes().fold(0, fold);
        (LEAST + number).to_string()
    }
}

/// What is kept of an API key: never the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// The id it is listed and deleted by.
    pub id: KeyId,
    /// What it opens.
    pub scope: Scope,
    /// The key's last four characters, to tell keys apart in a list.
    pub hint: String,
    /// When it was made.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merchant_id_has_fifteen_digits_and_is_the_account_s_own() {
        let number = |id: &str| AccountId::parse(id).expect("an id").merchant_id();
        let (one, other) = (
            number("acc_RBMHTJ4fIkmSppDILZVCGw"),
            number("acc_RBMHTJ4fIkmSppDILZVCGx"),
        );
        assert_ne!(one, other);
        for id in [one, other] {
            assert!(
                id.len() == 15 && id.bytes().all(|b| b.is_ascii_digit()),
                "{id}"
            );
        }
    }
}
