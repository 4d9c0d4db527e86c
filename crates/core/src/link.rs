//! Links that a payer's browser is sent to: web pages, and the addresses of apps.

use url::Url;

/// Schemes that would run or show what the link itself holds.
const UNSAFE_SCHEMES: [&str; 8] = [
    "javascript",
    "data",
    "vbscript",
    "blob",
    "file",
    "about",
    "filesystem",
    "view-source",
];

/// Whether a browser may be sent there. The text is absolute: its scheme, which may
/// be an app's own, and then `//` with or without a host, or a path (`app:/paid`).
/// What stands after the colon of `shop.example:8080` is neither.
pub fn is_link(text: &str) -> bool {
    let clean = !text.chars().any(|c| c.is_control() || c.is_whitespace());
    clean && parsed(text).is_some()
}

/// A link that a browser may be sent to.
pub fn parsed(text: &str) -> Option<Url> {
    let (_, rest) = text.split_once(':')?;
    let url = Url::parse(text).ok()?;
    let is_safe = !UNSAFE_SCHEMES.contains(&url.scheme());
    // Browsers read `https:/paid` as a host.
    let is_whole = match url.scheme() {
        "http" | "https" | "ftp" | "ws" | "wss" => rest.starts_with("//") && url.has_host(),
        _ => rest.starts_with('/'),
    };
    (is_safe && is_whole).then_some(url)
}

/// The page of the bills of a table, which the QR code on it leads to.
pub fn table_page(public_url: &Url, location: &str, table: &str) -> Url {
    let mut url = public_url.clone();
    url.set_query(None);
    url.set_fragment(None);
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.clear().extend(["qr", location, table]);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_pages_and_apps_can_be_led_to() {
        for link in [
            "https://shop.example",
            "http://localhost:3000/done?a=b#c",
            "myapp://paid",
            "myapp://",
            "myapp:///paid",
            "com.shop.app:/paid",
            "com.shop.app:/",
            "COM.shop.app:/paid?x=1",
        ] {
            assert!(is_link(link), "{link}");
        }
    }

    #[test]
    fn what_runs_or_is_not_absolute_cannot() {
        for link in [
            "",
            "/relative",
            "//shop.example/x",
            "shop.example/x",
            "shop.example:8080/x",
            "localhost:3000",
            "https:",
            "https://",
            "https:/paid",
            "https:paid",
            "myapp:",
            "myapp:paid",
            "javascript:alert(1)",
            "JavaScript://shop.example/%0aalert(1)",
            "java\nscript:/x",
            "data:text/html,hi",
            "data:/text/html,hi",
            "vbscript:/x",
            "file:///etc/passwd",
            "about:/blank",
            "blob:/x",
            "view-source:/x",
            "1app:/paid",
            "my app:/paid",
            "myapp://pa id",
        ] {
            assert!(!is_link(link), "{link}");
        }
    }
}
