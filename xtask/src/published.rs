//! The published material beside the repository.

use std::path::PathBuf;

use crate::step::root;

/// A folder or file of it; `None` if there is none here.
pub fn published(name: &str) -> Option<PathBuf> {
    let place = std::env::var_os("TATAMI_PUBLISHED")
        .map_or_else(|| root().join("../shared"), PathBuf::from)
        .join(name);
    place.exists().then_some(place)
}
