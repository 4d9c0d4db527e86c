//! The POS: the restaurant, its faults and its journal, and how a request is answered.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::faults::{Fault, Faults};
use crate::journal::Journal;
use crate::restaurant::{Refusal, Restaurant};

/// The operation by which the platform sends events.
pub const HANDLE_EVENT: &str = "HandleEvent";

/// The clock of the POS.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The POS. Cheap to clone.
#[derive(Clone)]
pub struct Pos(Arc<Inner>);

struct Inner {
    restaurant: Mutex<Restaurant>,
    journal: Mutex<Journal>,
    faults: Mutex<Faults>,
    clock: Clock,
    changes: watch::Sender<u64>,
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The result.
    Result(Value),
    /// The same, sent twice.
    Twice(Value),
    /// The request is refused.
    Refused(Refusal),
    /// Not an answer of the contract.
    Nonsense,
    /// The POS does not take requests.
    Down,
    /// The connection breaks.
    Lost,
}

impl Pos {
    /// The restaurant as it opens.
    pub fn open(clock: Clock, faults: Faults) -> Self {
        Self(Arc::new(Inner {
            restaurant: Mutex::new(Restaurant::open(clock())),
            journal: Mutex::default(),
            faults: Mutex::new(faults),
            clock,
            changes: watch::Sender::new(0),
        }))
    }

    /// Answers a request of the platform.
    pub async fn answer(&self, operation: &str, params: &Value) -> Answer {
        let fault = lock(&self.0.faults).next(operation);
        match fault {
            Some(Fault::Slow) => tokio::time::sleep(Duration::from_secs(3)).await,
            Some(Fault::OutOfOrder) => tokio::time::sleep(Duration::from_millis(300)).await,
            _ => {}
        }
        let answer = match fault {
            Some(Fault::Down) => Answer::Down,
            Some(Fault::Nonsense) => Answer::Nonsense,
            Some(Fault::Refuse) => Answer::Refused(Refusal {
                kind: "Conflict",
                message: "The demo POS was started to refuse this.".to_owned(),
            }),
            Some(Fault::LoseAnswer) => {
                // A refusal is lost like a result.
                let _ = self.carry_out(operation, params);
                Answer::Lost
            }
            Some(Fault::Twice) => match self.carry_out(operation, params) {
                Ok(result) => Answer::Twice(result),
                Err(refusal) => Answer::Refused(refusal),
            },
            _ => match self.carry_out(operation, params) {
                Ok(result) => Answer::Result(result),
                Err(refusal) => Answer::Refused(refusal),
            },
        };
        self.note(operation, params, &answer);
        if fault == Some(Fault::Late) {
            tokio::time::sleep(Duration::from_secs(12)).await;
        }
        answer
    }

    fn carry_out(&self, operation: &str, params: &Value) -> Result<Value, Refusal> {
        match operation {
            // What the events are about is known from the payments that are recorded.
            HANDLE_EVENT => Ok(json!({})),
            _ => lock(&self.0.restaurant).carry_out(operation, params, self.now()),
        }
    }

    fn note(&self, operation: &str, params: &Value, answer: &Answer) {
        let refusal;
        let answered = match answer {
            Answer::Result(result) | Answer::Twice(result) => Ok(result),
            Answer::Refused(refused) => {
                refusal = refused.json();
                Ok(&refusal)
            }
            Answer::Nonsense => Err("nonsense"),
            Answer::Down => Err("nothing: the POS is down"),
            Answer::Lost => Err("nothing: the connection broke"),
        };
        lock(&self.0.journal).add(self.now(), operation, params, answered);
        self.changed();
    }

    /// Looks at the restaurant and the journal.
    pub fn look<T>(&self, look: impl FnOnce(&Restaurant, &Journal) -> T) -> T {
        look(&lock(&self.0.restaurant), &lock(&self.0.journal))
    }

    /// Changes something in the restaurant.
    pub fn change<T>(&self, change: impl FnOnce(&mut Restaurant) -> T) -> T {
        let changed = change(&mut lock(&self.0.restaurant));
        self.changed();
        changed
    }

    /// Replaces the faults.
    pub fn set_faults(&self, faults: Faults) {
        *lock(&self.0.faults) = faults;
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        (self.0.clock)()
    }

    /// Changes from now on.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    fn changed(&self) {
        self.0.changes.send_modify(|count| *count += 1);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
