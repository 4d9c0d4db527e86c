//! The file that carries rows: JSON lines, from the first to the last.
//!
//! ```text
//! {"format":"tatami-export","version":1,"schema":["initial"],"key":"…"}
//! {"table":"accounts","columns":["id","name"]}
//! ["acc_1","Corner shop"]
//! {"end":{"rows":1,"sha256":"…"}}
//! ```
//!
//! The checksum is of all bytes before the last line. Neither side ever holds
//! more than a line.

mod reader;
mod writer;

use serde::{Deserialize, Serialize};

pub use reader::{Item, Reader};
pub use writer::Writer;

/// What the first line of an export names.
pub const FORMAT: &str = "tatami-export";
/// The version of the format that is written, and the only one that is read.
pub const FORMAT_VERSION: u32 = 1;

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Always [`FORMAT`].
    pub format: String,
    /// The version of the format.
    pub version: u32,
    /// The names of the migrations that made the tables.
    pub schema: Vec<String>,
    /// What shows whether an installation's key is the one that sealed the
    /// secrets in it, and nothing else.
    pub key: String,
}

/// The line before the rows of a table.
#[derive(Serialize, Deserialize)]
struct TableLine {
    table: String,
    columns: Vec<String>,
}

/// The last line.
#[derive(Serialize, Deserialize)]
struct EndLine {
    end: End,
}

/// What the last line says about the lines before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct End {
    rows: u64,
    sha256: String,
}
