//! Due documents are claimed by lease, and whoever writes one ends the job.

use tatami_core::account::AnyScope;
use tatami_core::payment_intent::PaymentIntent;
use tatami_engine::ports::documents::DocumentKind;
use tatami_engine::ports::jobs::{DueClaim, DueJob, Job, JobEnd};
use tatami_engine::ports::store::Commit;

use crate::world::{HOUR, MINUTE, SECOND, World, intent_of, timed, write};

fn wanted(w: &World<'_>) -> DueClaim {
    DueClaim {
        now: w.now(),
        lease: MINUTE,
        kinds: DocumentKind::ALL.to_vec(),
        scope: None,
        busy: Vec::new(),
        per_scope: 9,
        limit: 9,
    }
}

pub async fn claimed(w: &World<'_>, claim: DueClaim) -> Vec<DueJob> {
    w.store.claim_due(claim).await.expect("claimed")
}

/// A new intent that is due now.
async fn due(w: &World<'_>) -> PaymentIntent {
    let mut intent = intent_of(&w.creation(&w.scope()));
    intent.expire_at = w.now();
    let commit = write(&intent, None, w.now());
    w.store.commit(commit).await.expect("committed");
    intent
}

pub async fn a_claimed_document_is_nobody_elses(w: &World<'_>) {
    let intent = due(w).await;
    let first = claimed(w, wanted(w)).await;
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].record.value.id, intent.id.to_string());
    assert_eq!(first[0].job.tries, 1);
    w.clock.advance(MINUTE - SECOND);
    assert!(claimed(w, wanted(w)).await.is_empty());
    w.clock.advance(SECOND);
    let again = claimed(w, wanted(w)).await;
    assert_eq!(again.len(), 1, "the lease is over");
    assert_eq!(again[0].job.tries, 2);
    // The first has nothing to say any more.
    let end = w.store.end_job(&first[0].job, JobEnd::Done).await;
    end.expect("ended");
    assert!(claimed(w, wanted(w)).await.is_empty());
    let end = w.store.end_job(&again[0].job, JobEnd::Done).await;
    end.expect("ended");
    assert_eq!(claimed(w, wanted(w)).await.len(), 1);
}

pub async fn whoever_writes_a_document_ends_its_job(w: &World<'_>) {
    let intent = due(w).await;
    assert_eq!(claimed(w, wanted(w)).await.len(), 1);
    let later = timed(&intent, 1, Some(w.now() + HOUR));
    w.store.commit(later).await.expect("committed");
    assert!(claimed(w, wanted(w)).await.is_empty(), "not due any more");
    w.clock.advance(HOUR);
    let again = claimed(w, wanted(w)).await;
    assert_eq!(again[0].job.tries, 1, "a new job");

    let claim = Job {
        kind: DocumentKind::PaymentIntent,
        key: intent.id.to_string(),
        tries: 1,
        leased_until: w.now() + MINUTE,
    };
    let mine = Commit {
        claims: vec![claim],
        ..timed(&intent, 2, Some(w.now()))
    };
    w.store.commit(mine).await.expect("committed");
    assert!(claimed(w, wanted(w)).await.is_empty(), "its writer has it");
    w.clock.advance(MINUTE);
    assert_eq!(claimed(w, wanted(w)).await.len(), 1);
}

pub async fn a_failed_job_waits_and_in_the_end_stays(w: &World<'_>) {
    let intent = due(w).await;
    let job = claimed(w, wanted(w)).await.remove(0).job;
    let retry = JobEnd::RetryAt(w.now() + HOUR, "odd\0".to_owned());
    w.store.end_job(&job, retry).await.expect("ended");
    w.clock.advance(HOUR - SECOND);
    assert!(claimed(w, wanted(w)).await.is_empty());
    let next = w.store.next_due(&intent.scope).await.expect("read");
    assert_eq!(next, None, "no clock waits for it");
    w.clock.advance(SECOND);
    let job = claimed(w, wanted(w)).await.remove(0).job;
    assert_eq!(job.tries, 2);
    let end = JobEnd::Failed("broken".to_owned());
    w.store.end_job(&job, end).await.expect("ended");
    w.clock.advance(HOUR * 99);
    assert!(claimed(w, wanted(w)).await.is_empty());
    let backlog = w.store.backlog().await.expect("counted");
    assert_eq!(backlog.failed_jobs, 1);
    let failed = w.store.failed_jobs(9).await.expect("read");
    assert_eq!(failed.len(), 1);
    assert_eq!((failed[0].tries, failed[0].error.as_str()), (2, "broken"));
    assert_eq!(failed[0].scope, AnyScope::from(&intent.scope));
    let (kind, key) = (failed[0].kind.as_str(), failed[0].key.as_str());
    assert!(w.store.restart_job(kind, key).await.expect("restarted"));
    assert!(!w.store.restart_job(kind, key).await.expect("no more"));
    assert_eq!(claimed(w, wanted(w)).await[0].job.tries, 1);
}

pub async fn each_scope_has_its_turn(w: &World<'_>) {
    let busy = w.scope();
    for n in 0..5 {
        let mut intent = intent_of(&w.creation(&busy));
        intent.expire_at = w.now() - MINUTE * (9 - n);
        let commit = write(&intent, None, w.now());
        w.store.commit(commit).await.expect("committed");
    }
    let other = due(w).await;
    // One whose clock was moved is found by its own clock.
    let moved = w.created(&w.scope()).await;
    let ahead = moved.expire_at.duration_since(w.now());
    w.store
        .set_clock_offset(&moved.scope, ahead)
        .await
        .expect("set");
    let scopes = |claimed: Vec<DueJob>| {
        let mut scopes: Vec<_> = claimed.into_iter().map(|d| d.record.value.scope).collect();
        scopes.sort_by_key(ToString::to_string);
        scopes
    };
    let [busy, other, moved] = [busy, other.scope, moved.scope].map(AnyScope::from);
    let mut all = vec![busy.clone(), other.clone(), moved.clone()];
    all.sort_by_key(ToString::to_string);
    let first_of_each = DueClaim {
        limit: 3,
        ..wanted(w)
    };
    assert_eq!(scopes(claimed(w, first_of_each).await), all);
    let of_busy = DueClaim {
        per_scope: 2,
        ..wanted(w)
    };
    assert_eq!(claimed(w, of_busy).await.len(), 2);
    let of_others = DueClaim {
        busy: vec![busy.clone()],
        ..wanted(w)
    };
    assert!(claimed(w, of_others).await.is_empty());
    let of_one = DueClaim {
        scope: Some(busy),
        ..wanted(w)
    };
    assert_eq!(claimed(w, of_one).await.len(), 2, "all of it once");
    w.clock.advance(MINUTE);
    let of_one = DueClaim {
        scope: Some(moved),
        ..wanted(w)
    };
    assert_eq!(claimed(w, of_one).await.len(), 1);
}
