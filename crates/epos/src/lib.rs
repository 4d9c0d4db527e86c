//! Links to a merchant's POS, which hosts the EPOS Data API and is called by products.
//!
//! [`contract`] has the data of that API, [`Pos`] what products call, and [`jsonrpc`]
//! the codec of WebSocket messages; these three know no I/O.

pub mod capability;
pub mod contract;
pub mod jsonrpc;
mod pos;
mod request;

pub use pos::{Pos, PosError};
pub use request::{Origin, Request};
