//! Styles and scripts, part of the binary. Their address carries a digest of
//! all of them, so browsers may keep them for good, and scripts can import
//! each other by plain relative names.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use sha2::{Digest, Sha256};

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

macro_rules! files {
    ($($name:literal $kind:expr;)*) => {
        &[$(($name, $kind, include_str!(concat!("../assets/", $name))),)*]
    };
}

/// Name, media type and content of each file.
const FILES: &[(&str, &str, &str)] = files! {
    "acs.css" CSS;
    "acs.js" SCRIPT;
    "base.css" CSS;
    "card.js" SCRIPT;
    "challenge.js" SCRIPT;
    "checkout.css" CSS;
    "checkout.js" SCRIPT;
    "docs.css" CSS;
    "fields.js" SCRIPT;
    "icon.svg" SVG;
    "payments.js" SCRIPT;
    "proof.js" SCRIPT;
    "result.js" SCRIPT;
    "waiting.js" SCRIPT;
};

static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut digest = Sha256::new();
    for (name, _, content) in FILES {
        digest.update(name);
        digest.update(content);
    }
    let digest = digest.finalize();
    digest.iter().take(8).map(|b| format!("{b:02x}")).collect()
});

static BASE: LazyLock<String> = LazyLock::new(|| format!("/checkout/assets/{}", *VERSION));

/// The path that a file's name is put behind, without the slash between.
pub(crate) fn base() -> &'static str {
    &BASE
}

/// Serves a file of this version.
pub(crate) async fn serve(Path((version, name)): Path<(String, String)>) -> Response {
    let file = FILES.iter().find(|(n, ..)| *n == name);
    let Some((_, kind, content)) = file.filter(|_| version == *VERSION) else {
        return (
            StatusCode::NOT_FOUND,
            [(header::CACHE_CONTROL, "no-store")],
            "There is no such file.",
        )
            .into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, *kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, *content).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_import_only_what_is_there_and_nothing_from_outside() {
        for (name, _, content) in FILES.iter().filter(|(_, kind, _)| *kind == SCRIPT) {
            for line in content.lines().filter(|l| l.starts_with("import ")) {
                let from = line.split('\'').nth(1).unwrap_or_default();
                let known = |file: &str| FILES.iter().any(|(n, ..)| *n == file);
                assert!(
                    from.strip_prefix("./").is_some_and(known),
                    "{name} imports {from}"
                );
            }
        }
    }

    #[test]
    fn no_style_or_script_asks_another_host() {
        for (name, _, content) in FILES {
            let content = content.replace("http://www.w3.org/2000/svg", "");
            assert!(!content.contains("http://"), "{name}");
            assert!(!content.contains("https://"), "{name}");
            assert!(!content.contains("url("), "{name}");
        }
    }
}
