//! What the use cases need of the world, as small traits.

pub mod acquirer;
pub mod answers;
pub mod clock;
pub mod connector_state;
pub mod delivery;
pub mod documents;
pub mod jobs;
pub mod mail;
pub mod outside;
pub mod pos;
pub mod request_log;
pub mod store;
pub mod terminal;
