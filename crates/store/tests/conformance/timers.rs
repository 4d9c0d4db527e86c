//! When intents are due.

use tatami_core::payment_intent::PaymentIntent;
use tatami_core::time::{SignedDuration, Timestamp};

use crate::world::{HOUR, MINUTE, World, intent_of, timed, write};

/// Commits an intent that expires at that moment.
async fn due_at(w: &World<'_>, at: Timestamp) -> PaymentIntent {
    let mut intent = intent_of(&w.creation(&w.scope()));
    intent.expire_at = at;
    let commit = write(&intent, None, w.now());
    w.store.commit(commit).await.expect("committed");
    intent
}

pub async fn an_intent_is_due_at_its_time_until_that_is_moved_or_cleared(w: &World<'_>) {
    let scope = w.scope();
    let intent = w.created(&scope).await;
    let next = async || w.store.next_due(&scope).await.expect("read");
    assert_eq!(next().await, Some(intent.expire_at));

    let sooner = w.now() + HOUR;
    let moved = timed(&intent, 1, Some(sooner));
    w.store.commit(moved).await.expect("committed");
    assert_eq!(next().await, Some(sooner));
    let due = w.store.due_documents(sooner, None, 9).await.expect("read");
    assert_eq!(due.len(), 1);
    let early = w.store.due_documents(sooner - MINUTE, None, 9).await;
    assert!(early.expect("read").is_empty());

    let cleared = timed(&intent, 2, None);
    w.store.commit(cleared).await.expect("committed");
    assert_eq!(next().await, None);
}

pub async fn what_is_due_comes_earliest_first(w: &World<'_>) {
    let late = due_at(w, w.now() + MINUTE * 3).await;
    let soon = due_at(w, w.now() + MINUTE).await;
    let middle = due_at(w, w.now() + MINUTE * 2).await;
    let due = async |minutes: i32, limit| {
        let at = w.now() + MINUTE * minutes;
        let due = w.store.due_documents(at, None, limit).await.expect("read");
        due.into_iter().map(|d| d.value.id).collect::<Vec<_>>()
    };
    let [late_id, soon_id, middle_id] = [&late, &soon, &middle].map(|i| i.id.to_string());
    let all = [soon_id.clone(), middle_id.clone(), late_id.clone()];
    assert_eq!(due(3, 9).await, all);
    assert_eq!(due(2, 9).await, [soon_id.clone(), middle_id]);
    assert_eq!(due(3, 1).await, [soon_id]);
    let at = w.now() + HOUR;
    let own = w.store.due_documents(at, Some(&late.scope), 9).await;
    let own: Vec<_> = own.expect("read").into_iter().map(|d| d.value.id).collect();
    assert_eq!(own, [late_id]);
}

pub async fn far_and_odd_moments_are_kept(w: &World<'_>) {
    let odd = w.now() + SignedDuration::from_nanos(150);
    let intent = due_at(w, odd).await;
    let due = w.store.next_due(&intent.scope).await.expect("read");
    let due = due.expect("due");
    assert!(due >= odd, "nothing is found before its time");
    assert!(due.duration_since(odd) < SignedDuration::from_nanos(100));

    let far: Timestamp = "9999-12-30T00:00:00Z".parse().expect("a moment");
    let intent = due_at(w, far).await;
    let due = w.store.next_due(&intent.scope).await.expect("read");
    assert_eq!(due, Some(far));
}
