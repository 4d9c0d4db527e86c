//! The checkout's styles and scripts.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::Response;
use tatami_http::{Assets, File, files};

const FILES: &[File] = files! {
    "amounts.js" Script;
    "apple-pay.js" Script;
    "card-frame.css" Style;
    "card-frame.js" Script;
    "captcha-worker.js" Script;
    "challenge.js" Script;
    "checkout.css" Style;
    "checkout.js" Script;
    "choose.js" Script;
    "fields.js" Script;
    "fonts.js" Script;
    "frame.js" Script;
    "google-pay.js" Script;
    "link.js" Script;
    "messages.js" Script;
    "order.js" Script;
    "paying.js" Script;
    "payments.js" Script;
    "proof-of-work.js" Script;
    "result.js" Script;
    "saved.js" Script;
    "session.js" Script;
    "table-wait.js" Script;
    "table.css" Style;
    "testers.js" Script;
    "waiting.js" Script;
    "wallet-frame.js" Script;
    "wallet-pay.js" Script;
    "wallet-sheet.js" Script;
    "words.js" Script;
    "wallet.css" Style;
    "wallet.js" Script;
};

static ASSETS: LazyLock<Assets> = LazyLock::new(|| Assets::new("/checkout/assets", FILES));

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
