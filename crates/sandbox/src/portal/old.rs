//! Addresses that the pages had before they were in the portal.

use axum::Router;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http::{HeaderMap, Uri, header};

use crate::SandboxState;

/// What the addresses of the mailbox begin with.
const SANDBOX: &str = "/sandbox/";

pub(super) fn routes() -> Router<SandboxState> {
    Router::new()
        .route("/card-machines", get(to_portal))
        .route("/card-machines/{tid}", get(to_portal))
}

async fn to_portal(uri: Uri) -> Redirect {
    Redirect::to(&moved(&uri, "/"))
}

/// Leads browsers that bring no key to the page; all others get what they asked for.
pub(super) async fn lead_browsers(request: Request, next: Next) -> Response {
    if is_browser_without_key(request.headers()) {
        return Redirect::to(&moved(request.uri(), SANDBOX)).into_response();
    }
    next.run(request).await
}

fn is_browser_without_key(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT);
    let accept = accept.and_then(|accept| accept.to_str().ok());
    let wants_page = accept.is_some_and(|accept| accept.contains("text/html"));
    wants_page && !headers.contains_key(header::AUTHORIZATION)
}

/// The page in the portal, of the visitor's first location.
fn moved(uri: &Uri, before: &str) -> String {
    let path = uri.path();
    format!("/portal?to={}", path.strip_prefix(before).unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_without_a_key_are_led_on() {
        let asks = |pairs: &[(header::HeaderName, &str)]| {
            let pairs = pairs
                .iter()
                .map(|(name, value)| (name.clone(), value.parse().expect("a header")));
            is_browser_without_key(&pairs.collect())
        };
        let page = (header::ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8");
        assert!(asks(std::slice::from_ref(&page)));
        assert!(!asks(&[
            page,
            (header::AUTHORIZATION, "Basic sk_sandbox_a")
        ]));
        assert!(!asks(&[(header::ACCEPT, "*/*")]));
        assert!(!asks(&[]));
    }

    #[test]
    fn pages_are_found_by_their_old_addresses() {
        for (old, before, new) in [
            (
                "/card-machines/VCM1MAN0",
                "/",
                "/portal?to=card-machines/VCM1MAN0",
            ),
            ("/sandbox/mailbox", SANDBOX, "/portal?to=mailbox"),
        ] {
            assert_eq!(moved(&Uri::from_static(old), before), new);
        }
    }
}
