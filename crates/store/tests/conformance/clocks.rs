//! Moving a scope's clock.

use tatami_core::event::EventType;
use tatami_core::time::SignedDuration;
use tatami_engine::ports::store::AfterAttempt;

use crate::world::{HOUR, MINUTE, World, attempt};

pub async fn a_moved_clock_moves_what_is_due(w: &World<'_>) {
    let (scope, other) = (w.scope(), w.scope());
    let intent = w.created(&scope).await;
    w.created(&other).await;
    let expiry = intent.expire_at;
    let length = SignedDuration::from_hours(30 * 24);
    let due = async || {
        let due = w.store.due_documents(w.now(), None, 9).await.expect("read");
        due.into_iter().map(|d| d.value.id).collect::<Vec<_>>()
    };
    assert!(due().await.is_empty());

    let almost = length - SignedDuration::from_nanos(100);
    for (to, offset, is_due) in [
        (HOUR, HOUR, false),
        (almost, almost, false),
        (length, length, true),
        // A clock does not go back.
        (HOUR, length, true),
    ] {
        w.store.set_clock_offset(&scope, to).await.expect("set");
        assert_eq!(
            due().await.contains(&intent.id.to_string()),
            is_due,
            "{offset}"
        );
        let next = w.store.next_due(&scope).await.expect("read");
        assert_eq!(next, Some(expiry), "account time stays");
        let offsets = w.store.clock_offsets().await.expect("read");
        assert_eq!(offsets, [(scope.clone(), offset)]);
    }
    let theirs = w.store.next_due(&other).await.expect("read");
    assert_eq!(theirs, Some(expiry), "another scope's clock stands");
}

pub async fn new_work_is_due_by_the_moved_clock(w: &World<'_>) {
    let scope = w.scope();
    w.store
        .set_clock_offset(&scope, HOUR * 5)
        .await
        .expect("set");
    w.subscribed(&scope, &[EventType::PAYMENT_INTENT_CREATED])
        .await;
    let account_now = w.now() + HOUR * 5;
    let commit = w.creation_at(&scope, account_now);
    w.store.commit(commit).await.expect("committed");

    let next = w.store.next_due(&scope).await.expect("read");
    assert_eq!(next, Some(account_now), "the delivery");
    let claimed = w
        .store
        .claim_deliveries(w.now(), MINUTE, None, &[], 9)
        .await;
    let claimed = claimed.expect("claimed");
    assert_eq!(claimed.len(), 1);

    let again = account_now + HOUR;
    let failed = attempt(account_now, None, AfterAttempt::RetryAt(again));
    let recorded = w.store.record_attempts(vec![(claimed[0].clone(), failed)]);
    recorded.await.expect("recorded");
    assert_eq!(w.store.next_due(&scope).await.expect("read"), Some(again));
    w.store
        .set_clock_offset(&scope, HOUR * 6)
        .await
        .expect("set");
    assert_eq!(w.store.next_due(&scope).await.expect("read"), Some(again));
    let claimed = w
        .store
        .claim_deliveries(w.now(), MINUTE, Some(&scope), &[], 9);
    let claimed = claimed.await.expect("claimed");
    assert_eq!((claimed.len(), claimed[0].tries), (1, 1));
    let report = w.store.deliveries(&scope, 9).await.expect("read");
    assert_eq!(report[0].next_at, Some(again));
}

pub async fn next_due_looks_at_documents_and_open_deliveries(w: &World<'_>) {
    let scope = w.scope();
    assert_eq!(w.store.next_due(&scope).await.expect("read"), None);
    w.subscribed(&scope, &EventType::ALL).await;
    let intent = w.created(&scope).await;
    let kinds = [EventType::PAYMENT_INTENT_STATUS_UPDATED];
    let told = w.telling(&intent, &kinds, w.now());
    w.store.commit(told).await.expect("committed");

    let claimed = w
        .store
        .claim_deliveries(w.now(), MINUTE, None, &[], 9)
        .await;
    let claimed = claimed.expect("claimed");
    let due = w.store.next_due(&scope).await.expect("read");
    assert_eq!(due, Some(w.now()), "a lease does not matter");
    let later = w.now() + HOUR;
    let failed = attempt(w.now(), Some(500), AfterAttempt::RetryAt(later));
    let recorded = w.store.record_attempts(vec![(claimed[0].clone(), failed)]);
    recorded.await.expect("recorded");
    let due = w.store.next_due(&scope).await.expect("read");
    assert_eq!(due, Some(later), "the second one waits for the first");
}
