//! What all HTTP crates share: reading requests, refusing them, knowing who calls, what
//! goes around every route, and the frame of pages.
//!
//! A crate with routes of its own extracts [`auth::Key`] and [`input::Input`], answers
//! with [`problem::Problem`] or [`reply`], and documents what is answered with the types
//! in [`openapi`]; [`around()`] goes around the routes of all of them together.

mod around;
pub mod auth;
mod body;
mod browser;
mod client;
mod connections;
pub mod cursor;
pub mod event;
pub mod input;
pub mod listing;
mod live;
mod load_shed;
mod misplaced;
pub mod openapi;
mod pages;
mod paths;
pub mod problem;
mod published;
pub mod reply;
mod request_log;
mod sessions;
pub mod shape;
mod state;
mod trace;

pub use around::{Around, TRACE_ID, around};
pub use body::Pace;
pub use browser::is_of_own_page;
pub use client::{client_address, is_of_this_machine, peer_address};
pub use connections::{Connection, Connections, Room};
pub use live::{LOOK_EVERY, LastState, Watched, live};
pub use load_shed::{Limits, LoadShed};
pub use pages::{Assets, FRAMED_POLICY, File, Kind, PAGE_POLICY, page_of};
pub use published::{Published, operations};
pub use request_log::{CardRoutes, LoggedRoutes, Logging};
pub use sessions::{
    browser_token, origin_of, session_token, with_browser, with_session, without_session,
};
pub use state::{AppState, Shared};
