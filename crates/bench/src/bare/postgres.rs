//! Durable on PostgreSQL: one transaction per request.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use tatami_bench::fault;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, Statement};

use crate::intent::{ACCOUNT, CREATED, ENVIRONMENT, Order, Rows, Search, rows};
use crate::{Broken, one, page};

/// Connections.
const CONNECTIONS: usize = 16;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS payment_intents
        (id text COLLATE \"C\" PRIMARY KEY, scope bigint NOT NULL, version bigint NOT NULL,
         status text NOT NULL, created_at bigint NOT NULL, body text NOT NULL);
    CREATE TABLE IF NOT EXISTS events
        (seq bigserial PRIMARY KEY, id text NOT NULL, account text NOT NULL,
         environment text NOT NULL, type text NOT NULL, subject text NOT NULL,
         created_at bigint NOT NULL, payload text NOT NULL);
    CREATE TABLE IF NOT EXISTS timers
        (payment_intent text COLLATE \"C\" PRIMARY KEY, due_at bigint NOT NULL);";
const INTENT: &str = "INSERT INTO payment_intents (scope, id, version, status, created_at, body)
    VALUES (1, $1, 1, $2, $3, $4)";
const EVENT: &str = "INSERT INTO events
        (id, account, environment, type, subject, created_at, payload)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";
const TIMER: &str = "INSERT INTO timers (payment_intent, due_at) VALUES ($1, $2)";

/// A connection with its statements.
struct Session {
    client: Client,
    intent: Statement,
    event: Statement,
    timer: Statement,
    read: Statement,
    newest: Statement,
}

#[derive(Clone)]
struct Pool(Arc<(Semaphore, Mutex<Vec<Session>>)>);

/// A session that goes back to its pool.
struct Lent<'a> {
    session: Option<Session>,
    home: &'a Mutex<Vec<Session>>,
    _permit: SemaphorePermit<'a>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut home = self.home.lock().unwrap_or_else(PoisonError::into_inner);
        home.extend(self.session.take());
    }
}

impl Pool {
    async fn lend(&self) -> Result<Lent<'_>, Broken> {
        let (permits, home) = &*self.0;
        let permit = permits.acquire().await?;
        let session = home.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Ok(Lent {
            session,
            home,
            _permit: permit,
        })
    }
}

impl Lent<'_> {
    fn session(&mut self) -> Result<&mut Session, Broken> {
        self.session
            .as_mut()
            .ok_or_else(|| Broken("no session is free".to_owned()))
    }
}

/// Its routes, over that database.
///
/// # Errors
/// If the database cannot be used.
pub async fn router(url: &str) -> fault::Result<Router> {
    connect(url).await?.batch_execute(SCHEMA).await?;
    let mut sessions = Vec::new();
    for _ in 0..CONNECTIONS {
        sessions.push(Session::open(url).await?);
    }
    let pool = Pool(Arc::new((
        Semaphore::new(CONNECTIONS),
        Mutex::new(sessions),
    )));
    Ok(Router::new()
        .route("/payment-intents", post(create))
        .route("/payment-intents/search", post(search))
        .route("/payment-intents/{id}", get(read))
        .with_state(pool))
}

async fn connect(url: &str) -> fault::Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    // Its end shows as an error of the client's.
    tokio::spawn(connection);
    Ok(client)
}

impl Session {
    async fn open(url: &str) -> fault::Result<Self> {
        let client = connect(url).await?;
        Ok(Self {
            intent: client.prepare(INTENT).await?,
            event: client.prepare(EVENT).await?,
            timer: client.prepare(TIMER).await?,
            read: client
                .prepare("SELECT body FROM payment_intents WHERE id = $1")
                .await?,
            newest: client
                .prepare("SELECT body FROM payment_intents ORDER BY id DESC LIMIT $1")
                .await?,
            client,
        })
    }
}

async fn create(State(pool): State<Pool>, order: Json<Order>) -> Result<Response, Broken> {
    let rows = rows(order.0)?;
    let mut lent = pool.lend().await?;
    let session = lent.session()?;
    let transaction = session.client.transaction().await?;
    let Rows {
        id,
        status,
        body,
        event,
        payload,
        created_at,
        due_at,
    } = &rows;
    let intent: [&(dyn ToSql + Sync); 4] = [id, status, created_at, body];
    let event: [&(dyn ToSql + Sync); 7] = [
        event,
        &ACCOUNT,
        &ENVIRONMENT,
        &CREATED,
        id,
        created_at,
        payload,
    ];
    let timer: [&(dyn ToSql + Sync); 2] = [id, due_at];
    // Sent together, without waiting for one another.
    tokio::try_join!(
        transaction.execute(&session.intent, &intent),
        transaction.execute(&session.event, &event),
        transaction.execute(&session.timer, &timer),
    )?;
    transaction.commit().await?;
    Ok(one(rows.body))
}

async fn read(State(pool): State<Pool>, id: Path<String>) -> Result<Response, Broken> {
    let mut lent = pool.lend().await?;
    let session = lent.session()?;
    let row = session.client.query_opt(&session.read, &[&id.0]).await?;
    Ok(match row {
        Some(row) => one(row.try_get(0)?),
        None => StatusCode::NOT_FOUND.into_response(),
    })
}

async fn search(State(pool): State<Pool>, wish: Json<Search>) -> Result<Response, Broken> {
    let limit = i64::try_from(wish.limit())?;
    let mut lent = pool.lend().await?;
    let session = lent.session()?;
    let rows = session.client.query(&session.newest, &[&limit]).await?;
    let bodies: Result<Vec<String>, _> = rows.iter().map(|row| row.try_get(0)).collect();
    Ok(page(bodies?))
}
