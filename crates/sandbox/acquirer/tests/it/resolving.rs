//! Finding out what became of a reference.

use tatami_acquirer::{BookOutcome, Decided, Decision, ONE_TIME_CODE, Operation, Outcome, ThreeDs};
use tatami_engine::ports::acquirer::{Acquirer as _, AcquirerAnswer, Resolution};
use tatami_engine::ports::outside::CallError;

use crate::bench::{Bench, approved, asked, card, challenged, declined};

#[tokio::test]
async fn a_lost_answer_was_given_all_the_same() {
    let bench = Bench::new();
    let request = bench.request(card(Outcome::AnswerLost), 1000, true);
    let said = bench.acquirer.authorize(request.clone()).await;
    assert!(matches!(said, Err(CallError::NoAnswer(_))));
    let found = bench.acquirer.resolve(&bench.scope, &request.reference);
    let Ok(Resolution::Answered(answer)) = found.await else {
        panic!("it was booked");
    };
    assert!(matches!(answer, AcquirerAnswer::Approved(_)));
    assert_eq!(bench.acquirer.authorize(request).await, Ok(answer));
}

#[tokio::test]
async fn a_lost_request_is_void_once_somebody_asks() {
    let bench = Bench::new();
    let request = bench.request(card(Outcome::RequestLost), 1000, true);
    let said = bench.acquirer.authorize(request.clone()).await;
    assert!(matches!(said, Err(CallError::NoAnswer(_))));
    assert_eq!(bench.entries().await, vec![]);
    for _ in 0..2 {
        let found = bench.acquirer.resolve(&bench.scope, &request.reference);
        assert_eq!(found.await, Ok(Resolution::Voided));
    }
    declined(bench.acquirer.authorize(request).await);
}

#[tokio::test]
async fn what_comes_after_its_tombstone_is_refused() {
    let bench = Bench::new();
    let payment = bench.request(card(Outcome::Approved), 1000, true);
    let paid = bench.paid(1000, true).await;
    let refund = bench.about(&paid, 1000);
    for reference in [&payment.reference, &refund.reference] {
        let found = bench.acquirer.resolve(&bench.scope, reference).await;
        assert_eq!(found, Ok(Resolution::Voided));
    }
    let bench = bench.reopened();
    declined(bench.acquirer.authorize(payment).await);
    declined(bench.acquirer.refund(refund).await);
    let entries = bench.entries().await;
    assert_eq!(entries.len(), 3);
    assert_eq!(entries[1].operation, Operation::Void);
    assert_eq!(entries[1].outcome, BookOutcome::Voided);
    let open = bench
        .acquirer
        .authorizations(&bench.scope, crate::bench::ALL)
        .await;
    assert_eq!(open.expect("books")[0].balance.refunded, 0);
}

#[tokio::test]
async fn answers_are_told() {
    let bench = Bench::new();
    let paid = bench.paid(1000, true).await;
    let refund = bench.about(&paid, 400);
    for said in [
        bench.acquirer.refund(refund.clone()).await,
        bench.acquirer.refund(bench.about(&paid, 601)).await,
    ] {
        assert!(said.is_ok());
    }
    let told = bench.acquirer.resolve(&bench.scope, &refund.reference);
    let Ok(Resolution::Answered(answer)) = told.await else {
        panic!("it was booked");
    };
    approved(Ok(answer));
}

#[tokio::test]
async fn an_open_challenge_is_void_once_somebody_asks() {
    let bench = Bench::new();
    let request = bench.request(challenged(ThreeDs::Challenge), 1000, true);
    let challenge = asked(bench.acquirer.authorize(request.clone()).await);
    let decision = Decision::Approve {
        code: ONE_TIME_CODE.to_owned(),
    };
    let decided = bench.acquirer.decide(&challenge.payload, decision).await;
    let Ok(Decided::Proof(proof)) = decided else {
        panic!("no proof: {decided:?}");
    };
    let told = bench.acquirer.resolve(&bench.scope, &request.reference);
    assert_eq!(told.await, Ok(Resolution::Voided));

    // The proof was on its way all along.
    let late = bench
        .acquirer
        .complete(&bench.scope, &request.reference, &proof);
    declined(late.await);
    assert_eq!(bench.acquirer.challenge(&challenge.payload).await, Ok(None));
    let entries = bench.entries().await;
    assert_eq!(entries[0].operation, Operation::Charge);
    assert_eq!(entries[0].outcome, BookOutcome::Voided);
    let open = bench
        .acquirer
        .authorizations(&bench.scope, crate::bench::ALL)
        .await;
    assert_eq!(open, Ok(vec![]));
}
