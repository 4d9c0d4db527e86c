//! What only a store on PostgreSQL has: other nodes, and a server that may go.

use std::collections::HashSet;
use std::sync::Arc;

use tatami_core::event::EventType;
use tatami_core::payment_intent::Status;
use tatami_engine::IntentQuery;
use tatami_engine::ports::clock::Clock as _;
use tatami_engine::ports::documents::DocumentKind;
use tatami_engine::ports::jobs::DueClaim;
use tatami_engine::ports::store::{AfterAttempt, ClaimedDelivery, Commit, CommitError, Store};
use tatami_store::{OpenError, PostgresStore};
use tatami_testkit::PostgresCluster;

use crate::postgres_server::Database;
use crate::scopes::{found, to_be_done};
use crate::world::{
    Lookups as _, MINUTE, SECOND, TestClock, World, attempt, claim, intent_of, refusal, write,
};

async fn claimed(node: &PostgresStore, w: &World<'_>) -> Vec<ClaimedDelivery> {
    let claimed = node.claim_deliveries(w.now(), MINUTE, None, &[], 100).await;
    claimed.expect("claimed")
}

#[tokio::test]
async fn two_nodes_never_claim_the_same_delivery() {
    let (database, clock) = (Database::new(), TestClock::new());
    let (one, two) = (database.node(&clock).await, database.node(&clock).await);
    let w = World::new(&one, &clock);
    for _ in 0..40 {
        let scope = w.scope();
        w.subscribed(&scope, &EventType::ALL).await;
        for _ in 0..5 {
            w.created(&scope).await;
        }
    }
    let mut seen = HashSet::new();
    while seen.len() < 200 {
        let (a, b) = tokio::join!(claimed(&one, &w), claimed(&two, &w));
        assert!(a.len() + b.len() > 0, "all are claimed in the end");
        for delivery in a.iter().chain(&b) {
            assert!(seen.insert(delivery.key.clone()), "claimed twice");
        }
    }
}

#[tokio::test]
async fn two_nodes_never_claim_the_same_document() {
    let (database, clock) = (Database::new(), TestClock::new());
    let (one, two) = (database.node(&clock).await, database.node(&clock).await);
    let w = World::new(&one, &clock);
    for n in 0..200 {
        let scope = w.scope();
        let mut intent = intent_of(&w.creation(&scope));
        intent.expire_at = w.now() - SECOND * n;
        let commit = write(&intent, None, w.now());
        one.commit(commit).await.expect("committed");
    }
    let claim = DueClaim {
        now: w.now(),
        lease: MINUTE,
        kinds: DocumentKind::ALL.to_vec(),
        scope: None,
        busy: Vec::new(),
        per_scope: 1,
        limit: 20,
    };
    let mut seen = HashSet::new();
    while seen.len() < 200 {
        let (a, b) = tokio::join!(one.claim_due(claim.clone()), two.claim_due(claim.clone()));
        for due in a.expect("claimed").into_iter().chain(b.expect("claimed")) {
            assert!(seen.insert(due.job.key), "claimed twice");
        }
    }
}

#[tokio::test]
async fn a_node_takes_over_when_the_lease_of_another_is_over() {
    let (database, clock) = (Database::new(), TestClock::new());
    let two = database.node(&clock).await;
    let w = World::new(&two, &clock);
    let scope = w.scope();
    w.subscribed(&scope, &EventType::ALL).await;
    w.created(&scope).await;
    let one = database.node(&clock).await;
    let first = claimed(&one, &w).await;
    assert_eq!(first.len(), 1);
    drop(one);
    clock.advance(MINUTE - SECOND);
    assert!(claimed(&two, &w).await.is_empty());
    clock.advance(SECOND);
    let taken_over = claimed(&two, &w).await;
    assert_eq!(taken_over.len(), 1);
    assert_eq!(taken_over[0].key, first[0].key);
}

/// While one node ends deliveries, the other adds to the same lines: what is
/// added is never left blocked behind what is over.
#[tokio::test]
async fn a_line_that_grows_while_it_is_worked_off_is_worked_off() {
    let (database, clock) = (Database::new(), TestClock::new());
    let (one, two) = (database.node(&clock).await, database.node(&clock).await);
    let w = World::new(&one, &clock);
    let scope = w.scope();
    w.subscribed(&scope, &EventType::ALL).await;
    let intent = w.created(&scope).await;
    let mut delivered = 0;
    for _ in 0..100 {
        let due = claimed(&two, &w).await;
        let over: Vec<_> = due
            .iter()
            .map(|d| {
                (
                    d.clone(),
                    attempt(w.now(), Some(200), AfterAttempt::Delivered),
                )
            })
            .collect();
        delivered += over.len();
        let more = w.telling(
            &intent,
            &[EventType::PAYMENT_INTENT_STATUS_UPDATED],
            w.now(),
        );
        let (recorded, told) = tokio::join!(two.record_attempts(over), one.commit(more));
        recorded.expect("recorded");
        told.expect("committed");
    }
    loop {
        let due = claimed(&two, &w).await;
        if due.is_empty() {
            break;
        }
        assert_eq!(due.len(), 1, "one after the other");
        delivered += 1;
        let over = attempt(w.now(), Some(200), AfterAttempt::Delivered);
        let recorded = two.record_attempts(vec![(due[0].clone(), over)]).await;
        recorded.expect("recorded");
    }
    assert_eq!(delivered, 101);
}

#[tokio::test]
async fn of_two_nodes_exactly_one_wins() {
    let (database, clock) = (Database::new(), TestClock::new());
    let (one, two) = (database.node(&clock).await, database.node(&clock).await);
    let w = World::new(&one, &clock);
    let scope = w.scope();
    for n in 0..20 {
        let intent = w.created(&scope).await;
        let mut other = intent.clone();
        other.status = Status::Canceled;
        let (first, second) = tokio::join!(
            one.commit(write(&intent, Some(1), w.now())),
            two.commit(write(&other, Some(1), w.now())),
        );
        let mut results = [refusal(first), refusal(second)];
        results.sort_unstable();
        assert_eq!(results, ["committed", "stale"]);
        let key = format!("key {n}");
        let (first, second) = tokio::join!(
            one.commit(claim(&scope, w.now(), &key)),
            two.commit(claim(&scope, w.now(), &key)),
        );
        let mut results = [refusal(first), refusal(second)];
        results.sort_unstable();
        assert_eq!(results, ["committed", "key taken"]);
    }
}

/// Both nodes change the same intents all at once, in opposite orders.
#[tokio::test]
async fn nodes_that_get_in_each_others_way_both_go_on() {
    let (database, clock) = (Database::new(), TestClock::new());
    let (one, two) = (database.node(&clock).await, database.node(&clock).await);
    let (one, two) = (Arc::new(one), Arc::new(two));
    let w = World::new(&*one, &clock);
    let scope = w.scope();
    let mut intents = Vec::new();
    for _ in 0..40 {
        intents.push(w.created(&scope).await);
    }
    let mut running = tokio::task::JoinSet::new();
    for (intent, other) in intents.iter().zip(intents.iter().rev()) {
        for (node, intent) in [(&one, intent), (&two, other)] {
            let (node, commit) = (Arc::clone(node), write(intent, Some(1), w.now()));
            running.spawn(async move { refusal(node.commit(commit).await) });
        }
    }
    let results = running.join_all().await;
    let count = |what| results.iter().filter(|result| **result == what).count();
    assert_eq!((count("committed"), count("stale")), (40, 40));
}

#[tokio::test]
async fn nodes_that_start_together_take_each_step_once() {
    let (database, clock) = (Database::new(), TestClock::new());
    let (one, two, three) = tokio::join!(
        database.open(&clock),
        database.open(&clock),
        database.open(&clock)
    );
    for node in [one, two, three] {
        node.expect("a store").ping().await.expect("an answer");
    }
    let steps = database
        .sql("SELECT number FROM migrations ORDER BY number")
        .await;
    assert_eq!(steps.first().map(String::as_str), Some("1"));
    for (step, number) in steps.iter().zip(1..) {
        assert_eq!(*step, number.to_string(), "{steps:?}");
    }
}

#[tokio::test]
async fn a_newer_database_is_refused_and_left_alone() {
    let (database, clock) = (Database::new(), TestClock::new());
    drop(database.node(&clock).await);
    let future = "INSERT INTO migrations (number, name) VALUES (9999, 'future')";
    database.sql(future).await;
    let error = match database.open(&clock).await {
        Ok(_) => panic!("opened"),
        Err(error) => error,
    };
    assert!(matches!(error, OpenError::Newer(_)), "{error:?}");
    let told = error.to_string();
    let sentence = "the database was written by a newer version of Tatami";
    assert!(told.starts_with(sentence), "{told}");
}

#[tokio::test]
async fn what_cannot_be_reached_is_refused_in_time() {
    let clock = TestClock::new();
    let nowhere = "postgres://tatami:secret@127.0.0.1:1/none";
    let error = match PostgresStore::connect(nowhere, clock).await {
        Ok(_) => panic!("opened"),
        Err(error) => error,
    };
    let told = error.to_string();
    assert!(matches!(error, OpenError::Unusable { .. }), "{told}");
    assert!(
        told.contains("postgres://tatami@127.0.0.1:1/none"),
        "{told}"
    );
    assert!(told.contains("refused"), "{told}");
}

#[tokio::test]
async fn a_store_recovers_when_its_server_comes_back() {
    let (cluster, clock) = (PostgresCluster::start(), TestClock::new());
    let url = cluster.new_database();
    let store = PostgresStore::connect(&url, Arc::clone(&clock) as _).await;
    let store = store.expect("a store");
    let w = World::new(&store, &clock);
    let scope = w.scope();
    w.subscribed(&scope, &EventType::ALL).await;
    let kept = w.created(&scope).await;
    assert_eq!(claimed(&store, &w).await.len(), 1);

    cluster.stop();
    let lost = w.creation(&scope);
    let lost_id = intent_of(&lost).id;
    let refused = store.commit(lost).await;
    assert!(matches!(refused, Err(CommitError::Store(_))), "{refused:?}");
    assert!(store.ping().await.is_err());
    assert!(store.payment_intent(&scope, &kept.id).await.is_err());

    cluster.restart();
    let read = store.payment_intent(&scope, &kept.id).await;
    assert_eq!(read.expect("read").expect("there").value, kept);
    let read = store.payment_intent(&scope, &lost_id).await;
    assert!(read.expect("read").is_none());
    w.created(&scope).await;
    store.ping().await.expect("an answer");
    assert_eq!(claimed(&store, &w).await.len(), 1);
}

/// The server goes in the middle of many commits: each that was answered is
/// there, and each that is there was answered or reported as failed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_a_restart_under_load() {
    let (cluster, clock) = (PostgresCluster::start(), TestClock::new());
    let url = cluster.new_database();
    let store = PostgresStore::connect(&url, Arc::clone(&clock) as _).await;
    let store = Arc::new(store.expect("a store"));
    let w = World::new(&*store, &clock);
    let scope = w.scope();
    let mut running = tokio::task::JoinSet::new();
    let commits: Vec<Commit> = (0..2000).map(|_| w.creation(&scope)).collect();
    for commit in commits {
        let store = Arc::clone(&store);
        running.spawn(async move {
            let id = intent_of(&commit).id;
            store.commit(commit).await.is_ok().then_some(id)
        });
    }
    let mut acknowledged = Vec::new();
    while acknowledged.len() < 200 {
        let ended = running.join_next().await.expect("more").expect("ended");
        acknowledged.extend(ended);
    }
    tokio::task::block_in_place(|| cluster.restart());
    acknowledged.extend(running.join_all().await.into_iter().flatten());
    for id in &acknowledged {
        let read = store.payment_intent(&scope, id).await;
        assert!(read.expect("read").is_some(), "{id} is lost");
    }
    w.created(&scope).await;
}

#[tokio::test]
async fn searches_go_to_a_replica_and_decisions_do_not() {
    let (primary, replica, clock) = (Database::new(), Database::new(), TestClock::new());
    drop(replica.node(&clock).await);
    let store = primary.node(&clock).await;
    let store = store.searching(replica.url()).await.expect("a replica");
    let w = World::new(&store, &clock);
    let scope = w.scope();
    let kept = w.created(&scope).await;
    let found = store
        .payment_intent(&scope, &kept.id)
        .await
        .expect("a read");
    assert!(found.is_some(), "what was written is read where it is");
    let query = IntentQuery {
        limit: 10,
        ..IntentQuery::default()
    };
    // Nothing replicates here, so the other database stays empty.
    let page = store.search_payment_intents(&scope, query).await;
    assert!(page.expect("a page").intents.is_empty());

    let empty = Database::new();
    let store = primary.node(&clock).await;
    assert!(matches!(
        store.searching(empty.url()).await,
        Err(OpenError::Unusable { .. })
    ));
}

#[tokio::test]
async fn without_sandboxes_nothing_of_them_is_to_be_done() {
    let (database, clock) = (Database::new(), TestClock::new());
    let store = database.node(&clock).await;
    let scopes = to_be_done(&World::new(&store, &clock)).await;
    let quiet = database.node(&clock).await.without_sandboxes();
    found(&quiet, clock.now(), &scopes, false).await;
    // Until the leases are over.
    clock.advance(MINUTE * 2);
    found(&store, clock.now(), &scopes, true).await;
}

#[tokio::test]
async fn a_node_is_there_and_can_be_woken_until_it_ends() {
    let (database, clock) = (Database::new(), TestClock::new());
    let (one, two) = (database.node(&clock).await, database.node(&clock).await);
    let is_there = async |name| two.is_node_there(name).await.expect("read");
    assert!(!is_there("one").await);
    let (woken, mut words) = tokio::sync::mpsc::unbounded_channel();
    let being = tokio::spawn(async move {
        let heard = |word: &str| woken.send(word.to_owned()).expect("heard");
        one.be_node("one", &heard).await;
    });
    while !is_there("one").await {
        tokio::task::yield_now().await;
    }
    assert!(!is_there("two").await);
    two.wake_node("two", "unheard").await.expect("woken");
    two.wake_node("one", "hello").await.expect("woken");
    assert_eq!(words.recv().await.as_deref(), Some("hello"));
    being.abort();
    while is_there("one").await {
        tokio::task::yield_now().await;
    }
}
