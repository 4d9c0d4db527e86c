//! What is to be measured, and how thoroughly.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::load::Bounds;
use crate::operation::Operation;

/// The share of a measurement's time that is spent before it, unmeasured.
const WARM_UP: u32 = 4;

/// A database that the program runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Database {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

impl Database {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// A plan.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The program.
    pub program: PathBuf,
    /// An earlier build of the program, to be compared with.
    pub earlier: Option<PathBuf>,
    /// The bare servers.
    pub bare: PathBuf,
    /// Where data is written.
    pub folder: PathBuf,
    /// The databases.
    pub databases: Vec<Database>,
    /// The operations.
    pub operations: Vec<Operation>,
    /// How often everything is measured.
    pub rounds: usize,
    /// The bounds of each measurement.
    pub bounds: Bounds,
    /// The most webhooks that are delivered in one measurement; 0 for none.
    pub webhooks: usize,
    /// Intents in the full installation; 0 for none.
    pub full: usize,
    /// How long filling it may take.
    pub filling: Duration,
}

impl Plan {
    /// The bounds of the unmeasured time before each measurement.
    pub fn warm_up(&self) -> Bounds {
        Bounds {
            time: self.bounds.time / WARM_UP,
            ..self.bounds
        }
    }

    /// Whether the program can run on PostgreSQL.
    pub fn knows_postgres(program: &PathBuf) -> bool {
        let help = Command::new(program).args(["serve", "--help"]).output();
        help.is_ok_and(|help| String::from_utf8_lossy(&help.stdout).contains("--database"))
    }
}
