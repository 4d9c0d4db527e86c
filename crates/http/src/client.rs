//! Where a request comes from.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::ConnectInfo;
use http::HeaderName;
use http::request::Parts;
use tatami_core::webhook_url::is_public;
use url::{Host, Url};

/// The address that a request came from, for limits: of IPv6 its network, which is one
/// subscriber's. `header` is where a proxy tells it. None if only a proxy is known.
pub fn client_address(parts: &Parts, header: Option<&HeaderName>) -> Option<IpAddr> {
    let address = match header {
        Some(name) => {
            // What is before the last was named to the proxy by its caller.
            let forwarded = parts.headers.get_all(name).iter().next_back();
            let forwarded = forwarded.and_then(|value| value.to_str().ok()?.rsplit(',').next());
            forwarded.and_then(|address| address.trim().parse().ok())
        }
        // Behind any other there may be a proxy, and all its callers behind that.
        None => peer_address(parts).filter(|address| is_public(*address)),
    };
    address.map(network)
}

/// The address of the connection that a request came by.
pub fn peer_address(parts: &Parts) -> Option<IpAddr> {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map(|ConnectInfo(peer)| peer.ip().to_canonical())
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let network = v6.to_bits() & (u128::MAX << 64);
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
        v4 => v4,
    }
}

/// Whether only this machine reaches an address.
pub fn is_of_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(peer: &str, forwarded: Option<&str>) -> Option<IpAddr> {
        let request = http::Request::builder();
        let request = forwarded.into_iter().fold(request, |request, forwarded| {
            request.header("x-client", forwarded)
        });
        let (mut parts, ()) = request.body(()).expect("a request").into_parts();
        let peer = SocketAddr::new(peer.parse().expect("an address"), 1);
        parts.extensions.insert(ConnectInfo(peer));
        let header = HeaderName::from_static("x-client");
        client_address(&parts, forwarded.map(|_| &header))
    }

    #[test]
    fn a_client_is_known_by_its_network_or_by_what_the_proxy_told() {
        let ip = |text: &str| Some(text.parse().expect("an address"));
        assert_eq!(address("8.8.8.8", None), ip("8.8.8.8"));
        assert_eq!(
            address("2a00:1450:4009:80b::200e", None),
            ip("2a00:1450:4009:80b::")
        );
        assert_eq!(address("127.0.0.1", None), None);
        assert_eq!(
            address("127.0.0.1", Some("1.1.1.1, 8.8.8.8")),
            ip("8.8.8.8")
        );
        assert_eq!(address("8.8.8.8", Some("nobody")), None);
    }

    #[test]
    fn this_machine_is_known_by_loopback_names() {
        for (url, is_here) in [
            ("http://127.0.0.1:8080/", true),
            ("http://127.8.0.1/", true),
            ("http://[::1]:80/", true),
            ("http://localhost:8080/", true),
            ("http://0.0.0.0:8080/", false),
            ("http://192.168.1.4:8080/", false),
            ("https://pay.example/", false),
            ("https://localhost.example/", false),
        ] {
            let url = Url::parse(url).expect("a URL");
            assert_eq!(is_of_this_machine(&url), is_here, "{url}");
        }
    }
}
