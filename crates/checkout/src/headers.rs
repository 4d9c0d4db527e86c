//! What every page tells the browser not to do.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};

/// The policy of pages: their own files, nothing inline, nothing from outside,
/// in nobody's frame.
pub(crate) const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'";

/// The policy of the sandbox bank's pages: as [`PAGE_POLICY`], but our payment
/// page may frame them.
pub(crate) const BANK_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'";

/// The policy of the page that posts the bank's proof to where an app asked it
/// to go. Browsers check redirects against it too, so it names no one host.
pub(crate) const PROOF_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self'; form-action http: https:; base-uri 'none'; frame-ancestors 'self'";

/// The policy under which the HTML of a mail is shown: it runs nothing, loads
/// nothing, and belongs to no origin. Mail has its styles inline.
pub(crate) const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-popups";

const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");
const NO_PERMISSIONS: HeaderValue = HeaderValue::from_static(
    "camera=(), display-capture=(), geolocation=(), microphone=(), usb=(), serial=()",
);

/// A rendered page with a policy and the headers that all pages have.
pub(crate) fn page_of(policy: &'static str, html: Result<String, askama::Error>) -> Response {
    let mut response = match html {
        Ok(html) => axum::response::Html(html).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    };
    harden(&mut response, policy);
    response
}

/// Adds a policy and the headers that all pages have.
fn harden(response: &mut Response, policy: &'static str) {
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(PERMISSIONS, NO_PERMISSIONS);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_page_allows_inline_or_evaluated_code_or_other_hosts() {
        for policy in [PAGE_POLICY, BANK_POLICY, PROOF_POLICY] {
            assert!(policy.starts_with("default-src 'none'; "), "{policy}");
            for never in ["unsafe-inline", "unsafe-eval", "*", "data:", "blob:"] {
                assert!(!policy.contains(never), "{never} in {policy}");
            }
            assert!(policy.contains("base-uri 'none'"), "{policy}");
            assert!(policy.contains("frame-ancestors '"), "{policy}");
        }
        assert!(!MAIL_POLICY.contains("script"));
        assert!(!MAIL_POLICY.contains("allow-same-origin"));
    }
}
