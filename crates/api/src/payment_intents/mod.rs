//! Payment intents.

mod amount;
mod cancel;
mod charge;
mod create;
mod get;
mod public;
mod receipt;
mod search;
mod session;

// The documentation macro makes a type beside each handler, found by its path.
pub use amount::*;
pub use cancel::*;
pub use charge::*;
pub use create::*;
pub use get::*;
pub use public::*;
pub use receipt::*;
pub use search::*;
pub use session::*;
