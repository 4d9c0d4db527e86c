//! Idempotency records.

use tatami_core::account::Scope;
use tatami_engine::ports::store::{Commit, IdempotencyWrite};

use crate::world::{HOUR, World, claim, empty, refusal};

fn writing(w: &World<'_>, scope: &Scope, write: IdempotencyWrite) -> Commit {
    Commit {
        idempotency: Some(write),
        ..empty(scope, w.now())
    }
}

fn complete(key: &str) -> IdempotencyWrite {
    IdempotencyWrite::Complete {
        key: key.to_owned(),
        status: 201,
        sealed: vec![1, 2, 3],
    }
}

fn stored(key: &str) -> IdempotencyWrite {
    IdempotencyWrite::Store {
        key: key.to_owned(),
        fingerprint: "digest".to_owned(),
        status: 409,
        sealed: Vec::new(),
    }
}

pub async fn a_key_is_claimed_and_completed(w: &World<'_>) {
    let scope = w.scope();
    let read = async || {
        w.store
            .idempotency(&scope.clone().into(), "k")
            .await
            .expect("read")
    };
    assert!(read().await.is_none());
    let taken = w.store.commit(claim(&scope, w.now(), "k")).await;
    taken.expect("committed");
    let record = read().await.expect("there");
    assert_eq!(
        (record.fingerprint.as_str(), record.answer),
        ("digest", None)
    );
    let twice = w.store.commit(claim(&scope, w.now(), "k")).await;
    assert_eq!(refusal(twice), "key taken");

    let answered = w.store.commit(writing(w, &scope, complete("k"))).await;
    answered.expect("committed");
    let answer = read().await.expect("there").answer;
    assert_eq!(answer, Some((201, vec![1, 2, 3])));
    let twice = w.store.commit(writing(w, &scope, complete("k"))).await;
    assert_eq!(refusal(twice), "stale");
    let late = w.store.commit(writing(w, &scope, stored("k"))).await;
    assert_eq!(refusal(late), "key taken");
}

pub async fn a_key_is_stored_with_its_answer(w: &World<'_>) {
    let scope = w.scope();
    let written = w.store.commit(writing(w, &scope, stored("k"))).await;
    written.expect("committed");
    let record = w
        .store
        .idempotency(&scope.clone().into(), "k")
        .await
        .expect("read");
    let answer = record.expect("there").answer;
    assert_eq!(
        answer,
        Some((409, Vec::new())),
        "an empty body is an answer"
    );
    let late = w.store.commit(claim(&scope, w.now(), "k")).await;
    assert_eq!(refusal(late), "key taken");
}

pub async fn a_released_key_is_free_again(w: &World<'_>) {
    let scope = w.scope();
    let release = || {
        let key = "k".to_owned();
        writing(w, &scope, IdempotencyWrite::Release { key })
    };
    for _ in 0..2 {
        let taken = w.store.commit(claim(&scope, w.now(), "k")).await;
        taken.expect("committed");
        w.store.commit(release()).await.expect("committed");
    }
    let answered = w.store.commit(writing(w, &scope, stored("k"))).await;
    answered.expect("committed");
    w.store.commit(release()).await.expect("committed");
    let kept = w
        .store
        .idempotency(&scope.clone().into(), "k")
        .await
        .expect("read");
    assert!(kept.is_some(), "an answer is not given free");
}

pub async fn answered_keys_are_forgotten_by_age(w: &World<'_>) {
    let scope = w.scope();
    // Age is by the machine's clock, wherever the account's stands.
    w.store
        .set_clock_offset(&scope, HOUR * 999)
        .await
        .expect("set");
    let old = w.store.commit(writing(w, &scope, stored("old"))).await;
    old.expect("committed");
    let running = w.store.commit(claim(&scope, w.now(), "running")).await;
    running.expect("committed");
    w.clock.advance(HOUR);
    let young = w.store.commit(writing(w, &scope, stored("young"))).await;
    young.expect("committed");

    assert_eq!(w.store.forget_idempotency(w.now()).await.expect("count"), 1);
    for (key, kept) in [("old", false), ("running", true), ("young", true)] {
        let record = w
            .store
            .idempotency(&scope.clone().into(), key)
            .await
            .expect("read");
        assert_eq!(record.is_some(), kept, "{key}");
    }
}

pub async fn many_keys_are_forgotten(w: &World<'_>) {
    let scope = w.scope();
    for n in 0..1001 {
        let commit = writing(w, &scope, stored(&format!("key {n}")));
        w.store.commit(commit).await.expect("committed");
    }
    let forgotten = w.store.forget_idempotency(w.now() + HOUR).await;
    assert_eq!(forgotten.expect("count"), 1001);
}
