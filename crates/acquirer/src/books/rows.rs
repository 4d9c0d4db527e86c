//! Columns that hold more than a text or a number.

use rusqlite::types::Type;
use serde::{Serialize, de::DeserializeOwned};
use tatami_core::money::{Currency, Money};

/// A column that does not hold what was once written to it.
pub(super) fn damaged(
    column: &str,
    why: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> rusqlite::Error {
    let why = format!("{column}: {}", why.into());
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, why.into())
}

/// Writes a value as JSON.
pub(super) fn json(value: &impl Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))
}

/// Reads a column that holds JSON.
pub(super) fn from_json<T: DeserializeOwned>(
    row: &rusqlite::Row<'_>,
    column: &str,
) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|e| damaged(column, e))
}

/// Reads a text column that has a form.
pub(super) fn parsed<T, E: std::fmt::Display>(
    row: &rusqlite::Row<'_>,
    column: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    parse(&text).map_err(|e| damaged(column, e.to_string()))
}

/// Reads the columns `minor` and `currency`.
pub(super) fn money(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<Money>> {
    let (minor, code): (Option<i64>, Option<String>) = (row.get("minor")?, row.get("currency")?);
    let (Some(minor), Some(code)) = (minor, code) else {
        return Ok(None);
    };
    Ok(Some(Money::new(minor, currency(&code)?)))
}

/// Reads a currency's code.
pub(super) fn currency(code: &str) -> rusqlite::Result<Currency> {
    Currency::from_code(code).ok_or_else(|| damaged("currency", code.to_owned()))
}
