//! What only a store in an SQLite file has: the file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use tatami_core::event::EventType;
use tatami_engine::IntentQuery;
use tatami_engine::ports::clock::Clock as _;
use tatami_engine::ports::store::{Commit, Store};
use tatami_store::{OpenError, SqliteStore};

use crate::scopes::{found, to_be_done};
use crate::world::{HOUR, Lookups as _, MINUTE, TestClock, World, claim, intent_of, with_mail};

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
        idempotency: claim(&scope, w.now(), "k").idempotency,
        ..w.creation(&scope)
    };
    let intent = intent_of(&commit);
    let commit = with_mail(&w.mail(&scope, "payer@example.com"), None, commit);
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
    assert_eq!(store.mails(&scope).await.expect("read").len(), 1);
    assert!(
        store
            .idempotency(&scope.clone().into(), "k")
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

#[tokio::test]
async fn without_sandboxes_nothing_of_them_is_to_be_done() {
    let (file, clock) = (TempFile::new(), TestClock::new());
    let store = file.open(&clock);
    let scopes = to_be_done(&World::new(&store, &clock)).await;
    drop(store);
    let store = file.open(&clock).without_sandboxes();
    found(&store, clock.now(), &scopes, false).await;
    drop(store);
    // Until the leases are over.
    clock.advance(MINUTE * 2);
    found(&file.open(&clock), clock.now(), &scopes, true).await;
}
