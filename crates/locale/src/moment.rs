//! Moments on pages: in a zone that is named, and in the reader's own as soon as
//! the page's script (`when.js`) runs.

use jiff::tz::TimeZone;
use tatami_core::time::Timestamp;

use crate::Language;

/// A moment as a page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// For scripts: ISO 8601.
    pub iso: String,
    /// For people whose browser runs no scripts.
    pub words: String,
    /// How scripts write it: the parts in braces.
    pub form: String,
}

impl Moment {
    /// The moment in a zone by its IANA name; in UTC if there is no such zone.
    pub fn of(at: Timestamp, zone: &str, language: &'static Language) -> Self {
        Self {
            iso: at.to_string(),
            words: language.date(at, zone),
            form: language.date_form(["{day}", "{month}", "{year}", "{time}", "{zone}"]),
        }
    }
}

impl Language {
    /// A moment in a zone by its IANA name; in UTC if there is no such zone.
    pub fn date(&'static self, at: Timestamp, zone: &str) -> String {
        let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        let at = at.to_zoned(zone);
        let part = |form: &str| at.strftime(form).to_string();
        let month = self.get(&format!("month-{}", at.month()));
        self.date_form([
            &part("%-d"),
            month,
            &part("%Y"),
            &part("%H:%M"),
            &part("%Z"),
        ])
    }

    fn date_form(&self, [day, month, year, time, zone]: [&str; 5]) -> String {
        let parts = [
            ("day", day),
            ("month", month),
            ("year", year),
            ("time", time),
            ("zone", zone),
        ];
        self.with("date", &parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zone_of_a_time_is_named() {
        let at: Timestamp = "2026-03-31T12:05:00Z".parse().expect("a moment");
        for (tag, zone, words) in [
            ("en", "Europe/London", "31 March 2026, 13:05 BST"),
            ("en", "UTC", "31 March 2026, 12:05 UTC"),
            ("en", "Nowhere/Atall", "31 March 2026, 12:05 UTC"),
            ("de", "Europe/Berlin", "31. März 2026, 14:05 CEST"),
            ("es", "Europe/Madrid", "31 de marzo de 2026, 14:05 CEST"),
        ] {
            let language = Language::by_tag(tag).expect("a language");
            let moment = Moment::of(at, zone, language);
            assert_eq!(moment.words, words);
            assert_eq!(moment.iso, "2026-03-31T12:05:00Z");
        }
    }
}
