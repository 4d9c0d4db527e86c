//! The portal's styles and scripts.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::Response;
use tatami_http::{Assets, File, files};

/// The path of the files.
pub(crate) const PATH: &str = "/portal/assets";

const FILES: &[File] = files! {
    "copy.js" Script;
    "refresh.js" Script;
    "portal.css" Style;
    "home.js" Script;
    "live.js" Script;
    "terminal.js" Script;
};

static ASSETS: LazyLock<Assets> = LazyLock::new(|| Assets::new(PATH, FILES));

/// The path that a file's name is put behind, without the slash between.
pub(crate) fn base() -> &'static str {
    ASSETS.base()
}

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
