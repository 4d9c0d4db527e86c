//! The frames of components. Whatever page there is around them.

use askama::Template;
use axum::response::Response;
use http::{HeaderValue, header};
use serde_json::{Map, Value, json};
use tatami_http::page_of;
use tatami_locale::Language;
use url::{Host, Url};

use crate::assets;
use crate::card_form::ErrorKind;
use crate::script_words::{component_words, wallet_words};

/// The most style sheets with fonts that a page may name.
const MOST_FONTS: usize = 8;

/// What a frame may do, but for fonts. It may be in any page: the card is typed into it
/// and sent from it, and the page around it learns nothing of that.
const FRAME_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'";

const KINDS: [ErrorKind; 9] = [
    ErrorKind::CardNameRequired,
    ErrorKind::CardNameInvalid,
    ErrorKind::CardNumberRequired,
    ErrorKind::CardNumberInvalid,
    ErrorKind::ExpiryDateRequired,
    ErrorKind::ExpiryDateInvalid,
    ErrorKind::ExpiryDateMustBeInFuture,
    ErrorKind::Cv2Required,
    ErrorKind::Cv2Invalid,
];

struct Field {
    id: &'static str,
    /// The key of its text.
    label: &'static str,
    placeholder: &'static str,
    autocomplete: &'static str,
    longest: u8,
    is_number: bool,
    is_half: bool,
}

const FIELDS: [Field; 4] = [
    Field {
        id: "card-number",
        label: "card-number",
        placeholder: "1234 1234 1234 1234",
        autocomplete: "cc-number",
        longest: 30,
        is_number: true,
        is_half: false,
    },
    Field {
        id: "expiry",
        label: "expiry",
        placeholder: "MM / YY",
        autocomplete: "cc-exp",
        longest: 10,
        is_number: true,
        is_half: true,
    },
    Field {
        id: "cv2",
        label: "security-code",
        placeholder: "123",
        autocomplete: "cc-csc",
        longest: 4,
        is_number: true,
        is_half: true,
    },
    Field {
        id: "card-name",
        label: "card-name",
        placeholder: "",
        autocomplete: "cc-name",
        longest: 100,
        is_number: false,
        is_half: false,
    },
];

#[derive(Template)]
#[template(path = "card_frame.html")]
struct CardFrame {
    assets: &'static str,
    t: &'static Language,
    words: String,
    captcha: Option<&'static str>,
    dark: bool,
    fonts: String,
    messages: String,
    fields: &'static [Field],
}

impl CardFrame {
    const SCRIPT: &str = "card-frame.js";
    /// What that one imports.
    const SCRIPTS: [&str; 8] = [
        "card.js",
        "challenge.js",
        "expiry.js",
        "fonts.js",
        "frame.js",
        "paying.js",
        "payments.js",
        "words.js",
    ];
}

/// What the script asks of a frame in its address. What is secret comes later, and never
/// in an address.
#[derive(Default)]
struct Asked {
    dark: bool,
    fonts: Vec<Url>,
}

impl Asked {
    fn of(query: Option<&str>) -> Self {
        let pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let mut asked = Self::default();
        for (name, value) in pairs {
            match &*name {
                "scheme" => asked.dark = value == "dark",
                "font" if asked.fonts.len() < MOST_FONTS => asked.fonts.extend(font(&value)),
                _ => {}
            }
        }
        asked
    }

    fn policy(&self) -> String {
        if self.fonts.is_empty() {
            return FRAME_POLICY.to_owned();
        }
        let origins = self
            .fonts
            .iter()
            .map(|url| url.origin().ascii_serialization());
        let origins = origins.collect::<Vec<_>>().join(" ");
        // A sheet's fonts may be elsewhere.
        let sheets = format!("style-src 'self' {origins}; font-src https: {origins}");
        FRAME_POLICY.replace("style-src 'self'", &sheets)
    }
}

/// A style sheet with fonts: over an encrypted line, or on this machine. Its host must
/// fit into a policy.
fn font(address: &str) -> Option<Url> {
    let url = Url::parse(address).ok()?;
    let is_plain = |host: &str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.[]:".contains(&byte);
        host.bytes().all(is_plain)
    };
    let is_local = match url.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    let is_allowed = url.scheme() == "https" || (url.scheme() == "http" && is_local);
    let is_allowed = is_allowed && url.host_str().is_some_and(is_plain);
    is_allowed.then_some(url)
}

/// The card fields, in the language of the page around them or of the browser.
pub(super) fn card(
    query: Option<&str>,
    t: &'static Language,
    captcha: Option<&'static str>,
) -> Response {
    let asked = Asked::of(query);
    let messages = KINDS.map(|kind| {
        let name = json!(kind).as_str().unwrap_or_default().to_owned();
        (name, Value::from(t.get(kind.key())))
    });
    let page = CardFrame {
        assets: assets::base(),
        t,
        words: component_words(t),
        captcha,
        dark: asked.dark,
        fonts: json!(asked.fonts.iter().map(Url::as_str).collect::<Vec<_>>()).to_string(),
        messages: Value::Object(Map::from_iter(messages)).to_string(),
        fields: &FIELDS,
    };
    framed(&asked, page.render())
}

#[derive(Template)]
#[template(path = "wallet_frame.html")]
struct WalletFrame {
    assets: &'static str,
    t: &'static Language,
    words: String,
    captcha: Option<&'static str>,
    wallet_words: String,
    dark: bool,
}

impl WalletFrame {
    const SCRIPT: &str = "wallet-frame.js";
    /// What that one imports.
    const SCRIPTS: [&str; 9] = [
        "apple-pay.js",
        "challenge.js",
        "frame.js",
        "google-pay.js",
        "paying.js",
        "payments.js",
        "wallet-sheet.js",
        "wallet.js",
        "words.js",
    ];
}

/// The button of a wallet and, in a sandbox, its sheet.
pub(super) fn wallet(
    query: Option<&str>,
    t: &'static Language,
    captcha: Option<&'static str>,
) -> Response {
    let asked = Asked::of(query);
    let page = WalletFrame {
        assets: assets::base(),
        t,
        words: component_words(t),
        captcha,
        wallet_words: wallet_words(t),
        dark: asked.dark,
    };
    framed(&asked, page.render())
}

fn framed(asked: &Asked, html: Result<String, askama::Error>) -> Response {
    let mut response = page_of(FRAME_POLICY, html);
    if let Ok(policy) = HeaderValue::try_from(asked.policy()) {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_loads_fonts_only_from_where_its_page_says() {
        let asked = Asked::of(Some(
            "font=https%3A%2F%2Ffonts.example%2Fcss%3Ffamily%3DA&font=http%3A%2F%2F127.0.0.1%3A90%2Fa.css\
             &font=http%3A%2F%2Fplain.example%2Fa.css&font=data%3Atext%2Fcss%2C&font=https%3A%2F%2Fa%3Bb%2F&scheme=dark",
        ));
        assert!(asked.dark);
        let fonts: Vec<&str> = asked.fonts.iter().map(Url::as_str).collect();
        assert_eq!(
            fonts,
            [
                "https://fonts.example/css?family=A",
                "http://127.0.0.1:90/a.css"
            ]
        );
        let policy = asked.policy();
        let sheets = "style-src 'self' https://fonts.example http://127.0.0.1:90; \
             font-src https: https://fonts.example http://127.0.0.1:90; ";
        assert!(policy.contains(sheets), "{policy}");
        for policy in [policy, Asked::of(None).policy()] {
            assert!(policy.starts_with("default-src 'none'; script-src 'self'; "));
            for never in ["unsafe", "*", "data:", "blob:", "frame-ancestors"] {
                assert!(!policy.contains(never), "{never} in {policy}");
            }
        }
    }
}
