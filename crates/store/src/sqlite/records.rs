//! Table `records`: aggregates beside the payment intent.

use rusqlite::{Connection, OptionalExtension, Params, Row};
use tatami_core::account::Scope;
use tatami_engine::ports::records::{Record, RecordKind, RecordPage, RecordQuery, RecordWrite};
use tatami_engine::ports::store::Stored;

use crate::failure::Failure;
use crate::listing::RecordRange;
use crate::values::{moment, rows, scope as read_scope, ticks, ticks_up, word};

/// A query of the columns that [`read`] reads, with the scope's offset.
fn select(rest: &str) -> String {
    format!(
        "SELECT r.account, r.environment, r.kind, r.id, r.version, r.owner, r.status,
                r.created_at, r.due_at, r.body, coalesce(c.ahead, 0)
         FROM records r LEFT JOIN scopes c
              ON c.account = r.account AND c.environment = r.environment {rest}"
    )
}

/// Writes a record of a scope whose clock is so far ahead.
pub fn write(
    db: &Connection,
    scope: &Scope,
    write: &RecordWrite,
    ahead: i64,
) -> Result<(), Failure> {
    let written = match write {
        RecordWrite::Put { record, expected } => put(db, record, *expected, ahead)?,
        RecordWrite::Delete { kind, id, expected } => db
            .prepare_cached(
                "DELETE FROM records WHERE account = ?1 AND environment = ?2 AND kind = ?3
                 AND id = ?4 AND version = ?5",
            )?
            .execute((
                scope.account.as_str(),
                scope.environment.word(),
                kind.word(),
                id,
                expected,
            ))?,
    };
    if written == 0 {
        return Err(Failure::Stale);
    }
    Ok(())
}

fn put(
    db: &Connection,
    record: &Record,
    expected: Option<i64>,
    ahead: i64,
) -> rusqlite::Result<usize> {
    let sql = match expected {
        None => {
            "INSERT INTO records (account, environment, kind, id, version, owner, status,
                                  due_at, body, created_at)
             VALUES (?1, ?2, ?3, ?4, 1 + ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (id) DO NOTHING"
        }
        Some(_) => {
            "UPDATE records SET version = version + 1, owner = ?6, status = ?7, due_at = ?8,
                    body = ?9, created_at = ?10
             WHERE account = ?1 AND environment = ?2 AND kind = ?3 AND id = ?4 AND version = ?5"
        }
    };
    db.prepare_cached(sql)?.execute((
        record.scope.account.as_str(),
        record.scope.environment.word(),
        record.kind.word(),
        &record.id,
        expected.unwrap_or(0),
        &record.owner,
        &record.status,
        record.due_at.map(|at| ticks_up(at) - ahead),
        &record.body,
        ticks(record.created_at),
    ))
}

/// A record of a scope, or of any.
pub fn find(
    db: &Connection,
    kind: RecordKind,
    scope: Option<&Scope>,
    id: &str,
) -> Result<Option<Stored<Record>>, Failure> {
    let found = db
        .prepare_cached(&select("WHERE r.id = ?1 AND r.kind = ?2"))?
        .query_row((id, kind.word()), read)
        .optional()?;
    Ok(found.filter(|record| scope.is_none_or(|scope| *scope == record.value.scope)))
}

/// A page of a listing, all of it from one snapshot.
pub fn page(
    db: &Connection,
    kind: RecordKind,
    scope: &Scope,
    query: &RecordQuery,
) -> Result<RecordPage, Failure> {
    let snapshot = db.unchecked_transaction()?;
    let statuses = serde_json::to_string(&query.statuses)?;
    let listed = |low: &str, high: &str, backwards: bool, limit: usize| {
        let order = if backwards { "ASC" } else { "DESC" };
        let owned = query
            .owner
            .as_ref()
            .map_or("?8 IS NULL", |_| "r.owner = ?8");
        let sql = select(&format!(
            "WHERE {owned} AND r.account = ?1 AND r.environment = ?2 AND r.kind = ?3
             AND (?4 = '[]' OR r.status IN (SELECT value FROM json_each(?4)))
             AND r.id > ?5 AND r.id < ?6 ORDER BY r.id {order} LIMIT ?7"
        ));
        let parameters = (
            scope.account.as_str(),
            scope.environment.word(),
            kind.word(),
            &statuses,
            low,
            high,
            rows(limit),
            &query.owner,
        );
        list(&snapshot, &sql, parameters)
    };
    let range = RecordRange::of(query);
    let page = range.page(listed(
        range.low,
        range.high,
        range.backwards,
        range.reads(),
    )?);
    let more = match range.behind(&page) {
        Some((low, high)) => !listed(&low, &high, false, 1)?.is_empty(),
        None => false,
    };
    Ok(range.with_behind(page, more))
}

/// Records of a kind and status, oldest first.
pub fn of_status(
    db: &Connection,
    kind: RecordKind,
    status: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Stored<Record>>, Failure> {
    list(
        db,
        &select("WHERE r.kind = ?1 AND r.status = ?2 AND r.id > ?3 ORDER BY r.id LIMIT ?4"),
        (kind.word(), status, after.unwrap_or_default(), rows(limit)),
    )
}

/// Records due at that machine time, earliest first.
pub fn due(
    db: &Connection,
    now: i64,
    scope: Option<&Scope>,
    sandboxes: bool,
    limit: usize,
) -> Result<Vec<Stored<Record>>, Failure> {
    match scope {
        None => list(
            db,
            &select(
                "WHERE r.due_at <= ?1 AND (?3 OR r.environment <> 'sandbox')
                 ORDER BY r.due_at LIMIT ?2",
            ),
            (now, rows(limit), sandboxes),
        ),
        Some(scope) => list(
            db,
            &select(
                "WHERE r.account = ?1 AND r.environment = ?2 AND r.due_at <= ?3
                 ORDER BY r.due_at LIMIT ?4",
            ),
            (
                scope.account.as_str(),
                scope.environment.word(),
                now,
                rows(limit),
            ),
        ),
    }
}

/// Makes a scope's records due that much earlier.
pub fn hasten(db: &Connection, scope: &Scope, by: i64) -> Result<(), Failure> {
    db.prepare_cached(
        "UPDATE records SET due_at = due_at - ?3
         WHERE account = ?1 AND environment = ?2 AND due_at IS NOT NULL",
    )?
    .execute((scope.account.as_str(), scope.environment.word(), by))?;
    Ok(())
}

/// When a scope's next record is due, in machine time.
pub fn next_due(db: &Connection, scope: &Scope) -> rusqlite::Result<Option<i64>> {
    db.prepare_cached(
        "SELECT min(due_at) FROM records
         WHERE account = ?1 AND environment = ?2 AND due_at IS NOT NULL",
    )?
    .query_row((scope.account.as_str(), scope.environment.word()), |row| {
        row.get(0)
    })
}

fn list(
    db: &Connection,
    sql: &str,
    parameters: impl Params,
) -> Result<Vec<Stored<Record>>, Failure> {
    let found = db
        .prepare_cached(sql)?
        .query_map(parameters, read)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(found)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Stored<Record>> {
    let (due_at, ahead): (Option<i64>, i64) = (row.get(8)?, row.get(10)?);
    Ok(Stored {
        version: row.get(4)?,
        value: Record {
            scope: read_scope(row, 0)?,
            kind: word(row, 2, RecordKind::from_word)?,
            id: row.get(3)?,
            owner: row.get(5)?,
            status: row.get(6)?,
            created_at: moment(row.get(7)?),
            due_at: due_at.map(|at| moment(at + ahead)),
            body: row.get(9)?,
        },
    })
}
