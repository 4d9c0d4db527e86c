//! Paths as clients write them: with a trailing slash, with doubled slashes,
//! with `/master` in front.

use axum::extract::Request;
use http::Uri;
use http::uri::PathAndQuery;

/// An old prefix of all paths; an alias of the root.
const ALIAS: &str = "master";

/// The same request with its path as the routes have it.
pub fn respelled<B>(mut request: Request<B>) -> Request<B> {
    *request.uri_mut() = normalized(std::mem::take(request.uri_mut()));
    request
}

/// The same address with the path as the routes have it.
fn normalized(uri: Uri) -> Uri {
    if is_canonical(uri.path()) {
        return uri;
    }
    let path = canonical(uri.path());
    let path_and_query = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path,
    };
    let mut parts = uri.clone().into_parts();
    match PathAndQuery::try_from(path_and_query) {
        Ok(changed) => parts.path_and_query = Some(changed),
        Err(_) => return uri,
    }
    Uri::from_parts(parts).unwrap_or(uri)
}

/// Whether a path is what [`canonical`] would make of it.
fn is_canonical(path: &str) -> bool {
    let mut parts = path.split('/');
    let is_rooted = parts.next() == Some("");
    let mut parts = parts.peekable();
    let is_bare = path == "/" || parts.peek() != Some(&ALIAS) && parts.all(|p| !p.is_empty());
    is_rooted && is_bare
}

fn canonical(path: &str) -> String {
    let mut parts = path.split('/').filter(|p| !p.is_empty()).peekable();
    parts.next_if_eq(&ALIAS);
    let mut canonical = String::with_capacity(path.len());
    for part in parts {
        canonical.push('/');
        canonical.push_str(part);
    }
    if canonical.is_empty() {
        canonical.push('/');
    }
    canonical
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_path() {
        for (written, meant) in [
            ("/", "/"),
            ("//", "/"),
            ("/master", "/"),
            ("/master/", "/"),
            ("/payment-intents", "/payment-intents"),
            ("/payment-intents/", "/payment-intents"),
            ("//payment-intents//pi_1//", "/payment-intents/pi_1"),
            ("/master/payment-intents/", "/payment-intents"),
            ("/master//terminal-sessions", "/terminal-sessions"),
            ("/payment-intents/master", "/payment-intents/master"),
            ("/masters/a", "/masters/a"),
            ("/a%2F/b/?x=%2F&y=//", "/a%2F/b?x=%2F&y=//"),
            (
                "/plugins/telemetryhttps://api/x",
                "/plugins/telemetryhttps:/api/x",
            ),
        ] {
            let uri: Uri = written.parse().expect(written);
            let path = uri.path();
            assert_eq!(is_canonical(path), canonical(path) == path, "{written}");
            assert_eq!(normalized(uri).to_string(), meant, "{written}");
        }
    }

    #[test]
    fn an_absolute_address_keeps_its_host() {
        let uri: Uri = "http://localhost:8080//webhooks/".parse().expect("a URI");
        assert_eq!(
            normalized(uri).to_string(),
            "http://localhost:8080/webhooks"
        );
    }
}
