//! Requests to a POS that is connected to another node. Nodes share a database and
//! nothing else: a node that a POS connects to says so in a document, and a request to it
//! is a document, too, in which that node writes the answer.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tatami_core::account::{AnyScope, Scope};
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_engine::ports::documents::{Aggregate, DocumentKind};
use tatami_engine::{Engine, Failure};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout_at};

use super::Gateway;
use super::connection::{ANSWER_WITHIN, NoAnswer};
use crate::integration::Integration;
use crate::jsonrpc::Outcome;

/// How often a node looks for requests to its connections, and a caller for its answer.
const POLL: Duration = Duration::from_millis(15);
/// How often a caller looks whether the POS is connected at all.
const POLL_CONNECTION: Duration = Duration::from_millis(50);
/// Requests that are read together.
const BATCH: usize = 100;
/// How long a message is kept whose sender is gone.
const KEPT_FOR: SignedDuration = SignedDuration::from_mins(2);

/// Where the connection of a POS is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PosConnection {
    /// The id of the integration.
    id: String,
    scope: Scope,
    /// The node that has it.
    pub node: String,
    /// Its number there.
    number: u64,
    opened_at: Timestamp,
}

/// A message from one node to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct PosMessage {
    id: String,
    scope: Scope,
    /// The node that it is for; that of the caller once there is an answer.
    to: String,
    /// The integration that it is about.
    integration: String,
    content: Content,
    sent_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Content {
    /// A request to the POS, with its id.
    Request { id: String, text: String },
    /// The answer, written by the node that has the connection.
    Answer(Result<Outcome, NoAnswer>),
    /// The POS has connected to another node.
    Replaced,
}

impl Aggregate for PosConnection {
    const KIND: DocumentKind = DocumentKind::PosConnection;

    fn id(&self) -> &str {
        &self.id
    }

    fn scope(&self) -> AnyScope {
        AnyScope::from(&self.scope)
    }

    fn status(&self) -> &str {
        "open"
    }

    fn created_at(&self) -> Timestamp {
        self.opened_at
    }
}

impl Aggregate for PosMessage {
    const KIND: DocumentKind = DocumentKind::PosMessage;

    fn id(&self) -> &str {
        &self.id
    }

    fn scope(&self) -> AnyScope {
        AnyScope::from(&self.scope)
    }

    /// Each node looks for the messages to it.
    fn status(&self) -> &str {
        match self.content {
            Content::Answer(_) => "answered",
            Content::Request { .. } | Content::Replaced => &self.to,
        }
    }

    fn created_at(&self) -> Timestamp {
        self.sent_at
    }

    /// Deleted then, if it still is there.
    fn due_at(&self) -> Option<Timestamp> {
        Some(self.sent_at + KEPT_FOR)
    }
}

/// The messages between nodes. Cheap to clone.
#[derive(Clone)]
pub struct Relay {
    engine: Engine,
    node: Arc<str>,
}

impl Relay {
    /// Messages of a node through that engine's storage.
    pub fn new(engine: Engine) -> Self {
        let node = engine.documents().new_id().into();
        Self { engine, node }
    }

    /// The other node that a POS is connected to.
    pub async fn elsewhere(&self, scope: &Scope, integration: &str) -> Option<PosConnection> {
        let found = self
            .engine
            .documents()
            .find::<PosConnection>(scope, integration);
        let found = logged(found.await).flatten()?;
        (*found.node != *self.node).then_some(found)
    }

    /// A POS connected to this node.
    pub async fn opened(&self, scope: &Scope, integration: &str, number: u64) {
        let before = self.elsewhere(scope, integration).await;
        let connection = PosConnection {
            id: integration.to_owned(),
            scope: scope.clone(),
            node: self.node.to_string(),
            number,
            opened_at: self.engine.now(scope),
        };
        let changed = self
            .engine
            .documents()
            .change(scope, integration, |_| Ok(Some(connection.clone())));
        logged(changed.await);
        if let Some(before) = before {
            let message = self.message(scope, before.node, integration, Content::Replaced);
            logged(self.put(&message).await);
        }
    }

    /// The connection of that number is over.
    pub async fn closed(&self, scope: &Scope, integration: &str, number: u64) {
        let changed = self.engine.documents().change(scope, integration, |found| {
            let is_own =
                |found: &PosConnection| *found.node == *self.node && found.number == number;
            Ok(found.filter(|found| !is_own(found)))
        });
        logged(changed.await);
    }

    /// Sends a request to the node that has the connection, and waits for the answer.
    pub async fn ask(
        &self,
        scope: &Scope,
        at: &PosConnection,
        id: &str,
        text: String,
    ) -> Result<Outcome, NoAnswer> {
        let content = Content::Request {
            id: id.to_owned(),
            text,
        };
        let message = self.message(scope, at.node.clone(), &at.id, content);
        logged(self.put(&message).await).ok_or(NoAnswer::Closed)?;
        let by = Instant::now() + ANSWER_WITHIN;
        let answer = timeout_at(by, self.answer(&message, at)).await;
        let deleted = self
            .engine
            .documents()
            .change::<PosMessage>(scope, &message.id, |_| Ok(None));
        logged(deleted.await);
        answer.unwrap_or(Err(NoAnswer::TooLate))
    }

    /// The answer to a message. If the POS connects anew meanwhile, there is none.
    async fn answer(&self, message: &PosMessage, at: &PosConnection) -> Result<Outcome, NoAnswer> {
        let mut looked_at = Instant::now();
        loop {
            sleep(POLL).await;
            let found = self
                .engine
                .documents()
                .find::<PosMessage>(&message.scope, &message.id);
            if let Some(Some(found)) = logged(found.await)
                && let Content::Answer(answer) = found.content
            {
                return answer;
            }
            if looked_at.elapsed() >= 20 * POLL {
                looked_at = Instant::now();
                let found = self
                    .engine
                    .documents()
                    .find::<PosConnection>(&message.scope, &at.id);
                if let Some(found) = logged(found.await)
                    && found.as_ref() != Some(at)
                {
                    return Err(NoAnswer::Lost);
                }
            }
        }
    }

    /// Carries out the messages to this node, for ever.
    pub async fn run(&self, gateway: &Gateway) {
        let under_way: Arc<std::sync::Mutex<HashSet<String>>> = Arc::default();
        let mut poll = interval(POLL);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            poll.tick().await;
            // Without connections no other node sends anything.
            if gateway.is_empty() {
                continue;
            }
            // Copied before the query: a message that is answered while the query runs may
            // still be in its result, and must not reach the POS a second time.
            let known = lock(&under_way).clone();
            let messages = self
                .engine
                .documents()
                .of_status::<PosMessage>(&self.node, BATCH);
            let mut messages = logged(messages.await).unwrap_or_default();
            messages.retain(|message| !known.contains(&message.id));
            for message in messages {
                lock(&under_way).insert(message.id.clone());
                let (relay, gateway) = (self.clone(), gateway.clone());
                let under_way = Arc::clone(&under_way);
                tokio::spawn(async move {
                    let id = message.id.clone();
                    relay.carry_out(&gateway, message).await;
                    lock(&under_way).remove(&id);
                });
            }
        }
    }

    async fn carry_out(&self, gateway: &Gateway, message: PosMessage) {
        let Content::Request { id, text } = message.content.clone() else {
            gateway.replace(&message.integration);
            let deleted =
                self.engine
                    .documents()
                    .change::<PosMessage>(&message.scope, &message.id, |_| Ok(None));
            logged(deleted.await);
            return;
        };
        let answer = match gateway.local(&message.integration) {
            Some(connection) => connection.ask(&id, text).await,
            None => Err(NoAnswer::Closed),
        };
        let answered = self
            .engine
            .documents()
            .change(&message.scope, &message.id, |found| {
                // The caller may have given up.
                Ok(found.map(|found: PosMessage| PosMessage {
                    content: Content::Answer(answer.clone()),
                    ..found
                }))
            });
        logged(answered.await);
    }

    fn message(
        &self,
        scope: &Scope,
        to: String,
        integration: &str,
        content: Content,
    ) -> PosMessage {
        PosMessage {
            id: self.engine.documents().new_id(),
            scope: scope.clone(),
            to,
            integration: integration.to_owned(),
            content,
            sent_at: self.engine.now(scope),
        }
    }

    async fn put(&self, message: &PosMessage) -> Result<(), Failure> {
        let put = self
            .engine
            .documents()
            .change(&message.scope, &message.id, |_| Ok(Some(message.clone())));
        put.await.map(|_| ())
    }

    /// Waits a moment until a connection may have been opened elsewhere.
    pub async fn pause() {
        sleep(POLL_CONNECTION).await;
    }
}

fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn logged<T>(result: Result<T, Failure>) -> Option<T> {
    result
        .inspect_err(|error| tracing::error!(%error, "a POS of another node is not reached"))
        .ok()
}

/// The id of an integration, with its scope.
#[derive(Clone, Debug)]
pub struct IntegrationKey {
    /// Whose it is.
    pub scope: Scope,
    /// Its id.
    pub integration: String,
}

impl From<&Integration> for IntegrationKey {
    fn from(integration: &Integration) -> Self {
        Self {
            scope: integration.scope.clone(),
            integration: integration.id.clone(),
        }
    }
}
