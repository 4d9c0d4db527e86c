//! How pages look for a merchant who has set it: a logo, an icon and a style sheet with
//! their colours, each at an address of its own, since pages have no styles within.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};
use tatami_core::account::AnyScope;
use tatami_core::branding::{Branding, Colour, LEAST_CONTRAST};

use crate::CheckoutState;

/// What is behind everything where the browser asks for dark pages.
const DARK: Colour = Colour([0x1a, 0x1f, 0x1d]);
/// Buttons and links of a merchant who set a background alone.
const ACCENT: Colour = Colour([0x17, 0x5c, 0x4c]);
const BAD: Colour = Colour([0xa8, 0x23, 0x1b]);
const FOCUS: Colour = Colour([0x1b, 0x61, 0xd1]);
/// The least contrast of lines that tell where a field is, in hundredths.
const LEAST_OF_LINES: u64 = 300;

/// A picture is shown alone, too: then nothing in it runs, and it asks for nothing.
const PICTURE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
const FOR_GOOD: &str = "public, max-age=31536000, immutable";

pub(crate) fn routes() -> Router<CheckoutState> {
    Router::new().route(
        "/checkout/branding/{account}/{environment}/{version}/{file}",
        get(serve),
    )
}

/// What a page links to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Brand {
    pub(crate) logo: Option<String>,
    pub(crate) favicon: Option<String>,
    pub(crate) colours: Option<String>,
}

impl Brand {
    pub(crate) fn of(set: Option<&Branding>) -> Self {
        let Some(set) = set else {
            return Self::default();
        };
        Self {
            logo: set.logo_path(),
            favicon: set.favicon_path(),
            colours: set.has_colours().then(|| set.colours_path()),
        }
    }
}

/// Serves a file of what is set now.
async fn serve(
    State(state): State<CheckoutState>,
    Path((account, environment, version, file)): Path<(String, String, String, String)>,
) -> Response {
    let scope = AnyScope::parse(&format!("{account}/{environment}"));
    let set = match scope.as_ref().and_then(AnyScope::account) {
        Some(scope) => state.engine.accounts().branding(scope).await,
        None => Ok(None),
    };
    let path = format!("/checkout/branding/{account}/{environment}/{version}/{file}");
    match set {
        Ok(Some(set)) => content(&set, &path).unwrap_or_else(missing),
        Ok(None) => missing(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

fn content(set: &Branding, path: &str) -> Option<Response> {
    let pictures = [
        (set.logo_path(), &set.logo),
        (set.favicon_path(), &set.favicon),
    ];
    let mut pictures = pictures
        .into_iter()
        .filter_map(|(at, picture)| Some((at?, picture.as_ref()?)));
    if let Some((_, picture)) = pictures.find(|(at, _)| at == path) {
        let headers = [
            (header::CONTENT_TYPE, picture.kind.media_type()),
            (header::CONTENT_SECURITY_POLICY, PICTURE_POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::CACHE_CONTROL, FOR_GOOD),
        ];
        return Some((headers, picture.bytes()).into_response());
    }
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, FOR_GOOD),
    ];
    (path == set.colours_path()).then(|| (headers, sheet(set)).into_response())
}

fn missing() -> Response {
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    (StatusCode::NOT_FOUND, no_store, "There is no such file.").into_response()
}

/// The custom properties of base.css in the merchant's colours. With a background, pages
/// look the same whatever the browser prefers.
fn sheet(set: &Branding) -> String {
    let rule = |background, scheme| {
        let properties = palette(background, set.primary);
        let properties = properties.map(|(name, colour)| format!("--{name}:{colour}"));
        format!(":root{{color-scheme:{scheme};{}}}", properties.join(";"))
    };
    match set.background {
        Some(dark) if dark.ink() == Colour::WHITE => rule(dark, "dark"),
        Some(light) => rule(light, "light"),
        None => format!(
            "{}@media (prefers-color-scheme:dark){{{}}}",
            rule(Colour::WHITE, "light"),
            rule(DARK, "dark"),
        ),
    }
}

/// All that can be read on a background, from two colours.
fn palette(background: Colour, primary: Option<Colour>) -> [(&'static str, Colour); 13] {
    let ink = background.ink();
    let accent = primary
        .unwrap_or(ACCENT)
        .readable_on(background, LEAST_CONTRAST);
    let accent_ink = accent.ink();
    let strong = accent.mixed(ink, 80);
    let is_readable = |other: Colour| strong.contrast(other) >= LEAST_CONTRAST;
    let strong = match is_readable(background) && is_readable(accent_ink) {
        true => strong,
        false => accent,
    };
    let bad = BAD.readable_on(background, LEAST_CONTRAST);
    [
        ("page", background),
        ("panel", background),
        ("ink", ink),
        (
            "muted",
            ink.mixed(background, 65)
                .readable_on(background, LEAST_CONTRAST),
        ),
        ("line", ink.mixed(background, 18)),
        (
            "field-line",
            ink.mixed(background, 45)
                .readable_on(background, LEAST_OF_LINES),
        ),
        ("accent", accent),
        ("accent-ink", accent_ink),
        ("accent-strong", strong),
        ("accent-soft", soft(accent, background, ink)),
        ("bad", bad),
        ("bad-soft", soft(bad, background, bad)),
        ("focus", FOCUS.readable_on(background, LEAST_OF_LINES)),
    ]
}

/// A background with as much of a colour as leaves a text on it readable.
fn soft(colour: Colour, background: Colour, text: Colour) -> Colour {
    let tinted = [12, 8, 4].map(|percent| colour.mixed(background, percent));
    let readable = tinted
        .into_iter()
        .find(|tint| tint.contrast(text) >= LEAST_CONTRAST);
    readable.unwrap_or(background)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some_colours() -> impl Iterator<Item = Colour> {
        let parts = [0, 0x55, 0x7a, 0xaa, 0xff];
        let pairs = parts
            .into_iter()
            .flat_map(move |red| parts.map(|green| (red, green)));
        pairs.flat_map(move |(red, green)| parts.map(|blue| Colour([red, green, blue])))
    }

    #[test]
    fn whatever_is_set_can_be_read() {
        const READ: [(&str, &str, u64); 11] = [
            ("ink", "page", LEAST_CONTRAST),
            ("ink", "accent-soft", LEAST_CONTRAST),
            ("muted", "page", LEAST_CONTRAST),
            ("accent", "page", LEAST_CONTRAST),
            ("accent-strong", "page", LEAST_CONTRAST),
            ("accent-ink", "accent", LEAST_CONTRAST),
            ("accent-ink", "accent-strong", LEAST_CONTRAST),
            ("bad", "page", LEAST_CONTRAST),
            ("bad", "bad-soft", LEAST_CONTRAST),
            ("field-line", "page", LEAST_OF_LINES),
            ("focus", "page", LEAST_OF_LINES),
        ];
        for background in some_colours() {
            let primaries = some_colours().step_by(7).map(Some).chain([None]);
            for primary in primaries {
                let palette = palette(background, primary);
                let of = |name| palette.iter().find(|(n, _)| *n == name).expect(name).1;
                for (text, behind, least) in READ {
                    let contrast = of(text).contrast(of(behind));
                    assert!(
                        contrast >= least,
                        "{text} on {behind} of {background}, {primary:?}: {contrast}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_primary_colour_alone_is_for_light_and_dark_pages() {
        let sheet = |primary: &str, background: &str| {
            let wanted = tatami_core::branding::Wanted {
                primary: Some(primary.to_owned()).filter(|t| !t.is_empty()),
                background: Some(background.to_owned()).filter(|t| !t.is_empty()),
                ..Default::default()
            };
            let scope = AnyScope::parse("acc_RBMHTJ4fIkmSppDILZVCGw/sandbox");
            let Some(AnyScope::Account(scope)) = scope else {
                panic!("an account");
            };
            sheet(
                &Branding::of(scope, &wanted, tatami_core::time::Timestamp::UNIX_EPOCH)
                    .expect("set"),
            )
        };
        let alone = sheet("#7a1fa2", "");
        assert!(
            alone.starts_with(":root{color-scheme:light;--page:#ffffff;"),
            "{alone}"
        );
        assert!(
            alone.contains("--accent:#7a1fa2;")
                && alone.contains("@media (prefers-color-scheme:dark)"),
            "{alone}"
        );
        let both = sheet("#ffd84d", "#101820");
        assert!(
            both.starts_with(":root{color-scheme:dark;--page:#101820;"),
            "{both}"
        );
        assert!(
            both.contains("--accent:#ffd84d;") && !both.contains("@media"),
            "{both}"
        );
    }
}
