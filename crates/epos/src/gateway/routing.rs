//! Which connection of a software house receives the requests.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tatami_core::id::KeyId;
use tokio::time::Instant;

use super::connection::Connection;

/// A connection that is opened so soon after another was replaced waits: it may be the
/// replaced one that returned, and two that replace each other would do so for ever.
pub const RETURN_WITHIN: Duration = Duration::from_secs(30);
/// The most connections that wait.
const MAX_STANDBY: usize = 4;
/// The code that a replaced connection is closed with.
const REPLACED: u16 = 4000;
const WHY: &str = "A newer connection of this software house has taken over.";

/// The code that a connection is closed with whose API key was deleted.
const KEY_DELETED: u16 = 4001;
const WHY_KEY: &str = "The API key of the connection was deleted.";

/// What a new connection finds at other nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elsewhere {
    /// No connection of its software house.
    Nothing,
    /// One that it replaces.
    Replaced,
    /// One that has just replaced another: the new one waits until it is over.
    Stays,
}

/// The connections of all software houses, by the ids of their integrations.
#[derive(Default)]
pub struct Routing(HashMap<String, Route>);

#[derive(Default)]
struct Route {
    /// The one that receives the requests.
    routed: Option<Arc<Connection>>,
    /// Those that wait until it is over, oldest first.
    standby: Vec<Arc<Connection>>,
    replaced_at: Option<Instant>,
}

impl Routing {
    /// The connection that receives the requests of a software house.
    pub fn routed(&self, house: &str) -> Option<Arc<Connection>> {
        self.0.get(house)?.routed.clone()
    }

    /// Adds a connection, which replaces the one before it or waits. Whether it has
    /// replaced one.
    pub fn join(&mut self, house: &str, connection: Arc<Connection>, elsewhere: Elsewhere) -> bool {
        let now = Instant::now();
        let house = self.0.entry(house.to_owned()).or_default();
        let is_recent = |at: Instant| now.duration_since(at) < RETURN_WITHIN;
        let waits = match &house.routed {
            Some(routed) if house.replaced_at.is_some_and(is_recent) => {
                routed.probe();
                true
            }
            _ => elsewhere == Elsewhere::Stays,
        };
        if waits {
            house.standby.push(connection);
            if house.standby.len() > MAX_STANDBY {
                house.standby.remove(0).close(REPLACED, WHY);
            }
            return false;
        }
        let before = house.routed.replace(connection);
        let has_replaced = before.is_some() || elsewhere == Elsewhere::Replaced;
        if let Some(before) = before {
            before.close(REPLACED, WHY);
        }
        if has_replaced {
            house.replaced_at = Some(now);
        }
        has_replaced
    }

    /// Lets a connection that waited receive the requests, unless another does.
    pub fn promote(&mut self, house: &str, number: u64) {
        let Some(house) = self.0.get_mut(house) else {
            return;
        };
        let waiting = house.standby.iter().position(|c| c.number == number);
        if let (None, Some(at)) = (&house.routed, waiting) {
            house.routed = Some(house.standby.remove(at));
        }
    }

    /// Takes a connection out; if it received the requests, the newest one that waits
    /// takes its place.
    pub fn leave(&mut self, house: &str, connection: &Connection) {
        let Some(found) = self.0.get_mut(house) else {
            return;
        };
        found
            .standby
            .retain(|other| other.number != connection.number);
        if found
            .routed
            .as_ref()
            .is_some_and(|r| r.number == connection.number)
        {
            found.routed = found.standby.pop();
        }
        if found.routed.is_none() && found.standby.is_empty() {
            self.0.remove(house);
        }
    }

    /// Closes all connections of a software house.
    pub fn replace(&mut self, house: &str) {
        let Some(route) = self.0.get(house) else {
            return;
        };
        for connection in route.all() {
            connection.close(REPLACED, WHY);
        }
    }

    /// The API keys of all connections.
    pub fn api_keys(&self) -> HashSet<KeyId> {
        let all = self.0.values().flat_map(Route::all);
        all.map(|connection| connection.api_key.clone()).collect()
    }

    /// Closes the connections of API keys that were deleted.
    pub fn close_keys(&self, deleted: &HashSet<&KeyId>) {
        let all = self.0.values().flat_map(Route::all);
        for connection in all.filter(|c| deleted.contains(&c.api_key)) {
            connection.close(KEY_DELETED, WHY_KEY);
        }
    }

    /// Whether there are no connections.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many connections there are.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.0.values().flat_map(Route::all).count()
    }
}

impl Route {
    fn all(&self) -> impl Iterator<Item = &Arc<Connection>> {
        self.standby.iter().chain(&self.routed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::connection::Channels;

    fn connection(number: u64) -> (Arc<Connection>, Channels) {
        let key = KeyId::parse("key_0123456789012345678901").expect("an id");
        let (connection, channels) = Connection::new(number, key);
        (Arc::new(connection), channels)
    }

    fn join(routing: &mut Routing, house: &str, connection: Arc<Connection>) {
        routing.join(house, connection, Elsewhere::Nothing);
    }

    fn routed(routing: &Routing) -> Option<u64> {
        routing.routed("h").map(|connection| connection.number)
    }

    fn closed(channels: &mut Channels) -> Option<u16> {
        channels.close.try_recv().ok().map(|frame| frame.code)
    }

    #[tokio::test(start_paused = true)]
    async fn the_newest_connection_gets_the_requests_and_the_older_is_closed() {
        let mut routing = Routing::default();
        let (first, mut first_channels) = connection(1);
        let (second, mut second_channels) = connection(2);
        join(&mut routing, "h", Arc::clone(&first));
        join(&mut routing, "other", connection(3).0);
        assert_eq!(routed(&routing), Some(1));
        join(&mut routing, "h", second);
        assert_eq!(routed(&routing), Some(2));
        assert_eq!(closed(&mut first_channels), Some(REPLACED));
        routing.leave("h", &first);
        assert_eq!(
            routed(&routing),
            Some(2),
            "the older one does not take it along"
        );
        tokio::time::advance(RETURN_WITHIN).await;
        join(&mut routing, "h", connection(4).0);
        assert_eq!(closed(&mut second_channels), Some(REPLACED));
        assert_eq!(routed(&routing), Some(4));
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_returns_soon_waits_until_the_other_is_over() {
        let mut routing = Routing::default();
        let (second, mut second_channels) = connection(2);
        join(&mut routing, "h", connection(1).0);
        join(&mut routing, "h", Arc::clone(&second));
        tokio::time::advance(RETURN_WITHIN - Duration::from_millis(1)).await;
        let (back, mut back_channels) = connection(3);
        join(&mut routing, "h", back);
        assert_eq!(routed(&routing), Some(2));
        assert_eq!(closed(&mut second_channels), None);
        assert_eq!(closed(&mut back_channels), None);
        second.probe_requested().await;
        routing.leave("h", &second);
        assert_eq!(routed(&routing), Some(3));
        assert_eq!(routing.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn few_wait() {
        let mut routing = Routing::default();
        join(&mut routing, "h", connection(1).0);
        join(&mut routing, "h", connection(2).0);
        let mut waiting: Vec<_> = (3..9).map(connection).collect();
        for (connection, _) in &waiting {
            join(&mut routing, "h", Arc::clone(connection));
        }
        let codes: Vec<_> = waiting
            .iter_mut()
            .map(|(_, channels)| closed(channels))
            .collect();
        let (gone, there) = codes.split_at(2);
        assert_eq!(gone, [Some(REPLACED); 2]);
        assert_eq!(there, [None; 4]);
    }

    #[tokio::test(start_paused = true)]
    async fn one_waits_for_another_node_and_is_promoted() {
        let mut routing = Routing::default();
        let (first, mut channels) = connection(1);
        assert!(!routing.join("h", Arc::clone(&first), Elsewhere::Stays));
        assert_eq!(routed(&routing), None);
        assert!(!routing.is_empty());
        routing.promote("h", 1);
        assert_eq!(routed(&routing), Some(1));
        // One that replaces one of another node is the newest here, too.
        assert!(routing.join("h", connection(2).0, Elsewhere::Replaced));
        assert_eq!(closed(&mut channels), Some(REPLACED));
        join(&mut routing, "h", connection(3).0);
        assert_eq!(routed(&routing), Some(2));
        routing.promote("h", 3);
        assert_eq!(routed(&routing), Some(2), "another receives the requests");
    }

    #[tokio::test(start_paused = true)]
    async fn connections_of_a_deleted_key_are_closed() {
        let mut routing = Routing::default();
        let (one, mut channels) = connection(1);
        join(&mut routing, "h", one);
        let keys = routing.api_keys();
        routing.close_keys(&HashSet::new());
        assert_eq!(closed(&mut channels), None);
        routing.close_keys(&keys.iter().collect());
        assert_eq!(closed(&mut channels), Some(KEY_DELETED));
    }
}
