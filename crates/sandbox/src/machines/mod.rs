//! The virtual card machines.

pub(crate) mod pages;
