//! The virtual terminal: payments with cards whose holders give them by telephone or mail.
//! Card details exist for one request only, and no page is filled in with them.

mod card;
mod result;
mod take;

pub(crate) use result::show;
pub(crate) use take::{again, show_form, take};

/// Where the pages are.
const PATH: &str = "/virtual-terminal";
