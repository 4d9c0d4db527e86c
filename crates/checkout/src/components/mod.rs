//! Components for shops' pages: the script that such a page loads, and the frames that
//! the script puts into it. They are below one path, because the script finds its frames
//! beside itself: a page names one host, and that is ours.

mod frames;

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderName, StatusCode, header};
use serde_json::json;
use sha2::{Digest, Sha256, Sha384};

use crate::reader::Reader;
use crate::{CheckoutState, hosts, wallets};

const SCRIPT: &str = include_str!("../../assets/client.js");
const TYPES: &str = include_str!("../../assets/client.d.ts");
/// The version of the script's interface, under which the newest script is.
const INTERFACE: &str = "v1";
const SOON: &str = "public, max-age=300";
const FOREVER: &str = "public, max-age=31536000, immutable";
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The name of this script and no other, and what browsers check it against.
struct Release {
    version: String,
    integrity: String,
}

static RELEASE: LazyLock<Release> = LazyLock::new(|| Release {
    version: base16ct::lower::encode_string(&Sha256::digest(SCRIPT)[..8]),
    integrity: format!("sha384-{}", BASE64_STANDARD.encode(Sha384::digest(SCRIPT))),
});

/// The routes; at the root, too, of the host that is set aside for them.
pub(crate) fn routes(host: Option<Arc<str>>) -> Router<CheckoutState> {
    let files = Router::new()
        .route("/payments/{version}/{file}", get(serve))
        .merge(wallets::copied_domain_routes());
    let routes = Router::new().nest("/cdn", files.clone());
    match host {
        Some(host) => routes.merge(files.layer(from_fn(move |request, next| {
            hosts::only(host.clone(), request, next)
        }))),
        None => routes,
    }
}

async fn serve(
    State(state): State<CheckoutState>,
    Path((version, name)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    reader: Reader,
) -> Response {
    let cache = match version.as_str() {
        INTERFACE => SOON,
        version if version == RELEASE.version => FOREVER,
        _ => return absent(),
    };
    match name.as_str() {
        "client.js" => file("text/javascript; charset=utf-8", cache, SCRIPT),
        "client.d.ts" => file("application/typescript; charset=utf-8", cache, TYPES),
        "integrity.json" => {
            let path = format!("/cdn/payments/{}/client.js", RELEASE.version);
            let release = json!({ "path": path, "integrity": RELEASE.integrity });
            file("application/json", "no-cache", release.to_string())
        }
        "card-frame" => {
            let captcha = state.captcha_script();
            reader.labelled(frames::card(query.as_deref(), reader.language, captcha))
        }
        "wallet-frame" => {
            let captcha = state.captcha_script();
            let frame = frames::wallet(query.as_deref(), reader.language, captcha);
            reader.labelled(state.wallets.allowed(frame))
        }
        _ => absent(),
    }
}

/// A file for any page.
fn file(media_type: &'static str, cache: &'static str, content: impl IntoResponse) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (header::CACHE_CONTROL, cache),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (RESOURCE_POLICY, "cross-origin"),
    ];
    (headers, content).into_response()
}

fn absent() -> Response {
    let headers = [(header::CACHE_CONTROL, "no-store")];
    (StatusCode::NOT_FOUND, headers, "There is no such file.").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_asks_nobody_and_is_small() {
        for never in [
            "http://",
            "https://",
            "eval(",
            "innerHTML",
            "Storage",
            "cookie",
        ] {
            assert!(!SCRIPT.contains(never), "{never}");
        }
        assert!(SCRIPT.len() < 40 * 1024);
    }
}
