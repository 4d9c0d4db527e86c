//! Timers of intents.

use tatami_core::payment_intent::{TimerChange, TimerKind};
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_engine::ports::store::{Commit, DueTimer};

use crate::world::{HOUR, MINUTE, World, intent_of, timed};

/// Commits an intent with one timer.
async fn with_timer(w: &World<'_>, kind: TimerKind, at: Timestamp) -> DueTimer {
    let commit = Commit {
        timers: vec![TimerChange::Set(kind, at)],
        ..w.creation(&w.scope())
    };
    let intent = intent_of(&commit);
    w.store.commit(commit).await.expect("committed");
    DueTimer {
        payment_intent: intent.id,
        scope: intent.scope,
        kind,
    }
}

pub async fn timers_are_set_moved_and_cleared(w: &World<'_>) {
    let scope = w.scope();
    let intent = w.created(&scope).await;
    let next = async || w.store.next_due(&scope).await.expect("read");
    assert_eq!(next().await, Some(intent.expire_at));

    let sooner = w.now() + HOUR;
    let moved = timed(&intent, 1, &[TimerChange::Set(TimerKind::Void, sooner)]);
    w.store.commit(moved).await.expect("committed");
    assert_eq!(next().await, Some(sooner));
    let due = w.store.due_timers(sooner, None, 9).await.expect("read");
    assert_eq!(due.len(), 1);
    let early = w.store.due_timers(sooner - MINUTE, None, 9).await;
    assert!(early.expect("read").is_empty());

    let cleared = timed(&intent, 2, &[TimerChange::Clear(TimerKind::Void)]);
    w.store.commit(cleared).await.expect("committed");
    assert_eq!(next().await, None);
}

pub async fn due_timers_come_earliest_first(w: &World<'_>) {
    let late = with_timer(w, TimerKind::Void, w.now() + MINUTE * 3).await;
    let soon = with_timer(w, TimerKind::Settle, w.now() + MINUTE).await;
    let middle = with_timer(w, TimerKind::EndHold, w.now() + MINUTE * 2).await;
    let due = async |minutes: i32, limit| {
        let at = w.now() + MINUTE * minutes;
        w.store.due_timers(at, None, limit).await.expect("read")
    };
    assert_eq!(
        due(3, 9).await,
        [soon.clone(), middle.clone(), late.clone()]
    );
    assert_eq!(due(2, 9).await, [soon.clone(), middle]);
    assert_eq!(due(3, 1).await, [soon]);
    let at = w.now() + HOUR;
    let own = w.store.due_timers(at, Some(&late.scope), 9).await;
    assert_eq!(own.expect("read"), [late]);
}

pub async fn timers_of_a_kind_are_found(w: &World<'_>) {
    with_timer(w, TimerKind::Void, w.now()).await;
    let settle = with_timer(w, TimerKind::Settle, w.now() + HOUR * 99).await;
    let found = w.store.timers_of_kind(TimerKind::Settle).await;
    assert_eq!(found.expect("read"), [settle]);
}

pub async fn far_and_odd_moments_are_kept(w: &World<'_>) {
    let odd = w.now() + SignedDuration::from_nanos(150);
    let timer = with_timer(w, TimerKind::Void, odd).await;
    let due = w.store.next_due(&timer.scope).await.expect("read");
    let due = due.expect("a timer");
    assert!(due >= odd, "a timer is not found before its time");
    assert!(due.duration_since(odd) < SignedDuration::from_nanos(100));

    let far: Timestamp = "9999-12-30T00:00:00Z".parse().expect("a moment");
    let timer = with_timer(w, TimerKind::Void, far).await;
    let due = w.store.next_due(&timer.scope).await.expect("read");
    assert_eq!(due, Some(far));
}
