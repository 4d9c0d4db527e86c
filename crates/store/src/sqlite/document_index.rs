//! Table `document_index`: further values that documents are found by.

use std::collections::BTreeSet;

use rusqlite::{Connection, ErrorCode};
use tatami_engine::ports::documents::{Document, IndexValue, ValueQuery};

use crate::failure::Failure;
use crate::values::rows;

/// Writes the values of a document that was just written.
pub fn write(
    db: &Connection,
    scope: &str,
    record: &Document,
    values: &[IndexValue],
    is_new: bool,
) -> Result<(), Failure> {
    if !is_new && !record.kind.only_gains_values() {
        forget(db, record, values)?;
    }
    for value in values {
        db.prepare_cached(
            "INSERT INTO document_index (kind, name, scope, value, id, is_unique)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (kind, name, scope, value, id) DO NOTHING",
        )?
        .execute((
            record.kind.word(),
            value.name,
            scope,
            &value.value,
            &record.id,
            value.is_unique,
        ))
        .map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation) => Failure::ValueTaken,
            _ => error.into(),
        })?;
    }
    Ok(())
}

/// Values in their order, each with the id of its document.
pub fn values(
    db: &Connection,
    scope: &str,
    query: &ValueQuery,
) -> Result<Vec<(String, String)>, Failure> {
    let sql = if query.ascending {
        ASCENDING
    } else {
        DESCENDING
    };
    let found = db
        .prepare_cached(sql)?
        .query_map(
            (
                query.kind.word(),
                query.name,
                scope,
                &query.above,
                &query.below,
                rows(query.limit),
            ),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?
        .collect::<rusqlite::Result<_>>()?;
    Ok(found)
}

macro_rules! in_order {
    ($order:literal) => {
        concat!(
            "SELECT value, id FROM document_index
             WHERE kind = ?1 AND name = ?2 AND scope = ?3 AND value > ?4 AND value < ?5
             ORDER BY value ",
            $order,
            ", id ",
            $order,
            " LIMIT ?6"
        )
    };
}

const ASCENDING: &str = in_order!("ASC");
const DESCENDING: &str = in_order!("DESC");

/// Deletes the values that a document has no more.
fn forget(db: &Connection, record: &Document, values: &[IndexValue]) -> Result<(), Failure> {
    let kept: BTreeSet<(&str, &str)> = values.iter().map(|v| (v.name, v.value.as_str())).collect();
    let (kind, id) = (record.kind.word(), record.id.as_str());
    let before = db
        .prepare_cached("SELECT name, value FROM document_index WHERE kind = ?1 AND id = ?2")?
        .query_map((kind, id), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<(String, String)>>>()?;
    for (name, value) in before {
        if !kept.contains(&(name.as_str(), value.as_str())) {
            db.prepare_cached(
                "DELETE FROM document_index
                 WHERE kind = ?1 AND id = ?2 AND name = ?3 AND value = ?4",
            )?
            .execute((kind, id, name, value))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::plan;
    use super::*;

    #[test]
    fn values_are_read_in_the_order_of_their_index() {
        for sql in [ASCENDING, DESCENDING] {
            let plan = plan(sql);
            let index = "USING PRIMARY KEY (kind=? AND name=? AND scope=? AND value>? AND value<?)";
            assert!(
                plan.contains(index) && !plan.contains("TEMP B-TREE"),
                "{plan}"
            );
        }
    }
}
