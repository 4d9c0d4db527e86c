//! Components for shops' pages: the script that such a page loads, and the frames that
//! the script puts into it. They are below one path, because the script finds its frames
//! beside itself: a page names one host, and that is ours.

mod frames;

use std::sync::LazyLock;

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, HeaderName, StatusCode, Uri, header};
use serde_json::json;
use sha2::{Digest, Sha256, Sha384};

use crate::CheckoutState;

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

pub(crate) fn routes() -> Router<CheckoutState> {
    Router::new()
        .route("/cdn/payments/{version}/{file}", get(serve))
        .route("/payments/{version}/{file}", get(serve_on_cdn_host))
}

async fn serve(
    Path((version, name)): Path<(String, String)>,
    RawQuery(query): RawQuery,
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
        "card-frame" => frames::card(query.as_deref()),
        "wallet-frame" => frames::wallet(query.as_deref()),
        _ => absent(),
    }
}

/// The same at the root of the host that is set aside for it.
async fn serve_on_cdn_host(
    State(state): State<CheckoutState>,
    headers: HeaderMap,
    uri: Uri,
    path: Path<(String, String)>,
    query: RawQuery,
) -> Response {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let host = host.or_else(|| uri.authority().map(http::uri::Authority::as_str));
    match (host, state.cdn_host.as_deref()) {
        (Some(host), Some(cdn)) if is_host(host, cdn) => serve(path, query).await,
        _ => absent(),
    }
}

/// Whether a `Host` is that one, at whichever port if none is named.
fn is_host(host: &str, wanted: &str) -> bool {
    let port = |host: &str| host.rsplit_once(':').map(|(_, port)| port.to_owned());
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let bare = match port(host) {
        Some(port) if is_port(&port) => &host[..host.len() - port.len() - 1],
        _ => host,
    };
    host.eq_ignore_ascii_case(wanted) || bare.eq_ignore_ascii_case(wanted)
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
    fn a_host_is_known_at_any_port_unless_one_is_named() {
        for (host, wanted, same) in [
            ("cdn.example", "cdn.example", true),
            ("CDN.example:8080", "cdn.example", true),
            ("cdn.example:8080", "cdn.example:8080", true),
            ("cdn.example:8081", "cdn.example:8080", false),
            ("cdn.example.evil.test", "cdn.example", false),
            ("evil.test:cdn.example", "cdn.example", false),
            ("[::1]:8080", "[::1]", true),
            ("[::1]", "[::1]", true),
        ] {
            assert_eq!(is_host(host, wanted), same, "{host} {wanted}");
        }
    }

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
