//! Increments, captures, refunds, reversals and releases.

use tatami_acquirer::{Balance, Operation, Outcome};
use tatami_core::money::Currency;
use tatami_core::payment_intent::DeclineReason;
use tatami_core::time::SignedDuration;
use tatami_engine::ports::acquirer::Acquirer as _;

use crate::bench::{Bench, approved, card, declined, gbp};

async fn balance(bench: &Bench) -> Balance {
    let open = bench
        .acquirer
        .authorizations(&bench.scope, crate::bench::ALL)
        .await;
    open.expect("books")[0].balance
}

#[tokio::test]
async fn a_hold_from_first_to_last() {
    let bench = Bench::new();
    let acquirer = &bench.acquirer;
    let hold = bench.paid(1000, false).await;
    let raised = approved(acquirer.increment(bench.about(&hold, 500)).await);
    assert_eq!(raised.message, "AUTHORIZED");
    let taken = approved(acquirer.capture(bench.about(&hold, 600)).await);
    assert_eq!(taken.message, "DEPOSITED");
    assert_eq!(taken.auth_code, raised.auth_code);
    approved(acquirer.capture(bench.about(&hold, 100)).await);
    let over = declined(acquirer.capture(bench.about(&hold, 801)).await);
    assert_eq!(over.message, "The amount is more than is held");
    approved(acquirer.release(bench.about(&hold, 800)).await);
    declined(acquirer.capture(bench.about(&hold, 1)).await);
    approved(acquirer.refund(bench.about(&hold, 300)).await);
    declined(acquirer.refund(bench.about(&hold, 401)).await);
    declined(acquirer.reverse(bench.about(&hold, 1500)).await);
    assert_eq!(
        balance(&bench).await,
        Balance {
            currency: Currency::Gbp,
            at_once: false,
            authorized: 1500,
            captured: 700,
            released: 800,
            refunded: 300,
            reversed: false,
        }
    );
    let entries = bench.entries().await;
    assert_eq!(entries.len(), 10);
    assert!(
        entries
            .iter()
            .all(|e| e.authorization.as_ref() == Some(&hold))
    );
    assert!(
        entries
            .iter()
            .all(|e| e.card.as_deref() == Some("44565300****1005"))
    );
}

#[tokio::test]
async fn a_follow_up_is_carried_out_once() {
    let bench = Bench::new();
    let paid = bench.paid(1000, true).await;
    let refund = bench.about(&paid, 600);
    let first = bench.acquirer.refund(refund.clone()).await;
    assert_eq!(bench.acquirer.refund(refund).await, first);
    assert_eq!(balance(&bench).await.refunded, 600);

    let too_much = bench.about(&paid, 401);
    let first = bench.acquirer.refund(too_much.clone()).await;
    declined(first.clone());
    assert_eq!(bench.acquirer.refund(too_much).await, first);
}

#[tokio::test]
async fn a_payment_or_a_hold_is_undone_whole() {
    for capture in [true, false] {
        let bench = Bench::new();
        let paid = bench.paid(1000, capture).await;
        declined(bench.acquirer.reverse(bench.about(&paid, 500)).await);
        let undone = approved(bench.acquirer.reverse(bench.about(&paid, 1000)).await);
        assert_eq!(undone.message, "REVERSED");
        declined(bench.acquirer.reverse(bench.about(&paid, 1000)).await);
        declined(bench.acquirer.refund(bench.about(&paid, 1)).await);
        declined(bench.acquirer.capture(bench.about(&paid, 1)).await);
        assert!(balance(&bench).await.reversed);
    }
}

#[tokio::test]
async fn an_authorization_is_its_own_account_s() {
    let bench = Bench::new();
    let paid = bench.paid(1000, true).await;
    let mut theirs = bench.about(&paid, 1000);
    theirs.scope = bench.other.clone();
    declined(bench.acquirer.refund(theirs).await);
    let unknown = bench.about(&bench.reference(), 1000);
    let decline = declined(bench.acquirer.refund(unknown).await);
    assert_eq!(decline.message, "No authorization of this reference");
    assert_eq!(balance(&bench).await.refunded, 0);
}

#[tokio::test]
async fn a_declined_payment_has_nothing_to_follow_up() {
    let bench = Bench::new();
    let request = bench.request(card(Outcome::DoNotHonour), 1000, false);
    let reference = request.reference.clone();
    declined(bench.acquirer.authorize(request).await);
    declined(bench.acquirer.capture(bench.about(&reference, 1000)).await);
}

#[tokio::test]
async fn some_cards_decline_what_follows() {
    let bench = Bench::new();
    let hold = bench.paid_with(card(Outcome::IncrementDeclined), 1000, false);
    let hold = hold.await;
    let raise = declined(bench.acquirer.increment(bench.about(&hold, 1)).await);
    assert_eq!(raise.reason, DeclineReason::InsufficientFunds);
    approved(bench.acquirer.capture(bench.about(&hold, 1000)).await);

    let paid = bench.paid_with(card(Outcome::RefundDeclined), 1000, true);
    let paid = paid.await;
    declined(bench.acquirer.refund(bench.about(&paid, 1)).await);
    approved(bench.acquirer.reverse(bench.about(&paid, 1000)).await);
    let entries = bench.entries().await;
    let refund = entries.iter().find(|e| e.operation == Operation::Refund);
    assert_eq!(refund.and_then(|e| e.amount), Some(gbp(1)));
}

#[tokio::test]
async fn what_follows_a_payment_with_the_slow_card_is_answered_when_its_time_has_come() {
    let bench = Bench::new();
    let held = bench
        .paid_with(card(Outcome::SlowFollowUps), 1000, false)
        .await;
    let capture = bench.about(&held, 600);
    let answer = bench.acquirer.capture(capture.clone());
    tokio::pin!(answer);
    for step in [4, 1] {
        tokio::select! {
            biased;
            _ = &mut answer => panic!("it answered too early"),
            () = bench.time.awaited() => {}
        }
        bench.time.advance(SignedDuration::from_secs(step));
    }
    let approval = approved(answer.await);
    // It was booked all along: asked again, the acquirer answers at once.
    assert_eq!(approved(bench.acquirer.capture(capture).await), approval);
}
