//! Hashing of passwords: argon2id, on threads for work that blocks, a few at a time.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use tatami_core::people::{PasswordHash, check_password_length};
use tatami_core::problem::Violation;
use tatami_core::secret::SecretText;
use tokio::sync::Semaphore;
use zxcvbn::{Score, zxcvbn};

use crate::Failure;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;

/// Memory in KiB, passes and lanes, as OWASP recommends for argon2id.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);
/// How many are hashed at the same time.
const AT_ONCE: usize = 2;
/// How many may wait.
const WAITING: usize = 64;
const HASH_BYTES: usize = 32;

/// Words of a password that anyone would try here.
const OWN_WORDS: [&str; 2] = ["tatami", "dojo"];

/// Checks a password that a user chooses: long enough, and none that is among the first
/// to be tried, such as common ones, words with a year, or the own address.
///
/// # Errors
/// With the rule that it breaks.
pub(super) fn check_password(password: &str, email: &str) -> Result<(), Violation> {
    check_password_length(password)?;
    let local = email.split('@').next().unwrap_or_default();
    let own = [&[email, local][..], &OWN_WORDS].concat();
    match zxcvbn(password, &own).score() {
        Score::Three | Score::Four => Ok(()),
        _ => Err(Violation::new(
            "Password",
            "This password is too common or too easy to guess. A few words that do not belong \
             together are a good one.",
        )),
    }
}

pub(super) struct Hashing {
    at_once: Semaphore,
    waiting: Semaphore,
}

impl Default for Hashing {
    fn default() -> Self {
        Self {
            at_once: Semaphore::new(AT_ONCE),
            waiting: Semaphore::new(WAITING),
        }
    }
}

impl Hashing {
    /// What is kept of a password.
    ///
    /// # Errors
    /// If too many wait.
    pub(super) async fn hash(
        &self,
        password: &SecretText,
        salt: [u8; 16],
    ) -> Result<PasswordHash, Failure> {
        let hash = self.compute(password, salt.to_vec(), COST).await?;
        let (memory, passes, lanes) = COST;
        Ok(PasswordHash {
            memory,
            passes,
            lanes,
            salt: BASE64.encode(salt),
            hash: BASE64.encode(hash),
        })
    }

    /// Whether a password is the one that something is kept of. Without one it takes as
    /// long, and is not.
    ///
    /// # Errors
    /// If too many wait.
    pub(super) async fn matches(
        &self,
        password: &SecretText,
        kept: Option<&PasswordHash>,
    ) -> Result<bool, Failure> {
        let salt = kept.and_then(|kept| BASE64.decode(&kept.salt).ok());
        let expected = kept.and_then(|kept| BASE64.decode(&kept.hash).ok());
        let cost = kept.map_or(COST, |kept| (kept.memory, kept.passes, kept.lanes));
        let hash = self
            .compute(password, salt.unwrap_or(vec![0; 16]), cost)
            .await?;
        let expected = expected.filter(|expected| expected.len() == HASH_BYTES);
        // Where two hashes differ tells nothing about the password.
        Ok(expected.is_some_and(|expected| expected == hash))
    }

    async fn compute(
        &self,
        password: &SecretText,
        salt: Vec<u8>,
        (memory, passes, lanes): (u32, u32, u32),
    ) -> Result<Vec<u8>, Failure> {
        let too_many = || Failure::Unavailable("too many passwords are being checked".to_owned());
        let _waiting = self.waiting.try_acquire().map_err(|_| too_many())?;
        let _running = self.at_once.acquire().await.map_err(|_| too_many())?;
        let password = password.clone();
        let work = move || {
            let params = Params::new(memory, passes, lanes, Some(HASH_BYTES))?;
            let mut hash = vec![0; HASH_BYTES];
            Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(
                password.reveal().as_bytes(),
                &salt,
                &mut hash,
            )?;
            Ok::<_, argon2::Error>(hash)
        };
        let hashed = tokio::task::spawn_blocking(work).await;
        let hashed = hashed.map_err(|e| Failure::Unavailable(e.to_string()))?;
        hashed.map_err(|e| Failure::Unavailable(e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(password: &str) -> SecretText {
        password.to_owned().into()
    }

    #[test]
    fn what_is_tried_first_is_refused() {
        let check = |password: &str| check_password(password, "ada.lovelace.shop@example.com");
        for bad in [
            "too short",
            "password1234",
            "Password2024!",
            "passwordpassword",
            "aaaaaaaaaaaa",
            "abcabcabcabc",
            "qwertyuiop[]",
            "administrator",
            "Ada.Lovelace.Shop1",
            "ada.lovelace.shop@example.com",
            "tatamitatami",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
        let long = "correct horse battery staple ".repeat(4);
        for good in [
            "correct horse battery",
            "übergrößenträger",
            "plum otter 9",
            "長い合言葉を使うと安全です",
            &long,
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }

    #[tokio::test]
    async fn a_hash_matches_its_password_alone() {
        let hashing = Hashing::default();
        let kept = hashing
            .hash(&text("correct horse"), [7; 16])
            .await
            .expect("hashed");
        assert!(!format!("{kept:?}").contains(&kept.hash));
        for (password, is_it) in [
            ("correct horse", true),
            ("Correct horse", false),
            ("", false),
        ] {
            let matches = hashing.matches(&text(password), Some(&kept)).await;
            assert_eq!(matches.ok(), Some(is_it), "{password}");
        }
        assert_eq!(hashing.matches(&text(""), None).await.ok(), Some(false));
        let other = hashing
            .hash(&text("correct horse"), [8; 16])
            .await
            .expect("hashed");
        assert_ne!(kept.hash, other.hash);
    }
}
