//! What all pages share, whoever draws them: the frame (`templates/base.html`),
//! the common styles, the headers, and files that are part of the binary.

mod assets;
mod headers;

pub use assets::{Assets, File, Kind};
pub use headers::{PAGE_POLICY, page_of};
