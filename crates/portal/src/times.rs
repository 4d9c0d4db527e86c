//! Moments as people at a location read and type them.

use std::sync::LazyLock;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use tatami_core::time::Timestamp;

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// The names of time zones that places have, to choose from.
pub(crate) fn zones() -> &'static [String] {
    static ZONES: LazyLock<Vec<String>> = LazyLock::new(|| {
        let names = jiff::tz::db().available();
        let names = names.map(|name| name.to_string());
        names.filter(|name| is_of_place(name)).collect()
    });
    &ZONES
}

fn is_of_place(zone: &str) -> bool {
    const CONTINENTS: [&str; 10] = [
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    ];
    let continent = zone.split_once('/').map(|(continent, _)| continent);
    continent.is_some_and(|continent| CONTINENTS.contains(&continent))
}

/// A moment on the clock of a location: `31 Mar 2026, 13:05:09`.
pub fn local(at: Timestamp, zone_name: &str) -> String {
    at.to_zoned(zone(zone_name))
        .strftime("%-d %b %Y, %H:%M:%S")
        .to_string()
}

/// A moment where no location says whose clock it is on.
pub(crate) fn universal(at: Timestamp) -> String {
    format!("{} UTC", local(at, "UTC"))
}

/// The first moment of a day at a location.
pub(crate) fn day_start(text: &str, zone_name: &str) -> Option<Timestamp> {
    let date: Date = text.parse().ok()?;
    let start = date.to_zoned(zone(zone_name)).ok()?;
    Some(start.timestamp())
}

/// A moment of a day at a location, such as `2026-01-31T12:00`.
pub fn moment(text: &str, zone_name: &str) -> Option<Timestamp> {
    let at: DateTime = text.parse().ok()?;
    Some(at.to_zoned(zone(zone_name)).ok()?.timestamp())
}

/// The last moment of a day at a location.
pub(crate) fn day_end(text: &str, zone_name: &str) -> Option<Timestamp> {
    let date: Date = text.parse().ok()?;
    let next = date.tomorrow().ok()?.to_zoned(zone(zone_name)).ok()?;
    Timestamp::from_microsecond(next.timestamp().as_microsecond() - 1).ok()
}

/// The first moment of the day that it is at a location.
pub(crate) fn today(now: Timestamp, zone_name: &str) -> Timestamp {
    let start = now.to_zoned(zone(zone_name)).start_of_day();
    start.map_or(now, |start| start.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_location() {
        let start = day_start("2026-07-01", "Europe/London").expect("a day");
        assert_eq!(start.to_string(), "2026-06-30T23:00:00Z");
        let noon = moment("2026-07-01T12:00", "Europe/London").expect("a moment");
        assert_eq!(noon.to_string(), "2026-07-01T11:00:00Z");
        let end = day_end("2026-07-01", "Europe/London").expect("a day");
        assert_eq!(end.to_string(), "2026-07-01T22:59:59.999999Z");
        assert_eq!(local(start, "Europe/London"), "1 Jul 2026, 00:00:00");
        assert_eq!(today(end, "Europe/London"), start);
        assert_eq!(moment("soon", "Europe/London"), None);
        for bad in ["", "tomorrow", "2026-13-01", "9999-99-99"] {
            assert_eq!(day_start(bad, "Europe/London"), None, "{bad}");
        }
    }
}
