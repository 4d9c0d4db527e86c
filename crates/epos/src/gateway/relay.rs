//! Requests to a POS that is connected to another node. Nodes share a database and
//! nothing else: a node that a POS connects to says so in a document, and a request to it
//! is a document, too, in which that node writes the answer. Each wakes the other through
//! the database, which also knows whether a node is there.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tatami_core::account::{AnyScope, Scope};
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_engine::ports::documents::{Aggregate, DocumentKind};
use tatami_engine::{Engine, Failure, Nodes};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::Gateway;
use super::connection::{ANSWER_WITHIN, NoAnswer};
use super::routing::{Elsewhere, RETURN_WITHIN};
use crate::integration::Integration;
use crate::jsonrpc::Outcome;

/// How often a node looks for what it should have been woken for, and a caller whether
/// the other node is there.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// A node is gone if it is not seen so often in a row: its connection to the database may
/// have been made anew.
const UNSEEN: u32 = 2;
/// How often a caller looks whether the POS is connected at all.
const POLL_CONNECTION: Duration = Duration::from_millis(50);
/// Requests that are read together.
const BATCH: usize = 100;
/// Integrations of a scope that are looked at.
const MOST_INTEGRATIONS: usize = 1000;
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
    /// When it replaced another (the machine's time).
    replaced_at: Option<Timestamp>,
}

/// A message from one node to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct PosMessage {
    id: String,
    scope: Scope,
    /// The node that sent it.
    from: String,
    /// The node that it is for.
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
    /// Something to do with the connections of the integration.
    Instruct(Instruction),
}

/// What another node may do with connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Instruction {
    /// Close all: the POS has connected to another node.
    Replace,
    /// Look whether the POS is still there.
    Probe,
    /// Break off the one that receives the requests.
    Cut,
}

/// Who is to be woken.
#[derive(Default)]
struct Wakes {
    /// What looks for messages.
    messages: Notify,
    /// The callers, by the ids of the messages that they wait to be answered.
    callers: std::sync::Mutex<HashMap<String, Arc<Notify>>>,
}

impl Wakes {
    /// Wakes who waits for the answer to that message, or else what looks for messages.
    fn wake(&self, message: &str) {
        match lock(&self.callers).get(message) {
            Some(caller) => caller.notify_one(),
            None => self.messages.notify_one(),
        }
    }
}

/// A caller that waits; dropping it removes the caller.
struct Waiting<'a> {
    wakes: &'a Wakes,
    message: &'a str,
    woken: Arc<Notify>,
}

impl<'a> Waiting<'a> {
    fn new(wakes: &'a Wakes, message: &'a str) -> Self {
        let woken = Arc::new(Notify::new());
        lock(&wakes.callers).insert(message.to_owned(), Arc::clone(&woken));
        Self {
            wakes,
            message,
            woken,
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        lock(&self.wakes.callers).remove(self.message);
    }
}

impl Gateway {
    /// The software houses that registered a POS of a scope for WebSocket alone which is
    /// connected neither to this node nor to another.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn disconnected(
        &self,
        engine: &Engine,
        scope: &Scope,
    ) -> Result<Vec<String>, Failure> {
        let documents = engine.documents();
        let elsewhere: Vec<PosConnection> = documents.list(scope, MOST_INTEGRATIONS).await?;
        let integrations: Vec<Integration> = documents.list(scope, MOST_INTEGRATIONS).await?;
        let is_open = |integration: &Integration| {
            let mut ids = elsewhere.iter().map(|connection| &connection.id);
            self.local(&integration.id).is_some() || ids.any(|id| *id == integration.id)
        };
        let lost = integrations.into_iter().filter(|integration| {
            integration.ws.is_some() && integration.rest.is_none() && !is_open(integration)
        });
        Ok(lost.map(|integration| integration.software_house).collect())
    }
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
            Content::Request { .. } | Content::Instruct(_) => &self.to,
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
    wakes: Arc<Wakes>,
}

impl Relay {
    /// Messages of a node through that engine's storage.
    pub fn new(engine: Engine) -> Self {
        let node = engine.documents().new_id().into();
        let wakes = Arc::default();
        Self {
            engine,
            node,
            wakes,
        }
    }

    /// The name of this node.
    pub fn node(&self) -> &str {
        &self.node
    }

    /// For how long a connection has been open.
    pub fn age(&self, at: &PosConnection) -> std::time::Duration {
        let age = self.engine.now(&at.scope).duration_since(at.opened_at);
        age.try_into().unwrap_or_default()
    }

    /// The other node that a POS is connected to.
    pub async fn elsewhere(&self, key: &IntegrationKey) -> Option<PosConnection> {
        logged(self.look_elsewhere(key).await).flatten()
    }

    async fn look_elsewhere(&self, key: &IntegrationKey) -> Result<Option<PosConnection>, Failure> {
        let Some(found) = self.connection(key).await? else {
            return Ok(None);
        };
        let is_elsewhere =
            *found.node != *self.node && Nodes::of(&self.engine).is_there(&found.node).await?;
        Ok(is_elsewhere.then_some(found))
    }

    async fn connection(&self, key: &IntegrationKey) -> Result<Option<PosConnection>, Failure> {
        let documents = self.engine.documents();
        documents.find(&key.scope, &key.integration).await
    }

    /// What a new connection finds at other nodes.
    pub async fn met(&self, key: &IntegrationKey) -> Elsewhere {
        let Some(found) = self.elsewhere(key).await else {
            return Elsewhere::Nothing;
        };
        let age = |at: Timestamp| self.engine.machine_now().duration_since(at).unsigned_abs();
        match found.replaced_at.is_some_and(|at| age(at) < RETURN_WITHIN) {
            true => {
                self.instruct(key, found.node, Instruction::Probe).await;
                Elsewhere::Stays
            }
            false => Elsewhere::Replaced,
        }
    }

    /// Waits until no other node has a connection of the POS.
    pub async fn until_over_elsewhere(&self, key: &IntegrationKey) {
        while !matches!(self.look_elsewhere(key).await, Ok(None)) {
            sleep(LOOK_EVERY).await;
        }
    }

    /// A POS connected to this node, perhaps in place of another connection of its.
    pub async fn opened(&self, key: &IntegrationKey, number: u64, has_replaced: bool) {
        let before = logged(self.connection(key).await).flatten();
        let before = before.filter(|before| *before.node != *self.node);
        let has_replaced = has_replaced || before.is_some();
        let connection = PosConnection {
            id: key.integration.clone(),
            scope: key.scope.clone(),
            node: self.node.to_string(),
            number,
            opened_at: self.engine.now(&key.scope),
            replaced_at: has_replaced.then(|| self.engine.machine_now()),
        };
        let documents = self.engine.documents();
        let changed = documents.change(&key.scope, &key.integration, |found| {
            let found = found.filter(|found| self.is_own(found, number));
            Ok(Some(found.unwrap_or_else(|| connection.clone())))
        });
        logged(changed.await);
        if let Some(before) = before {
            self.instruct(key, before.node, Instruction::Replace).await;
        }
    }

    /// The connection of that number is over.
    pub async fn closed(&self, key: &IntegrationKey, number: u64) {
        let documents = self.engine.documents();
        let changed = documents.change(&key.scope, &key.integration, |found| {
            Ok(found.filter(|found| !self.is_own(found, number)))
        });
        logged(changed.await);
    }

    fn is_own(&self, found: &PosConnection, number: u64) -> bool {
        *found.node == *self.node && found.number == number
    }

    /// Breaks off the connection of a POS to another node.
    pub async fn cut(&self, key: &IntegrationKey, at: &PosConnection) {
        self.instruct(key, at.node.clone(), Instruction::Cut).await;
    }

    async fn instruct(&self, key: &IntegrationKey, to: String, instruction: Instruction) {
        let message = self.message(
            &key.scope,
            to,
            &key.integration,
            Content::Instruct(instruction),
        );
        logged(self.put(&message).await);
    }

    /// Sends a request to the node that has the connection, and waits for the answer.
    pub async fn ask(
        &self,
        key: &IntegrationKey,
        at: &PosConnection,
        id: &str,
        text: String,
    ) -> Result<Outcome, NoAnswer> {
        let content = Content::Request {
            id: id.to_owned(),
            text,
        };
        let message = self.message(&key.scope, at.node.clone(), &at.id, content);
        let waiting = Waiting::new(&self.wakes, &message.id);
        logged(self.put(&message).await).ok_or(NoAnswer::Closed)?;
        let by = Instant::now() + ANSWER_WITHIN;
        let answer = timeout_at(by, self.answer(key, &message, at, &waiting)).await;
        self.delete(&message).await;
        answer.unwrap_or(Err(NoAnswer::TooLate))
    }

    /// The answer to a message. If the POS connects anew meanwhile, or the node that has
    /// the connection is gone, there is none.
    async fn answer(
        &self,
        key: &IntegrationKey,
        message: &PosMessage,
        at: &PosConnection,
        waiting: &Waiting<'_>,
    ) -> Result<Outcome, NoAnswer> {
        let (mut looked_at, mut unseen) = (Instant::now(), 0);
        loop {
            // Being woken may be lost.
            let _ = timeout(LOOK_EVERY, waiting.woken.notified()).await;
            let documents = self.engine.documents();
            let found = documents.find::<PosMessage>(&message.scope, &message.id);
            if let Some(Some(found)) = logged(found.await)
                && let Content::Answer(answer) = found.content
            {
                return answer;
            }
            if looked_at.elapsed() < LOOK_EVERY {
                continue;
            }
            looked_at = Instant::now();
            if logged(self.connection(key).await).is_some_and(|now| now.as_ref() != Some(at)) {
                return Err(NoAnswer::Lost);
            }
            unseen = match logged(Nodes::of(&self.engine).is_there(&at.node).await) {
                Some(false) => unseen + 1,
                _ => 0,
            };
            if unseen >= UNSEEN {
                return Err(NoAnswer::Lost);
            }
        }
    }

    /// Carries out the messages to this node, for ever.
    pub async fn run(&self, gateway: &Gateway) {
        let woken = |message: &str| self.wakes.wake(message);
        let nodes = Nodes::of(&self.engine);
        tokio::join!(nodes.be(&self.node, &woken), self.carry_out_all(gateway));
    }

    async fn carry_out_all(&self, gateway: &Gateway) {
        let under_way: Arc<std::sync::Mutex<HashSet<String>>> = Arc::default();
        loop {
            // Being woken may be lost.
            let _ = timeout(LOOK_EVERY, self.wakes.messages.notified()).await;
            // Without connections no other node sends anything.
            if gateway.is_empty() {
                continue;
            }
            // Copied before the query: a message that is answered while the query runs may
            // still be in its result, and must not reach the POS a second time.
            let known = lock(&under_way).clone();
            let limit = BATCH + known.len();
            let documents = self.engine.documents();
            let messages = documents.of_status::<PosMessage>(&self.node, limit);
            let mut messages = logged(messages.await).unwrap_or_default();
            if messages.len() == limit {
                self.wakes.messages.notify_one();
            }
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
        let (id, text) = match message.content.clone() {
            Content::Request { id, text } => (id, text),
            Content::Answer(_) => return,
            Content::Instruct(instruction) => {
                let integration = &message.integration;
                match instruction {
                    Instruction::Replace => gateway.replace(integration),
                    Instruction::Probe => gateway.probe(integration),
                    Instruction::Cut => gateway.cut_local(integration),
                }
                self.delete(&message).await;
                return;
            }
        };
        let answer = match gateway.local(&message.integration) {
            Some(connection) => connection.ask(&id, text).await,
            None => Err(NoAnswer::Closed),
        };
        let documents = self.engine.documents();
        let answered = documents.change(&message.scope, &message.id, |found| {
            // The caller may have given up.
            Ok(found.map(|found: PosMessage| PosMessage {
                content: Content::Answer(answer.clone()),
                ..found
            }))
        });
        logged(answered.await);
        logged(
            Nodes::of(&self.engine)
                .wake(&message.from, &message.id)
                .await,
        );
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
            from: self.node.to_string(),
            to,
            integration: integration.to_owned(),
            content,
            sent_at: self.engine.now(scope),
        }
    }

    /// Writes a message and wakes the node that it is for.
    async fn put(&self, message: &PosMessage) -> Result<(), Failure> {
        let documents = self.engine.documents();
        let put = documents.change(&message.scope, &message.id, |_| Ok(Some(message.clone())));
        put.await?;
        logged(Nodes::of(&self.engine).wake(&message.to, &message.id).await);
        Ok(())
    }

    async fn delete(&self, message: &PosMessage) {
        let documents = self.engine.documents();
        let deleted = documents.change::<PosMessage>(&message.scope, &message.id, |_| Ok(None));
        logged(deleted.await);
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
