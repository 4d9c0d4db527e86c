//! The use cases of registrations.

use tatami_core::Entropy;
use tatami_core::account::Scope;
use tatami_core::problem::{Refusal, Violation};
use tatami_core::time::Timestamp;
use tatami_core::webhook_url::Reach;
use tatami_engine::secrets::{open_text, seal_text};
use tatami_engine::{Engine, Failure};
use tatami_vault::InstallationKey;
use zeroize::Zeroizing;

use super::rules::{check_capabilities, check_credentials, check_url};
use super::{Integration, Link, RestLink, Wanted};
use crate::capability::Capability;

/// The most software houses of an account's environment.
const MAX_HOUSES: usize = 32;
/// What passwords are sealed for.
const PURPOSE: &str = "pos-password";

/// Gives a fresh source of random bytes.
pub type EntropySource = std::sync::Arc<dyn Fn() -> Box<dyn Entropy> + Send + Sync>;

/// The registrations of POS systems. Cheap to clone.
#[derive(Clone)]
pub struct Registry {
    engine: Engine,
    key: InstallationKey,
    entropy: EntropySource,
    public_only: bool,
}

/// How a caller wants a POS to be called over REST.
pub struct RestWish {
    /// What can be called.
    pub capabilities: Vec<Wanted>,
    /// Where.
    pub url: String,
    /// The user name to call it with.
    pub username: String,
    /// The password to call it with.
    pub password: Zeroizing<String>,
}

/// The place that the password of an integration is sealed for: a row with another URL
/// does not open it.
fn place(id: &str, url: &str) -> String {
    format!("{id} {url}")
}

/// The password of an integration, sealed for its URL.
pub fn sealed(
    key: &InstallationKey,
    (id, url): (&str, &str),
    password: &str,
    entropy: &mut dyn Entropy,
) -> String {
    seal_text(key, (PURPOSE, &place(id, url)), password, entropy)
}

/// The password to call a POS with.
///
/// # Errors
/// With a sentence, if it does not belong to this integration and URL.
pub fn password(
    key: &InstallationKey,
    integration: &Integration,
    rest: &RestLink,
) -> Result<Zeroizing<String>, String> {
    let place = place(&integration.id, &rest.url);
    let opened = open_text(key, (PURPOSE, &place), &rest.sealed_password);
    opened.map_err(|error| {
        tracing::error!(account = %integration.scope.account, %error, "the password of a POS cannot be opened");
        "The credentials of the POS cannot be opened.".to_owned()
    })
}

fn refuse(broken: Vec<Violation>) -> Result<(), Refusal> {
    match broken.is_empty() {
        true => Ok(()),
        false => Err(Refusal::Invalid(broken)),
    }
}

impl Registry {
    /// The registrations in that engine's storage. `public_only`: sandboxes, too, are
    /// called at public addresses only.
    pub fn new(
        engine: Engine,
        key: InstallationKey,
        entropy: EntropySource,
        public_only: bool,
    ) -> Self {
        Self {
            engine,
            key,
            entropy,
            public_only,
        }
    }

    /// The registrations of a scope, or of one software house of it.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn integrations(
        &self,
        scope: &Scope,
        house: Option<&str>,
    ) -> Result<Vec<Integration>, Failure> {
        match house {
            Some(house) => {
                let id = Integration::id_of(scope, house);
                let found = self.engine.documents().find(scope, &id).await?;
                Ok(found.into_iter().collect())
            }
            None => self.engine.documents().list(scope, 2 * MAX_HOUSES).await,
        }
    }

    /// The integration of a scope, or of one software house of it, in which a capability
    /// was registered last.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn serving(
        &self,
        scope: &Scope,
        house: Option<&str>,
        capability: Capability,
    ) -> Result<Option<Integration>, Failure> {
        let all = self.integrations(scope, house).await?;
        let serving = all.into_iter().filter_map(|integration| {
            let (_, since) = integration.serves(capability)?;
            Some((since, integration))
        });
        let newest = serving.max_by_key(|(since, _)| *since);
        Ok(newest.map(|(_, integration)| integration))
    }

    /// Registers what is called over REST, in place of what was.
    ///
    /// # Errors
    /// With every rule that the wish breaks, or if storage fails.
    pub async fn put_rest(
        &self,
        scope: &Scope,
        house: &str,
        wish: &RestWish,
    ) -> Result<Option<Integration>, Failure> {
        let (names, mut broken) = check_capabilities(&wish.capabilities);
        if !wish.capabilities.is_empty() {
            let reach = Reach::of(scope.environment, self.public_only);
            if let Err(rule) = check_url(&wish.url, &names, reach) {
                broken.push(Violation::new("Url", rule));
            }
            broken.extend(check_credentials(&wish.username, &wish.password));
        }
        refuse(broken).map_err(Failure::from)?;
        let id = Integration::id_of(scope, house);
        let mut entropy = (self.entropy)();
        let place = (id.as_str(), wish.url.as_str());
        let sealed = sealed(&self.key, place, &wish.password, entropy.as_mut());
        drop(entropy);
        self.change(scope, house, |integration, now| {
            integration.rest = link(&names, now).map(|link| RestLink {
                link,
                url: wish.url.clone(),
                username: wish.username.clone(),
                sealed_password: sealed.clone(),
            });
        })
        .await
    }

    /// Registers what is called over a WebSocket, in place of what was.
    ///
    /// # Errors
    /// With every rule that the wish breaks, or if storage fails.
    pub async fn put_ws(
        &self,
        scope: &Scope,
        house: &str,
        wanted: &[Wanted],
    ) -> Result<Option<Integration>, Failure> {
        let (names, broken) = check_capabilities(wanted);
        refuse(broken).map_err(Failure::from)?;
        self.change(scope, house, |integration, now| {
            integration.ws = link(&names, now);
        })
        .await
    }

    async fn change(
        &self,
        scope: &Scope,
        house: &str,
        rule: impl Fn(&mut Integration, Timestamp),
    ) -> Result<Option<Integration>, Failure> {
        let there = self.integrations(scope, None).await?;
        let is_full = there.len() >= MAX_HOUSES;
        let id = Integration::id_of(scope, house);
        let now = self.engine.now(scope);
        let changed = self.engine.documents().change(scope, &id, |found| {
            let is_new = found.is_none();
            let mut integration = found.unwrap_or_else(|| Integration {
                id: id.clone(),
                scope: scope.clone(),
                software_house: house.to_owned(),
                created_at: now,
                rest: None,
                ws: None,
            });
            rule(&mut integration, now);
            let is_empty = integration.rest.is_none() && integration.ws.is_none();
            if is_new && is_full && !is_empty {
                return Err(Refusal::Conflict(format!(
                    "There are registrations of {MAX_HOUSES} software houses already."
                )));
            }
            Ok((!is_empty).then_some(integration))
        });
        changed.await
    }
}

/// What was registered, unless it is nothing.
fn link(names: &[String], now: Timestamp) -> Option<Link> {
    let names = (!names.is_empty()).then(|| names.to_vec())?;
    Some(Link {
        names,
        registered_at: now,
    })
}
