//! Verifying a card, and charging it later without its holder.

use tatami_acquirer::{BookOutcome, Decided, Decision, ONE_TIME_CODE, Operation, Outcome, ThreeDs};
use tatami_core::payment_intent::DeclineReason;
use tatami_engine::ports::acquirer::{Acquirer as _, Channel, Resolution};
use tatami_engine::ports::outside::CallError;

use crate::bench::{Bench, approved, asked, card, challenged, declined};

#[tokio::test]
async fn a_verification_moves_no_money_and_is_done_once() {
    let bench = Bench::new();
    let question = bench.question(card(Outcome::Approved));
    let first = bench.acquirer.verify(question.clone()).await;
    let approval = approved(first.clone());
    assert_eq!(approval.message, "VERIFIED");
    assert_eq!(
        approval.network_reference.as_ref().map(String::len),
        Some(15)
    );
    assert_eq!(bench.acquirer.verify(question.clone()).await, first);
    let resolved = bench.acquirer.resolve(&bench.scope, &question.reference);
    assert_eq!(resolved.await, first.map(Resolution::Answered));
    let entries = bench.entries().await;
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].operation, Operation::Verify);
    assert_eq!(entries[0].outcome, BookOutcome::Approved);
    assert_eq!(entries[0].amount, None);
    assert_eq!(entries[0].network_reference, approval.network_reference);
    let held = bench
        .acquirer
        .authorizations(&bench.scope, crate::bench::ALL)
        .await;
    assert_eq!(held, Ok(Vec::new()));
}

#[tokio::test]
async fn a_verification_is_refused_for_the_card_and_not_for_its_funds() {
    let bench = Bench::new();
    for outcome in [Outcome::DoNotHonour, Outcome::LostOrStolen] {
        let said = bench.acquirer.verify(bench.question(card(outcome))).await;
        assert_eq!(Some(declined(said).reason), outcome.decline().map(|d| d.0));
    }
    let poor = bench.question(card(Outcome::InsufficientFunds));
    approved(bench.acquirer.verify(poor).await);
    let lost = bench.question(card(Outcome::RequestLost));
    let said = bench.acquirer.verify(lost.clone()).await;
    assert!(matches!(said, Err(CallError::NoAnswer(_))), "{said:?}");
    let resolved = bench.acquirer.resolve(&bench.scope, &lost.reference).await;
    assert_eq!(resolved, Ok(Resolution::Voided));
    let late = declined(bench.acquirer.verify(lost).await);
    assert_eq!(late.reason, DeclineReason::DoNotHonour);
}

#[tokio::test]
async fn its_holder_is_asked_and_nothing_is_taken() {
    let bench = Bench::new();
    let question = bench.question(challenged(ThreeDs::Challenge));
    let challenge = asked(bench.acquirer.verify(question.clone()).await);
    let view = bench.acquirer.challenge(&challenge.payload).await;
    assert_eq!(view.expect("books").expect("a challenge").amount, None);
    let decision = Decision::Approve {
        code: ONE_TIME_CODE.to_owned(),
    };
    let proof = match bench.acquirer.decide(&challenge.payload, decision).await {
        Ok(Decided::Proof(proof)) => proof,
        other => panic!("no proof: {other:?}"),
    };
    let said = bench
        .acquirer
        .complete(&bench.scope, &question.reference, &proof)
        .await;
    assert_eq!(approved(said).message, "VERIFIED");
    let held = bench
        .acquirer
        .authorizations(&bench.scope, crate::bench::ALL)
        .await;
    assert_eq!(held, Ok(Vec::new()));
}

#[tokio::test]
async fn a_merchant_initiated_payment_asks_nobody_and_names_the_first() {
    let bench = Bench::new();
    let number = challenged(ThreeDs::Challenge);
    let mut request = bench.request(number, 1000, true);
    request.card.cv2 = None;
    request.channel = Channel::MerchantInitiated {
        original: "123456789012345".to_owned(),
    };
    assert_eq!(
        approved(bench.acquirer.authorize(request).await).message,
        "DEPOSITED"
    );
    let entry = bench.entries().await.remove(0);
    assert_eq!(entry.original.as_deref(), Some("123456789012345"));
    assert_eq!(entry.cv2_result.as_deref(), Some("NOT_CHECKED"));
}
