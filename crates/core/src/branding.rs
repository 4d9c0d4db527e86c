//! How a merchant's pages look: a logo, an icon and two colours.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::account::Scope;
use crate::problem::{Refusal, Violation};
use crate::time::Timestamp;

/// The largest picture, in bytes.
pub const MAX_PICTURE_BYTES: usize = 64 * 1024;

/// What a merchant set for the pages of its account.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branding {
    /// There is one of a scope, which names it.
    pub id: String,
    /// Whose it is.
    pub scope: Scope,
    /// The logo.
    pub logo: Option<Picture>,
    /// The small icon in the browser's tab.
    pub favicon: Option<Picture>,
    /// What buttons and links have.
    pub primary: Option<Colour>,
    /// What is behind everything.
    pub background: Option<Colour>,
    /// When it was set.
    pub set_at: Timestamp,
}

/// What is asked for, as texts.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The logo, as a `data:` URL.
    pub logo: Option<String>,
    /// The icon, as a `data:` URL.
    pub favicon: Option<String>,
    /// The primary colour, as `#rrggbb`.
    pub primary: Option<String>,
    /// The background colour, as `#rrggbb`.
    pub background: Option<String>,
}

impl Branding {
    /// The id of a scope's branding.
    pub fn id_of(scope: &Scope) -> String {
        scope.to_string()
    }

    /// The path of its files, which changes when it is set anew.
    pub fn path(&self) -> String {
        format!("/checkout/branding/{}/{}", self.scope, self.version())
    }

    /// What its files of this time are told from others by.
    pub fn version(&self) -> String {
        self.set_at.as_microsecond().to_string()
    }

    /// Whether a colour is set.
    pub const fn has_colours(&self) -> bool {
        self.primary.is_some() || self.background.is_some()
    }

    /// The path of the style sheet with the colours.
    pub fn colours_path(&self) -> String {
        format!("{}/colours.css", self.path())
    }

    /// The path of the logo.
    pub fn logo_path(&self) -> Option<String> {
        let kind = self.logo.as_ref()?.kind;
        Some(format!("{}/logo.{}", self.path(), kind.extension()))
    }

    /// The path of the icon.
    pub fn favicon_path(&self) -> Option<String> {
        let kind = self.favicon.as_ref()?.kind;
        Some(format!("{}/favicon.{}", self.path(), kind.extension()))
    }

    /// The branding that is asked for.
    ///
    /// # Errors
    /// With every rule that it breaks.
    pub fn of(scope: Scope, wanted: &Wanted, now: Timestamp) -> Result<Self, Refusal> {
        let mut broken = Vec::new();
        let mut picture = |field: &str, url: &Option<String>| {
            let read = Picture::from_data_url(url.as_deref()?);
            read.map_err(|rule| broken.push(Violation::new(field, format!("The {field} {rule}"))))
                .ok()
        };
        let (logo, favicon) = (
            picture("Logo", &wanted.logo),
            picture("Favicon", &wanted.favicon),
        );
        let mut colour = |field: &str, text: &Option<String>| {
            let read = Colour::parse(text.as_deref()?);
            if read.is_none() {
                let rule = format!("The {field} must be a colour such as #175c4c.");
                broken.push(Violation::new(field, rule));
            }
            read
        };
        let (primary, background) = (
            colour("PrimaryColour", &wanted.primary),
            colour("BackgroundColour", &wanted.background),
        );
        broken.extend(unreadable(primary, background));
        match broken.is_empty() {
            true => Ok(Self {
                id: Self::id_of(&scope),
                scope,
                logo,
                favicon,
                primary,
                background,
                set_at: now,
            }),
            false => Err(Refusal::Invalid(broken)),
        }
    }
}

/// A picture that was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// What it is.
    pub kind: PictureKind,
    /// Its bytes, as base64.
    base64: String,
}

/// What a picture may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PictureKind {
    /// Portable Network Graphics.
    Png,
    /// Scalable Vector Graphics, without scripts.
    Svg,
}

impl PictureKind {
    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Svg => "image/svg+xml",
        }
    }

    /// How names of its files end.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Svg => "svg",
        }
    }
}

const NO_PICTURE: &str = "must be a PNG or SVG picture.";
const PNG_HEAD: &[u8] = b"\x89PNG\r\n\x1a\n";
/// What an SVG may not hold, in lower case: whatever runs, or asks elsewhere.
const NOT_IN_SVG: [&str; 11] = [
    "<script",
    "<foreignobject",
    "<iframe",
    "<embed",
    "<object",
    "<!entity",
    "<!doctype",
    "javascript:",
    "data:text",
    "<?xml-stylesheet",
    "@import",
];

impl Picture {
    /// Reads a picture that was checked or is to be: `data:image/png;base64,…`.
    ///
    /// # Errors
    /// What is wrong, as a sentence without its subject.
    pub fn from_data_url(url: &str) -> Result<Self, &'static str> {
        const NO_DATA: &str = "must be a data: URL with a PNG or SVG picture in base64.";
        let data = url.trim().strip_prefix("data:").ok_or(NO_DATA)?;
        let (media_type, base64) = data.split_once(";base64,").ok_or(NO_DATA)?;
        if base64.len() > MAX_PICTURE_BYTES.div_ceil(3) * 4 {
            return Err("must be at most 64 KB.");
        }
        let bytes = STANDARD.decode(base64).map_err(|_| NO_DATA)?;
        let kind = Self::check(media_type, &bytes)?;
        let base64 = base64.to_owned();
        Ok(Self { kind, base64 })
    }

    /// The picture as a `data:` URL.
    pub fn data_url(&self) -> String {
        format!("data:{};base64,{}", self.kind.media_type(), self.base64)
    }

    /// Its bytes.
    pub fn bytes(&self) -> Vec<u8> {
        // It was read from such a text.
        STANDARD.decode(&self.base64).unwrap_or_default()
    }

    fn check(media_type: &str, bytes: &[u8]) -> Result<PictureKind, &'static str> {
        if bytes.len() > MAX_PICTURE_BYTES {
            return Err("must be at most 64 KB.");
        }
        match media_type {
            "image/png" if bytes.starts_with(PNG_HEAD) => Ok(PictureKind::Png),
            "image/svg+xml" => check_svg(bytes).map(|()| PictureKind::Svg),
            _ => Err(NO_PICTURE),
        }
    }
}

fn check_svg(bytes: &[u8]) -> Result<(), &'static str> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| NO_PICTURE)?
        .to_lowercase();
    if !text.contains("<svg") {
        return Err(NO_PICTURE);
    }
    let runs = NOT_IN_SVG.iter().any(|never| text.contains(never));
    if runs || has_handler(&text) || leads_away(&text) {
        return Err("must not have scripts or links to other resources.");
    }
    Ok(())
}

/// Whether there is an attribute such as `onload=`.
fn has_handler(svg: &str) -> bool {
    svg.split(|c: char| c.is_whitespace() || "\"'/".contains(c))
        .any(|word| {
            let name = word.split('=').next().unwrap_or_default();
            word.contains('=') && name.len() > 2 && name.starts_with("on")
        })
}

/// Whether a reference names anything outside the picture.
fn leads_away(svg: &str) -> bool {
    let references = svg.split("href").skip(1);
    let mut values = references
        .map(|rest| rest.trim_start_matches(|c: char| c.is_whitespace() || "=\"'".contains(c)));
    let urls = svg.split("url(").skip(1);
    let mut urls =
        urls.map(|rest| rest.trim_start_matches(|c: char| c.is_whitespace() || "\"'".contains(c)));
    values.any(|value| !value.starts_with('#') && !value.starts_with("data:image/"))
        || urls.any(|value| !value.starts_with('#'))
}

/// A colour: red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Colour(pub [u8; 3]);

impl Colour {
    /// White.
    pub const WHITE: Self = Self([255; 3]);
    /// Black.
    pub const BLACK: Self = Self([0; 3]);

    /// Reads `#rrggbb` or `#rgb`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim().strip_prefix('#')?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let part = |at: usize| match digits.len() {
            6 => u8::from_str_radix(digits.get(at * 2..at * 2 + 2)?, 16).ok(),
            3 => Some(u8::from_str_radix(digits.get(at..=at)?, 16).ok()? * 17),
            _ => None,
        };
        Some(Self([part(0)?, part(1)?, part(2)?]))
    }

    /// How light it is, in millionths: its relative luminance.
    fn luminance(self) -> u64 {
        let [red, green, blue] = self.0.map(linear);
        (red * 2126 + green * 7152 + blue * 722) / 10_000
    }

    /// The contrast of two colours, in hundredths: 2100 of black and white.
    pub fn contrast(self, other: Self) -> u64 {
        let (one, two) = (self.luminance() + 50_000, other.luminance() + 50_000);
        one.max(two) * 100 / one.min(two)
    }

    /// Black or white, whichever is easier to read on it.
    pub fn ink(self) -> Self {
        match self.contrast(Self::WHITE) >= self.contrast(Self::BLACK) {
            true => Self::WHITE,
            false => Self::BLACK,
        }
    }

    /// This colour, or the nearest to a background's ink that can be read on it.
    pub fn readable_on(self, background: Self, least: u64) -> Self {
        let ink = background.ink();
        let mut nearer = (0..10).map(|tenth| ink.mixed(self, tenth * 10));
        nearer
            .find(|colour| colour.contrast(background) >= least)
            .unwrap_or(ink)
    }

    /// So many per cent of this colour in another.
    pub fn mixed(self, other: Self, percent: u16) -> Self {
        let percent = percent.min(100);
        let part = |at: usize| {
            let (one, two) = (u16::from(self.0[at]), u16::from(other.0[at]));
            let mixed = (one * percent + two * (100 - percent)) / 100;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        Self([part(0), part(1), part(2)])
    }
}

impl std::fmt::Display for Colour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl TryFrom<String> for Colour {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or(text)
    }
}

impl From<Colour> for String {
    fn from(colour: Colour) -> Self {
        colour.to_string()
    }
}

/// The least contrast of what is read, in hundredths.
pub const LEAST_CONTRAST: u64 = 450;

/// What is wrong with colours that cannot be read on each other, at both of them.
fn unreadable(primary: Option<Colour>, background: Option<Colour>) -> Vec<Violation> {
    let behind = background.unwrap_or(Colour::WHITE);
    let Some(primary) = primary else {
        return Vec::new();
    };
    let contrast = primary.contrast(behind);
    if contrast >= LEAST_CONTRAST {
        return Vec::new();
    }
    let rule = format!(
        "The contrast of primaryColour {primary} and backgroundColour {behind} is {}.{:02}. It must be at least 4.5.",
        contrast / 100,
        contrast % 100,
    );
    let fields = ["PrimaryColour", "BackgroundColour"];
    fields
        .map(|field| Violation::new(field, rule.clone()))
        .into()
}

/// How much light a part of a colour adds, in millionths: the curve of sRGB. Of a share
/// `y` it is `y` to the power of 2.4, the fifth root of its twelfth power.
fn linear(part: u8) -> u64 {
    const SCALE: u128 = 1500;
    let part = u128::from(part);
    if part <= 10 {
        return u64::try_from(part * 1_000_000 * 100 / (255 * 1292)).unwrap_or(0);
    }
    let shifted = ((part * 1000 + 255 * 55) * SCALE / (255 * 1055)).pow(12);
    let (mut low, mut high) = (0_u128, 50_000_000_u128);
    while high - low > 1 {
        let middle = u128::midpoint(low, high);
        match middle.pow(5) <= shifted {
            true => low = middle,
            false => high = middle,
        }
    }
    // The root of SCALE to the power of 12.
    u64::try_from(low * 1_000_000 / 41_939_091).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Colour {
        Colour::parse(text).expect("a colour")
    }

    #[test]
    fn contrast_is_that_of_the_web() {
        for (one, two, hundredths) in [
            ("#000", "#fff", 2100),
            ("#ffffff", "#ffffff", 100),
            ("#767676", "#ffffff", 454),
            ("#777777", "#ffffff", 447),
            ("#175c4c", "#fff", 786),
        ] {
            let contrast = colour(one).contrast(colour(two));
            assert!(contrast.abs_diff(hundredths) <= 1, "{one} {two} {contrast}");
            assert_eq!(contrast, colour(two).contrast(colour(one)));
        }
        for part in 0..=255 {
            let grey = Colour([part; 3]);
            assert!(grey.contrast(grey.ink()) >= LEAST_CONTRAST, "{grey}");
        }
    }

    #[test]
    fn colours_are_read_and_written() {
        assert_eq!(colour("#0aF").to_string(), "#00aaff");
        for bad in ["", "red", "#12", "#12345", "#gggggg", "#+12345", "00aaff"] {
            assert_eq!(Colour::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn pairs_that_cannot_be_read_are_named() {
        let fault = |one: &str, two: &str| {
            let broken = unreadable(Colour::parse(one), Colour::parse(two));
            broken.first().map(|broken| broken.rule.clone())
        };
        for (one, two) in [("#175c4c", ""), ("", "#000"), ("#ffd84d", "#111111")] {
            assert_eq!(fault(one, two), None, "{one} {two}");
        }
        for (one, two) in [("#ffd84d", ""), ("#333", "#000")] {
            let fault = fault(one, two).expect("refused");
            assert!(
                fault.contains("primaryColour") && fault.contains("backgroundColour"),
                "{fault}"
            );
        }
    }

    #[test]
    fn pictures_run_nothing_and_ask_nobody() {
        let svg = |text: &str| Picture::check("image/svg+xml", text.as_bytes());
        for good in [
            "<svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\"M0 0\" fill=\"url(#a)\"/></svg>",
            "<svg><use href=\"#a\"/></svg>",
        ] {
            assert_eq!(svg(good), Ok(PictureKind::Svg), "{good}");
        }
        for bad in [
            "<svg><SCRIPT>alert(1)</SCRIPT></svg>",
            "<svg onload=\"alert(1)\"/>",
            "<svg><a href=\"javascript:alert(1)\"/></svg>",
            "<svg><image href='https://elsewhere.example/x.png'/></svg>",
            "<svg><rect fill=\"url(https://elsewhere.example)\"/></svg>",
            "<!DOCTYPE svg [<!ENTITY a \"b\">]><svg/>",
            "<p>not one</p>",
        ] {
            assert!(svg(bad).is_err(), "{bad}");
        }
        let png = "data:image/png;base64,iVBORw0KGgo=";
        let read = Picture::from_data_url(png).expect("a picture");
        assert_eq!((read.data_url().as_str(), &*read.bytes()), (png, PNG_HEAD));
        for bad in [
            "https://shop.example/logo.png",
            "data:image/png,abc",
            "data:image/png;base64,?",
            "data:text/html;base64,iVBORw0KGgo=",
        ] {
            assert!(Picture::from_data_url(bad).is_err(), "{bad}");
        }
        let long = format!(
            "data:image/png;base64,{}",
            "A".repeat(MAX_PICTURE_BYTES * 2)
        );
        assert_eq!(Picture::from_data_url(&long), Err("must be at most 64 KB."));
        assert_eq!(
            Picture::check("image/png", b"\x89PNG\r\n\x1a\nrest"),
            Ok(PictureKind::Png)
        );
        assert!(Picture::check("image/png", b"GIF89a").is_err());
        assert!(Picture::check("image/gif", b"GIF89a").is_err());
        assert!(Picture::check("image/png", &[0; MAX_PICTURE_BYTES + 1]).is_err());
    }
}
