//! Setup intents.

mod create;
mod delete;
mod get;
mod public;
mod session;
mod tokenize;

// The documentation macro makes a type beside each handler, found by its path.
pub use create::*;
pub use delete::*;
pub use get::*;
pub use public::*;
pub use session::*;
pub use tokenize::*;
