//! The use cases of Tatami: load, decide with the core, commit, call the
//! acquirer, commit the outcome. It knows neither HTTP nor SQL.

pub mod ports;
pub mod secrets;
