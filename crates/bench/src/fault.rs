//! Why a measurement was given up.

use std::fmt;

/// One sentence for whoever started the measurement.
pub struct Fault(pub String);

/// What a step of a measurement ends with.
pub type Result<T> = std::result::Result<T, Fault>;

impl<E: fmt::Display> From<E> for Fault {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A [`Fault`] with that sentence.
pub fn fault<T>(why: impl Into<String>) -> Result<T> {
    Err(Fault(why.into()))
}
