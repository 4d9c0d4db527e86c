//! Card machines and their sessions.

mod machines;
mod sessions;
mod tap;
mod till;

// The documentation macro makes a type beside each handler, found by its path.
pub use machines::*;
pub use sessions::*;
pub use tap::*;

pub(crate) use till::{SessionConflict, TerminalBadHeader, coded};
