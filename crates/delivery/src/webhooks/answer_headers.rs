//! What is kept of the headers of a receiver's answer, for people to look at.

use reqwest::header::{HeaderMap, HeaderValue};
use tatami_core::mask::{self, MASK};

/// How many are kept.
const MOST: usize = 30;
/// How much of a name is kept, in characters.
const NAME_CHARS: usize = 64;
/// How much of a value is kept, in characters.
const VALUE_CHARS: usize = 256;
/// How much of a value is looked at, in bytes. It is masked before it is cut, so that no
/// part of a secret is left at its end.
const READ_BYTES: usize = 4 * 1024;
/// Stands where something was cut.
const CUT: &str = "…";
/// A header is secret if one of these is in its name.
const SECRET_WORDS: [&str; 9] = [
    "auth",
    "cookie",
    "credential",
    "key",
    "password",
    "proxy-",
    "secret",
    "session",
    "token",
];

/// Names and values, masked and cut. If there are more than are kept, the last entry says
/// how many.
pub fn kept(headers: &HeaderMap) -> Vec<(String, String)> {
    let first = headers.iter().take(MOST);
    let mut kept: Vec<_> = first
        .map(|(name, value)| {
            (
                cut(&mask::text(name.as_str()), NAME_CHARS),
                shown(name.as_str(), value),
            )
        })
        .collect();
    if let more @ 1.. = headers.len().saturating_sub(MOST) {
        kept.push((CUT.to_owned(), format!("{more} more")));
    }
    kept
}

fn shown(name: &str, value: &HeaderValue) -> String {
    if SECRET_WORDS.iter().any(|word| name.contains(word)) {
        return MASK.to_owned();
    }
    let bytes = value.as_bytes();
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(READ_BYTES)]);
    cut(&mask::text(&text), VALUE_CHARS)
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}{CUT}", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderName;

    use super::*;

    fn kept_of(headers: &[(&str, &str)]) -> Vec<(String, String)> {
        let pair = |(name, value): &(&str, &str)| {
            let name: HeaderName = name.parse().expect("a name");
            (
                name,
                HeaderValue::from_bytes(value.as_bytes()).expect("a value"),
            )
        };
        kept(&headers.iter().map(pair).collect())
    }

    #[test]
    fn secrets_and_card_numbers_are_masked() {
        for name in [
            "Set-Cookie",
            "Authorization",
            "Proxy-Authenticate",
            "Proxy-Status",
            "WWW-Authenticate",
            "X-Api-Key",
            "X-Csrf-Token",
        ] {
            let name = name.to_ascii_lowercase();
            let masked = vec![(name.clone(), MASK.to_owned())];
            assert_eq!(kept_of(&[(&name, "a=1; Path=/")]), masked);
        }
        let kept = kept_of(&[
            ("date", "Mon, 30 Nov 2026 19:16:10 GMT"),
            ("x-card", "card 4456 5300-0000 1096 declined"),
            ("x-4456530000001096", "é"),
        ]);
        let values: Vec<_> = kept.iter().map(|(_, value)| value.as_str()).collect();
        let date = "Mon, 30 Nov 2026 19:16:10 GMT";
        assert_eq!(values, [date, "card **** declined", "é"]);
        assert_eq!(kept[2].0, "x-****");
    }

    #[test]
    fn headers_are_bounded() {
        let name = "n.".repeat(NAME_CHARS);
        let value = "v ".repeat(READ_BYTES);
        let kept = kept_of(&[(&name, &value)]);
        assert_eq!(kept[0].0, format!("{}{CUT}", &name[..NAME_CHARS]));
        assert_eq!(kept[0].1, format!("{}{CUT}", &value[..VALUE_CHARS]));
        // The number is masked although its end is cut off.
        let value = format!("{}4456530000001096", "v ".repeat(VALUE_CHARS / 2 - 4));
        let kept = kept_of(&[("x", &value)]);
        assert!(kept[0].1.ends_with(" ****"), "{kept:?}");

        let names: Vec<String> = (0..MOST + 5).map(|n| format!("x-{n}")).collect();
        let headers: Vec<_> = names.iter().map(|name| (name.as_str(), "1")).collect();
        let kept = kept_of(&headers);
        assert_eq!(kept.len(), MOST + 1);
        assert_eq!(kept[MOST], (CUT.to_owned(), "5 more".to_owned()));
        assert_eq!(kept_of(&headers[..MOST]).len(), MOST);
    }
}
