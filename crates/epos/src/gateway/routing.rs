//! Which connection of a software house receives the requests.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::connection::Connection;

/// A connection that is opened so soon after another was replaced waits: it may be the
/// replaced one that returned, and two that replace each other would do so for ever.
const RETURN_WITHIN: Duration = Duration::from_secs(30);
/// The most connections that wait.
const MAX_STANDBY: usize = 4;
/// The code that a replaced connection is closed with.
const REPLACED: u16 = 4000;
const WHY: &str = "A newer connection of this software house has taken over.";

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

    /// Adds a connection, which replaces the one before it or waits.
    pub fn join(&mut self, house: &str, connection: Arc<Connection>) {
        let now = Instant::now();
        let house = self.0.entry(house.to_owned()).or_default();
        let is_recent = |at: Instant| now.duration_since(at) < RETURN_WITHIN;
        match &house.routed {
            Some(routed) if house.replaced_at.is_some_and(is_recent) => {
                routed.probe();
                house.standby.push(connection);
                if house.standby.len() > MAX_STANDBY {
                    house.standby.remove(0).close(REPLACED, WHY);
                }
            }
            Some(routed) => {
                routed.close(REPLACED, WHY);
                house.replaced_at = Some(now);
                house.routed = Some(connection);
            }
            None => house.routed = Some(connection),
        }
    }

    /// Takes a connection out; the newest one that waits takes its place.
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
        if found.routed.is_none() {
            self.0.remove(house);
        }
    }

    /// Closes all connections of a software house.
    pub fn replace(&mut self, house: &str) {
        let Some(route) = self.0.get(house) else {
            return;
        };
        for connection in route.standby.iter().chain(&route.routed) {
            connection.close(REPLACED, WHY);
        }
    }

    /// Whether there are no connections.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many connections there are.
    #[cfg(test)]
    fn len(&self) -> usize {
        let of = |house: &Route| usize::from(house.routed.is_some()) + house.standby.len();
        self.0.values().map(of).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::connection::Channels;

    fn connection(number: u64) -> (Arc<Connection>, Channels) {
        let (connection, channels) = Connection::new(number);
        (Arc::new(connection), channels)
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
        routing.join("h", Arc::clone(&first));
        routing.join("other", connection(3).0);
        assert_eq!(routed(&routing), Some(1));
        routing.join("h", second);
        assert_eq!(routed(&routing), Some(2));
        assert_eq!(closed(&mut first_channels), Some(REPLACED));
        routing.leave("h", &first);
        assert_eq!(
            routed(&routing),
            Some(2),
            "the older one does not take it along"
        );
        tokio::time::advance(RETURN_WITHIN).await;
        routing.join("h", connection(4).0);
        assert_eq!(closed(&mut second_channels), Some(REPLACED));
        assert_eq!(routed(&routing), Some(4));
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_returns_soon_waits_until_the_other_is_over() {
        let mut routing = Routing::default();
        let (second, mut second_channels) = connection(2);
        routing.join("h", connection(1).0);
        routing.join("h", Arc::clone(&second));
        tokio::time::advance(RETURN_WITHIN - Duration::from_millis(1)).await;
        let (back, mut back_channels) = connection(3);
        routing.join("h", back);
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
        routing.join("h", connection(1).0);
        routing.join("h", connection(2).0);
        let mut waiting: Vec<_> = (3..9).map(connection).collect();
        for (connection, _) in &waiting {
            routing.join("h", Arc::clone(connection));
        }
        let codes: Vec<_> = waiting
            .iter_mut()
            .map(|(_, channels)| closed(channels))
            .collect();
        let (gone, there) = codes.split_at(2);
        assert_eq!(gone, [Some(REPLACED); 2]);
        assert_eq!(there, [None; 4]);
    }
}
