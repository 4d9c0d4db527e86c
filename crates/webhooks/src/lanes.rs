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
pub(crate) struct Then {
    /// This one starts in its place.
    pub(crate) start: Option<Box<ClaimedDelivery>>,
    /// Its lane had enough to go on with and has not now: more can be claimed
    /// for it.
    pub(crate) claim: bool,
}

impl Lane {
    /// Whether it has enough to go on with while more is claimed: a round that
    /// waits for the one that runs.
    fn has_enough(&self, width: usize) -> bool {
        self.running >= width && self.waiting.len() >= width
    }
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
        let width = self.width;
        let Some(lane) = self.lanes.get_mut(id) else {
            return Then {
                start: None,
                claim: false,
            };
        };
        let (had_enough, was_full) = (lane.has_enough(width), lane.running == width);
        let mut start = None;
        while let Some(next) = lane.waiting.pop_front() {
            if next.start_by > now {
                start = Some(Box::new(next.delivery));
                break;
            }
        }
        let claim = (had_enough && !lane.has_enough(width)) || (was_full && start.is_none());
        if start.is_none() {
            lane.running -= 1;
            self.running -= 1;
            if lane.running == 0 {
                self.lanes.remove(id);
            }
        }
        Then { start, claim }
    }

    /// The subscriptions for which nothing more is to be claimed now.
    pub(crate) fn busy(&self) -> Vec<SubscriptionId> {
        let enough = |lane: &Lane| lane.has_enough(self.width);
        let busy = self.lanes.iter().filter(|(_, lane)| enough(lane));
        busy.map(|(id, _)| id.clone()).collect()
    }
}
