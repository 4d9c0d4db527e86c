//! The virtual terminal: payments with cards that their holders tell by telephone or mail.
//! What is typed of a card lives for the one request, and no page is filled in with it.

mod card;
mod result;
mod take;

pub(crate) use result::show;
pub(crate) use take::{again, show_form, take};

/// Where the pages are.
const PATH: &str = "/virtual-terminal";
