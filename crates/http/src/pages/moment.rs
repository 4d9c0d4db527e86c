//! Moments on pages: in a zone that is named, and in the reader's own as soon as
//! the page's script (`when.js`) runs.

use jiff::tz::TimeZone;
use tatami_core::time::Timestamp;

/// A moment as a page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// For scripts: ISO 8601.
    pub iso: String,
    /// For people whose browser runs no scripts.
    pub words: String,
}

impl Moment {
    /// The moment in a zone by its IANA name; in UTC if there is no such zone.
    pub fn of(at: Timestamp, zone: &str) -> Self {
        let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        let words = at.to_zoned(zone).strftime("%-d %B %Y, %H:%M %Z");
        Self {
            iso: at.to_string(),
            words: words.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zone_of_a_time_is_named() {
        let at: Timestamp = "2026-03-31T12:05:00Z".parse().expect("a moment");
        for (zone, words) in [
            ("Europe/London", "31 March 2026, 13:05 BST"),
            ("UTC", "31 March 2026, 12:05 UTC"),
            ("Nowhere/Atall", "31 March 2026, 12:05 UTC"),
        ] {
            let moment = Moment::of(at, zone);
            assert_eq!(moment.words, words);
            assert_eq!(moment.iso, "2026-03-31T12:05:00Z");
        }
    }
}
