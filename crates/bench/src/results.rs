//! What was measured, by server, task and round.

use std::collections::BTreeMap;

use crate::latency::median;
use crate::operation::Operation;
use crate::plan::Database;

/// A server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The bare server that answers from memory.
    Memory,
    /// The bare server that writes durably.
    Bare(Database),
    /// The program.
    Program(Database),
    /// An earlier build of the program.
    Earlier(Database),
    /// The program with many stored intents.
    Full(Database),
}

/// What a server did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Task {
    /// An operation, as fast as it can.
    Most(Operation),
    /// An operation at half of the program's most.
    Half(Operation),
    /// Delivering webhooks.
    Webhooks,
    /// From its start to the first answer.
    Start,
}

/// One measurement. What does not apply is not a number.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    /// Requests (or payments, or deliveries) a second.
    pub rate: f64,
    /// The median latency in milliseconds; the time to the first answer, for
    /// [`Task::Start`].
    pub p50_ms: f64,
    /// The latency that one in a hundred exceeds, in milliseconds.
    pub p99_ms: f64,
    /// CPU seconds for 1,000 of them, the server's own.
    pub cpu_s: f64,
    /// The most memory held until then, in megabytes.
    pub peak_mb: f64,
}

/// A part of a measurement.
pub type Part = fn(&Measure) -> f64;

/// All measurements.
#[derive(Default)]
pub struct Results(BTreeMap<(Task, Subject), BTreeMap<usize, Measure>>);

impl Results {
    /// Takes note of a measurement.
    pub fn add(&mut self, round: usize, task: Task, subject: Subject, measure: Measure) {
        let rounds = self.0.entry((task, subject)).or_default();
        rounds.insert(round, measure);
    }

    /// The measurement of a round.
    pub fn of(&self, round: usize, task: Task, subject: Subject) -> Option<&Measure> {
        self.0.get(&(task, subject))?.get(&round)
    }

    /// What was measured.
    pub fn measured(&self) -> impl Iterator<Item = (Task, Subject)> {
        self.0.keys().copied()
    }

    /// The median over the rounds.
    pub fn median(&self, task: Task, subject: Subject, part: Part) -> f64 {
        let rounds = self.0.get(&(task, subject));
        median(
            rounds
                .into_iter()
                .flat_map(BTreeMap::values)
                .map(part)
                .collect(),
        )
    }

    /// The median over the rounds of one measurement as a share of another of
    /// the same round.
    pub fn ratio(&self, this: (Task, Subject), other: (Task, Subject), part: Part) -> f64 {
        let rounds = self.0.get(&this).into_iter().flatten();
        let ratios = rounds.filter_map(|(round, measure)| {
            let other = self.of(*round, other.0, other.1)?;
            Some(part(measure) / part(other))
        });
        median(ratios.collect())
    }
}
