//! 3-D Secure: the issuer's page and the payment after it.

use tatami_acquirer::{BookOutcome, ChallengeState, Decided, Decision, ONE_TIME_CODE, ThreeDs};
use tatami_core::payment_intent::{Decline, DeclineReason};
use tatami_engine::ports::acquirer::{Acquirer as _, Authorize, ChallengeAnswer, Resolution};

use crate::bench::{Bench, approved, asked, challenged, declined, gbp};

fn code(code: &str) -> Decision {
    Decision::Approve {
        code: code.to_owned(),
    }
}

async fn ask(bench: &Bench, three_ds: ThreeDs) -> (Authorize, ChallengeAnswer) {
    let request = bench.request(challenged(three_ds), 1000, true);
    let challenge = asked(bench.acquirer.authorize(request.clone()).await);
    (request, challenge)
}

async fn proof(bench: &Bench, payload: &str, decision: Decision) -> String {
    match bench.acquirer.decide(payload, decision).await {
        Ok(Decided::Proof(proof)) => proof,
        other => panic!("no proof: {other:?}"),
    }
}

async fn refused(bench: &Bench, three_ds: ThreeDs, decision: Decision) -> Decline {
    let (request, challenge) = ask(bench, three_ds).await;
    let proof = proof(bench, &challenge.payload, decision).await;
    let said = bench
        .acquirer
        .complete(&bench.scope, &request.reference, &proof)
        .await;
    declined(said)
}

#[tokio::test]
async fn who_types_the_code_has_paid() {
    let bench = Bench::new();
    let (request, challenge) = ask(&bench, ThreeDs::Challenge).await;
    let again = asked(bench.acquirer.authorize(request.clone()).await);
    assert_eq!(again, challenge);
    let view = bench.acquirer.challenge(&challenge.payload).await;
    let view = view.expect("books").expect("a challenge");
    assert_eq!(view.amount, Some(gbp(1000)));
    assert_eq!(view.card, "44565300****1096");
    assert_eq!(view.transaction_id, challenge.transaction_id);
    assert_eq!(view.code_hint, ONE_TIME_CODE);
    assert_eq!(view.state, ChallengeState::Waiting { left: 3 });

    let proof = proof(&bench, &challenge.payload, code(" 123456 ")).await;
    let complete = || {
        bench
            .acquirer
            .complete(&bench.scope, &request.reference, &proof)
    };
    let first = complete().await;
    assert_eq!(approved(first.clone()).message, "DEPOSITED");
    assert_eq!(complete().await, first);
    assert_eq!(bench.acquirer.authorize(request.clone()).await, first);
    assert_eq!(
        bench
            .acquirer
            .resolve(&bench.scope, &request.reference)
            .await,
        first.map(Resolution::Answered)
    );
    assert_eq!(bench.entries().await.len(), 1);
    let open = bench
        .acquirer
        .authorizations(&bench.scope, crate::bench::ALL)
        .await;
    assert_eq!(open.expect("books")[0].balance.captured, 1000);
}

#[tokio::test]
async fn who_refuses_or_goes_back_has_not_paid() {
    let bench = Bench::new();
    for (decision, reason) in [
        (Decision::Refuse, DeclineReason::NotAuthenticated),
        (Decision::Cancel, DeclineReason::ChallengeLeft),
    ] {
        let decline = refused(&bench, ThreeDs::Challenge, decision).await;
        assert_eq!(decline.reason, reason);
    }
    let entries = bench.entries().await;
    assert!(entries.iter().all(|e| e.outcome == BookOutcome::Declined));
    let open = bench
        .acquirer
        .authorizations(&bench.scope, crate::bench::ALL)
        .await;
    assert_eq!(open, Ok(vec![]));
}

#[tokio::test]
async fn some_cards_fail_whatever_the_payer_does() {
    let bench = Bench::new();
    for decision in [code(ONE_TIME_CODE), code("1"), Decision::Refuse] {
        let failed = refused(&bench, ThreeDs::ChallengeFails, decision.clone()).await;
        assert_eq!(failed.reason, DeclineReason::NotAuthenticated);
        assert_eq!(failed.message, "Authentication failed");
        let left = refused(&bench, ThreeDs::ChallengeAbandoned, decision).await;
        assert_eq!(left.reason, DeclineReason::ChallengeLeft);
        assert_eq!(left.message, "Authentication was abandoned");
    }
}

#[tokio::test]
async fn a_passed_challenge_does_not_make_a_card_good() {
    let bench = Bench::new();
    let request = bench.request("4456530000002060", 1000, true);
    let challenge = asked(bench.acquirer.authorize(request.clone()).await);
    let proof = proof(&bench, &challenge.payload, code(ONE_TIME_CODE)).await;
    let said = bench
        .acquirer
        .complete(&bench.scope, &request.reference, &proof)
        .await;
    assert_eq!(declined(said).reason, DeclineReason::InsufficientFunds);
}

#[tokio::test]
async fn three_wrong_codes_are_a_refusal() {
    let bench = Bench::new();
    let (request, challenge) = ask(&bench, ThreeDs::Challenge).await;
    for left in [2, 1] {
        let decided = bench.acquirer.decide(&challenge.payload, code("654321"));
        assert_eq!(decided.await, Ok(Decided::WrongCode { left }));
        let view = bench.acquirer.challenge(&challenge.payload).await;
        let state = view.expect("books").map(|v| v.state);
        assert_eq!(state, Some(ChallengeState::Waiting { left }));
    }
    let issued = proof(&bench, &challenge.payload, code("")).await;
    // The right code comes too late.
    let again = proof(&bench, &challenge.payload, code(ONE_TIME_CODE)).await;
    assert_eq!(issued, again);
    let said = bench
        .acquirer
        .complete(&bench.scope, &request.reference, &issued)
        .await;
    assert_eq!(declined(said).reason, DeclineReason::NotAuthenticated);
}

#[tokio::test]
async fn the_first_decision_stands() {
    let bench = Bench::new();
    let (_, challenge) = ask(&bench, ThreeDs::Challenge).await;
    let first = proof(&bench, &challenge.payload, Decision::Refuse).await;
    let second = proof(&bench, &challenge.payload, code(ONE_TIME_CODE)).await;
    assert_eq!(first, second);
    let view = bench.acquirer.challenge(&challenge.payload).await;
    let state = view.expect("books").map(|v| v.state);
    assert_eq!(state, Some(ChallengeState::Decided { proof: first }));
}

#[tokio::test]
async fn a_proof_is_for_its_own_payment() {
    let bench = Bench::new();
    let (mine, _) = ask(&bench, ThreeDs::Challenge).await;
    let (_, theirs) = ask(&bench, ThreeDs::Challenge).await;
    let proof = proof(&bench, &theirs.payload, code(ONE_TIME_CODE)).await;
    let complete = |proof: &str| {
        let (proof, mine) = (proof.to_owned(), mine.reference.clone());
        let bench = &bench;
        async move {
            let acquirer = &bench.acquirer;
            acquirer.complete(&bench.scope, &mine, &proof).await
        }
    };
    let first = complete(&proof).await;
    assert_eq!(
        declined(first.clone()).reason,
        DeclineReason::NotAuthenticated
    );
    assert_eq!(complete("another").await, first);
}

#[tokio::test]
async fn a_concluded_challenge_is_gone() {
    let bench = Bench::new();
    let (request, challenge) = ask(&bench, ThreeDs::Challenge).await;
    let before_deciding = bench
        .acquirer
        .complete(&bench.scope, &request.reference, "")
        .await;
    declined(before_deciding);
    for payload in [&*challenge.payload, "unknown"] {
        assert_eq!(bench.acquirer.challenge(payload).await, Ok(None));
        let decided = bench.acquirer.decide(payload, Decision::Cancel).await;
        assert_eq!(decided, Ok(Decided::Gone));
    }
}

#[tokio::test]
async fn completing_what_was_never_asked_is_declined_for_good() {
    let bench = Bench::new();
    let request = bench.request(challenged(ThreeDs::NotEnrolled), 1000, true);
    let first = bench
        .acquirer
        .complete(&bench.scope, &request.reference, "proof")
        .await;
    declined(first.clone());
    assert_eq!(bench.acquirer.authorize(request).await, first);
}

#[tokio::test]
async fn another_account_s_challenge_cannot_be_completed() {
    let bench = Bench::new();
    let (request, challenge) = ask(&bench, ThreeDs::Challenge).await;
    let proof = proof(&bench, &challenge.payload, code(ONE_TIME_CODE)).await;
    let acquirer = &bench.acquirer;
    let theirs = acquirer.complete(&bench.other, &request.reference, &proof);
    declined(theirs.await);
    let ours = acquirer.complete(&bench.scope, &request.reference, &proof);
    approved(ours.await);
}
