//! Durable on SQLite: one thread writes what waits in one transaction (group
//! commit), with every commit flushed to disk; reads are made where they are
//! asked for.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use rusqlite::{Connection, OptionalExtension};
use tatami_bench::fault;
use tokio::sync::{mpsc, oneshot};

use crate::intent::{ACCOUNT, CREATED, ENVIRONMENT, Order, Rows, Search, rows};
use crate::{Broken, one, page};

/// Requests that share one transaction.
const BATCH: usize = 256;
/// Requests that may wait.
const QUEUE: usize = 1024;
/// Connections that read.
const READERS: usize = 4;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS payment_intents
        (key INTEGER PRIMARY KEY, scope INTEGER NOT NULL, id TEXT NOT NULL UNIQUE,
         version INTEGER NOT NULL, status TEXT NOT NULL, created_at INTEGER NOT NULL,
         body TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS events
        (seq INTEGER PRIMARY KEY, id TEXT NOT NULL, account TEXT NOT NULL,
         environment TEXT NOT NULL, type TEXT NOT NULL, subject TEXT NOT NULL,
         created_at INTEGER NOT NULL, payload TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS timers
        (payment_intent TEXT PRIMARY KEY, due_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;";
const INTENT: &str = "INSERT INTO payment_intents (scope, id, version, status, created_at, body)
    VALUES (1, ?1, 1, ?2, ?3, ?4)";
const EVENT: &str = "INSERT INTO events
        (id, account, environment, type, subject, created_at, payload)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const TIMER: &str = "INSERT INTO timers (payment_intent, due_at) VALUES (?1, ?2)";

type Job = (Rows, oneshot::Sender<Result<String, String>>);

#[derive(Clone)]
struct Store {
    jobs: mpsc::Sender<Job>,
    readers: Arc<[Mutex<Connection>; READERS]>,
}

/// Its routes, over a database in that file.
///
/// # Errors
/// If the file cannot be used.
pub fn router(path: &str) -> fault::Result<Router> {
    let db = open(path)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.execute_batch(SCHEMA)?;
    let readers = [open(path)?, open(path)?, open(path)?, open(path)?];
    let (jobs, waiting) = mpsc::channel(QUEUE);
    std::thread::spawn(move || write(&db, waiting));
    let store = Store {
        jobs,
        readers: Arc::new(readers.map(Mutex::new)),
    };
    Ok(Router::new()
        .route("/payment-intents", post(create))
        .route("/payment-intents/search", post(search))
        .route("/payment-intents/{id}", get(read))
        .with_state(store))
}

fn open(path: &str) -> rusqlite::Result<Connection> {
    let db = Connection::open(path)?;
    db.busy_timeout(std::time::Duration::from_secs(5))?;
    Ok(db)
}

fn write(db: &Connection, mut waiting: mpsc::Receiver<Job>) {
    while let Some(first) = waiting.blocking_recv() {
        let mut jobs = vec![first];
        while jobs.len() < BATCH
            && let Ok(job) = waiting.try_recv()
        {
            jobs.push(job);
        }
        let done = transact(db, &jobs).map_err(|e| e.to_string());
        for (rows, reply) in jobs {
            // A caller that is gone needs no answer.
            let _ = reply.send(done.clone().map(|()| rows.body));
        }
    }
}

fn transact(db: &Connection, jobs: &[Job]) -> rusqlite::Result<()> {
    let transaction = db.unchecked_transaction()?;
    for (rows, _) in jobs {
        let Rows {
            id,
            status,
            body,
            event,
            payload,
            created_at,
            due_at,
        } = rows;
        transaction
            .prepare_cached(INTENT)?
            .execute((id, status, created_at, body))?;
        transaction.prepare_cached(EVENT)?.execute((
            event,
            ACCOUNT,
            ENVIRONMENT,
            CREATED,
            id,
            created_at,
            payload,
        ))?;
        transaction.prepare_cached(TIMER)?.execute((id, due_at))?;
    }
    transaction.commit()
}

impl Store {
    /// Runs `work` on the first reader that is free.
    fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let free = self.readers.iter().find_map(|r| r.try_lock().ok());
        let db = free.unwrap_or_else(|| {
            let first = self.readers[0].lock();
            first.unwrap_or_else(PoisonError::into_inner)
        });
        work(&db)
    }
}

async fn create(State(store): State<Store>, order: Json<Order>) -> Result<Response, Broken> {
    let (reply, answer) = oneshot::channel();
    store.jobs.send((rows(order.0)?, reply)).await?;
    Ok(one(answer.await??))
}

async fn read(State(store): State<Store>, id: Path<String>) -> Result<Response, Broken> {
    let body: Option<String> = store.read(|db| {
        db.prepare_cached("SELECT body FROM payment_intents WHERE id = ?1")?
            .query_row([&id.0], |row| row.get(0))
            .optional()
    })?;
    Ok(body.map_or_else(|| StatusCode::NOT_FOUND.into_response(), one))
}

async fn search(State(store): State<Store>, wish: Json<Search>) -> Result<Response, Broken> {
    let bodies: Vec<String> = store.read(|db| {
        db.prepare_cached("SELECT body FROM payment_intents ORDER BY id DESC LIMIT ?1")?
            .query_map([i64::try_from(wish.limit()).unwrap_or(i64::MAX)], |row| {
                row.get(0)
            })?
            .collect()
    })?;
    Ok(page(bodies))
}
