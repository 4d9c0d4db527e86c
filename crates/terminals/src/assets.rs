//! The door's styles and scripts.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::Response;
use tatami_http::{Assets, File, files};

/// The path that they are served under.
pub(crate) const PATH: &str = "/card-machines/assets";

const FILES: &[File] = files! {
    "api.js" Script;
    "bench.css" Style;
    "controls.js" Script;
    "device.css" Style;
    "dom.js" Script;
    "keys.js" Script;
    "machine.js" Script;
    "machines.css" Style;
    "machines.js" Script;
    "paper.css" Style;
    "receipts.js" Script;
    "screen.js" Script;
    "till.js" Script;
    "wallet.js" Script;
    "words.js" Script;
};

static ASSETS: LazyLock<Assets> = LazyLock::new(|| Assets::new(PATH, FILES));

/// The path that a file's name is put behind, without the slash between.
pub(crate) fn base() -> &'static str {
    ASSETS.base()
}

/// Serves a file of this version.
pub(crate) async fn serve(Path((version, name)): Path<(String, String)>) -> Response {
    ASSETS.serve(&version, &name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_import_only_what_is_there_and_nothing_asks_another_host() {
        assert_eq!(ASSETS.faults(), Vec::<String>::new());
    }
}
