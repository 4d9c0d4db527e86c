//! Table `documents`: every aggregate, found by its id or when it is due.

use tatami_core::account::{AnyScope, Scope};
use tatami_core::time::Timestamp;
use tatami_engine::ports::documents::{Document, DocumentKind};
use tatami_engine::ports::store::Stored;
use tokio_postgres::Row;

use super::events;
use super::rows::{any_scope, column, get, word};
use super::session::{Parameters, Session};
use crate::failure::Failure;
use crate::values::{moment, rows, ticks, ticks_up};

/// A document that is written, and the version it was read at; new ones have
/// none.
pub struct Put<'a> {
    pub record: &'a Document,
    pub facets: &'a str,
    pub scope: &'a str,
    pub version: i64,
}

/// A document that goes.
pub struct Gone<'a> {
    pub scope: &'a str,
    pub kind: DocumentKind,
    pub id: &'a str,
    pub version: i64,
}

macro_rules! new_rows {
    () => {
        "FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[],
                     $7::bigint[], $8::bigint[], $9::text[], $10::text[])
         AS new (kind, id, scope, owner, status, version, created_at, due_at, facets, body)"
    };
}

pub const INSERT: &str = concat!(
    "INSERT INTO documents (kind, id, scope, owner, status, version, created_at, due_at, facets,
                            body)
     SELECT kind, id, scope, owner, status, version + 1, created_at, due_at, facets, body ",
    new_rows!(),
    " ON CONFLICT (kind, id) DO NOTHING"
);

/// The scope is compared in a way that no index serves: of the one for listings,
/// which begins with it, a planner without statistics would read all documents
/// of the account to find one by its id.
pub const UPDATE: &str = concat!(
    "UPDATE documents d
     SET version = d.version + 1, owner = new.owner, status = new.status,
         due_at = new.due_at, facets = new.facets, body = new.body ",
    new_rows!(),
    " WHERE d.kind = new.kind AND d.id = new.id AND d.version = new.version
        AND d.scope IS NOT DISTINCT FROM new.scope"
);

pub const DELETE: &str = "
    DELETE FROM documents d
    USING unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
          AS old (kind, id, scope, version)
    WHERE d.kind = old.kind AND d.id = old.id AND d.version = old.version
      AND d.scope IS NOT DISTINCT FROM old.scope";

/// Writes documents, new ones ([`INSERT`]) or changed ones ([`UPDATE`]).
pub async fn put(db: &Session, sql: &'static str, puts: &[Put<'_>]) -> Result<(), Failure> {
    if puts.is_empty() {
        return Ok(());
    }
    let parameters = (
        column(puts, |p| p.record.kind.word()),
        column(puts, |p| p.record.id.as_str()),
        column(puts, |p| p.scope),
        column(puts, |p| p.record.owner.as_deref()),
        column(puts, |p| p.record.status.as_str()),
        column(puts, |p| p.version),
        column(puts, |p| ticks(p.record.created_at)),
        column(puts, |p| p.record.due_at.map(ticks_up)),
        column(puts, |p| p.facets),
        column(puts, |p| p.record.body.as_str()),
    );
    let (a, b, c, d, e, f, g, h, i, j) = &parameters;
    let written = db.execute(sql, &[a, b, c, d, e, f, g, h, i, j]).await?;
    all_of(written, puts.len())
}

/// Deletes documents, and with them their further values.
pub async fn delete(db: &Session, gone: &[Gone<'_>]) -> Result<(), Failure> {
    if gone.is_empty() {
        return Ok(());
    }
    let parameters = (
        column(gone, |g| g.kind.word()),
        column(gone, |g| g.id),
        column(gone, |g| g.scope),
        column(gone, |g| g.version),
    );
    let (a, b, c, d) = &parameters;
    let written = db.execute(DELETE, &[a, b, c, d]).await?;
    all_of(written, gone.len())
}

fn all_of(written: u64, wanted: usize) -> Result<(), Failure> {
    if written < wanted as u64 {
        return Err(Failure::Stale);
    }
    Ok(())
}

/// A query of the columns that [`read`] reads.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT d.kind, d.id, d.scope, d.owner, d.status, d.version, d.created_at, d.due_at,
                    d.body FROM ",
            $rest
        )
    };
}
pub(super) use select;

/// A document of a scope, or of any.
pub async fn find(
    db: &Session,
    kind: DocumentKind,
    scope: Option<&AnyScope>,
    id: &str,
) -> Result<Option<Stored<Document>>, Failure> {
    let sql = select!("documents d WHERE d.kind = $1 AND d.id = $2");
    let row = db.one(sql, &[&kind.word(), &id]).await?;
    let found = row.as_ref().map(read).transpose()?;
    Ok(found.filter(|record| scope.is_none_or(|scope| *scope == record.value.scope)))
}

/// Those documents of a scope that there are.
pub async fn of_ids(
    db: &Session,
    kind: DocumentKind,
    scope: &AnyScope,
    ids: &[String],
) -> Result<Vec<Stored<Document>>, Failure> {
    let sql = select!(
        "unnest($2::text[]) AS wanted (id) CROSS JOIN LATERAL (
             SELECT * FROM documents p
             WHERE p.kind = $1 AND p.id = wanted.id AND p.scope IS NOT DISTINCT FROM $3
             LIMIT 1) d"
    );
    let scope = scope.to_string();
    let found = db.query(sql, &[&kind.word(), &ids, &scope]).await?;
    found.iter().map(read).collect()
}

/// Documents of a kind and status, oldest first.
pub async fn of_status(
    db: &Session,
    kind: DocumentKind,
    status: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Stored<Document>>, Failure> {
    let sql = select!(
        "documents d WHERE d.kind = $1 AND d.status = $2 AND d.id > $3 ORDER BY d.id LIMIT $4"
    );
    let after = after.unwrap_or_default();
    let parameters: Parameters<'_> = &[&kind.word(), &status, &after, &rows(limit)];
    db.query(sql, parameters).await?.iter().map(read).collect()
}

/// Documents due at that machine time, earliest first.
pub async fn due(
    db: &Session,
    now: i64,
    scope: Option<&Scope>,
    sandboxes: bool,
    limit: usize,
) -> Result<Vec<Stored<Document>>, Failure> {
    let found = match scope {
        None => db.query(DUE, &[&now, &rows(limit), &sandboxes]).await?,
        Some(scope) => {
            let scope = scope.to_string();
            db.query(DUE_OF_SCOPE, &[&scope, &now, &rows(limit)])
                .await?
        }
    };
    found.iter().map(read).collect()
}

/// Those of scopes whose clock was never moved by one index; and for each
/// other scope, those that are due by its clock.
const DUE: &str = select!(
    "(
        (SELECT t.kind, t.id, t.due_at AS due FROM documents t
         LEFT JOIN clocks c ON c.scope = t.scope
         WHERE t.due_at <= $1 AND c.scope IS NULL
           AND ($3 OR t.scope NOT LIKE '%/sandbox')
         ORDER BY t.due_at LIMIT $2)
        UNION ALL
        (SELECT t.kind, t.id, t.due_at - c.ahead FROM clocks c
         CROSS JOIN LATERAL (
             SELECT t.kind, t.id, t.due_at FROM documents t
             WHERE t.scope = c.scope AND t.due_at <= $1 + c.ahead
             ORDER BY t.due_at LIMIT $2) t
         WHERE $3 OR c.scope NOT LIKE '%/sandbox')
    ) due
    JOIN documents d ON d.kind = due.kind AND d.id = due.id
    ORDER BY due.due LIMIT $2"
);

const DUE_OF_SCOPE: &str = select!(
    "documents d
     WHERE d.scope = $1
       AND d.due_at <= $2 + coalesce((SELECT ahead FROM clocks WHERE scope = $1), 0)
     ORDER BY d.due_at LIMIT $3"
);

/// When the next document or open delivery of a scope is due, in account time. What
/// has failed is left out, for it is tried again by the machine's clock, and so is
/// mail, for which no clock waits.
pub async fn next_due(db: &Session, scope: &Scope) -> Result<Option<Timestamp>, Failure> {
    let row = db
        .one(
            "SELECT least(
                 (SELECT d.due_at FROM documents d
                  WHERE d.scope = $1 AND d.due_at IS NOT NULL AND d.kind <> $3
                    AND NOT EXISTS (SELECT 1 FROM jobs j
                                    WHERE j.kind = d.kind AND j.key = d.id
                                      AND (j.failed OR j.last_error IS NOT NULL))
                  ORDER BY d.due_at LIMIT 1),
                 (SELECT min(j.due_at) FROM documents s
                  CROSS JOIN LATERAL (
                      SELECT due_at FROM jobs
                      WHERE endpoint = s.id
                        AND endpoint IS NOT NULL AND NOT failed AND NOT blocked
                      ORDER BY due_at LIMIT 1) j
                  WHERE s.scope = $1 AND s.kind = ANY ($2::text[])))",
            &[
                &scope.to_string(),
                &events::endpoint_kinds(),
                &DocumentKind::Mail.word(),
            ],
        )
        .await?;
    let due: Option<i64> = row.map_or(Ok(None), |row| get(&row, 0))?;
    Ok(due.map(moment))
}

/// Reads the columns of [`select`].
pub fn read(row: &Row) -> Result<Stored<Document>, Failure> {
    read_from(row, 0)
}

/// The same, where they begin at that column.
pub fn read_from(row: &Row, first: usize) -> Result<Stored<Document>, Failure> {
    Ok(Stored {
        version: get(row, first + 5)?,
        value: Document {
            kind: word(row, first, DocumentKind::from_word)?,
            id: get(row, first + 1)?,
            scope: any_scope(row, first + 2)?,
            owner: get(row, first + 3)?,
            status: get(row, first + 4)?,
            created_at: moment(get(row, first + 6)?),
            due_at: get::<Option<i64>>(row, first + 7)?.map(moment),
            body: get(row, first + 8)?,
        },
    })
}
