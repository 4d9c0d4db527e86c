//! How values are read from rows and laid into columns.

use std::borrow::Cow;

use tatami_core::account::{AnyScope, Scope};
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use crate::failure::Failure;
use crate::values::account_scope;

/// Reads a column.
pub fn get<'a, T: FromSql<'a>>(row: &'a Row, column: usize) -> Result<T, Failure> {
    Ok(row.try_get(column)?)
}

/// Reads a column that holds a small number.
pub fn number<T: TryFrom<i64>>(row: &Row, column: usize) -> Result<T, Failure> {
    let number: i64 = get(row, column)?;
    T::try_from(number).map_err(|_| odd(&number.to_string()))
}

/// Reads a text column through `parse`.
pub fn parsed<T, E: std::error::Error>(
    row: &Row,
    column: usize,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, Failure> {
    parse(get(row, column)?).map_err(|error| Failure::Store(error.to_string()))
}

/// Reads a column that holds one of a few words.
pub fn word<T>(
    row: &Row,
    column: usize,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<T, Failure> {
    let text: &str = get(row, column)?;
    read(text).ok_or_else(|| odd(text))
}

fn odd(value: &str) -> Failure {
    Failure::Store(format!("'{value}' is not known"))
}

/// Reads a scope.
pub fn any_scope(row: &Row, column: usize) -> Result<AnyScope, Failure> {
    word(row, column, AnyScope::parse)
}

/// Reads a scope that is an account's.
pub fn scope(row: &Row, column: usize) -> Result<Scope, Failure> {
    word(row, column, account_scope)
}

/// Lays one value of each row into a column.
pub fn column<'a, R, T>(rows: &'a [R], value: impl FnMut(&'a R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

/// A text as PostgreSQL can keep it: the one character that it cannot becomes
/// the sign for what cannot be shown.
pub fn text(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}
