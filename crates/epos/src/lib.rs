//! Links to a merchant's POS, which hosts the EPOS Data API and is called by products.
//!
//! [`contract`] has the data of that API, [`Pos`] what products call, and [`jsonrpc`]
//! the codec of WebSocket messages; these three know no I/O. [`Registry`] keeps what
//! POS systems can do and how they are reached; [`router`] is where they call.

pub mod capability;
pub mod contract;
mod describe;
mod events;
mod gateway;
mod integration;
pub mod jsonrpc;
mod links;
pub mod paper;
mod pos;
mod products;
mod recent;
mod request;
mod rest;
mod routes;
mod sender;
mod state;
mod tester;

pub use describe::{rest_document, socket_document};
pub use events::Events;
pub use gateway::{Connected, Gateway, IntegrationKey, Patience, RequestHandler};
pub use integration::{Integration, Link, Registry, RestLink, Transport};
pub use links::{Links, MerchantPos};
pub use paper::Paper;
pub use pos::{Pos, PosError};
pub use products::PosLinks;
pub use recent::{Exchange, RecentCalls};
pub use request::{Origin, Request};
pub use rest::RestClient;
pub use routes::{described, router};
pub use sender::PosEventSender;
pub use state::EposState;
pub use tester::{
    Flow, FlowRun, Param, Status as FlowStatus, Tester, end_all_broken_off, flow_of_method, flows,
};
