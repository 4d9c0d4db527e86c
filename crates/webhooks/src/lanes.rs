//! One lane per subscription: how many of its deliveries are under way, and
//! which wait for one of them to end. A receiver that is slow fills its own
//! lane and no other.

use std::collections::{HashMap, VecDeque};

use tatami_core::id::SubscriptionId;
use tatami_engine::ports::store::ClaimedDelivery;
use tokio::time::Instant;

/// A claimed delivery and the last moment to start it: later, its lease could
/// run out before it ends.
pub(crate) struct Claimed {
    pub(crate) delivery: ClaimedDelivery,
    pub(crate) start_by: Instant,
}

#[derive(Default)]
struct Lane {
    running: usize,
    waiting: VecDeque<Claimed>,
}

/// What follows the end of a delivery.
pub(crate) enum Then {
    /// This one starts in its place.
    Start(Box<ClaimedDelivery>),
    /// Its lane was full and is not now: more can be claimed for it.
    Claim,
    /// Nothing.
    Nothing,
}

/// All lanes.
pub(crate) struct Lanes {
    width: usize,
    running: usize,
    lanes: HashMap<SubscriptionId, Lane>,
}

impl Lanes {
    /// Lanes in each of which `width` deliveries run side by side.
    pub(crate) fn new(width: usize) -> Self {
        Self {
            width,
            running: 0,
            lanes: HashMap::new(),
        }
    }

    /// How many deliveries are under way.
    pub(crate) fn running(&self) -> usize {
        self.running
    }

    /// Takes a delivery in, and gives it back if it starts now.
    pub(crate) fn admit(&mut self, claimed: Claimed) -> Option<ClaimedDelivery> {
        let id = claimed.delivery.subscription.id.clone();
        let lane = self.lanes.entry(id).or_default();
        if lane.running < self.width {
            lane.running += 1;
            self.running += 1;
            Some(claimed.delivery)
        } else {
            lane.waiting.push_back(claimed);
            None
        }
    }

    /// Takes note that a delivery ended, and tells what follows. Those that
    /// waited too long are dropped; their lease brings them back.
    pub(crate) fn ended(&mut self, id: &SubscriptionId, now: Instant) -> Then {
        let Some(lane) = self.lanes.get_mut(id) else {
            return Then::Nothing;
        };
        while let Some(next) = lane.waiting.pop_front() {
            if next.start_by > now {
                return Then::Start(Box::new(next.delivery));
            }
        }
        let was_full = lane.running == self.width;
        lane.running -= 1;
        self.running -= 1;
        if lane.running == 0 {
            self.lanes.remove(id);
        }
        match was_full {
            true => Then::Claim,
            false => Then::Nothing,
        }
    }

    /// The subscriptions whose lane is full.
    pub(crate) fn busy(&self) -> Vec<SubscriptionId> {
        let full = |lane: &Lane| lane.running >= self.width;
        let busy = self.lanes.iter().filter(|(_, lane)| full(lane));
        busy.map(|(id, _)| id.clone()).collect()
    }
}
