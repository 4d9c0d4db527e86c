//! Books in a PostgreSQL database that several programs share.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use tatami_acquirer::{
    BOOKS_TABLES, BookOutcome, Connector, Decided, Decision, ONE_TIME_CODE, OpenError, Outcome,
    SandboxAcquirer, TEST_CARDS, ThreeDs, open_shared_books,
};
use tatami_engine::ports::acquirer::{Acquirer as _, Resolution};
use tatami_testkit::PostgresCluster;
use tokio_postgres::{Client, NoTls};

use crate::bench::{Bench, approved, asked, card, challenged, declined};

static CLUSTER: LazyLock<PostgresCluster> = LazyLock::new(PostgresCluster::start);

struct Url(String);

#[async_trait]
impl Connector for Url {
    async fn connect(&self) -> Result<Client, String> {
        let connected = tokio_postgres::connect(&self.0, NoTls).await;
        let (client, connection) = connected.map_err(|error| error.to_string())?;
        tokio::spawn(connection);
        Ok(client)
    }
}

/// A bench whose books are in that database.
async fn bench(url: &str) -> Bench {
    let mut bench = Bench::new();
    let connector = Arc::new(Url(url.to_owned()));
    let opened = SandboxAcquirer::open_shared(connector, bench.time.clone()).await;
    bench.acquirer = opened.expect("opens");
    bench
}

/// Two counters of one acquirer, for the same account.
async fn two(url: &str) -> (Bench, Bench) {
    let (one, mut other) = (bench(url).await, bench(url).await);
    other.scope = one.scope.clone();
    (one, other)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_program_books_the_other_knows() {
    let (one, other) = two(&CLUSTER.new_database()).await;
    let request = one.request(card(Outcome::Approved), 700, true);
    let first = one.acquirer.authorize(request.clone()).await;
    assert_eq!(other.acquirer.authorize(request.clone()).await, first);
    approved(first);
    let hold = one.paid(1000, false).await;
    approved(other.acquirer.capture(other.about(&hold, 400)).await);
    approved(one.acquirer.capture(one.about(&hold, 600)).await);
    declined(other.acquirer.capture(other.about(&hold, 1)).await);
    approved(other.acquirer.refund(other.about(&hold, 1000)).await);
    approved(
        one.acquirer
            .reverse(one.about(&request.reference, 700))
            .await,
    );
    assert_eq!(one.entries().await, other.entries().await);
    assert_eq!(one.entries().await.len(), 7);
    let balances = one.acquirer.authorizations(&one.scope).await.expect("some");
    assert_eq!(balances.len(), 2);
    assert_eq!(
        other.acquirer.authorizations(&one.scope).await,
        Ok(balances)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_passed_at_one_program_and_completed_at_another() {
    let (one, other) = two(&CLUSTER.new_database()).await;
    let payer = one.request(challenged(ThreeDs::Challenge), 500, true);
    let challenge = asked(one.acquirer.authorize(payer.clone()).await);
    let wrong = Decision::Approve {
        code: "000000".to_owned(),
    };
    let told = other.acquirer.decide(&challenge.payload, wrong).await;
    assert_eq!(told, Ok(Decided::WrongCode { left: 2 }));
    let right = Decision::Approve {
        code: ONE_TIME_CODE.to_owned(),
    };
    let decided = one.acquirer.decide(&challenge.payload, right).await;
    let Ok(Decided::Proof(proof)) = decided else {
        panic!("no proof: {decided:?}");
    };
    let done = other
        .acquirer
        .complete(&one.scope, &payer.reference, &proof);
    approved(done.await);
    let gone = one.acquirer.challenge(&challenge.payload).await;
    assert_eq!(gone, Ok(None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_has_one_answer_whoever_asks_at_the_same_time() {
    let (one, other) = two(&CLUSTER.new_database()).await;
    for round in 0..40 {
        let request = one.request(card(Outcome::Approved), 100 + round, true);
        let (reference, twin) = (request.reference.clone(), request.clone());
        let (paid, again, resolved) = tokio::join!(
            one.acquirer.authorize(request),
            other.acquirer.authorize(twin),
            other.acquirer.resolve(&one.scope, &reference),
        );
        assert_eq!(paid, again);
        match resolved.expect("an answer") {
            Resolution::Voided => drop(declined(paid)),
            Resolution::Answered(answer) => assert_eq!(paid, Ok(answer)),
        }
    }
    let entries = one.entries().await;
    assert_eq!(entries.len(), 40);
    let open = one.acquirer.authorizations(&one.scope).await.expect("some");
    let paid = entries
        .iter()
        .filter(|e| e.outcome == BookOutcome::Approved);
    assert_eq!(paid.count(), open.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_books_go_on_when_their_server_comes_back() {
    let cluster = PostgresCluster::start();
    let url = cluster.new_database();
    let bench = bench(&url).await;
    let request = bench.request(card(Outcome::Approved), 700, true);
    let first = bench.acquirer.authorize(request.clone()).await;
    cluster.stop();
    assert!(bench.acquirer.authorize(request.clone()).await.is_err());
    cluster.restart();
    assert_eq!(bench.acquirer.authorize(request).await, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_card_number_is_ever_written() {
    let url = CLUSTER.new_database();
    let bench = bench(&url).await;
    for card in TEST_CARDS {
        if card.outcome != Outcome::Slow {
            let request = bench.request(card.number, 1000, false);
            // Whatever comes of it.
            let _ = bench.acquirer.authorize(request).await;
        }
    }
    let stored = String::from_utf8(CLUSTER.dump(&url)).expect("a text");
    assert!(stored.contains("books_entries"));
    for card in TEST_CARDS {
        assert!(
            !stored.contains(card.number),
            "the number of '{}'",
            card.title
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn newer_books_are_left_alone_and_all_columns_are_taken_along() {
    let url = CLUSTER.new_database();
    let client = Url(url).connect().await.expect("a connection");
    open_shared_books(&client).await.expect("opens");
    let columns = "SELECT table_name || '.' || column_name FROM information_schema.columns
                   WHERE table_schema = current_schema() AND table_name <> 'books_version'";
    let rows = client.query(columns, &[]).await.expect("columns");
    let mut there: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let mut taken: Vec<String> = BOOKS_TABLES
        .iter()
        .flat_map(|t| {
            t.columns
                .iter()
                .map(move |c| format!("{}.{}", t.postgres, c.name))
        })
        .collect();
    there.sort();
    taken.sort();
    assert_eq!(taken, there);

    let newer = "INSERT INTO books_version (version) VALUES (99)";
    client.batch_execute(newer).await.expect("a mark");
    let refused = open_shared_books(&client).await;
    assert!(matches!(refused, Err(OpenError::Newer { found: 99, .. })));
}
