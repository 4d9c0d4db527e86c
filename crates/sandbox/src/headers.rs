//! What the sandbox's pages tell the browser not to do, where it differs from others.

pub(crate) use tatami_http::{FRAMED_POLICY, PAGE_POLICY, page_of};

/// The policy of the page that posts the bank's proof to where an app asked it
/// to go. Browsers check redirects against it too, so it names no one host.
pub(crate) const PROOF_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self'; form-action http: https:; base-uri 'none'; frame-ancestors 'self'";

/// The policy under which the HTML of a mail is shown: it runs nothing, loads
/// nothing, and belongs to no origin. Mail has its styles inline.
pub(crate) const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-popups \
     allow-popups-to-escape-sandbox";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_page_allows_inline_or_evaluated_code_or_other_hosts() {
        for policy in [PAGE_POLICY, FRAMED_POLICY, PROOF_POLICY] {
            assert!(policy.starts_with("default-src 'none'; "), "{policy}");
            for never in ["unsafe-inline", "unsafe-eval", "*", "data:", "blob:"] {
                assert!(!policy.contains(never), "{never} in {policy}");
            }
            assert!(policy.contains("base-uri 'none'"), "{policy}");
        }
        for policy in [PAGE_POLICY, PROOF_POLICY] {
            assert!(policy.contains("frame-ancestors '"), "{policy}");
        }
        assert!(!MAIL_POLICY.contains("script"));
        assert!(!MAIL_POLICY.contains("allow-same-origin"));
    }
}
