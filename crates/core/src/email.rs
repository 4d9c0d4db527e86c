//! E-mail addresses. What a merchant or a payer gives is kept as it is; mail goes to
//! the ASCII form of the domain.

use url::Host;

/// The longest address.
pub const MAX_CHARS: usize = 254;
/// The longest part before the `@`, in bytes.
const MAX_LOCAL_BYTES: usize = 64;

/// Whether a text has the form of one e-mail address that mail can be sent to. The
/// domain and the part before it may be in any script.
pub fn is_email(text: &str) -> bool {
    text.chars().count() <= MAX_CHARS && routable(text).is_some()
}

/// The address as it is given to a mail server: the same with the domain in ASCII. `None`
/// if it is no address.
pub fn routable(text: &str) -> Option<String> {
    let (local, domain) = text.rsplit_once('@')?;
    let domain = ascii_domain(domain)?;
    is_local(local).then(|| format!("{local}@{domain}"))
}

fn is_local(local: &str) -> bool {
    (1..=MAX_LOCAL_BYTES).contains(&local.len())
        && local.split('.').all(|part| !part.is_empty())
        && local.chars().all(|c| match c.is_ascii() {
            true => c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-".contains(c),
            false => !is_invisible(c),
        })
}

/// Whether a character beyond ASCII shows nothing, or changes how its neighbours
/// are read: one could write an address that looks like another.
fn is_invisible(c: char) -> bool {
    let formats = matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}');
    formats || c.is_control() || c.is_whitespace()
}

fn ascii_domain(domain: &str) -> Option<String> {
    // A host of a URL may be escaped; that of an address is not.
    if domain.contains('%') || domain.chars().any(is_invisible) {
        return None;
    }
    // An address of a machine is no domain.
    let Ok(Host::Domain(ascii)) = Host::parse(domain) else {
        return None;
    };
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let is_domain = ascii.len() <= 253 && ascii.contains('.') && ascii.split('.').all(label);
    is_domain.then_some(ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_every_script_go_to_a_domain_in_ascii() {
        for (given, goes_to) in [
            ("ada@example.com", "ada@example.com"),
            (
                "Ada.L+shop@mail.example.co.uk",
                "Ada.L+shop@mail.example.co.uk",
            ),
            ("jo@müller.example", "jo@xn--mller-kva.example"),
            ("jürgen@example.com", "jürgen@example.com"),
            ("用户@例子.example", "用户@xn--fsqu00a.example"),
            ("ada@EXAMPLE.com", "ada@example.com"),
        ] {
            assert!(is_email(given), "{given}");
            assert_eq!(routable(given).as_deref(), Some(goes_to));
        }
        // Counted as people count.
        let long = format!("jo@{}.example", ["ü".repeat(50), "ü".repeat(50)].join("."));
        assert!(is_email(&long), "{long}");
    }

    #[test]
    fn what_cannot_be_an_address_is_none() {
        let long = format!("ada@{}.example", ["a".repeat(60).as_str(); 5].join("."));
        for bad in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "ada@example",
            "a..b@example.com",
            ".a@example.com",
            "a.@example.com",
            "a@-b.example",
            "a@b-.example",
            "a@b..example",
            "ada@example.com, bob@example.com",
            "ada@example.com;bob@example.com",
            "ada@bob@example.com",
            "ada@example.com\r\nBcc: bob@example.com",
            "ada\n@example.com",
            "ada lovelace@example.com",
            "ada@exa mple.com",
            "ada@example.com\u{202e}",
            "a\u{200b}da@example.com",
            "ada\u{2028}@example.com",
            "ada@192.168.0.1",
            "ada@[192.168.0.1]",
            "ada@exam%70le.com",
            "<ada@example.com>",
            "\"a b\"@example.com",
            &long,
        ] {
            assert!(!is_email(bad), "{bad:?}");
        }
        assert!(!is_email(&format!("{}@example.com", "ü".repeat(33))));
    }
}
