//! Connections: how many there are, whose they are, and which gives way when there
//! is no room for all.
//!
//! A connection is *at work* while its request is answered. At all other times it
//! waits for its peer: for a request, for the rest of a body, or until an answer is
//! taken. Such waiting costs little, and it is all that a hostile peer can do. So when
//! there is no room, the address that has the most connections loses the one that has
//! waited longest: a client that only waits keeps no other out, and addresses behind
//! which there are many people, such as a proxy's, have no bound of their own. A
//! connection that was upgraded, as a WebSocket's, waits for its peer from then on.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// How many connections there may be, and what they may hold while they wait.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Connections at a time.
    pub connections: usize,
    /// Bytes of bodies that are not whole, and of answers that are not taken.
    pub bytes: usize,
}

/// The open connections of a server. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Connections(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    room: Room,
    open: Mutex<HashMap<u64, Arc<Slot>>>,
    /// What all of them hold.
    held: AtomicUsize,
    /// Counts beginnings of waiting, to find who has waited longest.
    waits: AtomicU64,
    /// Rings when one has closed, or waits for its peer again.
    changed: Notify,
}

/// What is known of a connection.
#[derive(Debug)]
struct Slot {
    number: u64,
    peer: SocketAddr,
    state: AtomicU8,
    waits_since: AtomicU64,
    holds: AtomicUsize,
    close: Notify,
    all: Arc<Inner>,
}

/// A connection is waiting for its peer.
const WAITING: u8 = 0;
/// A connection has a request that is answered.
const SERVING: u8 = 1;
/// A connection has given way to another.
const CLOSED: u8 = 2;

/// An open connection. Its place is free again when the last clone is dropped.
#[derive(Clone, Debug)]
pub struct Connection(Arc<Open>);

#[derive(Debug)]
struct Open(Arc<Slot>);

/// A connection at work, until this is dropped.
#[derive(Debug)]
pub(crate) struct Serving(Connection);

impl Connections {
    /// No connections yet.
    pub fn new(room: Room) -> Self {
        Self(Arc::new(Inner {
            room,
            open: Mutex::default(),
            held: AtomicUsize::new(0),
            waits: AtomicU64::new(0),
            changed: Notify::new(),
        }))
    }

    /// A place for a connection from that address. If there is none, another one that
    /// waits for its peer gives way; while all are at work, this waits.
    pub async fn admit(&self, peer: SocketAddr) -> Connection {
        loop {
            if let Some(connection) = self.try_admit(peer) {
                return connection;
            }
            self.0.changed.notified().await;
        }
    }

    /// Closes those that wait for their peers, and ends when there are none left. While
    /// no more are admitted: for the end of a server.
    pub async fn close(&self) {
        for slot in self.0.open().values() {
            slot.close();
        }
        while !self.0.open().is_empty() {
            self.0.changed.notified().await;
        }
    }

    fn try_admit(&self, peer: SocketAddr) -> Option<Connection> {
        let mut open = self.0.open();
        if open.len() >= self.0.room.connections {
            let all: Vec<_> = open.values().map(|slot| (slot, 1)).collect();
            let number = give_way(&all)?;
            open.remove(&number);
            metrics::counter!("tatami_http_connections_closed_total", "why" => "room").increment(1);
        }
        let since = self.0.waits.fetch_add(1, Ordering::Relaxed);
        let slot = Arc::new(Slot {
            number: since,
            peer,
            state: AtomicU8::new(WAITING),
            waits_since: AtomicU64::new(since),
            holds: AtomicUsize::new(0),
            close: Notify::new(),
            all: Arc::clone(&self.0),
        });
        open.insert(since, Arc::clone(&slot));
        metrics::gauge!("tatami_http_connections").increment(1);
        Some(Connection(Arc::new(Open(slot))))
    }
}

impl Inner {
    fn open(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Arc<Slot>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes connections until no more is held than there is room for. Whether that
    /// could be done.
    fn make_room(&self, except: u64) -> bool {
        while self.held.load(Ordering::Relaxed) > self.room.bytes {
            let mut open = self.open();
            let holders = open.values().filter(|slot| slot.number != except);
            let holders = holders.map(|slot| (slot, slot.holds.load(Ordering::Relaxed)));
            let holders: Vec<_> = holders.filter(|(_, holds)| *holds > 0).collect();
            let Some(number) = give_way(&holders) else {
                return false;
            };
            if let Some(slot) = open.remove(&number) {
                slot.holds(0);
            }
            metrics::counter!("tatami_http_connections_closed_total", "why" => "memory")
                .increment(1);
        }
        true
    }
}

/// Has one of these give way, each with what it takes of what is short: of the address
/// that takes the most, the one that has waited longest.
fn give_way(slots: &[(&Arc<Slot>, usize)]) -> Option<u64> {
    let mut takes: HashMap<IpAddr, usize> = HashMap::new();
    for (slot, takes_one) in slots {
        *takes.entry(address(slot.peer)).or_default() += takes_one;
    }
    let mut waiting: Vec<_> = slots
        .iter()
        .filter(|(slot, _)| slot.state.load(Ordering::Relaxed) == WAITING)
        .map(|(slot, _)| {
            let most = takes.get(&address(slot.peer)).copied().unwrap_or(0);
            let since = slot.waits_since.load(Ordering::Relaxed);
            (std::cmp::Reverse(most), since, *slot)
        })
        .collect();
    waiting.sort_unstable_by_key(|(most, since, _)| (*most, *since));
    // It may just have begun to work.
    let given = waiting.into_iter().find(|(_, _, slot)| slot.close());
    given.map(|(_, _, slot)| slot.number)
}

/// Who is behind an address: with IPv6, somebody has a whole network.
fn address(peer: SocketAddr) -> IpAddr {
    match peer.ip().to_canonical() {
        IpAddr::V6(v6) => {
            let network = v6.to_bits() & (u128::MAX << 64);
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
        v4 => v4,
    }
}

impl Slot {
    /// Closes the connection if it waits for its peer. Whether it does.
    fn close(&self) -> bool {
        let state = &self.state;
        let closed = state.compare_exchange(WAITING, CLOSED, Ordering::AcqRel, Ordering::Relaxed);
        self.close.notify_waiters();
        closed.is_ok()
    }

    /// Notes how much it holds.
    fn holds(&self, bytes: usize) {
        let before = self.holds.swap(bytes, Ordering::Relaxed);
        if bytes >= before {
            self.all.held.fetch_add(bytes - before, Ordering::Relaxed);
        } else {
            self.all.held.fetch_sub(before - bytes, Ordering::Relaxed);
        }
    }
}

impl Connection {
    /// The address at its other end.
    pub fn peer(&self) -> SocketAddr {
        self.slot().peer
    }

    /// Is done when it has given way to another, or the server ends: it is to be dropped
    /// then.
    pub async fn closed(&self) {
        let mut closed = std::pin::pin!(self.slot().close.notified());
        closed.as_mut().enable();
        if self.slot().state.load(Ordering::Acquire) != CLOSED {
            closed.await;
        }
    }

    /// Notes that nothing waits for its peer to take it.
    pub fn taken(&self) {
        if self.slot().holds.load(Ordering::Relaxed) > 0 {
            self.slot().holds(0);
        }
    }

    /// Holds so many bytes in all while it waits for its peer. Others may have to give
    /// way for it. Whether there is room.
    pub(crate) fn hold(&self, bytes: usize) -> bool {
        let slot = self.slot();
        slot.holds(bytes);
        if slot.state.load(Ordering::Relaxed) == CLOSED {
            slot.holds(0);
            return false;
        }
        let has_room = slot.all.make_room(slot.number);
        if !has_room {
            slot.holds(0);
        }
        has_room
    }

    /// Is at work from now on, unless it has given way to another.
    pub(crate) fn work(&self) -> Option<Serving> {
        let state = &self.slot().state;
        let begun = state.compare_exchange(WAITING, SERVING, Ordering::AcqRel, Ordering::Relaxed);
        begun.ok()?;
        self.taken();
        Some(Serving(self.clone()))
    }

    fn slot(&self) -> &Slot {
        &self.0.0
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let slot = self.0.slot();
        let since = slot.all.waits.fetch_add(1, Ordering::Relaxed);
        slot.waits_since.store(since, Ordering::Relaxed);
        slot.state.store(WAITING, Ordering::Release);
        slot.all.changed.notify_one();
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let slot = &self.0;
        slot.holds(0);
        slot.all.open().remove(&slot.number);
        metrics::gauge!("tatami_http_connections").decrement(1);
        slot.all.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(connections: usize, bytes: usize) -> Connections {
        Connections::new(Room { connections, bytes })
    }

    fn from(all: &Connections, address: &str) -> Connection {
        let peer = SocketAddr::new(address.parse().expect("an address"), 1);
        all.try_admit(peer).expect("a place")
    }

    fn is_closed(connection: &Connection) -> bool {
        connection.slot().state.load(Ordering::Relaxed) == CLOSED
    }

    #[test]
    fn the_address_with_the_most_gives_way_first_with_what_has_waited_longest() {
        let all = connections(4, 0);
        let other = from(&all, "192.0.2.1");
        let many = ["192.0.2.9", "192.0.2.9", "192.0.2.9"].map(|peer| from(&all, peer));
        // The first of them has been answered meanwhile.
        drop(many[0].work().expect("work"));
        let new = from(&all, "192.0.2.2");
        assert_eq!(many.each_ref().map(is_closed), [false, true, false]);
        assert!(!is_closed(&other) && !is_closed(&new));
        assert!(many[1].work().is_none(), "it is not answered any more");
    }

    #[test]
    fn a_network_is_one_address() {
        let all = connections(3, 0);
        let other = from(&all, "2001:db8:0:1::1");
        let many = ["2001:db8:0:2::1", "2001:db8:0:2::2"].map(|peer| from(&all, peer));
        from(&all, "2001:db8:0:3::1");
        assert!(!is_closed(&other) && is_closed(&many[0]) && !is_closed(&many[1]));
    }

    #[test]
    fn what_is_at_work_does_not_give_way() {
        let all = connections(1, 0);
        let one = from(&all, "192.0.2.1");
        let serving = one.work().expect("work");
        let peer = SocketAddr::from(([192, 0, 2, 2], 1));
        assert!(all.try_admit(peer).is_none());
        drop(serving);
        assert!(all.try_admit(peer).is_some());
        assert!(is_closed(&one));
    }

    #[test]
    fn a_place_is_free_again_when_its_connection_is_over() {
        let all = connections(1, 0);
        drop(from(&all, "192.0.2.1"));
        let second = from(&all, "192.0.2.2");
        assert!(!is_closed(&second));
    }

    #[test]
    fn who_holds_the_most_gives_way_and_nobody_else() {
        let all = connections(9, 100);
        let little = from(&all, "192.0.2.1");
        assert!(little.hold(10));
        let much = ["192.0.2.9", "192.0.2.9"].map(|peer| from(&all, peer));
        assert!(much[0].hold(40) && much[1].hold(40));
        let new = from(&all, "192.0.2.2");
        assert!(new.hold(50));
        assert!(is_closed(&much[0]) && !is_closed(&much[1]) && !is_closed(&little));
        drop(much);
        assert!(!new.hold(101), "more than there is room for");
        assert!(new.hold(90), "the others gave way");
        assert_eq!(all.0.held.load(Ordering::Relaxed), 90);
        new.taken();
        assert_eq!(all.0.held.load(Ordering::Relaxed), 0);
    }
}
