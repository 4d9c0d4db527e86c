//! Table `document_index`: further values that documents are found by.

use tatami_engine::ports::documents::{Document, IndexValue, ValueQuery};

use super::rows::{column, get, text};
use super::session::{Parameters, Session};
use crate::failure::Failure;
use crate::values::rows;

/// A value of a document that is written.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    pub record: &'a Document,
    pub scope: &'a str,
    pub value: &'a IndexValue,
}

/// Deletes the values that documents have no more.
pub const FORGET: &str = "
    DELETE FROM document_index i
    USING unnest($1::text[], $2::text[]) AS changed (kind, id)
    WHERE i.kind = changed.kind AND i.id = changed.id
      AND NOT EXISTS (
          SELECT 1 FROM unnest($3::text[], $4::text[], $5::text[]) AS kept (id, name, value)
          WHERE kept.id = i.id AND kept.name = i.name AND kept.value = i.value)";

/// Another's unique value is an error, which distinguishes it from a value that is there
/// already.
pub const INSERT: &str = "
    INSERT INTO document_index (kind, name, scope, value, id, is_unique)
    SELECT kind, name, scope, value, id, is_unique
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[])
         AS new (kind, name, scope, value, id, is_unique)
    ON CONFLICT (kind, name, scope, value, id) DO NOTHING";

/// Deletes values that changed documents have no more.
pub async fn forget(
    db: &Session,
    changed: &[&Document],
    kept: &[Entry<'_>],
) -> Result<(), Failure> {
    if changed.is_empty() {
        return Ok(());
    }
    let parameters = (
        column(changed, |r| r.kind.word()),
        column(changed, |r| r.id.as_str()),
        column(kept, |k| k.record.id.as_str()),
        column(kept, |k| k.value.name),
        column(kept, |k| text(&k.value.value)),
    );
    let (a, b, c, d, e) = &parameters;
    db.execute(FORGET, &[a, b, c, d, e]).await?;
    Ok(())
}

/// Writes values, known or not.
pub async fn insert(db: &Session, entries: &[Entry<'_>]) -> Result<(), Failure> {
    if entries.is_empty() {
        return Ok(());
    }
    let parameters = (
        column(entries, |e| e.record.kind.word()),
        column(entries, |e| e.value.name),
        column(entries, |e| e.scope),
        column(entries, |e| text(&e.value.value)),
        column(entries, |e| e.record.id.as_str()),
        column(entries, |e| e.value.is_unique),
    );
    let (a, b, c, d, e, f) = &parameters;
    db.execute(INSERT, &[a, b, c, d, e, f]).await?;
    Ok(())
}

macro_rules! in_order {
    ($order:literal) => {
        concat!(
            "SELECT value, id FROM document_index
             WHERE kind = $1 AND name = $2 AND scope = $3 AND value > $4 AND value < $5
             ORDER BY value ",
            $order,
            ", id ",
            $order,
            " LIMIT $6"
        )
    };
}

/// Values in their order, each with the id of its document.
pub async fn values(
    db: &Session,
    scope: &str,
    query: &ValueQuery,
) -> Result<Vec<(String, String)>, Failure> {
    let sql = match query.ascending {
        true => in_order!("ASC"),
        false => in_order!("DESC"),
    };
    let (kind, limit) = (query.kind.word(), rows(query.limit));
    let parameters: Parameters<'_> = &[
        &kind,
        &query.name,
        &scope,
        &query.above,
        &query.below,
        &limit,
    ];
    let found = db.query(sql, parameters).await?;
    let found = found.iter().map(|row| Ok((get(row, 0)?, get(row, 1)?)));
    found.collect()
}
