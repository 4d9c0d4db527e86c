//! A flow that was started: its steps, and how they ended.

use serde::{Deserialize, Serialize};
use tatami_core::account::{AnyScope, Scope};
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_engine::ports::documents::{Aggregate, DocumentKind};

/// How long a flow can be read.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How a flow or a step of it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// As it should.
    Success,
    /// Otherwise.
    Failure,
    /// There was no answer.
    TimedOut,
    /// Not yet.
    InProgress,
}

impl Status {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::Failure => "FAILURE",
            Self::TimedOut => "TIMED_OUT",
            Self::InProgress => "IN_PROGRESS",
        }
    }
}

/// A step of a flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What it is.
    pub name: String,
    /// How it ended.
    pub status: Status,
    /// What was sent and received, and what to do about it.
    pub notes: Vec<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// A flow that was started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowRun {
    /// Its id, a UUID.
    pub id: String,
    /// Whose POS it tests.
    pub scope: Scope,
    /// What it is.
    pub name: String,
    /// How it ended.
    pub status: Status,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Its steps so far.
    pub steps: Vec<Step>,
    /// The program that runs it, if there may be several.
    pub node: Option<String>,
    /// Until when that writes again (the machine's time).
    pub alive_until: Timestamp,
}

impl FlowRun {
    /// Whether the POS did all that it was to do.
    pub fn succeeded(&self) -> bool {
        self.status == Status::Success
    }

    /// Whether it still runs at that moment of the machine's time.
    pub fn is_running(&self, now: Timestamp) -> bool {
        self.status == Status::InProgress && now <= self.alive_until
    }

    /// Ends a flow whose program stopped while it ran.
    #[must_use]
    pub fn broken_off(mut self, now: Timestamp) -> Self {
        let why = [
            "The program was stopped while the flow ran",
            "Start the flow again",
        ];
        let why = why.map(str::to_owned);
        self.status = Status::Failure;
        self.finished_at = Some(now);
        match self.steps.last_mut() {
            Some(step) if step.status == Status::InProgress => {
                step.status = Status::Failure;
                step.finished_at = Some(now);
                step.notes.extend(why);
            }
            _ => self.steps.push(Step {
                name: "Run the flow".to_owned(),
                status: Status::Failure,
                notes: why.to_vec(),
                started_at: now,
                finished_at: Some(now),
            }),
        }
        self
    }
}

impl Aggregate for FlowRun {
    const KIND: DocumentKind = DocumentKind::PosFlow;

    fn id(&self) -> &str {
        &self.id
    }

    fn scope(&self) -> AnyScope {
        AnyScope::from(&self.scope)
    }

    fn status(&self) -> &str {
        self.status.word()
    }

    fn created_at(&self) -> Timestamp {
        self.started_at
    }

    /// Deleted then.
    fn due_at(&self) -> Option<Timestamp> {
        Some(self.started_at + KEPT_FOR)
    }
}
