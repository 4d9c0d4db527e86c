//! Moments, spans and the forms in which the API writes them.

use std::cell::RefCell;
use std::ops::Range;

use jiff::tz::Offset;
pub use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Writes a moment as ISO 8601 in UTC with seven fraction digits, the form of
/// webhook payloads (`2022-02-01T13:07:41.8667859Z`).
pub fn ticks(at: Timestamp) -> String {
    with_ticks(at, str::to_owned)
}

/// Serialises a moment in the form of [`ticks`]. Every stored intent has four of
/// them, and the general way to write one takes several times as long.
///
/// # Errors
/// As the serializer's.
pub fn serialize_ticks<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    with_ticks(*at, |text| to.serialize_str(text))
}

/// Lets something be done with a moment in the form of [`ticks`], of which it needs
/// no copy.
pub fn with_ticks<T>(at: Timestamp, use_text: impl FnOnce(&str) -> T) -> T {
    let second = at.as_second();
    if !PLAIN_SECONDS.contains(&second) {
        return use_text(&format!("{at:.7}"));
    }
    let mut text = *b"0000-00-00T00:00:00.0000000Z";
    let (whole, fraction) = text.split_at_mut(SECONDS_CHARS);
    whole.copy_from_slice(&written(second));
    digits(&mut fraction[1..8], at.subsec_nanosecond() / 100);
    match std::str::from_utf8(&text) {
        Ok(text) => use_text(text),
        Err(_) => use_text(&format!("{at:.7}")),
    }
}

/// Seconds of years with four digits, from 1970 on.
const PLAIN_SECONDS: Range<i64> = 0..253_402_300_800;
const SECONDS_CHARS: usize = 19;
/// Seconds that a thread has written last, by some of their bits.
const LAST: usize = 16;

type Second = (i64, [u8; SECONDS_CHARS]);

thread_local! {
    static WRITTEN: RefCell<[Second; LAST]> = const { RefCell::new([(-1, [0; SECONDS_CHARS]); LAST]) };
}

/// A whole second as text. Most moments are of a few seconds, now and when something
/// is due, and finding a date takes longer than all the rest.
fn written(second: i64) -> [u8; SECONDS_CHARS] {
    // Fibonacci hashing: seconds at round distances have different places.
    let spread = second.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let place = (spread >> 60) as usize % LAST;
    WRITTEN.with_borrow_mut(|last| {
        if last[place].0 != second {
            last[place] = (second, of_date(second));
        }
        last[place].1
    })
}

fn of_date(second: i64) -> [u8; SECONDS_CHARS] {
    let at = Timestamp::from_second(second).unwrap_or_default();
    let civil = Offset::UTC.to_datetime(at);
    let mut text = *b"0000-00-00T00:00:00";
    let parts = [
        (0..4, i32::from(civil.year())),
        (5..7, i32::from(civil.month())),
        (8..10, i32::from(civil.day())),
        (11..13, i32::from(civil.hour())),
        (14..16, i32::from(civil.minute())),
        (17..19, i32::from(civil.second())),
    ];
    for (place, part) in parts {
        digits(&mut text[place], part);
    }
    text
}

fn digits(place: &mut [u8], number: i32) {
    let mut rest = number.unsigned_abs();
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
}

/// A span in the contract's `dd.hh:MM:ss` form (`7.00:00:01`, `00:00:55`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeSpan(SignedDuration);

impl TimeSpan {
    /// A span of that length.
    pub const fn new(length: SignedDuration) -> Self {
        Self(length)
    }

    pub const fn length(self) -> SignedDuration {
        self.0
    }

    /// Reads `[d.]hh:mm:ss[.fraction]`; `None` for any other form, an ISO 8601
    /// duration among them.
    pub fn parse(text: &str) -> Option<Self> {
        let (days, clock) = match text.split_once(':')?.0.split_once('.') {
            Some((days, _)) => (number(days, 10_675_199)?, &text[days.len() + 1..]),
            None => (0, text),
        };
        let mut parts = clock.split(':');
        let (hours, minutes, seconds) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
        if fraction.is_empty() || fraction.len() > 7 {
            return None;
        }
        let nanos =
            number(fraction, 9_999_999)? * 10_i64.pow(9 - u32::try_from(fraction.len()).ok()?);
        let whole = days * 86_400
            + number(hours, 23)? * 3_600
            + number(minutes, 59)? * 60
            + number(seconds, 59)?;
        Some(Self(SignedDuration::new(whole, i32::try_from(nanos).ok()?)))
    }
}

fn number(text: &str, most: i64) -> Option<i64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|n| digits && *n <= most)
}

impl std::fmt::Display for TimeSpan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let s = self.0.as_secs();
        if s >= 86_400 {
            write!(f, "{}.", s / 86_400)?;
        }
        write!(f, "{:02}:{:02}:{:02}", s / 3_600 % 24, s / 60 % 60, s % 60)
    }
}

impl Serialize for TimeSpan {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeSpan {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a dd.hh:MM:ss span"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spans_read_and_write_the_published_form() {
        for (text, seconds) in [
            ("00:00:55", 55),
            ("00:05:00", 300),
            ("7.00:00:01", 604_801),
            ("06.23:59:59", 604_799),
        ] {
            let span = TimeSpan::parse(text).expect(text);
            assert_eq!(span.length().as_secs(), seconds, "{text}");
            assert_eq!(TimeSpan::parse(&span.to_string()), Some(span));
        }
        assert_eq!(
            TimeSpan::parse("00:00:31.5").map(|s| s.length().as_millis()),
            Some(31_500)
        );
        for bad in [
            "",
            "P7D",
            "PT5M",
            "7",
            "24:00:00",
            "00:60:00",
            "1:2",
            "-1.00:00:00",
            "1.:00:00",
            "00:00:0x",
            "00:00:01.",
            "a.00:00:00",
        ] {
            assert_eq!(TimeSpan::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn ticks_have_seven_digits() {
        let at: Timestamp = "2022-02-01T13:07:41.8667859Z".parse().expect("a moment");
        assert_eq!(ticks(at), "2022-02-01T13:07:41.8667859Z");
    }

    proptest! {
        #[test]
        fn ticks_are_what_the_library_writes(at in any::<i64>(), nanos in 0..1_000_000_000) {
            let (least, most) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
            let second = least + at.rem_euclid(most - least);
            let at = Timestamp::new(second, nanos).expect("a moment");
            prop_assert_eq!(ticks(at), format!("{at:.7}"));
        }
    }
}
