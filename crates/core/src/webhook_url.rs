//! Where webhooks may go.
//!
//! A webhook makes this installation send requests to an address a merchant
//! named, from inside the operator's network. So production goes to public
//! addresses only, and so do sandboxes if the operator says so: [`check_registration`] judges the URL, [`is_public`] each
//! address that its name resolves to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::id::Environment;

/// The longest URL of a subscription, in bytes.
pub const MAX_URL_BYTES: usize = 2048;

/// Suffixes of names that mean something only inside a network.
const PRIVATE_SUFFIXES: [&str; 7] = [
    "localhost",
    "local",
    "localdomain",
    "internal",
    "intranet",
    "lan",
    "home.arpa",
];

/// Where the webhooks of a scope may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// To every address by `https`, and to this very machine by `http`.
    Everywhere,
    /// To public addresses by `https`.
    Public,
}

impl Reach {
    /// That of an environment: a sandbox is for trying things out, unless the operator
    /// does not trust those who have one.
    pub const fn of(environment: Environment, public_only: bool) -> Self {
        match (environment, public_only) {
            (Environment::Sandbox, false) => Self::Everywhere,
            (Environment::Sandbox, true) | (Environment::Production, _) => Self::Public,
        }
    }
}

/// Judges the URL of a subscription by where its webhooks may go. What a name
/// resolves to is checked again at each delivery.
///
/// # Errors
/// With the rule that it breaks, as a sentence for the caller.
pub fn check_registration(url: &str, reach: Reach) -> Result<(), String> {
    let broken = |rule: &str| Err(rule.to_owned());
    if url.len() > MAX_URL_BYTES {
        return Err(format!(
            "The Url must not be longer than {MAX_URL_BYTES} bytes."
        ));
    }
    let Ok(url) = Url::parse(url) else {
        return broken("The Url must be an absolute URL.");
    };
    let host = match (url.scheme(), url.host()) {
        ("https" | "http", Some(host)) => host,
        _ => return broken("The Url must be an https URL."),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return broken("The Url must not contain a user name or a password.");
    }
    match (reach, url.scheme()) {
        (Reach::Everywhere, "https") => Ok(()),
        (Reach::Everywhere, _) if is_loopback(&host) => Ok(()),
        (Reach::Everywhere, _) => {
            broken("The Url must be an https URL; plain http is for loopback addresses only.")
        }
        (Reach::Public, "https") if is_public_host(&host) => Ok(()),
        (Reach::Public, "https") => broken("The Url must not point to a private or local address."),
        (Reach::Public, _) => broken("The Url must be an https URL."),
    }
}

/// Whether an address belongs to the public internet: none of the ranges that
/// are private, local, reserved, for documentation, or a cloud's metadata
/// service. IPv6 forms that carry an IPv4 address are judged by it.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => name.trim_end_matches('.') == "localhost",
        Host::Ipv4(v4) => v4.is_loopback(),
        Host::Ipv6(v6) => v6.is_loopback(),
    }
}

fn is_public_host(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => is_public_name(name.trim_end_matches('.')),
        Host::Ipv4(v4) => is_public_v4(*v4),
        Host::Ipv6(v6) => is_public_v6(*v6),
    }
}

fn is_public_name(name: &str) -> bool {
    // A name of one label is looked up in the operator's own domain.
    name.contains('.')
        && !PRIVATE_SUFFIXES.iter().any(|suffix| {
            name.strip_suffix(suffix)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !matches!(
        address.octets(),
        [0 | 10 | 127, ..]
            | [100, 64..=127, ..]
            | [169, 254, ..]
            | [172, 16..=31, ..]
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [192, 168, ..]
            | [198, 18 | 19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
            // A cloud's metadata service on a public-looking address.
            | [168, 63, 129, 16]
            // Multicast, reserved and broadcast.
            | [224..=255, ..]
    )
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // Mapped, and the well-known prefix of NAT64.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            is_public_v4(embedded(high, low))
        }
        [0x2002, high, low, ..] => is_public_v4(embedded(high, low)),
        // Protocol assignments, Teredo among them, and documentation.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // Only 2000::/3 is handed out for use on the internet.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

fn embedded(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from((u32::from(high) << 16) | u32::from(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRIVATE: [&str; 36] = [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fec0::1",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "2001:db8::1",
        "2001::1",
        "3fff::1",
        "::ffff:127.0.0.1",
        "::ffff:10.1.2.3",
        "64:ff9b::a00:1",
        "64:ff9b:1::808:808",
        "2002:7f00:1::",
        "2002:c0a8:101::1",
    ];
    const PUBLIC: [&str; 13] = [
        "1.1.1.1",
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "223.255.255.255",
        "2606:4700:4700::1111",
        "2001:200::1",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
    ];

    fn literal(address: &str) -> String {
        match address.contains(':') {
            true => format!("https://[{address}]/hook"),
            false => format!("https://{address}/hook"),
        }
    }

    #[test]
    fn production_goes_to_public_addresses_only() {
        for (addresses, public) in [(&PRIVATE[..], false), (&PUBLIC[..], true)] {
            for address in addresses {
                let ip: IpAddr = address.parse().expect(address);
                assert_eq!(is_public(ip), public, "{address}");
                let judged = check_registration(&literal(address), Reach::Public);
                assert_eq!(judged.is_ok(), public, "{address}");
                let sandbox = check_registration(&literal(address), Reach::Everywhere);
                assert_eq!(sandbox, Ok(()), "{address}");
            }
        }
    }

    #[test]
    fn production_refuses_disguised_and_local_hosts() {
        for bad in [
            "https://localhost/",
            "https://LOCALHOST:8443/",
            "https://localhost./",
            "https://shop.localhost/",
            "https://printer.local/",
            "https://metadata.google.internal/",
            "https://intranet/",
            "https://router.home.arpa/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://127.1/",
            "https://[::ffff:7f00:1]/",
            "http://example.com/",
            "http://127.0.0.1/",
        ] {
            assert!(check_registration(bad, Reach::Public).is_err(), "{bad}");
        }
        for good in [
            "https://example.com/incoming-events",
            "https://example.com:8443/a?b=c",
            "https://notlocal.example/",
            "https://mylocalhost.example.org/",
            "https://b\u{fc}cher.example/",
        ] {
            assert_eq!(check_registration(good, Reach::Public), Ok(()), "{good}");
        }
    }

    #[test]
    fn the_sandbox_may_use_http_on_the_machine_itself() {
        for good in [
            "http://127.0.0.1:9000/hook",
            "http://127.8.9.10/",
            "http://[::1]:9000/",
            "http://localhost:9000",
            "https://10.0.0.1/",
            "https://example.com/incoming-events",
        ] {
            assert_eq!(
                check_registration(good, Reach::Everywhere),
                Ok(()),
                "{good}"
            );
        }
        for bad in [
            "http://example.com/",
            "http://10.0.0.1/",
            "http://localhost.example.com/",
            "http://127.0.0.1.example.com/",
        ] {
            assert!(check_registration(bad, Reach::Everywhere).is_err(), "{bad}");
        }
    }

    #[test]
    fn other_forms_are_refused_everywhere() {
        let long = format!("https://example.com/{}", "a".repeat(MAX_URL_BYTES));
        for bad in [
            "",
            "example.com",
            "/hook",
            "ftp://example.com/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "https://",
            "https://user@example.com/",
            "https://user:secret@example.com/",
            &long,
        ] {
            for reach in [Reach::Everywhere, Reach::Public] {
                assert!(check_registration(bad, reach).is_err(), "{bad}");
            }
        }
    }

    #[test]
    fn an_operator_can_keep_sandboxes_to_public_addresses() {
        use Environment::{Production, Sandbox};
        assert_eq!(Reach::of(Sandbox, false), Reach::Everywhere);
        for (environment, public_only) in [(Sandbox, true), (Production, false), (Production, true)]
        {
            assert_eq!(Reach::of(environment, public_only), Reach::Public);
        }
    }
}
