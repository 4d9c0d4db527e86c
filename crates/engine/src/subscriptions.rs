//! Webhook subscriptions and their secrets.

use base64::Engine as _;
use tatami_core::account::{AnyScope, Scope};
use tatami_core::id::{SecretId, SubscriptionId};
use tatami_core::problem::{Refusal, Violation};
use tatami_core::time::Timestamp;
use tatami_core::webhook::{Subscription, check_events};
use tatami_core::webhook_url::{Reach, check_registration};

use crate::ports::answers::{Answer, Done};
use crate::ports::records::{Aggregate, EVENT, IndexValue, RecordKind, RecordQuery, RecordWrite};
use crate::ports::store::{Commit, CommitError, Stored};
use crate::secrets::{open_secret, seal_secret};
use crate::{Call, Engine, Failure};

const NO_SUBSCRIPTION: Refusal = Refusal::NotFound("subscription");
const MAX_RETRIES: usize = 8;
/// Subscriptions that are read together.
const PAGE: usize = 100;

impl Aggregate for Subscription {
    const KIND: RecordKind = RecordKind::Subscription;

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

impl Engine {
    /// A scope's subscriptions with the values of their secrets.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn subscriptions(
        &self,
        scope: &Scope,
    ) -> Result<Vec<(Subscription, Vec<String>)>, Failure> {
        let mut query = RecordQuery {
            limit: PAGE,
            ..RecordQuery::default()
        };
        let of = AnyScope::from(scope);
        let mut all = Vec::new();
        loop {
            let page = self.store().records(Subscription::KIND, &of, query.clone());
            let page = page.await?;
            for record in &page.records {
                let subscription = record.value.read::<Subscription>()?;
                let values = self.opened(&subscription)?;
                all.push((subscription, values));
            }
            query.after = page.records.last().map(|record| record.value.id.clone());
            if !page.more_after || query.after.is_none() {
                // Oldest first.
                all.reverse();
                return Ok(all);
            }
        }
    }

    /// A subscription with the values of its secrets.
    ///
    /// # Errors
    /// If there is none of that id in the scope, or storage fails.
    pub async fn subscription(
        &self,
        scope: &Scope,
        id: &SubscriptionId,
    ) -> Result<(Subscription, Vec<String>), Failure> {
        let subscription = self
            .find_subscription(scope, id)
            .await?
            .ok_or(NO_SUBSCRIPTION)?
            .value;
        let values = self.opened(&subscription)?;
        Ok((subscription, values))
    }

    /// Subscribes to events, with a first, active secret.
    ///
    /// # Errors
    /// If an event or the URL breaks a rule, or an event has a subscription.
    pub async fn subscribe(&self, call: &Call, wish: NewSubscription) -> Result<Answer, Failure> {
        if let Some(answer) = self.replay(call).await? {
            return Ok(answer);
        }
        check(self.reach(&call.scope), Some(&wish.events), Some(&wish.url))?;
        let mut subscription = self.with_facts(&call.scope, |facts| Subscription {
            id: SubscriptionId::mint(call.scope.environment, facts),
            scope: call.scope.clone(),
            events: wish.events,
            url: wish.url,
            description: wish.description,
            secrets: Vec::new(),
            created_at: facts.now,
            updated_at: facts.now,
        });
        self.new_secret(&mut subscription)?;
        self.write(call, subscription, None, true).await
    }

    /// Changes a subscription.
    ///
    /// # Errors
    /// As for [`Engine::subscribe`], or if there is none of that id.
    pub async fn update_subscription(
        &self,
        call: &Call,
        id: &SubscriptionId,
        change: SubscriptionChange,
    ) -> Result<Answer, Failure> {
        check(
            self.reach(&call.scope),
            change.events.as_deref(),
            change.url.as_deref(),
        )?;
        let Stored {
            value: mut subscription,
            version,
        } = self
            .find_subscription(&call.scope, id)
            .await?
            .ok_or(NO_SUBSCRIPTION)?;
        subscription.events = change.events.unwrap_or(subscription.events);
        subscription.url = change.url.unwrap_or(subscription.url);
        subscription.description = change.description.or(subscription.description);
        subscription.updated_at = self.now(&call.scope);
        self.write(call, subscription, Some(version), true).await
    }

    /// Forgets a subscription and what was still to be delivered for it.
    ///
    /// # Errors
    /// If there is none of that id, or storage fails.
    pub async fn delete_subscription(
        &self,
        scope: &Scope,
        id: &SubscriptionId,
    ) -> Result<(), Failure> {
        for _ in 0..MAX_RETRIES {
            let found = self.find_subscription(scope, id).await?;
            let write = RecordWrite::Delete {
                kind: Subscription::KIND,
                id: id.to_string(),
                expected: found.ok_or(NO_SUBSCRIPTION)?.version,
            };
            match self.store().commit(self.only(scope, write)).await {
                Ok(()) => return Ok(()),
                Err(CommitError::Stale) => {}
                Err(error) => return Err(unavailable(error)),
            }
        }
        Err(changed_too_often())
    }

    /// Adds a secret that waits to be activated.
    ///
    /// # Errors
    /// If there is none of that id, or it has too many secrets.
    pub async fn add_secret(&self, call: &Call, id: &SubscriptionId) -> Result<Answer, Failure> {
        if let Some(answer) = self.replay(call).await? {
            return Ok(answer);
        }
        let Stored {
            value: mut subscription,
            version,
        } = self
            .find_subscription(&call.scope, id)
            .await?
            .ok_or(NO_SUBSCRIPTION)?;
        self.new_secret(&mut subscription)?;
        self.write(call, subscription, Some(version), false).await
    }

    /// Signs with another secret from now on.
    ///
    /// # Errors
    /// If there is no such subscription or secret.
    pub async fn activate_secret(
        &self,
        scope: &Scope,
        id: &SubscriptionId,
        secret: &SecretId,
    ) -> Result<(), Failure> {
        let now = self.now(scope);
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
        &self,
        scope: &Scope,
        id: &SubscriptionId,
        secret: &SecretId,
    ) -> Result<(), Failure> {
        let now = self.now(scope);
        self.revise(scope, id, |subscription| {
            subscription.delete_secret(secret, now)
        })
        .await
    }

    async fn revise(
        &self,
        scope: &Scope,
        id: &SubscriptionId,
        rule: impl Fn(&mut Subscription) -> Result<(), Refusal>,
    ) -> Result<(), Failure> {
        for _ in 0..MAX_RETRIES {
            let Stored { mut value, version } = self
                .find_subscription(scope, id)
                .await?
                .ok_or(NO_SUBSCRIPTION)?;
            rule(&mut value)?;
            let write = RecordWrite::put(&value, Some(version))?;
            match self.store().commit(self.only(scope, write)).await {
                Ok(()) => return Ok(()),
                Err(CommitError::Stale) => {}
                Err(error) => return Err(unavailable(error)),
            }
        }
        Err(changed_too_often())
    }

    fn new_secret(&self, subscription: &mut Subscription) -> Result<(), Refusal> {
        let key = &self.0.parts.key;
        let (id, sealed, now) = self.with_facts(&subscription.scope, |facts| {
            let mut bytes = [0; 24];
            facts.entropy.fill(&mut bytes);
            let value = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
            let id = SecretId::mint(subscription.scope.environment, facts);
            let sealed = seal_secret(key, &id, &value, facts.entropy);
            (id, sealed, facts.now)
        });
        subscription.add_secret(id, sealed, now)
    }

    async fn write(
        &self,
        call: &Call,
        subscription: Subscription,
        expected: Option<i64>,
        whole: bool,
    ) -> Result<Answer, Failure> {
        let account = self.account(&call.scope.account).await?;
        let values = self.opened(&subscription)?;
        let write = RecordWrite::put(&subscription, expected)?;
        let subscription = Box::new(subscription);
        let done = if whole {
            Done::Subscription(subscription, values)
        } else {
            Done::Secrets(subscription, values)
        };
        let answer = self.0.parts.answers.write(&account, &done, call.version);
        let mut commit = self.only(&call.scope, write);
        commit.idempotency = self.store_answer(call, &answer);
        match self.store().commit(commit).await {
            Ok(()) => Ok(answer),
            Err(CommitError::Stale) => Err(Refusal::Conflict(
                "The subscription was changed in the meantime.".to_owned(),
            )
            .into()),
            Err(CommitError::ValueTaken) => Err(Refusal::Conflict(
                "Another subscription already has one of these events.".to_owned(),
            )
            .into()),
            Err(error) => self.lost(call, error).await,
        }
    }

    async fn find_subscription(
        &self,
        scope: &Scope,
        id: &SubscriptionId,
    ) -> Result<Option<Stored<Subscription>>, Failure> {
        self.find(Some(scope), id.as_str()).await
    }

    fn only(&self, scope: &Scope, write: RecordWrite) -> Commit {
        Commit {
            scope: AnyScope::from(scope),
            at: self.now(scope),
            records: vec![write],
            claims: Vec::new(),
            events: Vec::new(),
            mails: Vec::new(),
            idempotency: None,
        }
    }

    fn opened(&self, subscription: &Subscription) -> Result<Vec<String>, Failure> {
        let open = |secret: &tatami_core::webhook::Secret| {
            open_secret(&self.0.parts.key, &secret.id, &secret.sealed)
                .map(|value| value.to_string())
                .map_err(|e| Failure::Unavailable(e.to_string()))
        };
        subscription.secrets.iter().map(open).collect()
    }
}

fn changed_too_often() -> Failure {
    Failure::Unavailable("the subscription is changed too often".to_owned())
}

fn unavailable(error: CommitError) -> Failure {
    Failure::Unavailable(error.to_string())
}
