//! Secrets that make a phone a card machine.

use tatami_core::account::Scope;
use tatami_core::time::{SignedDuration, Timestamp};

use super::Terminals;
use crate::Failure;

const PURPOSE: &str = "tap-terminal";
const LIFE: SignedDuration = SignedDuration::from_hours(6);

/// A secret that a phone is made a card machine with.
#[derive(Clone, Debug)]
pub struct TapSecret {
    pub secret: String,
    /// Until when it can be used.
    pub expires_at: Timestamp,
}

impl Terminals<'_> {
    /// A new secret of a scope. It is not stored: it carries whose it is and
    /// until when, and proves that we said so.
    pub fn tap_secret(self, scope: &Scope) -> TapSecret {
        let expires_at = self.0.now(scope) + LIFE;
        let (account, word) = (scope.account.as_str(), scope.environment.word());
        let content = format!("{account} {word} {expires_at}");
        let token = self.0.parts.key.token(PURPOSE, &content);
        let prefix = match scope.environment {
            tatami_core::id::Environment::Sandbox => "ts_sandbox_",
            tatami_core::id::Environment::Production => "ts_prod_",
        };
        TapSecret {
            secret: format!("{prefix}{token}"),
            expires_at,
        }
    }

    /// Whose phone a secret makes a card machine.
    ///
    /// # Errors
    /// [`Failure::BadSession`] if we did not make it, or its time is over.
    pub fn read_tap_secret(self, secret: &str) -> Result<Scope, Failure> {
        let token = ["ts_sandbox_", "ts_prod_"]
            .into_iter()
            .find_map(|prefix| secret.strip_prefix(prefix))
            .ok_or(Failure::BadSession)?;
        let content = self.0.parts.key.read_token(PURPOSE, token);
        let content = content.map_err(|_| Failure::BadSession)?;
        let mut parts = content.split(' ');
        let account = parts
            .next()
            .and_then(|a| tatami_core::id::AccountId::parse(a).ok());
        let environment = parts
            .next()
            .and_then(tatami_core::id::Environment::from_word);
        let expires_at = parts.next().and_then(|at| at.parse::<Timestamp>().ok());
        let (Some(account), Some(environment), Some(expires_at)) =
            (account, environment, expires_at)
        else {
            return Err(Failure::BadSession);
        };
        let scope = Scope {
            account,
            environment,
        };
        match self.0.now(&scope) < expires_at {
            true => Ok(scope),
            false => Err(Failure::BadSession),
        }
    }
}
