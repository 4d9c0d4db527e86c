//! Protection against requests of foreign pages. A browser keeps an API key that was typed
//! into its Basic sign-in box and sends it with the requests of any page. So changes asked
//! for by a page are checked more strictly than those of a program: every request for a
//! scope passes [`refuse_foreign`].

use http::header::{CONTENT_TYPE, HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use url::Url;

use crate::input::is_json;
use crate::problem::Problem;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Lets a request pass that reads, that no browser has sent, or that a page of this
/// installation has sent in a way that forms cannot.
///
/// # Errors
/// 403 for a page from elsewhere: another site, another name of the same site,
/// another port, or without encryption where this installation has it. 415 for a
/// `POST` of a page that a form could have sent.
pub(crate) fn refuse_foreign(parts: &Parts, public_url: &Url) -> Result<(), Problem> {
    let headers = &parts.headers;
    let is_page = headers.contains_key(SEC_FETCH_SITE) || headers.contains_key(ORIGIN);
    if parts.method.is_safe() || !is_page {
        return Ok(());
    }
    if !is_of_own_page(parts, public_url) {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "Pages of other sites cannot make changes with a key that the browser has stored.",
        ));
    }
    if parts.method == Method::POST && !says_json(headers) {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "Requests from pages must be JSON, with the content type 'application/json'.",
        ));
    }
    Ok(())
}

/// Whether a request was not sent by a page from elsewhere.
pub fn is_of_own_page(parts: &Parts, public_url: &Url) -> bool {
    let headers = &parts.headers;
    let (site, origin) = (headers.get(SEC_FETCH_SITE), headers.get(ORIGIN));
    let own_site = site.is_none_or(|site| site == "same-origin" || site == "none");
    // A browser that sends Sec-Fetch-Site has compared the schemes itself.
    let fetch_site = site.is_some();
    let own_origin = origin.is_none_or(|origin| is_own(origin, parts, public_url, fetch_site));
    own_site && own_origin
}

/// Whether an `Origin` is where the request went to.
fn is_own(origin: &HeaderValue, parts: &Parts, public_url: &Url, any_scheme: bool) -> bool {
    let origin = origin.to_str().ok().and_then(|text| Url::parse(text).ok());
    let Some(origin) = origin.filter(Url::has_host) else {
        return false; // "null", of a page that hides where it is from.
    };
    if origin.origin() == public_url.origin() {
        return true;
    }
    let asked = host(parts).and_then(|host| {
        let url = format!("{}://{host}/", origin.scheme());
        Url::parse(&url).ok()
    });
    let same_place = asked.is_some_and(|asked| asked.origin() == origin.origin());
    // The program itself speaks no TLS: where it is reached with it, by a name that
    // it does not know, the scheme is only known to the browser.
    let scheme = any_scheme || (origin.scheme() == "http" && !is_at(public_url, &origin));
    same_place && scheme
}

/// Whether the installation is reached at the place that an origin names, by
/// whichever scheme.
fn is_at(public_url: &Url, origin: &Url) -> bool {
    public_url.authority() == origin.authority()
}

fn host(parts: &Parts) -> Option<&str> {
    let header = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    header.or_else(|| parts.uri.authority().map(http::uri::Authority::as_str))
}

fn says_json(headers: &HeaderMap) -> bool {
    let named = headers
        .get(CONTENT_TYPE)
        .is_some_and(|kind| !kind.is_empty());
    named && is_json(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = "application/json";

    fn status(method: &str, headers: &[(&str, &str)]) -> u16 {
        status_at("https://pay.example/", method, headers)
    }

    fn status_at(public_url: &str, method: &str, headers: &[(&str, &str)]) -> u16 {
        let request = http::Request::builder().method(method).uri("/webhooks");
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        let public_url = Url::parse(public_url).expect("a url");
        refuse_foreign(&parts, &public_url)
            .map_or_else(|problem| problem.status().as_u16(), |()| 200)
    }

    #[test]
    fn programs_send_no_such_headers_and_pass() {
        for method in ["POST", "PUT", "PATCH", "DELETE", "GET"] {
            assert_eq!(status(method, &[("host", "127.0.0.1:8080")]), 200);
        }
        // What Node.js adds by itself.
        assert_eq!(status("POST", &[("sec-fetch-mode", "cors")]), 200);
    }

    #[test]
    fn only_pages_of_the_same_origin_change_something() {
        for (site, expected) in [
            ("same-origin", 200),
            ("none", 200),
            ("same-site", 403),
            ("cross-site", 403),
            ("", 403),
            ("another word", 403),
        ] {
            let headers = [("sec-fetch-site", site), ("content-type", JSON)];
            for method in ["POST", "PUT", "PATCH", "DELETE"] {
                assert_eq!(status(method, &headers), expected, "{method} {site}");
            }
            assert_eq!(status("GET", &headers), 200, "{site}");
        }
    }

    #[test]
    fn an_origin_is_compared_with_the_host() {
        for (origin, host, expected) in [
            ("http://127.0.0.1:8080", "127.0.0.1:8080", 200),
            ("http://127.0.0.1:8081", "127.0.0.1:8080", 403),
            ("http://localhost:8080", "127.0.0.1:8080", 403),
            ("http://shop.example", "shop.example", 200),
            ("http://shop.example:80", "shop.example", 200),
            ("http://shop.example:443", "shop.example", 403),
            ("http://other.shop.example", "shop.example", 403),
            ("http://SHOP.example", "shop.example", 200),
            ("null", "shop.example", 403),
            ("", "shop.example", 403),
            ("file://", "shop.example", 403),
            ("https://pay.example", "pay.example", 200),
            // A proxy that names itself.
            ("https://pay.example", "127.0.0.1:8080", 200),
            // Without encryption, where there is some.
            ("http://pay.example", "pay.example", 403),
            // Only a browser that sends Sec-Fetch-Site may be at a name with TLS that is
            // not known here.
            ("https://shop.example", "shop.example", 403),
        ] {
            let headers = [("origin", origin), ("host", host), ("content-type", JSON)];
            assert_eq!(status("POST", &headers), expected, "{origin} at {host}");
            let request = [&headers[..], &[("sec-fetch-site", "cross-site")]].concat();
            assert_eq!(status("DELETE", &request), 403, "{origin} at {host}");
        }
        let request = [
            ("origin", "https://shop.example"),
            ("host", "shop.example"),
            ("sec-fetch-site", "same-origin"),
        ];
        assert_eq!(status("DELETE", &request), 200);
        let plain = [("origin", "http://pay.example"), ("host", "pay.example")];
        assert_eq!(status_at("http://pay.example/", "DELETE", &plain), 200);
    }

    #[test]
    fn what_a_form_can_send_changes_nothing() {
        let own = ("origin", "https://pay.example");
        for (content_type, expected) in [
            ("application/x-www-form-urlencoded", 415),
            ("multipart/form-data; boundary=x", 415),
            ("text/plain", 415),
            ("", 415),
            (JSON, 200),
            ("application/json; charset=utf-8", 200),
        ] {
            let headers = [own, ("content-type", content_type)];
            assert_eq!(status("POST", &headers), expected, "{content_type}");
        }
        assert_eq!(status("POST", &[own]), 415, "without a content type");
        // Neither can a form send these.
        assert_eq!(status("DELETE", &[own]), 200);
        assert_eq!(status("PUT", &[own]), 200);
    }
}
