//! How values of the core are kept in columns.

use rusqlite::types::Type;
use rusqlite::{Error, Row};

use tatami_core::account::{AnyScope, Scope};
use tatami_core::time::{SignedDuration, Timestamp};

const TICK_NS: i64 = 100;
const TICKS_PER_SECOND: i64 = 10_000_000;
/// The furthest a clock is moved, about 3,600 years: no sum of a moment and two
/// of these leaves 64 bits.
const MAX_SPAN_TICKS: i64 = i64::MAX / 8;

/// Of so many documents that are due, the scopes are looked at: of a longer
/// backlog, the earliest.
pub const DUE_WINDOW: i64 = 20_000;

/// A moment as ticks of 100 ns, rounded down.
pub fn ticks(at: Timestamp) -> i64 {
    let fraction = i64::from(at.subsec_nanosecond());
    at.as_second() * TICKS_PER_SECOND + fraction.div_euclid(TICK_NS)
}

/// A moment as ticks, rounded up: what is due then is never found too early.
pub fn ticks_up(at: Timestamp) -> i64 {
    let fraction = i64::from(at.subsec_nanosecond());
    at.as_second() * TICKS_PER_SECOND + (fraction + TICK_NS - 1).div_euclid(TICK_NS)
}

pub fn span_ticks(span: SignedDuration) -> i64 {
    narrow(span.as_nanos() / i128::from(TICK_NS)).clamp(-MAX_SPAN_TICKS, MAX_SPAN_TICKS)
}

fn narrow(ticks: i128) -> i64 {
    let limit = if ticks < 0 { i64::MIN } else { i64::MAX };
    i64::try_from(ticks).unwrap_or(limit)
}

/// The moment of some ticks; the nearest one there is.
pub fn moment(ticks: i64) -> Timestamp {
    let limit = if ticks < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    Timestamp::from_nanosecond(i128::from(ticks) * i128::from(TICK_NS)).unwrap_or(limit)
}

/// The span of some ticks.
pub fn span(ticks: i64) -> SignedDuration {
    let nanos = i32::try_from(ticks % TICKS_PER_SECOND * 100).unwrap_or(0);
    SignedDuration::new(ticks / TICKS_PER_SECOND, nanos)
}

/// A limit as SQL takes it.
pub fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Reads a text column through `parse`.
pub fn parsed<T, E>(
    row: &Row<'_>,
    column: usize,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> rusqlite::Result<T>
where
    E: std::error::Error + Send + Sync + 'static,
{
    let text = row.get_ref(column)?.as_str()?;
    parse(text).map_err(|e| Error::FromSqlConversionFailure(column, Type::Text, Box::new(e)))
}

/// Reads a column that holds one of a few words.
pub fn word<T>(
    row: &Row<'_>,
    column: usize,
    read: impl FnOnce(&str) -> Option<T>,
) -> rusqlite::Result<T> {
    parsed(row, column, |text| {
        read(text).ok_or_else(|| std::io::Error::other(format!("'{text}' is not known")))
    })
}

/// Reads a scope.
pub fn any_scope(row: &Row<'_>, column: usize) -> rusqlite::Result<AnyScope> {
    word(row, column, AnyScope::parse)
}

/// Reads a scope that is an account's.
pub fn scope(row: &Row<'_>, column: usize) -> rusqlite::Result<Scope> {
    word(row, column, account_scope)
}

/// Reads the text of an account's scope.
pub fn account_scope(text: &str) -> Option<Scope> {
    match AnyScope::parse(text)? {
        AnyScope::Account(scope) => Some(scope),
        AnyScope::Installation | AnyScope::Company(_) | AnyScope::User(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_spans_survive_to_the_tick() {
        for text in [
            "1969-12-31T23:59:59.9999999Z",
            "2022-02-01T13:07:41.8667859Z",
            "9999-12-30T00:00:00Z",
        ] {
            let at: Timestamp = text.parse().expect("a moment");
            assert_eq!(moment(ticks(at)), at);
            assert_eq!(ticks_up(at), ticks(at));
        }
        for whole in [
            SignedDuration::new(-3, -100),
            SignedDuration::from_hours(24 * 366),
        ] {
            assert_eq!(span(span_ticks(whole)), whole);
        }
        let between = Timestamp::from_nanosecond(150).expect("in range");
        assert_eq!((ticks(between), ticks_up(between)), (1, 2));
    }

    #[test]
    fn extremes_stay_in_range() {
        let far = ticks(Timestamp::MAX) + 2 * span_ticks(SignedDuration::MAX);
        assert_eq!(moment(far), Timestamp::MAX);
        let early = ticks(Timestamp::MIN) + 2 * span_ticks(SignedDuration::MIN);
        assert_eq!(moment(early), Timestamp::MIN);
    }
}
