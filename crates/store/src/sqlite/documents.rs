//! Table `documents`: every aggregate, found by its id or when it is due.

use rusqlite::{Connection, OptionalExtension, Params, Row};
use tatami_core::account::{AnyScope, Scope};
use tatami_engine::ports::documents::{Document, DocumentKind, DocumentWrite};
use tatami_engine::ports::store::Stored;

use super::{clocks, deliveries, document_index, jobs};
use crate::failure::Failure;
use crate::values::{any_scope, moment, rows, ticks, ticks_up, word};

/// The columns that [`read`] reads.
pub const COLUMNS: &str = "d.kind, d.id, d.scope, d.owner, d.status, d.version, d.created_at,
                           d.due_at, d.body";

/// A query of these columns.
pub fn select(rest: &str) -> String {
    format!("SELECT {COLUMNS} FROM documents d {rest}")
}

/// Writes a document.
pub fn write(db: &Connection, scope: &str, write: &DocumentWrite) -> Result<(), Failure> {
    match write {
        DocumentWrite::Put {
            record,
            values,
            facets,
            expected,
        } => {
            changed(put(db, scope, record, facets, *expected)?)?;
            if expected.is_some() {
                jobs::end(db, record.kind, &record.id)?;
            }
            document_index::write(db, scope, record, values, expected.is_none())
        }
        DocumentWrite::Delete { kind, id, expected } => {
            let gone = db
                .prepare_cached(
                    "DELETE FROM documents
                     WHERE kind = ?1 AND id = ?2 AND scope = ?3 AND version = ?4",
                )?
                .execute((kind.word(), id, scope, expected))?;
            changed(gone)?;
            jobs::end(db, *kind, id)?;
            if DocumentKind::ENDPOINTS.contains(kind) {
                deliveries::drop_all(db, scope, id)?;
            }
            Ok(())
        }
    }
}

fn changed(rows: usize) -> Result<(), Failure> {
    if rows == 0 {
        return Err(Failure::Stale);
    }
    Ok(())
}

fn put(
    db: &Connection,
    scope: &str,
    record: &Document,
    facets: &str,
    expected: Option<i64>,
) -> rusqlite::Result<usize> {
    let (kind, due_at) = (record.kind.word(), record.due_at.map(ticks_up));
    match expected {
        None => db
            .prepare_cached(
                "INSERT INTO documents (kind, id, scope, owner, status, version, created_at,
                                        due_at, facets, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?7, ?8, ?9) ON CONFLICT (kind, id) DO NOTHING",
            )?
            .execute((
                kind,
                &record.id,
                scope,
                &record.owner,
                &record.status,
                ticks(record.created_at),
                due_at,
                facets,
                &record.body,
            )),
        // The scope is compared in a way that no index serves: of the one for
        // listings, which begins with it, a plan might go through all of them.
        Some(version) => db
            .prepare_cached(
                "UPDATE documents SET version = version + 1, owner = ?5, status = ?6,
                        due_at = ?7, facets = ?8, body = ?9
                 WHERE kind = ?1 AND id = ?2 AND +scope = ?3 AND version = ?4",
            )?
            .execute((
                kind,
                &record.id,
                scope,
                version,
                &record.owner,
                &record.status,
                due_at,
                facets,
                &record.body,
            )),
    }
}

/// A document of a scope, or of any.
pub fn find(
    db: &Connection,
    kind: DocumentKind,
    scope: Option<&AnyScope>,
    id: &str,
) -> Result<Option<Stored<Document>>, Failure> {
    let found = db
        .prepare_cached(&select("WHERE d.kind = ?1 AND d.id = ?2"))?
        .query_row((kind.word(), id), read)
        .optional()?;
    Ok(found.filter(|record| scope.is_none_or(|scope| *scope == record.value.scope)))
}

/// Those documents of a scope that there are.
pub fn of_ids(
    db: &Connection,
    kind: DocumentKind,
    scope: &AnyScope,
    ids: &[String],
) -> Result<Vec<Stored<Document>>, Failure> {
    ids.iter()
        .filter_map(|id| find(db, kind, Some(scope), id).transpose())
        .collect()
}

/// Documents of a kind and status, oldest first.
pub fn of_status(
    db: &Connection,
    kind: DocumentKind,
    status: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Stored<Document>>, Failure> {
    list(
        db,
        &select("WHERE d.kind = ?1 AND d.status = ?2 AND d.id > ?3 ORDER BY d.id LIMIT ?4"),
        (kind.word(), status, after.unwrap_or_default(), rows(limit)),
    )
}

/// Documents due at that machine time, earliest first. Those of scopes whose
/// clock was never moved are found by one index; for each other scope, those
/// that are due by its clock.
pub fn due(
    db: &Connection,
    now: i64,
    scope: Option<&Scope>,
    sandboxes: bool,
    limit: usize,
) -> Result<Vec<Stored<Document>>, Failure> {
    let snapshot = db.unchecked_transaction()?;
    let of_scope = |scope: &str, ahead: i64| {
        let sql = select("WHERE d.scope = ?1 AND d.due_at <= ?2 ORDER BY d.due_at LIMIT ?3");
        list(&snapshot, &sql, (scope, now + ahead, rows(limit)))
    };
    if let Some(scope) = scope {
        let scope = scope.to_string();
        return of_scope(&scope, clocks::ahead(&snapshot, &scope)?);
    }
    let sql = select(
        "WHERE d.due_at <= ?1 AND NOT EXISTS (SELECT 1 FROM clocks c WHERE c.scope = d.scope)
           AND (?3 OR d.scope NOT LIKE '%/sandbox')
         ORDER BY d.due_at LIMIT ?2",
    );
    let earliest = |record: &Stored<Document>, ahead: i64| {
        record.value.due_at.map(ticks_up).map(|at| at - ahead)
    };
    let found = list(&snapshot, &sql, (now, rows(limit), sandboxes))?;
    let mut due: Vec<_> = found.into_iter().map(|r| (earliest(&r, 0), r)).collect();
    let mut moved = clocks::all(&snapshot)?;
    moved.retain(|(scope, _)| sandboxes || !scope.ends_with("/sandbox"));
    for (scope, ahead) in moved {
        let found = of_scope(&scope, ahead)?;
        due.extend(found.into_iter().map(|r| (earliest(&r, ahead), r)));
    }
    due.sort_by_key(|(at, _)| *at);
    due.truncate(limit);
    Ok(due.into_iter().map(|(_, record)| record).collect())
}

/// When a scope's next document is due. What has failed is left out, for it is tried
/// again by the machine's clock, and so is mail, for which no clock waits.
pub fn next_due(db: &Connection, scope: &str) -> rusqlite::Result<Option<i64>> {
    db.prepare_cached(
        "SELECT d.due_at FROM documents d
         WHERE d.scope = ?1 AND d.due_at IS NOT NULL AND d.kind <> ?2
           AND NOT EXISTS (SELECT 1 FROM jobs j
                           WHERE j.kind = d.kind AND j.key = d.id
                           AND (j.failed = 1 OR j.last_error IS NOT NULL))
         ORDER BY d.due_at LIMIT 1",
    )?
    .query_row((scope, DocumentKind::Mail.word()), |row| row.get(0))
    .optional()
}

/// The documents of a query of [`select`].
pub fn list(
    db: &Connection,
    sql: &str,
    parameters: impl Params,
) -> Result<Vec<Stored<Document>>, Failure> {
    let found = db
        .prepare_cached(sql)?
        .query_map(parameters, read)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(found)
}

/// Reads the columns of [`select`].
pub fn read(row: &Row<'_>) -> rusqlite::Result<Stored<Document>> {
    Ok(Stored {
        version: row.get(5)?,
        value: Document {
            kind: word(row, 0, DocumentKind::from_word)?,
            id: row.get(1)?,
            scope: any_scope(row, 2)?,
            owner: row.get(3)?,
            status: row.get(4)?,
            created_at: moment(row.get(6)?),
            due_at: row.get::<_, Option<i64>>(7)?.map(moment),
            body: row.get(8)?,
        },
    })
}
