//! Signing in without a password, on an installation for development: by the link that
//! the program prints, or from the machine that it runs on.

use std::net::IpAddr;

use http::request::Parts;
use http::{HeaderMap, HeaderName, Version, header};
use subtle::ConstantTimeEq as _;
use tatami_http::peer_address;
use url::{Host, Url};

/// An installation for development: it has a sandbox with the published keys, listens on a
/// loopback address alone, and is reached nowhere else.
pub struct Development {
    /// What the printed link holds.
    pub token: String,
    /// Where it listens.
    pub port: u16,
    /// Where a proxy tells the address of a client, if there is to be one.
    pub address_header: Option<HeaderName>,
}

/// What proxies add to requests that they pass on.
const PASSED_ON: [&str; 6] = [
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
];

impl Development {
    /// Whether it is the token of the printed link.
    pub(crate) fn knows(&self, token: &str) -> bool {
        token.as_bytes().ct_eq(self.token.as_bytes()).into()
    }

    /// Whether a request was sent by a user at this machine who named it as such. A page
    /// that has its own name lead here names that, and a proxy says that it is one or
    /// speaks as old ones do.
    pub(crate) fn is_local(&self, parts: &Parts) -> bool {
        let headers = &parts.headers;
        let is_from_here = peer_address(parts).is_some_and(|address: IpAddr| address.is_loopback());
        let named = self
            .address_header
            .iter()
            .any(|name| headers.contains_key(name));
        let is_passed_on = named
            || headers.keys().any(|name| {
                let name = name.as_str();
                PASSED_ON.contains(&name)
                    || name.starts_with("x-forwarded")
                    || name.starts_with("x-original")
            });
        is_from_here
            && parts.version == Version::HTTP_11
            && !is_passed_on
            && self.is_named_local(headers)
            && is_of_no_other_site(headers)
    }

    fn is_named_local(&self, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(header::HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            return false;
        };
        let url = host
            .to_str()
            .ok()
            .and_then(|host| Url::parse(&format!("http://{host}/")).ok());
        let Some(url) = url.filter(|url| url.username().is_empty() && url.path() == "/") else {
            return false;
        };
        let is_loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        is_loopback && url.port_or_known_default() == Some(self.port)
    }
}

/// Whether a browser says that no page of another site led here. Others than browsers say
/// nothing.
fn is_of_no_other_site(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site");
    site.is_none_or(|site| site == "none" || site == "same-origin")
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::extract::ConnectInfo;

    use super::*;

    fn is_local(peer: &str, headers: &[(&str, &str)], version: Version) -> bool {
        let development = Development {
            token: "secret".to_owned(),
            port: 8080,
            address_header: Some(HeaderName::from_static("x-payer")),
        };
        let request = http::Request::builder().version(version);
        let request = headers
            .iter()
            .fold(request, |it, (name, value)| it.header(*name, *value));
        let (mut parts, ()) = request.body(()).expect("a request").into_parts();
        let peer = SocketAddr::new(peer.parse().expect("an address"), 4000);
        parts.extensions.insert(ConnectInfo(peer));
        development.is_local(&parts)
    }

    #[test]
    fn a_loopback_name_from_this_machine_signs_in() {
        for host in [
            "127.0.0.1:8080",
            "localhost:8080",
            "[::1]:8080",
            "LOCALHOST:8080",
        ] {
            for peer in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
                assert!(
                    is_local(peer, &[("host", host)], Version::HTTP_11),
                    "{host} {peer}"
                );
            }
        }
        let asked = [("host", "localhost:8080"), ("sec-fetch-site", "none")];
        assert!(is_local("127.0.0.1", &asked, Version::HTTP_11));
    }

    #[test]
    fn nothing_else_does() {
        let own = ("host", "127.0.0.1:8080");
        assert!(
            !is_local("192.168.1.4", &[own], Version::HTTP_11),
            "another machine"
        );
        assert!(
            !is_local("127.0.0.1", &[own], Version::HTTP_10),
            "an old proxy"
        );
        assert!(!is_local("127.0.0.1", &[], Version::HTTP_11), "no host");
        for host in [
            "evil.example:8080",
            "localhost.evil.example:8080",
            "127.0.0.1.evil.example:8080",
            "127.0.0.1",
            "127.0.0.1:8081",
            "192.168.1.4:8080",
            "0.0.0.0:8080",
            "localhost@evil.example:8080",
            "evil.example@localhost:8080",
            "",
        ] {
            assert!(
                !is_local("127.0.0.1", &[("host", host)], Version::HTTP_11),
                "{host}"
            );
        }
        for header in [
            ("x-forwarded-for", "127.0.0.1"),
            ("x-forwarded-host", "shop.example"),
            ("forwarded", "for=127.0.0.1"),
            ("via", "1.1 proxy"),
            ("x-real-ip", "127.0.0.1"),
            ("x-payer", "127.0.0.1"),
            ("host", "evil.example"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            assert!(
                !is_local("127.0.0.1", &[own, header], Version::HTTP_11),
                "{header:?}"
            );
        }
    }
}
