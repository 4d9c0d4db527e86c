//! What all pages share: the frame (`templates/base.html`),
//! the common styles, the headers, and files that are part of the binary.

mod assets;
mod headers;

pub use assets::{Assets, File, Kind};
pub use headers::{FRAMED_POLICY, PAGE_POLICY, page_of};
