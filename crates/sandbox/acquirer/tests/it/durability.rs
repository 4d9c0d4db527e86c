//! What the file holds, and what it must not.

use tatami_acquirer::{Decided, Decision, ONE_TIME_CODE, Outcome, TEST_CARDS, ThreeDs};
use tatami_engine::ports::acquirer::Acquirer as _;

use crate::bench::{Bench, approved, asked, card, challenged};

#[tokio::test]
async fn the_books_outlive_their_keeper() {
    let bench = Bench::new();
    let hold = bench.paid(1000, false).await;
    approved(bench.acquirer.capture(bench.about(&hold, 400)).await);
    let request = bench.request(card(Outcome::Approved), 700, true);
    let first = bench.acquirer.authorize(request.clone()).await;
    let payer = bench.request(challenged(ThreeDs::Challenge), 500, true);
    let challenge = asked(bench.acquirer.authorize(payer.clone()).await);
    let (entries, open) = (
        bench.entries().await,
        bench
            .acquirer
            .authorizations(&bench.scope, crate::bench::ALL)
            .await,
    );

    let bench = bench.reopened();
    assert_eq!(bench.entries().await, entries);
    assert_eq!(
        bench
            .acquirer
            .authorizations(&bench.scope, crate::bench::ALL)
            .await,
        open
    );
    assert_eq!(bench.acquirer.authorize(request).await, first);
    approved(bench.acquirer.capture(bench.about(&hold, 600)).await);

    let decision = Decision::Approve {
        code: ONE_TIME_CODE.to_owned(),
    };
    let decided = bench.acquirer.decide(&challenge.payload, decision).await;
    let Ok(Decided::Proof(proof)) = decided else {
        panic!("no proof: {decided:?}");
    };
    let bench = bench.reopened();
    let complete = bench
        .acquirer
        .complete(&bench.scope, &payer.reference, &proof);
    approved(complete.await);
}

#[tokio::test]
async fn no_card_number_is_ever_written() {
    let bench = Bench::new();
    for card in TEST_CARDS {
        if card.outcome != Outcome::Slow {
            let request = bench.request(card.number, 1000, false);
            // Whatever comes of it.
            let _ = bench.acquirer.authorize(request).await;
        }
    }
    let mut files = 0;
    for file in std::fs::read_dir(bench.folder.path()).expect("a folder") {
        let bytes = std::fs::read(file.expect("a file").path()).expect("readable");
        files += 1;
        for card in TEST_CARDS {
            let number = card.number.as_bytes();
            assert!(
                !bytes.windows(number.len()).any(|window| window == number),
                "the number of '{}' was written",
                card.title
            );
        }
    }
    assert!(files >= 2, "the database and its log");
}
