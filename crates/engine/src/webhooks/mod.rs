//! Webhook subscriptions and their secrets.

pub mod secrets;

mod again;

use base64::Engine as _;
use tatami_core::account::{AnyScope, Scope};
use tatami_core::id::{SecretId, SubscriptionId};
use tatami_core::problem::{Refusal, Violation};
use tatami_core::time::Timestamp;
use tatami_core::webhook::{Subscription, check_events};
use tatami_core::webhook_url::{Reach, check_registration};

use crate::command::{Decided, answered};
use crate::ports::answers::{Answer, Done};
use crate::ports::documents::{
    Aggregate, DocumentKind, DocumentQuery, DocumentWrite, EVENT, IndexValue,
};
use crate::ports::store::{DeliveryReport, Stored};
use crate::{Call, Engine, Failure};
pub use again::TestDelivery;
use secrets::{open_secret, seal_secret};

const NO_SUBSCRIPTION: Refusal = Refusal::NotFound("subscription");

impl Aggregate for Subscription {
    const KIND: DocumentKind = DocumentKind::Subscription;

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn scope(&self) -> AnyScope {
        AnyScope::from(&self.scope)
    }

    fn status(&self) -> &str {
        "active"
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// Each event has one subscription.
    fn values(&self) -> Vec<IndexValue> {
        let events = self.events.iter();
        events.map(|e| IndexValue::unique(EVENT, e)).collect()
    }
}

/// A subscription as a caller asks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewSubscription {
    /// Names of events.
    pub events: Vec<String>,
    /// Where deliveries go.
    pub url: String,
    /// The caller's words.
    pub description: Option<String>,
}

/// What is to change of a subscription; `None` leaves a part as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubscriptionChange {
    /// Names of events.
    pub events: Option<Vec<String>>,
    /// Where deliveries go.
    pub url: Option<String>,
    /// The caller's words.
    pub description: Option<String>,
}

fn check(reach: Reach, events: Option<&[String]>, url: Option<&str>) -> Result<(), Refusal> {
    let mut broken = match events.map_or(Ok(()), check_events) {
        Err(Refusal::Invalid(broken)) => broken,
        Err(other) => return Err(other),
        Ok(()) => Vec::new(),
    };
    if let Some(Err(rule)) = url.map(|url| check_registration(url, reach)) {
        broken.push(Violation::new("Url", rule));
    }
    if broken.is_empty() {
        Ok(())
    } else {
        Err(Refusal::Invalid(broken))
    }
}

/// Webhook subscriptions, their secrets and deliveries.
#[derive(Clone, Copy)]
pub struct Webhooks<'a>(&'a Engine);

impl Engine {
    pub fn webhooks(&self) -> Webhooks<'_> {
        Webhooks(self)
    }
}

impl Webhooks<'_> {
    /// A scope's subscriptions, oldest first, with the values of their secrets.
    pub async fn list(self, scope: &Scope) -> Result<Vec<(Subscription, Vec<String>)>, Failure> {
        let all = self.0.all(scope, DocumentQuery::default());
        let all = all.await?.into_iter().rev();
        let shown = all.map(|stored: Stored<Subscription>| {
            let values = self.opened(&stored.value)?;
            Ok((stored.value, values))
        });
        shown.collect()
    }

    /// A subscription with the values of its secrets.
    ///
    /// # Errors
    /// If there is none of that id in the scope, or storage fails.
    pub async fn get(
        self,
        scope: &Scope,
        id: &SubscriptionId,
    ) -> Result<(Subscription, Vec<String>), Failure> {
        let subscription = self.known(scope, id).await?.value;
        let values = self.opened(&subscription)?;
        Ok((subscription, values))
    }

    /// Subscribes to events, with a first, active secret.
    ///
    /// # Errors
    /// If an event or the URL breaks a rule, or an event has a subscription.
    pub async fn subscribe(self, call: &Call, wish: NewSubscription) -> Result<Answer, Failure> {
        self.0
            .respond(call, None, || async {
                check(
                    self.0.reach(&call.scope),
                    Some(&wish.events),
                    Some(&wish.url),
                )?;
                let mut subscription = self.0.with_facts(&call.scope, |facts| Subscription {
                    id: SubscriptionId::mint(call.scope.environment, facts),
                    scope: call.scope.clone(),
                    events: wish.events.clone(),
                    url: wish.url.clone(),
                    description: wish.description.clone(),
                    secrets: Vec::new(),
                    created_at: facts.now,
                    updated_at: facts.now,
                });
                self.new_secret(&mut subscription)?;
                self.written(call, subscription, None, true).await
            })
            .await
    }

    /// Changes a subscription.
    ///
    /// # Errors
    /// As for [`Webhooks::subscribe`], or if there is none of that id.
    pub async fn update(
        self,
        call: &Call,
        id: &SubscriptionId,
        change: SubscriptionChange,
    ) -> Result<Answer, Failure> {
        self.0
            .respond(call, Some(id.as_str()), || async {
                let change = change.clone();
                check(
                    self.0.reach(&call.scope),
                    change.events.as_deref(),
                    change.url.as_deref(),
                )?;
                let Stored { mut value, version } = self.known(&call.scope, id).await?;
                value.events = change.events.unwrap_or(value.events);
                value.url = change.url.unwrap_or(value.url);
                value.description = change.description.or(value.description);
                value.updated_at = self.0.now(&call.scope);
                self.written(call, value, Some(version), true).await
            })
            .await
    }

    /// Forgets a subscription and what was still to be delivered for it.
    ///
    /// # Errors
    /// If there is none of that id, or storage fails.
    pub async fn delete(self, scope: &Scope, id: &SubscriptionId) -> Result<(), Failure> {
        self.0
            .change(id.as_str(), || async {
                let found = self.known(scope, id).await?;
                let writes = vec![DocumentWrite::delete(&found)];
                Ok(Decided::change(self.0.commit_of(scope, writes), ()))
            })
            .await?;
        Ok(())
    }

    /// Adds a secret that waits to be activated.
    ///
    /// # Errors
    /// If there is none of that id, or it has too many secrets.
    pub async fn add_secret(self, call: &Call, id: &SubscriptionId) -> Result<Answer, Failure> {
        self.0
            .respond(call, Some(id.as_str()), || async {
                let Stored { mut value, version } = self.known(&call.scope, id).await?;
                self.new_secret(&mut value)?;
                self.written(call, value, Some(version), false).await
            })
            .await
    }

    /// Signs with another secret from now on.
    ///
    /// # Errors
    /// If there is no such subscription or secret.
    pub async fn activate_secret(
        self,
        scope: &Scope,
        id: &SubscriptionId,
        secret: &SecretId,
    ) -> Result<(), Failure> {
        let now = self.0.now(scope);
        self.revise(scope, id, |subscription| {
            subscription.activate_secret(secret, now)
        })
        .await
    }

    /// Forgets a secret.
    ///
    /// # Errors
    /// If there is no such subscription or secret, or it is the active one.
    pub async fn delete_secret(
        self,
        scope: &Scope,
        id: &SubscriptionId,
        secret: &SecretId,
    ) -> Result<(), Failure> {
        let now = self.0.now(scope);
        self.revise(scope, id, |subscription| {
            subscription.delete_secret(secret, now)
        })
        .await
    }

    async fn revise(
        self,
        scope: &Scope,
        id: &SubscriptionId,
        rule: impl Fn(&mut Subscription) -> Result<(), Refusal>,
    ) -> Result<(), Failure> {
        self.0
            .change(id.as_str(), || async {
                let Stored { mut value, version } = self.known(scope, id).await?;
                rule(&mut value)?;
                let write = DocumentWrite::put(&value, Some(version))?;
                Ok(Decided::change(self.0.commit_of(scope, vec![write]), ()))
            })
            .await?;
        Ok(())
    }

    fn new_secret(self, subscription: &mut Subscription) -> Result<(), Refusal> {
        let key = &self.0.parts.key;
        let (id, sealed, now) = self.0.with_facts(&subscription.scope, |facts| {
            let mut bytes = [0; 24];
            facts.entropy.fill(&mut bytes);
            let value = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
            let id = SecretId::mint(subscription.scope.environment, facts);
            let sealed = seal_secret(key, &id, &value, facts.entropy);
            (id, sealed, facts.now)
        });
        subscription.add_secret(id, sealed, now)
    }

    async fn written(
        self,
        call: &Call,
        subscription: Subscription,
        expected: Option<i64>,
        whole: bool,
    ) -> Result<Decided<Answer>, Failure> {
        let values = self.opened(&subscription)?;
        let write = DocumentWrite::put(&subscription, expected)?;
        let subscription = Box::new(subscription);
        let done = if whole {
            Done::Subscription(subscription, values)
        } else {
            Done::Secrets(subscription, values)
        };
        let commit = self.0.commit_of(&call.scope, vec![write]);
        let answered = answered(self.0, call, commit, &done).await?;
        Ok(answered.unless_taken("Another subscription already has one of these events."))
    }

    async fn known(
        self,
        scope: &Scope,
        id: &SubscriptionId,
    ) -> Result<Stored<Subscription>, Failure> {
        let found = self.0.find(Some(scope), id.as_str()).await?;
        Ok(found.ok_or(NO_SUBSCRIPTION)?)
    }

    fn opened(self, subscription: &Subscription) -> Result<Vec<String>, Failure> {
        let open = |secret: &tatami_core::webhook::Secret| {
            open_secret(&self.0.parts.key, &secret.id, &secret.sealed)
                .map(|value| value.to_string())
                .map_err(|e| Failure::Unavailable(e.to_string()))
        };
        subscription.secrets.iter().map(open).collect()
    }

    /// The latest webhook deliveries of a scope.
    pub async fn deliveries(
        self,
        scope: &Scope,
        limit: usize,
    ) -> Result<Vec<DeliveryReport>, Failure> {
        Ok(self.0.store().deliveries(scope, limit).await?)
    }
}
