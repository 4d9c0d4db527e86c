//! A user of the portal.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Access;
use crate::id::{CompanyId, UserId};
use crate::time::{SignedDuration, Timestamp};

/// How long a browser is known that is not used.
pub const BROWSER_LIFE: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How many browsers of a user are known.
const MOST_BROWSERS: usize = 10;
/// How often it is written down that a browser is used.
const SEEN_EVERY: SignedDuration = SignedDuration::from_hours(24);

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
    /// Browsers that the user has signed in with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub browsers: Vec<KnownBrowser>,
    pub created_at: Timestamp,
}

/// A browser that a user has signed in with. It keeps a token of its own, so that wrong
/// passwords from elsewhere do not make its user wait, and is not reported as a new one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownBrowser {
    /// The digest of its token, in base64url.
    pub id: String,
    /// The day that it was used last, about.
    pub seen_at: Timestamp,
}

impl User {
    /// Whether there is an invitation that was not accepted yet.
    pub fn is_invited(&self) -> bool {
        self.password.is_none() && self.name.is_empty()
    }

    /// Whether a second factor is asked for.
    pub fn has_second_factor(&self) -> bool {
        self.second_factor
            .as_ref()
            .is_some_and(|it| it.is_confirmed)
    }

    /// The known browser of a token's digest.
    pub fn browser(&self, id: &str, now: Timestamp) -> Option<&KnownBrowser> {
        let mut known = self.browsers.iter();
        known.find(|it| it.id == id && now < it.seen_at + BROWSER_LIFE)
    }

    /// Notes that a browser was used; one that is new takes the place of the oldest.
    /// Whether that is to be written down.
    pub fn see_browser(&mut self, id: &str, now: Timestamp) -> bool {
        let known = self.browsers.iter_mut().find(|it| it.id == id);
        if let Some(known) = known {
            let is_due = now.duration_since(known.seen_at) >= SEEN_EVERY;
            if is_due {
                known.seen_at = now;
            }
            return is_due;
        }
        self.browsers
            .sort_by_key(|it| std::cmp::Reverse(it.seen_at));
        self.browsers.truncate(MOST_BROWSERS - 1);
        self.browsers.push(KnownBrowser {
            id: id.to_owned(),
            seen_at: now,
        });
        true
    }

    /// How many recovery codes are left.
    pub fn recovery_codes_left(&self) -> usize {
        let factor = self.second_factor.as_ref();
        factor.map_or(0, |factor| factor.recovery.len())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::Role;

    #[test]
    fn so_many_browsers_are_known_and_each_for_a_time() {
        let days = |n: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(n * 24);
        let mut user = User {
            id: UserId::parse("usr_0123456789012345678901").expect("an id"),
            company: CompanyId::parse("co_0123456789012345678901").expect("an id"),
            email: String::new(),
            name: String::new(),
            access: Access::Everywhere(Role::Viewer),
            password: None,
            second_factor: None,
            browsers: Vec::new(),
            created_at: days(0),
        };
        for n in 0..12 {
            assert!(user.see_browser(&n.to_string(), days(n)));
        }
        assert_eq!(user.browsers.len(), MOST_BROWSERS);
        assert!(user.browser("1", days(12)).is_none() && user.browser("2", days(12)).is_some());
        assert!(!user.see_browser("11", days(11)) && user.see_browser("11", days(12)));
        assert!(user.browser("11", days(101)).is_some() && user.browser("11", days(102)).is_none());
    }
}
