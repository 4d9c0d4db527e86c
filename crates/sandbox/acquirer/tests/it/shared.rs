//! Books in a PostgreSQL database that several programs share.

use std::sync::{Arc, LazyLock};

use tatami_acquirer::{
    BookOutcome, Decided, Decision, ONE_TIME_CODE, Outcome, TEST_CARDS, ThreeDs,
};
use tatami_engine::ports::acquirer::{Acquirer as _, Resolution};
use tatami_engine::ports::clock::SystemClock;
use tatami_store::PostgresStore;
use tatami_testkit::PostgresCluster;

use crate::bench::{Bench, approved, asked, card, challenged, declined, over};

static CLUSTER: LazyLock<PostgresCluster> = LazyLock::new(PostgresCluster::start);

/// A bench whose books are in that database.
async fn bench(url: &str) -> Bench {
    let mut bench = Bench::new();
    let store = PostgresStore::connect(url, Arc::new(SystemClock)).await;
    bench.acquirer = over(Arc::new(store.expect("opens")), &bench.time);
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
    let balances = one
        .acquirer
        .authorizations(&one.scope, crate::bench::ALL)
        .await
        .expect("some");
    assert_eq!(balances.len(), 2);
    assert_eq!(
        other
            .acquirer
            .authorizations(&one.scope, crate::bench::ALL)
            .await,
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
    let open = one
        .acquirer
        .authorizations(&one.scope, crate::bench::ALL)
        .await
        .expect("some");
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
    assert!(stored.contains("connector-state"));
    for card in TEST_CARDS {
        assert!(
            !stored.contains(card.number),
            "the number of '{}'",
            card.title
        );
    }
}
