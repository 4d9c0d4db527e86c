//! The log of requests in an SQLite file of its own: it is written beside the records,
//! without waiting for the disk, and is in no backup.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, Statement, named_params};
use tatami_core::account::Scope;
use tatami_core::id::{KeyId, PaymentIntentId};
use tatami_core::time::Timestamp;
use tatami_engine::ports::request_log::{Bodies, Entry, LoggedRequest, RequestQuery, RequestStore};
use tatami_engine::ports::store::StoreError;

use super::open::{for_log, for_reading};
use crate::OpenError;
use crate::failure::Failure;
use crate::request_log::{PRUNED_AT_ONCE, columns, matching};
use crate::values::{moment, parsed, rows, scope as scope_of, ticks};

/// What the file is made with. Bodies are apart, so that a search does not read them.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS request_log (
        number          INTEGER PRIMARY KEY AUTOINCREMENT,
        scope           TEXT NOT NULL,
        at              INTEGER NOT NULL,
        method          TEXT NOT NULL,
        route           TEXT NOT NULL,
        path            TEXT NOT NULL,
        status          INTEGER NOT NULL,
        took_us         INTEGER NOT NULL,
        version         TEXT,
        key             TEXT,
        idempotency_key TEXT,
        trace_id        TEXT NOT NULL,
        payment         TEXT,
        about           TEXT NOT NULL,
        account_at      INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS request_log_by_scope ON request_log (scope, number);
    CREATE INDEX IF NOT EXISTS request_log_by_payment ON request_log (payment, number)
        WHERE payment IS NOT NULL;
    CREATE TABLE IF NOT EXISTS request_log_bodies (
        number  INTEGER PRIMARY KEY,
        request TEXT,
        answer  TEXT
    ) STRICT;";

/// The log in a file.
pub struct SqliteRequestLog {
    reader: Arc<Mutex<Connection>>,
    writer: Arc<Mutex<Connection>>,
}

impl SqliteRequestLog {
    /// Opens the log in that file, or makes it. A file that is damaged is emptied: it
    /// holds nothing that is needed.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let writer = match for_log(path, SCHEMA) {
            Err(OpenError::Corrupt(_)) => {
                tracing::warn!("the request log is damaged and begun anew");
                let emptied = std::fs::write(path, []);
                emptied.map_err(|error| super::open::unusable(path, &error))?;
                for_log(path, SCHEMA)?
            }
            opened => opened?,
        };
        Ok(Self {
            reader: Arc::new(Mutex::new(for_reading(path)?)),
            writer: Arc::new(Mutex::new(writer)),
        })
    }
}

/// Runs work that may take long on a thread that may block.
async fn on<T, F>(db: &Arc<Mutex<Connection>>, work: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: FnOnce(&mut Connection) -> Result<T, Failure> + Send + 'static,
{
    let db = Arc::clone(db);
    let task = tokio::task::spawn_blocking(move || {
        let mut db = db.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut db).map_err(StoreError::from)
    });
    task.await.map_err(|error| StoreError(error.to_string()))?
}

#[async_trait]
impl RequestStore for SqliteRequestLog {
    async fn append(&self, requests: Vec<LoggedRequest>) -> Result<(), StoreError> {
        on(&self.writer, move |db| {
            let batch = db.transaction()?;
            {
                let mut head = batch.prepare_cached(
                    "INSERT INTO request_log
                         (scope, at, method, route, path, status, took_us, version, key,
                          idempotency_key, trace_id, payment, about, account_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
                )?;
                let mut bodies =
                    batch.prepare_cached("INSERT INTO request_log_bodies VALUES (?1, ?2, ?3)")?;
                for request in &requests {
                    insert(&mut head, &mut bodies, request)?;
                }
            }
            Ok(batch.commit()?)
        })
        .await
    }

    async fn page(&self, scope: &Scope, query: RequestQuery) -> Result<Vec<Entry>, StoreError> {
        let scope = scope.to_string();
        on(&self.reader, move |db| page(db, &scope, &query)).await
    }

    async fn entry(&self, scope: &Scope, number: i64) -> Result<Option<Entry>, StoreError> {
        let scope = scope.to_string();
        on(&self.reader, move |db| {
            let found = db
                .prepare_cached(ENTRY)?
                .query_row((number, scope), |row| {
                    let mut entry = read(row)?;
                    entry.request.bodies = Bodies {
                        request: row.get(15)?,
                        answer: row.get(16)?,
                    };
                    Ok(entry)
                })
                .optional()?;
            Ok(found)
        })
        .await
    }

    async fn prune(&self, before: Timestamp, keep: u32) -> Result<u64, StoreError> {
        on(&self.writer, move |db| prune(db, ticks(before), keep)).await
    }
}

fn insert(
    head: &mut Statement<'_>,
    bodies: &mut Statement<'_>,
    request: &LoggedRequest,
) -> Result<(), Failure> {
    let Some(scope) = &request.scope else {
        return Ok(());
    };
    let number = head.insert((
        scope.to_string(),
        ticks(request.at),
        &request.method,
        &request.route,
        &request.path,
        request.status,
        request.took_us,
        &request.version,
        request.key.as_ref().map(KeyId::as_str),
        &request.idempotency_key,
        &request.trace_id,
        request.payment.as_ref().map(PaymentIntentId::as_str),
        &request.about,
        ticks(request.account_at),
    ))?;
    let kept = &request.bodies;
    if kept.request.is_some() || kept.answer.is_some() {
        bodies.execute((number, &kept.request, &kept.answer))?;
    }
    Ok(())
}

/// A page of those that `$payment` lets pass.
macro_rules! page {
    ($scope:literal, $payment:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            " FROM request_log r
             WHERE ",
            $scope,
            " = :scope
               AND (:before IS NULL OR r.number < :before)
               AND (:after IS NULL OR r.number > :after)
               AND (:least IS NULL OR r.status BETWEEN :least AND :most)
               AND (:method IS NULL OR r.method = :method)
               AND (:route IS NULL OR r.route = :route)
               AND (:key IS NULL OR r.key = :key)
               AND ",
            $payment,
            " AND (:since IS NULL OR r.at >= :since)
              AND (:until IS NULL OR r.at <= :until)
              AND (:text IS NULL OR ",
            matching!("instr", ":text"),
            ") ORDER BY r.number DESC LIMIT :limit"
        )
    };
}

const PAGE: &str = page!("r.scope", ":payment IS NULL");
// Of one payment there are few: they are not looked for among those of the scope.
const PAGE_OF_PAYMENT: &str = page!("+r.scope", "r.payment = :payment");

const ENTRY: &str = concat!(
    "SELECT ",
    columns!(),
    ", b.request, b.answer
     FROM request_log r LEFT JOIN request_log_bodies b ON b.number = r.number
     WHERE r.number = ?1 AND r.scope = ?2"
);

fn page(db: &Connection, scope: &str, query: &RequestQuery) -> Result<Vec<Entry>, Failure> {
    let sql = match query.payment {
        Some(_) => PAGE_OF_PAYMENT,
        None => PAGE,
    };
    let mut select = db.prepare_cached(sql)?;
    let found = select.query_map(
        named_params! {
            ":scope": scope,
            ":before": query.before,
            ":after": query.after,
            ":least": query.statuses.map(|(least, _)| least),
            ":most": query.statuses.map(|(_, most)| most),
            ":method": query.method,
            ":route": query.route,
            ":key": query.key.as_ref().map(KeyId::as_str),
            ":payment": query.payment.as_ref().map(PaymentIntentId::as_str),
            ":since": query.from.map(ticks),
            ":until": query.to.map(ticks),
            ":text": query.text,
            ":limit": rows(query.limit),
        },
        read,
    )?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// Reads `columns!`.
fn read(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let is_there = |column| Ok::<_, rusqlite::Error>(row.get_ref(column)? != ValueRef::Null);
    let key = is_there(9)?.then(|| parsed(row, 9, KeyId::parse));
    let payment = is_there(12)?.then(|| parsed(row, 12, PaymentIntentId::parse));
    Ok(Entry {
        number: row.get(0)?,
        request: LoggedRequest {
            scope: Some(scope_of(row, 1)?),
            at: moment(row.get(2)?),
            account_at: moment(row.get(14)?),
            method: row.get(3)?,
            route: row.get(4)?,
            path: row.get(5)?,
            status: row.get(6)?,
            took_us: row.get(7)?,
            version: row.get(8)?,
            key: key.transpose()?,
            idempotency_key: row.get(10)?,
            trace_id: row.get(11)?,
            payment: payment.transpose()?,
            about: row.get(13)?,
            bodies: Bodies::default(),
        },
    })
}

/// Removes the oldest entries: those beyond the number to keep, and those of before a
/// moment.
fn prune(db: &mut Connection, before: i64, keep: u32) -> Result<u64, Failure> {
    let step = db.transaction()?;
    let (first, last): (Option<i64>, Option<i64>) = step
        .prepare_cached(
            "SELECT (SELECT min(number) FROM request_log), (SELECT max(number) FROM request_log)",
        )?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (Some(first), Some(last)) = (first, last) else {
        return Ok(0);
    };
    let reach = first + PRUNED_AT_ONCE;
    let too_many = (last - i64::from(keep)).min(reach);
    let too_old: Option<i64> = step
        .prepare_cached("SELECT max(number) FROM request_log WHERE number <= ?1 AND at < ?2")?
        .query_row((reach, before), |row| row.get(0))?;
    let through = too_many.max(too_old.unwrap_or(0));
    if through < first {
        return Ok(0);
    }
    let gone = step
        .prepare_cached("DELETE FROM request_log WHERE number <= ?1")?
        .execute([through])?;
    step.prepare_cached("DELETE FROM request_log_bodies WHERE number <= ?1")?
        .execute([through])?;
    step.commit()?;
    Ok(u64::try_from(gone).unwrap_or(0))
}
