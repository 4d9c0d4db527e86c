//! What is found, what of it is excepted, and who is told.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

use serde_json::{Value, json};

use super::Source;

/// Names the folder in which a run collects what is found, to tell it at its end.
const FOLDER: &str = "TATAMI_FINDINGS";
/// What is known and stays, for now or for good, with its reasons.
const EXCEPTIONS: &str = include_str!("../../exceptions.json");

/// What is wrong in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where in the body.
    pub place: String,
    /// What is wrong there.
    pub what: String,
    /// What is there.
    pub seen: String,
}

impl Fault {
    /// The status itself; the body may tell why.
    pub fn of_status(body: &[u8]) -> Self {
        let problem: Value = serde_json::from_slice(body).unwrap_or_default();
        Self {
            seen: problem["detail"].as_str().unwrap_or_default().to_owned(),
            ..Self::at("status", "this status is not described")
        }
    }

    /// Something at a place.
    pub fn at(place: &str, what: &str) -> Self {
        Self {
            place: place.to_owned(),
            what: what.to_owned(),
            seen: String::new(),
        }
    }
}

/// An answer that is not as it is described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whose description it is.
    pub source: Source,
    /// The version of the description.
    pub version: &'static str,
    /// The method, and the template of the path.
    pub operation: String,
    /// The status of the answer.
    pub status: u16,
    /// What is wrong.
    pub fault: Fault,
}

impl Finding {
    fn json(&self) -> Value {
        json!({
            "source": format!("{:?}", self.source).to_lowercase(),
            "version": self.version,
            "operation": self.operation,
            "status": self.status,
            "place": self.fault.place,
            "what": self.fault.what,
            "seen": self.fault.seen,
        })
    }

    /// The number of the exception that it is, if it is one.
    fn exception(&self, exceptions: &[Value]) -> Option<usize> {
        let told = self.json();
        let is_it = |exception: &Value| {
            let rules = exception.as_object().into_iter().flatten();
            let mut rules = rules.filter(|(name, _)| *name != "reason");
            rules.all(|(name, wanted)| match wanted {
                Value::Array(several) => several.contains(&told[name]),
                Value::String(start) if name == "seen" => self.fault.seen.starts_with(start),
                one => told[name] == *one,
            })
        };
        exceptions.iter().position(is_it)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault { place, what, seen } = &self.fault;
        let (operation, version, status) = (&self.operation, self.version, self.status);
        write!(
            f,
            "{operation} at {version} answered {status}, {place}: {what} ({:?} description) {seen}",
            self.source
        )
    }
}

/// Tells of a finding: at the end of the run if that collects them, else by
/// failing, unless it is an exception.
///
/// # Panics
/// If it is no exception and nobody collects.
pub fn report(finding: &Finding) {
    let exception = finding.exception(exceptions());
    match collection() {
        Some(file) => {
            let mut line = finding.json();
            line["exception"] = exception.into();
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            // In one piece: other threads and the reader see whole lines.
            let written = file.write_all(format!("{line}\n").as_bytes());
            written.expect("findings can be written");
        }
        None => assert!(exception.is_some(), "{finding}"),
    }
}

fn exceptions() -> &'static [Value] {
    static ALL: OnceLock<Vec<Value>> = OnceLock::new();
    ALL.get_or_init(|| serde_json::from_str(EXCEPTIONS).expect("exceptions are a list"))
}

/// The file of this process, if there is a folder for it.
fn collection() -> Option<&'static Mutex<File>> {
    static FILE: OnceLock<Option<Mutex<File>>> = OnceLock::new();
    let file = FILE.get_or_init(|| {
        let folder = std::env::var_os(FOLDER)?;
        let path = Path::new(&folder).join(format!("{}.jsonl", std::process::id()));
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let file = file.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Some(Mutex::new(file))
    });
    file.as_ref()
}
