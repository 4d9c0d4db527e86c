//! What each card gets for an answer.

use tatami_acquirer::{BookOutcome, Operation, Outcome, TEST_CARDS, ThreeDs};
use tatami_core::card::Expiry;
use tatami_core::payment_intent::{Address, DeclineReason};
use tatami_core::time::SignedDuration;
use tatami_engine::ports::acquirer::{Acquirer as _, Channel};
use tatami_engine::ports::outside::CallError;

use crate::bench::{Bench, approved, asked, card, challenged, declined};

#[tokio::test]
async fn every_card_does_what_the_table_says() {
    let bench = Bench::new();
    for card in TEST_CARDS {
        if card.outcome == Outcome::Slow {
            continue;
        }
        let said = bench
            .acquirer
            .authorize(bench.request(card.number, 1000, true))
            .await;
        match (card.three_ds, card.outcome) {
            (ThreeDs::FrictionlessFailed, _) => {
                assert_eq!(declined(said).reason, DeclineReason::NotAuthenticated);
            }
            (ThreeDs::Challenge | ThreeDs::ChallengeFails | ThreeDs::ChallengeAbandoned, _) => {
                assert_eq!(asked(said).acs_url, "/three-ds/acs");
            }
            (_, Outcome::AnswerLost | Outcome::RequestLost | Outcome::SubmissionFails) => {
                assert!(matches!(said, Err(CallError::NoAnswer(_))), "{said:?}");
            }
            (_, outcome) => match outcome.decline() {
                Some((reason, message)) => {
                    let decline = declined(said);
                    assert_eq!((decline.reason, &*decline.message), (reason, message));
                    assert_eq!(decline.transaction_id.len(), 36);
                }
                None => {
                    let approval = approved(said);
                    assert_eq!(approval.message, "DEPOSITED");
                    assert_eq!(approval.funding.as_deref(), Some(card.funding.name()));
                    assert_eq!(approval.avs_result, None);
                    assert_eq!(approval.transaction_id.len(), 36);
                    assert_eq!(approval.auth_code.len(), 6);
                }
            },
        }
    }
}

#[tokio::test]
async fn without_3d_secure_nobody_is_asked() {
    let bench = Bench::new();
    for three_ds in [
        ThreeDs::Challenge,
        ThreeDs::ChallengeFails,
        ThreeDs::FrictionlessFailed,
    ] {
        let mut request = bench.request(challenged(three_ds), 1000, false);
        request.channel = Channel::Ecommerce { three_ds: false };
        assert_eq!(
            approved(bench.acquirer.authorize(request).await).message,
            "AUTHORIZED"
        );
    }
}

#[tokio::test]
async fn numbers_nobody_knows() {
    let bench = Bench::new();
    let known = bench.request("4242 4242 4242 4242", 1000, true);
    approved(bench.acquirer.authorize(known).await);
    let unknown = bench.request("9999999999999995", 1000, true);
    let decline = declined(bench.acquirer.authorize(unknown).await);
    assert_eq!(decline.reason, DeclineReason::InvalidCard);
}

#[tokio::test]
async fn past_cards_and_empty_amounts_are_declined() {
    let bench = Bench::new();
    let mut past = bench.request(challenged(ThreeDs::Challenge), 1000, true);
    past.card.expiry = Expiry {
        year: 2026,
        month: 4,
    };
    let decline = declined(bench.acquirer.authorize(past).await);
    assert_eq!(decline.reason, DeclineReason::ExpiredCard);
    let nothing = bench.request(card(Outcome::Approved), 0, true);
    declined(bench.acquirer.authorize(nothing).await);
    assert_eq!(
        bench
            .acquirer
            .authorizations(&bench.scope, crate::bench::ALL)
            .await,
        Ok(vec![])
    );
}

#[tokio::test]
async fn the_address_and_the_verification_value_are_looked_at() {
    let bench = Bench::new();
    for (outcome, word) in [
        (Outcome::Approved, "ADDRESS_MATCH_POSTCODE_MATCH"),
        (Outcome::PostcodeDiffers, "ADDRESS_MATCH_POSTCODE_NOT_MATCH"),
        (Outcome::AddressNotChecked, "NOT_CHECKED"),
    ] {
        let mut request = bench.request(card(outcome), 1000, true);
        request.address = Some(Address {
            address1: Some("1 High Street".to_owned()),
            postcode: Some("N1 1AA".to_owned()),
            ..Address::default()
        });
        let approval = approved(bench.acquirer.authorize(request).await);
        assert_eq!(approval.avs_result.as_deref(), Some(word));
    }
    let wrong = bench.request(card(Outcome::Cv2Mismatch), 1000, true);
    declined(bench.acquirer.authorize(wrong).await);
    let mut unsent = bench.request(card(Outcome::Approved), 1000, true);
    unsent.card.cv2 = None;
    approved(bench.acquirer.authorize(unsent).await);
    let entries = bench.entries().await;
    let seen: Vec<_> = entries
        .iter()
        .filter_map(|e| e.cv2_result.as_deref())
        .collect();
    assert_eq!(
        seen,
        ["MATCH", "MATCH", "MATCH", "NOT_MATCH", "NOT_CHECKED"]
    );
}

#[tokio::test]
async fn a_reference_is_carried_out_once() {
    let bench = Bench::new();
    let request = bench.request(card(Outcome::Approved), 1000, true);
    let first = bench.acquirer.authorize(request.clone()).await;
    assert_eq!(bench.acquirer.authorize(request.clone()).await, first);

    let mut elsewhere = request.clone();
    elsewhere.scope = bench.other.clone();
    assert_ne!(bench.acquirer.authorize(elsewhere).await, first);

    let entries = bench.entries().await;
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].reference, request.reference);
    assert_eq!(entries[0].operation, Operation::Charge);
    assert_eq!(entries[0].outcome, BookOutcome::Approved);
    assert_eq!(entries[0].amount, Some(request.amount));
    assert_eq!(entries[0].card.as_deref(), Some("44565300****1005"));
    assert_eq!(entries[0].transaction_id, approved(first).transaction_id);
}

#[tokio::test]
async fn a_hundred_at_once_are_booked_once_each() {
    let bench = Bench::new();
    let requests: Vec<_> = (0..100)
        .map(|n| bench.request(card(Outcome::Approved), 1 + n / 2, true))
        .collect();
    let acquirer = std::sync::Arc::new(bench.acquirer);
    let mut calls = tokio::task::JoinSet::new();
    for request in requests.iter().chain(&requests) {
        let (acquirer, request) = (acquirer.clone(), request.clone());
        calls.spawn(async move { (request.reference.clone(), acquirer.authorize(request).await) });
    }
    let answers = calls.join_all().await;
    let mut ids = std::collections::HashMap::new();
    for (reference, said) in answers {
        let id = approved(said).transaction_id;
        assert_eq!(ids.entry(reference).or_insert_with(|| id.clone()), &id);
    }
    let booked = acquirer
        .books(&bench.scope, None, crate::bench::ALL)
        .await
        .expect("books");
    assert_eq!((ids.len(), booked.len()), (100, 100));
}

#[tokio::test]
async fn the_slow_card_answers_when_its_time_has_come() {
    let bench = Bench::new();
    let request = bench.request(card(Outcome::Slow), 1000, true);
    let answer = bench.acquirer.authorize(request.clone());
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
    assert_eq!(approved(bench.acquirer.authorize(request).await), approval);
}

#[tokio::test]
async fn the_books_are_read_page_by_page() {
    let bench = Bench::new();
    for amount in 1..=5 {
        let request = bench.request(card(Outcome::Approved), amount, true);
        approved(bench.acquirer.authorize(request).await);
    }
    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let page = bench.acquirer.books(&bench.scope, after.as_ref(), 2).await;
        let page = page.expect("books");
        let Some(last) = page.last() else {
            break;
        };
        after = Some(last.reference.clone());
        assert!(page.len() <= 2);
        pages.extend(page);
    }
    assert_eq!(pages, bench.entries().await);
    assert_eq!(pages.len(), 5);
}
