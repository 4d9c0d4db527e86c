//! Webhook subscriptions and their secrets.

use serde::{Deserialize, Serialize};

use crate::account::Scope;
use crate::event::EventType;
use crate::id::{SecretId, SubscriptionId};
use crate::problem::{Refusal, Violation};
use crate::time::Timestamp;

/// The most secrets one subscription keeps.
pub const MAX_SECRETS: usize = 5;

/// A secret that deliveries are signed with. Its value is kept sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    pub id: SecretId,
    /// The value, sealed with the installation's key.
    pub sealed: String,
    /// Whether deliveries are signed with it; exactly one is.
    pub active: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Which events go where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    pub id: SubscriptionId,
    pub scope: Scope,
    /// Names of the events, each of which has one subscription per account.
    pub events: Vec<String>,
    /// Where deliveries go.
    pub url: String,
    /// The merchant's words.
    pub description: Option<String>,
    /// The secrets, oldest first.
    pub secrets: Vec<Secret>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Checks the events of a subscription: known names, at least one, none twice.
///
/// # Errors
/// With every rule broken.
pub fn check_events(events: &[String]) -> Result<(), Refusal> {
    let mut broken = Vec::new();
    if events.is_empty() {
        broken.push(Violation::new("Events", "At least one event is required."));
    }
    for (i, event) in events.iter().enumerate() {
        if EventType::from_name(event).is_none() {
            broken.push(Violation::new(
                format!("Events[{i}]"),
                "There is no event with this name.",
            ));
        } else if events[..i].contains(event) {
            broken.push(Violation::new(
                format!("Events[{i}]"),
                "The event is listed twice.",
            ));
        }
    }
    if broken.is_empty() {
        Ok(())
    } else {
        Err(Refusal::Invalid(broken))
    }
}

impl Subscription {
    /// Adds a secret. The first is active; later ones wait to be activated.
    ///
    /// # Errors
    /// If there are [`MAX_SECRETS`] already.
    pub fn add_secret(
        &mut self,
        id: SecretId,
        sealed: String,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if self.secrets.len() >= MAX_SECRETS {
            return Err(Refusal::Conflict(
                "The subscription already has 5 secrets. Delete one first.".to_owned(),
            ));
        }
        let active = self.secrets.is_empty();
        self.secrets.push(Secret {
            id,
            sealed,
            active,
            created_at: now,
        });
        self.updated_at = now;
        Ok(())
    }

    /// Signs with that secret from now on.
    ///
    /// # Errors
    /// If there is no such secret.
    pub fn activate_secret(&mut self, id: &SecretId, now: Timestamp) -> Result<(), Refusal> {
        if !self.secrets.iter().any(|s| s.id == *id) {
            return Err(Refusal::NotFound("secret"));
        }
        for secret in &mut self.secrets {
            secret.active = secret.id == *id;
        }
        self.updated_at = now;
        Ok(())
    }

    /// Forgets a secret.
    ///
    /// # Errors
    /// If there is no such secret, or it is the active one.
    pub fn delete_secret(&mut self, id: &SecretId, now: Timestamp) -> Result<(), Refusal> {
        let at = self
            .secrets
            .iter()
            .position(|s| s.id == *id)
            .ok_or(Refusal::NotFound("secret"))?;
        if self.secrets[at].active {
            return Err(Refusal::Conflict(
                "The active secret cannot be deleted. Activate another first.".to_owned(),
            ));
        }
        self.secrets.remove(at);
        self.updated_at = now;
        Ok(())
    }

    /// The secret that deliveries are signed with.
    pub fn active_secret(&self) -> Option<&Secret> {
        self.secrets.iter().find(|s| s.active)
    }
}
