//! What only a store in an SQLite file has: the file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use tatami_core::event::EventType;
use tatami_core::payment_intent::{TimerChange, TimerKind};
use tatami_engine::ports::store::{Commit, IntentQuery, Store};
use tatami_store::{OpenError, SqliteStore};

use crate::world::{HOUR, MINUTE, TestClock, World, claim, intent_of, timed};

/// A place for a database, gone with the test.
pub struct TempFile(tempfile::TempDir);

impl TempFile {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    pub fn path(&self) -> PathBuf {
        self.0.path().join("tatami.db")
    }

    pub fn open(&self, clock: &Arc<TestClock>) -> SqliteStore {
        open(&self.path(), clock).expect("a store")
    }
}

fn open(path: &Path, clock: &Arc<TestClock>) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(path, Arc::clone(clock) as _)
}

fn refused(path: &Path) -> OpenError {
    match open(path, &TestClock::new()) {
        Ok(_) => panic!("opened"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn a_reopened_database_has_all_it_had() {
    let (file, clock) = (TempFile::new(), TestClock::new());
    let store = file.open(&clock);
    let w = World::new(&store, &clock);
    let scope = w.scope();
    let subscription = w.subscribed(&scope, &EventType::ALL).await;
    let commit = Commit {
        mails: vec![w.mail(&scope, "payer@example.com")],
        idempotency: claim(&scope, w.now(), "k").idempotency,
        ..w.creation(&scope)
    };
    let intent = intent_of(&commit);
    store.commit(commit).await.expect("committed");
    store.set_clock_offset(&scope, HOUR).await.expect("set");
    let now = w.now();
    drop(store);

    let store = file.open(&clock);
    let read = store.payment_intent(&scope, &intent.id).await;
    assert_eq!(read.expect("read").expect("there").value, intent);
    let query = IntentQuery {
        limit: 9,
        ..IntentQuery::default()
    };
    let page = store.search_payment_intents(&scope, query).await;
    assert_eq!(page.expect("read").intents, [intent]);
    let listed = store.subscriptions(&scope).await.expect("read");
    assert_eq!(listed, [subscription]);
    assert_eq!(store.mails(&scope, 9).await.expect("read").len(), 1);
    assert!(
        store
            .idempotency(&scope, "k")
            .await
            .expect("read")
            .is_some()
    );
    let offsets = store.clock_offsets().await.expect("read");
    assert_eq!(offsets, [(scope, HOUR)]);
    let claimed = store.claim_deliveries(now, MINUTE, None, &[], 9).await;
    assert_eq!(claimed.expect("claimed").len(), 1);
}

#[tokio::test]
async fn a_closed_database_is_one_file() {
    let (file, clock) = (TempFile::new(), TestClock::new());
    let store = file.open(&clock);
    let w = World::new(&store, &clock);
    w.created(&w.scope()).await;
    drop(store);
    let names: Vec<_> = std::fs::read_dir(file.0.path())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert_eq!(names, ["tatami.db"], "the log was written back");
}

#[test]
fn opening_again_changes_nothing() {
    let (file, clock) = (TempFile::new(), TestClock::new());
    drop(file.open(&clock));
    let schema = || -> Vec<String> {
        let db = Connection::open(file.path()).expect("a database");
        let mut rows = db
            .prepare(
                "SELECT coalesce(sql, name) FROM sqlite_schema
                 UNION ALL SELECT number || name FROM migrations",
            )
            .expect("a query");
        let rows = rows.query_map([], |row| row.get(0)).expect("rows");
        rows.map(|row| row.expect("a row")).collect()
    };
    let before = schema();
    drop(file.open(&clock));
    assert_eq!(schema(), before);
    assert!(before.contains(&"1initial".to_owned()));
}

/// The steps before timers became columns of their intents.
const EARLIER: [&str; 6] = [
    include_str!("../../migrations/sqlite/0001_initial.sql"),
    include_str!("../../migrations/sqlite/0002_open_attempts.sql"),
    include_str!("../../migrations/sqlite/0003_records.sql"),
    include_str!("../../migrations/sqlite/0004_installation_key.sql"),
    include_str!("../../migrations/sqlite/0005_vault.sql"),
    include_str!("../../migrations/sqlite/0006_permissions.sql"),
];

#[tokio::test]
async fn an_earlier_database_keeps_its_intents_timers_and_clocks() {
    let (file, earlier, clock) = (TempFile::new(), TempFile::new(), TestClock::new());
    let store = file.open(&clock);
    let w = World::new(&store, &clock);
    let (moved, still) = (w.scope(), w.scope());
    let settling = w.created(&moved).await;
    let settle_at = w.now() + MINUTE;
    let timers = [
        TimerChange::Clear(TimerKind::Void),
        TimerChange::Set(TimerKind::Settle, settle_at),
    ];
    let commit = timed(&settling, 1, &timers);
    store.commit(commit).await.expect("committed");
    let waiting = w.created(&still).await;
    store.set_clock_offset(&moved, HOUR).await.expect("set");
    drop(store);

    let old = Connection::open(earlier.path()).expect("a database");
    let made = "CREATE TABLE migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT";
    old.execute_batch(made).expect("a table");
    for (n, step) in EARLIER.iter().enumerate() {
        old.execute_batch(step).expect("a step");
        let number = i64::try_from(n + 1).expect("a number");
        old.execute("INSERT INTO migrations VALUES (?1, 'a step')", [number])
            .expect("noted");
    }
    let from = file.path().display().to_string();
    old.execute("ATTACH ?1 AS now", [from]).expect("attached");
    for (table, columns) in [
        ("clocks", "account, environment, ahead"),
        (
            "payment_intents",
            "account, environment, id, version, status, created_at, body",
        ),
        (
            "timers",
            "account, environment, payment_intent, kind, due_at",
        ),
    ] {
        let copy = format!("INSERT INTO {table} ({columns}) SELECT {columns} FROM now.{table}");
        assert_eq!(
            old.execute(&copy, ()).expect("copied") == 1,
            table == "clocks"
        );
    }
    drop(old);

    let store = earlier.open(&clock);
    for intent in [&settling, &waiting] {
        let found = store.payment_intent(&intent.scope, &intent.id).await;
        assert_eq!(found.expect("read").expect("there").value, *intent);
    }
    let offsets = store.clock_offsets().await.expect("read");
    assert_eq!(offsets, [(moved.clone(), HOUR)]);
    let next = async |scope| store.next_due(scope).await.expect("read");
    assert_eq!(next(&moved).await, Some(settle_at));
    assert_eq!(next(&still).await, Some(waiting.expire_at));
    let again = timed(&settling, 2, &[TimerChange::Clear(TimerKind::Settle)]);
    store.commit(again).await.expect("its version was kept");
    assert_eq!(next(&moved).await, None);
    assert_eq!(next(&still).await, Some(waiting.expire_at));
}

#[test]
fn a_newer_database_is_refused_and_left_alone() {
    let file = TempFile::new();
    drop(file.open(&TestClock::new()));
    let db = Connection::open(file.path()).expect("a database");
    let future = "INSERT INTO migrations (number, name) VALUES (9999, 'future')";
    db.execute(future, []).expect("inserted");
    let error = refused(&file.path());
    assert!(matches!(error, OpenError::Newer(_)), "{error:?}");
    let told = error.to_string();
    let sentence = "the database was written by a newer version of Tatami";
    assert!(told.starts_with(sentence), "{told}");
}

#[test]
fn what_is_no_database_is_refused() {
    let file = TempFile::new();
    let text = "This is a letter, and no database. ".repeat(200);
    std::fs::write(file.path(), &text).expect("written");
    let error = refused(&file.path());
    assert!(matches!(error, OpenError::Corrupt(_)), "{error:?}");
    let kept = std::fs::read_to_string(file.path()).expect("read");
    assert_eq!(kept, text, "the file is as it was");
}

#[test]
fn a_place_that_cannot_be_written_is_refused() {
    let file = TempFile::new();
    let missing = file.0.path().join("no such folder").join("tatami.db");
    for path in [missing.as_path(), file.0.path()] {
        let error = refused(path);
        assert!(matches!(error, OpenError::Unusable { .. }), "{error:?}");
        let told = error.to_string();
        assert!(told.contains("cannot be opened for writing"), "{told}");
    }
}
