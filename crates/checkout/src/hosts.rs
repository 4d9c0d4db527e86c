//! Host names that are set aside: what is elsewhere below a path is at their root.

use std::sync::Arc;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use tatami_http::problem::Problem;

/// Those host names.
#[derive(Clone, Debug, Default)]
pub struct Hosts {
    /// That of the components' files.
    pub cdn: Option<Arc<str>>,
    /// That of the payment endpoints, which apps are built with.
    pub sdk: Option<Arc<str>>,
}

/// Answers requests to that host alone.
pub(crate) async fn only(wanted: Arc<str>, request: Request, next: Next) -> Response {
    let header = request.headers().get(header::HOST);
    let host = header.and_then(|host| host.to_str().ok());
    let host = host.or_else(|| request.uri().authority().map(http::uri::Authority::as_str));
    match host.is_some_and(|host| is_host(host, &wanted)) {
        true => next.run(request).await,
        false => {
            let nowhere = "Not found: there is no such path.";
            Problem::new(StatusCode::NOT_FOUND, nowhere).into_response()
        }
    }
}

/// Whether a `Host` is that one, at whichever port if none is named.
fn is_host(host: &str, wanted: &str) -> bool {
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let bare = match host.rsplit_once(':') {
        Some((bare, port)) if is_port(port) => bare,
        _ => host,
    };
    host.eq_ignore_ascii_case(wanted) || bare.eq_ignore_ascii_case(wanted)
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
}
