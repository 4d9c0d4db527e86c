//! The log of requests in the PostgreSQL database, shared by its nodes. It is written
//! without waiting for the disk.

use std::sync::Arc;

use async_trait::async_trait;
use tatami_core::account::Scope;
use tatami_core::id::{KeyId, PaymentIntentId};
use tatami_core::time::Timestamp;
use tatami_engine::ports::request_log::{Bodies, Entry, LoggedRequest, RequestQuery, RequestStore};
use tatami_engine::ports::store::StoreError;
use tokio_postgres::Row;

use super::link::Link;
use super::rows::{column, get, number, scope as scope_of, text};
use super::server::Server;
use crate::OpenError;
use crate::failure::Failure;
use crate::request_log::{PRUNED_AT_ONCE, columns, matching};
use crate::values::{moment, rows, ticks};

/// One node at a time makes the table or adds to it, so that numbers become visible in
/// their order.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7364125908112)";

/// What the log is made with. Bodies are kept apart from their rows, so that a search does
/// not read them.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS request_log (
        number          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        scope           text NOT NULL,
        at              bigint NOT NULL,
        method          text NOT NULL,
        route           text NOT NULL,
        path            text NOT NULL,
        status          bigint NOT NULL,
        took_us         bigint NOT NULL,
        version         text,
        key             text,
        idempotency_key text,
        trace_id        text NOT NULL,
        payment         text,
        about           text NOT NULL,
        account_at      bigint NOT NULL,
        request         text,
        answer          text
    ) WITH (toast_tuple_target = 512);
    CREATE INDEX IF NOT EXISTS request_log_by_scope ON request_log (scope, number);
    CREATE INDEX IF NOT EXISTS request_log_by_payment ON request_log (payment, number)
        WHERE payment IS NOT NULL";

const INSERT: &str = "
    INSERT INTO request_log
        (scope, at, method, route, path, status, took_us, version, key, idempotency_key,
         trace_id, payment, about, account_at, request, answer)
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[],
        $6::bigint[], $7::bigint[], $8::text[], $9::text[], $10::text[], $11::text[],
        $12::text[], $13::text[], $14::bigint[], $15::text[], $16::text[])";

macro_rules! page {
    ($payment:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            " FROM request_log r
             WHERE r.scope = $1
               AND ($2::bigint IS NULL OR r.number < $2)
               AND ($3::bigint IS NULL OR r.number > $3)
               AND ($4::bigint IS NULL OR r.status BETWEEN $4 AND $5::bigint)
               AND ($6::text IS NULL OR r.method = $6)
               AND ($7::text IS NULL OR r.route = $7)
               AND ($8::text IS NULL OR r.key = $8)
               AND ",
            $payment,
            " AND ($10::bigint IS NULL OR r.at >= $10)
              AND ($11::bigint IS NULL OR r.at <= $11)
              AND ($12::text IS NULL OR ",
            matching!("strpos", "$12"),
            ") ORDER BY r.number DESC LIMIT $13"
        )
    };
}

const PAGE: &str = page!("$9::text IS NULL");
const PAGE_OF_PAYMENT: &str = page!("r.payment = $9::text");

const ENTRY: &str = concat!(
    "SELECT ",
    columns!(),
    ", r.request, r.answer FROM request_log r WHERE r.number = $1 AND r.scope = $2"
);

const PRUNE: &str = "
    WITH reach AS (
        SELECT coalesce(min(number), 0) + $3 AS last FROM request_log
    ), through AS (
        SELECT greatest(
            least((SELECT max(number) FROM request_log) - $2, (SELECT last FROM reach)),
            (SELECT max(number) FROM request_log
             WHERE number <= (SELECT last FROM reach) AND at < $1)
        ) AS last
    )
    DELETE FROM request_log WHERE number <= (SELECT last FROM through)";

/// The log in a database.
pub struct PostgresRequestLog {
    writer: Link,
    reader: Link,
}

impl PostgresRequestLog {
    /// Opens the log in the database at a URL, or makes it.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses.
    pub async fn connect(url: &str) -> Result<Self, OpenError> {
        let server = Arc::new(Server::at(url)?);
        let log = Self {
            writer: Link::new(Arc::clone(&server), &[]),
            reader: Link::new(Arc::clone(&server), &[]),
        };
        let made = async {
            let session = log.writer.session().await?;
            let schema = format!("BEGIN; {LOCK}; {SCHEMA}; COMMIT");
            session.run(&schema).await
        };
        made.await.map_err(|failure: Failure| {
            let StoreError(reason) = failure.into();
            server.unusable(reason)
        })?;
        Ok(log)
    }

    async fn add(&self, requests: &[LoggedRequest]) -> Result<(), Failure> {
        let kept: Vec<_> = requests
            .iter()
            .filter_map(|request| Some((request.scope.as_ref()?.to_string(), request)))
            .collect();
        if kept.is_empty() {
            return Ok(());
        }
        let own = |value: &Option<String>| value.as_deref().map(|value| text(value).into_owned());
        let scopes = column(&kept, |(scope, _)| scope.as_str());
        let at = column(&kept, |(_, r)| ticks(r.at));
        let methods = column(&kept, |(_, r)| text(&r.method));
        let routes = column(&kept, |(_, r)| text(&r.route));
        let paths = column(&kept, |(_, r)| text(&r.path));
        let statuses = column(&kept, |(_, r)| i64::from(r.status));
        let took = column(&kept, |(_, r)| i64::from(r.took_us));
        let versions = column(&kept, |(_, r)| own(&r.version));
        let keys = column(&kept, |(_, r)| r.key.as_ref().map(KeyId::as_str));
        let idempotency = column(&kept, |(_, r)| own(&r.idempotency_key));
        let traces = column(&kept, |(_, r)| text(&r.trace_id));
        let payments = column(&kept, |(_, r)| {
            r.payment.as_ref().map(PaymentIntentId::as_str)
        });
        let about = column(&kept, |(_, r)| text(&r.about));
        let account_at = column(&kept, |(_, r)| ticks(r.account_at));
        let asked = column(&kept, |(_, r)| own(&r.bodies.request));
        let answered = column(&kept, |(_, r)| own(&r.bodies.answer));
        let session = self.writer.session().await?;
        session
            .run("BEGIN; SET LOCAL synchronous_commit = off")
            .await?;
        session.run(LOCK).await?;
        session
            .execute(
                INSERT,
                &[
                    &scopes,
                    &at,
                    &methods,
                    &routes,
                    &paths,
                    &statuses,
                    &took,
                    &versions,
                    &keys,
                    &idempotency,
                    &traces,
                    &payments,
                    &about,
                    &account_at,
                    &asked,
                    &answered,
                ],
            )
            .await?;
        session.run("COMMIT").await
    }
}

#[async_trait]
impl RequestStore for PostgresRequestLog {
    async fn append(&self, requests: Vec<LoggedRequest>) -> Result<(), StoreError> {
        let added = self.add(&requests).await;
        if added.is_err()
            && let Ok(session) = self.writer.session().await
        {
            // The transaction is over, or its connection is.
            let _ = session.run("ROLLBACK").await;
        }
        Ok(added?)
    }

    async fn page(&self, scope: &Scope, query: RequestQuery) -> Result<Vec<Entry>, StoreError> {
        let session = self.reader.session().await?;
        let sql = match query.payment {
            Some(_) => PAGE_OF_PAYMENT,
            None => PAGE,
        };
        let (least, most) = query
            .statuses
            .map(|(least, most)| (i64::from(least), i64::from(most)))
            .unzip();
        let found = session
            .query(
                sql,
                &[
                    &scope.to_string(),
                    &query.before,
                    &query.after,
                    &least,
                    &most,
                    &query.method,
                    &query.route,
                    &query.key.as_ref().map(KeyId::as_str),
                    &query.payment.as_ref().map(PaymentIntentId::as_str),
                    &query.from.map(ticks),
                    &query.to.map(ticks),
                    &query.text.as_deref().map(text),
                    &rows(query.limit),
                ],
            )
            .await?;
        let entries: Result<Vec<Entry>, Failure> = found.iter().map(read).collect();
        Ok(entries?)
    }

    async fn entry(&self, scope: &Scope, number: i64) -> Result<Option<Entry>, StoreError> {
        let session = self.reader.session().await?;
        let row = session.one(ENTRY, &[&number, &scope.to_string()]).await?;
        let entry = row.map(|row| {
            let mut entry = read(&row)?;
            entry.request.bodies = Bodies {
                request: get(&row, 15)?,
                answer: get(&row, 16)?,
            };
            Ok::<_, Failure>(entry)
        });
        Ok(entry.transpose()?)
    }

    async fn prune(&self, before: Timestamp, keep: u32) -> Result<u64, StoreError> {
        let session = self.writer.session().await?;
        let parameters = (ticks(before), i64::from(keep), PRUNED_AT_ONCE);
        let (before, keep, at_once) = &parameters;
        Ok(session.execute(PRUNE, &[before, keep, at_once]).await?)
    }
}

fn read(row: &Row) -> Result<Entry, Failure> {
    let odd = |error: tatami_core::id::MalformedId| Failure::Store(error.to_string());
    let key: Option<&str> = get(row, 9)?;
    let payment: Option<&str> = get(row, 12)?;
    Ok(Entry {
        number: get(row, 0)?,
        request: LoggedRequest {
            scope: Some(scope_of(row, 1)?),
            at: moment(get(row, 2)?),
            account_at: moment(get(row, 14)?),
            method: get(row, 3)?,
            route: get(row, 4)?,
            path: get(row, 5)?,
            status: number(row, 6)?,
            took_us: number(row, 7)?,
            version: get(row, 8)?,
            key: key.map(KeyId::parse).transpose().map_err(odd)?,
            idempotency_key: get(row, 10)?,
            trace_id: get(row, 11)?,
            payment: payment
                .map(PaymentIntentId::parse)
                .transpose()
                .map_err(odd)?,
            about: get(row, 13)?,
            bodies: Bodies::default(),
        },
    })
}
