//! Table `records`: aggregates beside the payment intent.

use tatami_core::account::Scope;
use tatami_engine::ports::records::{Record, RecordKind, RecordPage, RecordQuery, RecordWrite};
use tatami_engine::ports::store::Stored;
use tokio_postgres::Row;

use super::rows::{column, get, scope as read_scope, word};
use super::session::{Parameters, Session};
use crate::failure::Failure;
use crate::listing::RecordRange;
use crate::values::{moment, rows, ticks, ticks_up};

/// A record that is written, and the version it was read at; new ones have none.
pub struct Put<'a> {
    pub record: &'a Record,
    pub version: i64,
}

/// A record that goes.
pub struct Gone<'a> {
    pub scope: &'a Scope,
    pub kind: RecordKind,
    pub id: &'a str,
    pub version: i64,
}

macro_rules! new_rows {
    () => {
        "FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[],
                     $7::text[], $8::bigint[], $9::bigint[], $10::text[])
         AS new (account, environment, kind, id, version, owner, status, created_at, due_at, body)"
    };
}

pub const INSERT: &str = concat!(
    "INSERT INTO records (account, environment, kind, id, version, owner, status,
                          created_at, due_at, body)
     SELECT account, environment, kind, id, version + 1, owner, status, created_at, due_at, body ",
    new_rows!(),
    " ON CONFLICT (id) DO NOTHING"
);

pub const UPDATE: &str = concat!(
    "UPDATE records r
     SET version = r.version + 1, owner = new.owner, status = new.status,
         created_at = new.created_at, due_at = new.due_at, body = new.body ",
    new_rows!(),
    " WHERE r.id = new.id AND r.version = new.version AND r.kind = new.kind
        AND r.account = new.account AND r.environment = new.environment"
);

pub const DELETE: &str = "
    DELETE FROM records r
    USING unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])
          AS old (account, environment, kind, id, version)
    WHERE r.id = old.id AND r.version = old.version AND r.kind = old.kind
      AND r.account = old.account AND r.environment = old.environment";

/// Sorts the writes of a commit into new records, changed ones and those that go.
pub fn sort<'a>(
    scope: &'a Scope,
    writes: &'a [RecordWrite],
    (created, changed, gone): (&mut Vec<Put<'a>>, &mut Vec<Put<'a>>, &mut Vec<Gone<'a>>),
) {
    for write in writes {
        match write {
            RecordWrite::Put { record, expected } => {
                let rows = match expected {
                    None => &mut *created,
                    Some(_) => &mut *changed,
                };
                let version = expected.unwrap_or(0);
                rows.push(Put { record, version });
            }
            RecordWrite::Delete { kind, id, expected } => gone.push(Gone {
                scope,
                kind: *kind,
                id,
                version: *expected,
            }),
        }
    }
}

/// Writes records, new ones ([`INSERT`]) or changed ones ([`UPDATE`]).
pub async fn put(db: &Session, sql: &'static str, puts: &[Put<'_>]) -> Result<(), Failure> {
    if puts.is_empty() {
        return Ok(());
    }
    let parameters = (
        column(puts, |p| p.record.scope.account.as_str()),
        column(puts, |p| p.record.scope.environment.word()),
        column(puts, |p| p.record.kind.word()),
        column(puts, |p| p.record.id.as_str()),
        column(puts, |p| p.version),
        column(puts, |p| p.record.owner.as_deref()),
        column(puts, |p| p.record.status.as_str()),
        column(puts, |p| ticks(p.record.created_at)),
        column(puts, |p| p.record.due_at.map(ticks_up)),
        column(puts, |p| p.record.body.as_str()),
    );
    let (a, b, c, d, e, f, g, h, i, j) = &parameters;
    let written = db.execute(sql, &[a, b, c, d, e, f, g, h, i, j]).await?;
    all_of(written, puts.len())
}

/// Deletes records.
pub async fn delete(db: &Session, gone: &[Gone<'_>]) -> Result<(), Failure> {
    if gone.is_empty() {
        return Ok(());
    }
    let parameters = (
        column(gone, |g| g.scope.account.as_str()),
        column(gone, |g| g.scope.environment.word()),
        column(gone, |g| g.kind.word()),
        column(gone, |g| g.id),
        column(gone, |g| g.version),
    );
    let (a, b, c, d, e) = &parameters;
    let written = db.execute(DELETE, &[a, b, c, d, e]).await?;
    all_of(written, gone.len())
}

fn all_of(written: u64, wanted: usize) -> Result<(), Failure> {
    if written < wanted as u64 {
        return Err(Failure::Stale);
    }
    Ok(())
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT r.account, r.environment, r.kind, r.id, r.version, r.owner, r.status,
                    r.created_at, r.due_at, r.body FROM records r ",
            $rest
        )
    };
}

/// A record of a scope, or of any.
pub async fn find(
    db: &Session,
    kind: RecordKind,
    scope: Option<&Scope>,
    id: &str,
) -> Result<Option<Stored<Record>>, Failure> {
    let sql = select!("WHERE r.id = $1 AND r.kind = $2");
    let row = db.one(sql, &[&id, &kind.word()]).await?;
    let found = row.as_ref().map(read).transpose()?;
    Ok(found.filter(|record| scope.is_none_or(|scope| *scope == record.value.scope)))
}

/// A listing in one direction, of all records or of one owner's.
macro_rules! listing {
    ($owned:literal, $order:literal) => {
        concat!(
            select!("WHERE "),
            $owned,
            " AND r.account = $1 AND r.environment = $2 AND r.kind = $3
              AND (cardinality($4::text[]) = 0 OR r.status = ANY($4))
              AND r.id > $5 AND r.id < $6 ORDER BY r.id ",
            $order,
            " LIMIT $7"
        )
    };
}

/// A page of a listing.
pub async fn page(
    db: &Session,
    kind: RecordKind,
    scope: &Scope,
    query: &RecordQuery,
) -> Result<RecordPage, Failure> {
    let range = RecordRange::of(query);
    let found = listed(
        db,
        kind,
        scope,
        query,
        (range.low, range.high, range.backwards),
        range.reads(),
    );
    let page = range.page(found.await?);
    let more = match range.behind(&page) {
        Some((low, high)) => {
            let behind = listed(db, kind, scope, query, (&low, &high, false), 1);
            !behind.await?.is_empty()
        }
        None => false,
    };
    Ok(range.with_behind(page, more))
}

async fn listed(
    db: &Session,
    kind: RecordKind,
    scope: &Scope,
    query: &RecordQuery,
    (low, high, backwards): (&str, &str, bool),
    limit: usize,
) -> Result<Vec<Stored<Record>>, Failure> {
    let sql = match (&query.owner, backwards) {
        (None, false) => listing!("$8::text IS NULL", "DESC"),
        (None, true) => listing!("$8::text IS NULL", "ASC"),
        (Some(_), false) => listing!("r.owner = $8", "DESC"),
        (Some(_), true) => listing!("r.owner = $8", "ASC"),
    };
    let parameters: Parameters<'_> = &[
        &scope.account.as_str(),
        &scope.environment.word(),
        &kind.word(),
        &query.statuses,
        &low,
        &high,
        &rows(limit),
        &query.owner,
    ];
    db.query(sql, parameters).await?.iter().map(read).collect()
}

/// Records of a kind and status, oldest first.
pub async fn of_status(
    db: &Session,
    kind: RecordKind,
    status: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Stored<Record>>, Failure> {
    let sql = select!("WHERE r.kind = $1 AND r.status = $2 AND r.id > $3 ORDER BY r.id LIMIT $4");
    let after = after.unwrap_or_default();
    let parameters: Parameters<'_> = &[&kind.word(), &status, &after, &rows(limit)];
    db.query(sql, parameters).await?.iter().map(read).collect()
}

/// Records due at that machine time, earliest first.
pub async fn due(
    db: &Session,
    now: i64,
    scope: Option<&Scope>,
    sandboxes: bool,
    limit: usize,
) -> Result<Vec<Stored<Record>>, Failure> {
    let found = match scope {
        None => db.query(DUE, &[&now, &rows(limit), &sandboxes]).await?,
        Some(scope) => {
            let (account, environment) = (scope.account.as_str(), scope.environment.word());
            let parameters: Parameters<'_> = &[&account, &environment, &now, &rows(limit)];
            db.query(DUE_OF_SCOPE, parameters).await?
        }
    };
    found.iter().map(read).collect()
}

/// Those of scopes whose clock was never moved by one index; and for each
/// other scope, those that are due by its clock.
const DUE: &str = select!(
    "JOIN (
        (SELECT t.id, t.due_at AS due FROM records t
         LEFT JOIN clocks c ON c.account = t.account AND c.environment = t.environment
         WHERE t.due_at <= $1 AND c.account IS NULL AND ($3 OR t.environment <> 'sandbox')
         ORDER BY t.due_at LIMIT $2)
        UNION ALL
        (SELECT t.id, t.due_at - c.ahead FROM clocks c
         CROSS JOIN LATERAL (
             SELECT t.id, t.due_at FROM records t
             WHERE t.account = c.account AND t.environment = c.environment
               AND t.due_at <= $1 + c.ahead
             ORDER BY t.due_at LIMIT $2) t
         WHERE $3 OR c.environment <> 'sandbox')
    ) due ON due.id = r.id
    ORDER BY due.due LIMIT $2"
);

const DUE_OF_SCOPE: &str = select!(
    "WHERE r.account = $1 AND r.environment = $2
       AND r.due_at <= $3 + coalesce((SELECT ahead FROM clocks
                                      WHERE account = $1 AND environment = $2), 0)
     ORDER BY r.due_at LIMIT $4"
);

fn read(row: &Row) -> Result<Stored<Record>, Failure> {
    Ok(Stored {
        version: get(row, 4)?,
        value: Record {
            scope: read_scope(row, 0)?,
            kind: word(row, 2, RecordKind::from_word)?,
            id: get(row, 3)?,
            owner: get(row, 5)?,
            status: get(row, 6)?,
            created_at: moment(get(row, 7)?),
            due_at: get::<Option<i64>>(row, 8)?.map(moment),
            body: get(row, 9)?,
        },
    })
}
