//! Styles and scripts of the sandbox's pages.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::Response;
use tatami_http::{Assets, File, files};

/// The path of the files of the bank and of pages for developers.
pub(crate) const PAGES_PATH: &str = "/sandbox/assets";
/// The path of the card machines' files.
pub(crate) const MACHINES_PATH: &str = "/card-machines/assets";

const PAGE_FILES: &[File] = files! {
    "acs.css" Style;
    "acs.js" Script;
    "proof.js" Script;
};

const MACHINE_FILES: &[File] = files! {
    "api.js" Script;
    "bench.css" Style;
    "controls.js" Script;
    "device.css" Style;
    "dom.js" Script;
    "integration-screens.js" Script;
    "integration.css" Style;
    "integration.js" Script;
    "keys.js" Script;
    "live.js" Script;
    "machine.js" Script;
    "machines.css" Style;
    "machines.js" Script;
    "paper.css" Style;
    "receipts.js" Script;
    "screen.js" Script;
    "till.js" Script;
    "tools.css" Style;
    "wallet.js" Script;
    "words.js" Script;
};

static PAGES: LazyLock<Assets> = LazyLock::new(|| Assets::new(PAGES_PATH, PAGE_FILES));
static MACHINES: LazyLock<Assets> = LazyLock::new(|| Assets::new(MACHINES_PATH, MACHINE_FILES));

/// The path that a page's file is put behind, without the slash between.
pub(crate) fn pages() -> &'static str {
    PAGES.base()
}

/// The same, of the card machines' files.
pub(crate) fn machines() -> &'static str {
    MACHINES.base()
}

pub(crate) async fn serve_page_file(Path((version, name)): Path<(String, String)>) -> Response {
    PAGES.serve(&version, &name)
}

pub(crate) async fn serve_machine_file(Path((version, name)): Path<(String, String)>) -> Response {
    MACHINES.serve(&version, &name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_import_only_what_is_there_and_nothing_asks_another_host() {
        assert_eq!(PAGES.faults(), Vec::<String>::new());
        assert_eq!(MACHINES.faults(), Vec::<String>::new());
    }
}
