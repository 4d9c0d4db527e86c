//! What every store of the request log must do, on either database.

use std::sync::Arc;

use tatami_core::account::Scope;
use tatami_core::id::{AccountId, Environment, KeyId, PaymentIntentId};
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_engine::ports::request_log::{Bodies, Entry, LoggedRequest, RequestQuery, RequestStore};
use tatami_store::{PostgresRequestLog, SqliteRequestLog};

use crate::postgres_server::Database;

fn scope(environment: Environment) -> Scope {
    Scope {
        account: AccountId::parse("acc_0123456789012345678901").expect("an id"),
        environment,
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("a moment")
}

fn request(second: i64) -> LoggedRequest {
    LoggedRequest {
        scope: Some(scope(Environment::Sandbox)),
        at: at(second),
        account_at: at(second + 60),
        method: "POST".to_owned(),
        route: "/payment-intents/{paymentIntentId}/captures".to_owned(),
        path: "/payment-intents/pi_1/captures?a=b\0".replace('\0', ""),
        status: 200,
        took_us: 1234,
        version: Some("2026-02-27".to_owned()),
        key: KeyId::parse("key_sandbox_0123456789012345678901").ok(),
        idempotency_key: Some("once".to_owned()),
        trace_id: format!("00-{second}-01"),
        payment: PaymentIntentId::parse("pi_sandbox_0123456789012345678901").ok(),
        about: "pi_sandbox_0123456789012345678901 Order-1".to_owned(),
        bodies: Bodies {
            request: Some("{\"amount\":1}".to_owned()),
            answer: Some("é".to_owned()),
        },
    }
}

async fn page(log: &dyn RequestStore, query: RequestQuery) -> Vec<Entry> {
    let query = RequestQuery { limit: 50, ..query };
    let found = log.page(&scope(Environment::Sandbox), query).await;
    found.expect("a page")
}

fn seconds(entries: &[Entry]) -> Vec<i64> {
    let seconds = |entry: &Entry| entry.request.at.as_second() - 1_800_000_000;
    entries.iter().map(seconds).collect()
}

async fn entries_come_back_as_they_were_written(log: &dyn RequestStore) {
    let bare = LoggedRequest {
        scope: Some(scope(Environment::Sandbox)),
        at: at(2),
        ..LoggedRequest::default()
    };
    let nobodys = LoggedRequest::default();
    let batch = vec![request(1), nobodys, bare.clone()];
    log.append(batch).await.expect("written");
    let found = page(log, RequestQuery::default()).await;
    assert_eq!(seconds(&found), [2, 1]);
    assert!(found[0].number > found[1].number);
    let own = scope(Environment::Sandbox);
    let whole = log.entry(&own, found[1].number).await.expect("read");
    assert_eq!(whole.expect("there").request, request(1));
    assert_eq!(
        found[1].request,
        LoggedRequest {
            bodies: Bodies::default(),
            ..request(1)
        }
    );
    let whole = log.entry(&own, found[0].number).await.expect("read");
    assert_eq!(whole.expect("there").request, bare);
    let other = scope(Environment::Production);
    let hidden = log.entry(&other, found[0].number).await.expect("read");
    assert_eq!(hidden, None);
    let none = log.page(
        &other,
        RequestQuery {
            limit: 9,
            ..RequestQuery::default()
        },
    );
    assert_eq!(none.await.expect("read"), []);
}

async fn entries_are_found(log: &dyn RequestStore) {
    let other = LoggedRequest {
        status: 404,
        method: "GET".to_owned(),
        route: "/terminals".to_owned(),
        key: None,
        payment: None,
        about: "50%_off".to_owned(),
        idempotency_key: None,
        ..request(2)
    };
    log.append(vec![request(1), other, request(3)])
        .await
        .expect("written");
    let all = page(log, RequestQuery::default()).await;
    let (newest, oldest) = (all[0].number, all[2].number);
    let query = RequestQuery::default;
    let text = |text: &str| RequestQuery {
        text: Some(text.to_owned()),
        ..query()
    };
    for (query, expected) in [
        (
            RequestQuery {
                statuses: Some((400, 499)),
                ..query()
            },
            vec![2],
        ),
        (
            RequestQuery {
                method: Some("POST".to_owned()),
                ..query()
            },
            vec![3, 1],
        ),
        (
            RequestQuery {
                route: Some("/terminals".to_owned()),
                ..query()
            },
            vec![2],
        ),
        (
            RequestQuery {
                key: request(1).key,
                ..query()
            },
            vec![3, 1],
        ),
        (
            RequestQuery {
                payment: request(1).payment,
                ..query()
            },
            vec![3, 1],
        ),
        (
            RequestQuery {
                from: Some(at(2)),
                ..query()
            },
            vec![3, 2],
        ),
        (
            RequestQuery {
                to: Some(at(2)),
                ..query()
            },
            vec![2, 1],
        ),
        (
            RequestQuery {
                before: Some(newest),
                ..query()
            },
            vec![2, 1],
        ),
        (
            RequestQuery {
                after: Some(oldest),
                ..query()
            },
            vec![3, 2],
        ),
        (text("ORDER-1"), vec![3, 1]),
        (text("0%_o"), vec![2]),
        (text("00-3-01"), vec![3]),
        (text("ONCE"), vec![3, 1]),
        (text("nowhere"), vec![]),
    ] {
        let found = page(log, query.clone()).await;
        assert_eq!(seconds(&found), expected, "{query:?}");
    }
}

async fn old_entries_are_removed_while_others_are_written(log: &dyn RequestStore) {
    const KEEP: u32 = 300;
    const BATCH: i64 = 200;
    let never = at(0);
    for batch in 0..20 {
        let requests = (0..BATCH).map(|n| request(batch * BATCH + n)).collect();
        log.append(requests).await.expect("written");
        while log.prune(never, KEEP).await.expect("pruned") > 0 {}
        let query = RequestQuery {
            limit: 5000,
            ..RequestQuery::default()
        };
        let left = log
            .page(&scope(Environment::Sandbox), query)
            .await
            .expect("read");
        assert!(left.len() <= KEEP as usize, "{}", left.len());
        assert_eq!(seconds(&left[..1]), [batch * BATCH + BATCH - 1]);
    }
    // The newest 300 are of the seconds 3,700 to 3,999.
    while log.prune(at(3_990), KEEP).await.expect("pruned") > 0 {}
    let left = page(log, RequestQuery::default()).await;
    assert_eq!(seconds(&left), (3_990..4_000).rev().collect::<Vec<_>>());
    let whole = log
        .entry(&scope(Environment::Sandbox), left[0].number)
        .await;
    assert!(
        whole
            .expect("read")
            .expect("there")
            .request
            .bodies
            .request
            .is_some()
    );
    let later = at(4_000) + SignedDuration::from_secs(1);
    while log.prune(later, KEEP).await.expect("pruned") > 0 {}
    assert_eq!(page(log, RequestQuery::default()).await, []);
    log.append(vec![request(1)]).await.expect("written");
    assert_eq!(page(log, RequestQuery::default()).await.len(), 1);
}

macro_rules! cases {
    ($($case:ident)*) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $case() {
                let folder = tempfile::tempdir().expect("a folder");
                let log = super::SqliteRequestLog::open(&folder.path().join("requests.db"));
                super::$case(&log.expect("a log")).await;
            })*
        }

        mod on_postgres {
            $(#[tokio::test]
            async fn $case() {
                let database = super::Database::new();
                let log = super::PostgresRequestLog::connect(database.url()).await;
                super::$case(&log.expect("a log")).await;
            })*
        }
    };
}

cases! {
    entries_come_back_as_they_were_written
    entries_are_found
    old_entries_are_removed_while_others_are_written
}

#[tokio::test]
async fn a_damaged_file_is_begun_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("requests.db");
    std::fs::write(&file, "This is a letter, and no database. ".repeat(200)).expect("written");
    let log = SqliteRequestLog::open(&file).expect("a log");
    log.append(vec![request(1)]).await.expect("written");
    drop(log);
    let log = SqliteRequestLog::open(&file).expect("a log");
    assert_eq!(page(&log, RequestQuery::default()).await.len(), 1);
}

#[tokio::test]
async fn nodes_of_one_database_see_each_others_entries() {
    let database = Database::new();
    let node = || PostgresRequestLog::connect(database.url());
    let (one, other) = tokio::join!(node(), node());
    let (one, other) = (
        Arc::new(one.expect("a log")),
        Arc::new(other.expect("a log")),
    );
    let writes = (0..20).map(|n| {
        let log = if n % 2 == 0 { &one } else { &other };
        log.append((0..10).map(|m| request(n * 10 + m)).collect())
    });
    for written in futures_util::future::join_all(writes).await {
        written.expect("written");
    }
    let query = RequestQuery {
        limit: 500,
        ..RequestQuery::default()
    };
    let read = one.page(&scope(Environment::Sandbox), query).await;
    assert_eq!(read.expect("read").len(), 200);
}
