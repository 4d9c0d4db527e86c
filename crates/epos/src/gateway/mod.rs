//! The WebSocket connections of POS systems, and requests to them.

mod connection;
mod relay;
mod routing;
mod serve;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tatami_core::id::KeyId;
use tatami_engine::{Engine, Failure};
use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout_at};

pub use connection::ANSWER_WITHIN;
pub use relay::IntegrationKey;
pub use serve::{BUSY, MAX_TEXT_BYTES, RequestHandler};

use self::connection::{Channels, Connection, NoAnswer};
use self::relay::{PosConnection, Relay};
use self::routing::{Elsewhere, Routing};
use crate::jsonrpc::{self, Outcome};
use crate::pos::PosError;
use crate::request::Request;

/// How long a request waits for a POS that is not connected.
const RECONNECT_WITHIN: Duration = Duration::from_secs(10);
/// How often is looked whether the API keys of connections are still there.
const CHECK_KEYS_EVERY: Duration = Duration::from_millis(500);
/// API keys that are looked for together.
const KEYS_AT_ONCE: usize = 500;
/// How often is looked whether a POS has connected again.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// The code that a connection is closed with to see what the POS makes of it.
const CUT: u16 = 1012;

/// The connections of POS systems to this program. Cheap to clone.
#[derive(Clone, Default)]
pub struct Gateway(Arc<Inner>);

#[derive(Default)]
struct Inner {
    routing: Mutex<Routing>,
    numbers: AtomicU64,
    /// Notified when a connection starts to receive requests.
    changed: Notify,
    /// Leads to the connections of other nodes, if there may be any.
    relay: OnceLock<Relay>,
}

/// How long a request waits until the POS is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// As long as a POS needs to reconnect.
    Reconnect,
    /// Not at all.
    None,
}

/// That a POS is connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connected {
    /// The node that it is connected to, if there may be several.
    pub node: Option<String>,
    /// For how long it has been.
    pub age: Duration,
}

/// A connection that requests can be sent over.
enum Route {
    Local(Arc<Connection>),
    Remote(PosConnection),
}

impl Route {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Local(one), Self::Local(other)) => one.number == other.number,
            (Self::Remote(one), Self::Remote(other)) => one == other,
            _ => false,
        }
    }
}

impl Gateway {
    /// No connections yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Other nodes use the storage of that engine, and may have connections, too.
    pub fn share(&self, engine: Engine) {
        self.0.relay.get_or_init(|| Relay::new(engine));
    }

    /// The name of this node, if there may be others.
    pub fn node(&self) -> Option<&str> {
        self.0.relay.get().map(Relay::node)
    }

    /// Carries out requests of other nodes, for ever.
    pub async fn run_relay(&self) {
        match self.0.relay.get() {
            Some(relay) => relay.run(self).await,
            None => std::future::pending().await,
        }
    }

    /// The connection of a POS, if it has one.
    pub async fn connected(&self, key: &IntegrationKey) -> Option<Connected> {
        let route = self.route(key, Instant::now()).await?;
        Some(match route {
            Route::Local(connection) => Connected {
                node: self.node().map(str::to_owned),
                age: connection.opened.elapsed(),
            },
            Route::Remote(at) => Connected {
                age: self.0.relay.get()?.age(&at),
                node: Some(at.node),
            },
        })
    }

    /// Closes connections whose API keys were deleted, for ever.
    pub async fn run_key_checks(&self, engine: &Engine) {
        let mut checks = interval(CHECK_KEYS_EVERY);
        checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            checks.tick().await;
            if let Err(error) = self.check_keys(engine).await {
                tracing::error!(%error, "the API keys of connections could not be checked");
            }
        }
    }

    async fn check_keys(&self, engine: &Engine) -> Result<(), Failure> {
        let keys: Vec<_> = self.routing().api_keys().into_iter().collect();
        for keys in keys.chunks(KEYS_AT_ONCE) {
            let there = engine.accounts().existing_keys(keys).await?;
            let deleted: HashSet<_> = keys.iter().filter(|key| !there.contains(key)).collect();
            if !deleted.is_empty() {
                self.routing().close_keys(&deleted);
            }
        }
        Ok(())
    }

    /// Breaks the connection of a POS and waits for it to connect again, for as long as
    /// `within`. How long that took, if it was connected and did.
    pub async fn cut(&self, key: &IntegrationKey, within: Duration) -> Option<Duration> {
        let started = Instant::now();
        let before = self.route(key, started).await?;
        match &before {
            Route::Local(_) => self.cut_local(&key.integration),
            Route::Remote(at) => self.0.relay.get()?.cut(key, at).await,
        }
        let by = started + within;
        while self.route(key, by).await?.is(&before) {
            if Instant::now() >= by {
                return None;
            }
            sleep(LOOK_EVERY).await;
        }
        Some(started.elapsed())
    }

    /// Sends a request to the POS of an integration. If the connection breaks before the
    /// answer, one that only reads is sent once more.
    ///
    /// # Errors
    /// If the POS refuses, does not answer, answers something else or is not connected.
    pub async fn call(
        &self,
        key: &IntegrationKey,
        request: &Request,
        patience: Patience,
    ) -> Result<Value, PosError> {
        let id = request.origin.request_id.as_str();
        let method = request.capability.rpc_method();
        let text = jsonrpc::request(id, &method, &request.params());
        let by = match patience {
            Patience::Reconnect => Instant::now() + RECONNECT_WITHIN,
            Patience::None => Instant::now(),
        };
        let mut was_lost = false;
        loop {
            let Some(route) = self.route(key, by).await else {
                return Err(no_connection(was_lost));
            };
            let answer = match &route {
                Route::Local(connection) => connection.ask(id, text.clone()).await,
                Route::Remote(at) => self.ask_remote(key, at, id, text.clone()).await,
            };
            let may_repeat = request.capability.only_reads() && !was_lost;
            match answer {
                Ok(outcome) => return result(outcome),
                Err(NoAnswer::Closed) if Instant::now() >= by => return Err(no_connection(false)),
                Err(NoAnswer::Closed) => self.dismiss(key, &route).await,
                Err(NoAnswer::Lost) if may_repeat => {
                    was_lost = true;
                    self.dismiss(key, &route).await;
                }
                Err(NoAnswer::Lost) => return Err(no_connection(true)),
                Err(NoAnswer::TooLate) => {
                    let why = "The POS did not answer within 10 seconds.";
                    return Err(PosError::Unanswered(why.to_owned()));
                }
                Err(NoAnswer::Busy) => {
                    let why = "Too many requests wait for answers of the POS.";
                    return Err(PosError::NotSent(why.to_owned()));
                }
            }
        }
    }

    async fn ask_remote(
        &self,
        key: &IntegrationKey,
        at: &PosConnection,
        id: &str,
        text: String,
    ) -> Result<Outcome, NoAnswer> {
        match self.0.relay.get() {
            Some(relay) => relay.ask(key, at, id, text).await,
            None => Err(NoAnswer::Closed),
        }
    }

    /// Goes on after a connection turned out to be closed.
    async fn dismiss(&self, key: &IntegrationKey, route: &Route) {
        match route {
            Route::Local(connection) => self.leave(&key.integration, connection),
            // The other node deletes the document, or the POS connects anew.
            Route::Remote(_) => Relay::pause().await,
        }
    }

    /// A connection that receives requests, as soon as there is one.
    async fn route(&self, key: &IntegrationKey, by: Instant) -> Option<Route> {
        loop {
            let mut changed = std::pin::pin!(self.0.changed.notified());
            changed.as_mut().enable();
            if let Some(connection) = self.local(&key.integration) {
                return Some(Route::Local(connection));
            }
            let Some(relay) = self.0.relay.get() else {
                timeout_at(by, changed).await.ok()?;
                continue;
            };
            if let Some(found) = relay.elsewhere(key).await {
                return Some(Route::Remote(found));
            }
            let either = async {
                tokio::select! {
                    () = changed => {}
                    () = Relay::pause() => {}
                }
            };
            timeout_at(by, either).await.ok()?;
        }
    }

    /// The connection to this node that receives requests.
    fn local(&self, integration: &str) -> Option<Arc<Connection>> {
        self.routing().routed(integration)
    }

    fn is_empty(&self) -> bool {
        self.routing().is_empty()
    }

    /// Closes the connections of an integration: it is connected to another node.
    fn replace(&self, integration: &str) {
        self.routing().replace(integration);
    }

    /// Looks whether the POS of an integration is still there.
    fn probe(&self, integration: &str) {
        if let Some(connection) = self.local(integration) {
            connection.probe();
        }
    }

    /// Breaks the connection to this node that receives the requests.
    fn cut_local(&self, integration: &str) {
        if let Some(connection) = self.local(integration) {
            connection.close(CUT, "The connection was broken as a test.");
            self.leave(integration, &connection);
        }
    }

    /// Adds a connection. Whether it has replaced another.
    fn join(
        &self,
        integration: &str,
        api_key: KeyId,
        elsewhere: Elsewhere,
    ) -> (Arc<Connection>, Channels, bool) {
        let number = self.0.numbers.fetch_add(1, Ordering::Relaxed);
        let (connection, channels) = Connection::new(number, api_key);
        let connection = Arc::new(connection);
        let has_replaced = {
            let mut routing = self.routing();
            routing.join(integration, Arc::clone(&connection), elsewhere)
        };
        self.0.changed.notify_waiters();
        (connection, channels, has_replaced)
    }

    /// What a new connection finds at other nodes.
    async fn met(&self, key: &IntegrationKey) -> Elsewhere {
        match self.0.relay.get() {
            Some(relay) => relay.met(key).await,
            None => Elsewhere::Nothing,
        }
    }

    /// Lets a connection that waits for one of another node receive the requests as soon
    /// as that is over.
    async fn take_turn(&self, key: &IntegrationKey, number: u64) {
        if let Some(relay) = self.0.relay.get() {
            relay.until_over_elsewhere(key).await;
        }
        self.routing().promote(&key.integration, number);
        self.0.changed.notify_waiters();
    }

    fn leave(&self, integration: &str, connection: &Connection) {
        connection.end();
        self.routing().leave(integration, connection);
        // Another may have taken its place.
        self.0.changed.notify_waiters();
    }

    /// Lets other nodes know of a connection, unless it waits for another to be closed.
    async fn publish(&self, key: &IntegrationKey, number: u64, has_replaced: bool) {
        let routed = self.local(&key.integration);
        if let Some(relay) = self.0.relay.get()
            && routed.is_some_and(|routed| routed.number == number)
        {
            relay.opened(key, number, has_replaced).await;
        }
    }

    /// Lets other nodes know that a connection is over.
    async fn withdraw(&self, key: &IntegrationKey, number: u64) {
        let Some(relay) = self.0.relay.get() else {
            return;
        };
        match self.local(&key.integration) {
            Some(next) => relay.opened(key, next.number, false).await,
            None => relay.closed(key, number).await,
        }
    }

    fn routing(&self) -> MutexGuard<'_, Routing> {
        let routing = self.0.routing.lock();
        routing.unwrap_or_else(PoisonError::into_inner)
    }
}

fn no_connection(was_lost: bool) -> PosError {
    match was_lost {
        true => PosError::Unanswered(
            "The connection of the POS was lost before it answered.".to_owned(),
        ),
        false => PosError::NotSent("The POS is not connected.".to_owned()),
    }
}

/// What an outcome means.
fn result(outcome: Outcome) -> Result<Value, PosError> {
    match outcome {
        Outcome::Result(value) => Ok(value),
        Outcome::Fault(fault) => Err(PosError::Refused {
            fault,
            status: None,
        }),
        Outcome::Nonsense => Err(PosError::Nonsense(
            "The answer of the POS has neither a result nor an error.".to_owned(),
        )),
    }
}
