//! Intents are written whole, guarded by their version, all or nothing.

use tatami_core::event::EventType;
use tatami_core::payment_intent::Status;
use tatami_engine::IntentQuery;
use tatami_engine::ports::store::Commit;

use crate::world::{Lookups as _, World, claim, intent_of, refusal, with_mail, write};

pub async fn an_intent_comes_back_as_it_was_written(w: &World<'_>) {
    let scope = w.scope();
    let mut intent = w.created(&scope).await;
    let read = w.store.payment_intent(&scope, &intent.id).await;
    let read = read.expect("read").expect("there");
    assert_eq!((&read.value, read.version), (&intent, 1));

    intent.status = Status::Captured;
    let change = write(&intent, Some(1), w.now());
    w.store.commit(change).await.expect("committed");
    let read = w.store.public_payment_intent(&intent.id).await;
    let read = read.expect("read").expect("there");
    assert_eq!((&read.value, read.version), (&intent, 2));
}

pub async fn a_stale_write_is_refused(w: &World<'_>) {
    let scope = w.scope();
    let intent = w.created(&scope).await;
    let again = w.store.commit(write(&intent, None, w.now())).await;
    assert_eq!(refusal(again), "stale", "it is there already");
    let first = w.store.commit(write(&intent, Some(1), w.now())).await;
    assert_eq!(refusal(first), "committed");
    let second = w.store.commit(write(&intent, Some(1), w.now())).await;
    assert_eq!(refusal(second), "stale", "it is at version 2");
    let unknown = intent_of(&w.creation(&scope));
    let missing = w.store.commit(write(&unknown, Some(1), w.now())).await;
    assert_eq!(refusal(missing), "stale", "it was never made");
}

pub async fn of_two_writers_exactly_one_wins(w: &World<'_>) {
    let scope = w.scope();
    for _ in 0..20 {
        let intent = w.created(&scope).await;
        let (mut one, mut two) = (intent.clone(), intent.clone());
        (one.status, two.status) = (Status::Captured, Status::Canceled);
        let (first, second) = tokio::join!(
            w.store.commit(write(&one, Some(1), w.now())),
            w.store.commit(write(&two, Some(1), w.now())),
        );
        let read = w.store.payment_intent(&scope, &intent.id).await;
        let read = read.expect("read").expect("there");
        assert_eq!(read.version, 2);
        match (refusal(first), refusal(second)) {
            ("committed", "stale") => assert_eq!(read.value.status, Status::Captured),
            ("stale", "committed") => assert_eq!(read.value.status, Status::Canceled),
            other => panic!("{other:?}"),
        }
    }
}

/// A commit with one of everything, under a key.
fn everything(w: &World<'_>, base: Commit, key: &str) -> Commit {
    let scope = base.scope.account().expect("an account").clone();
    let commit = Commit {
        idempotency: claim(&scope, base.at, key).idempotency,
        ..base
    };
    with_mail(&w.mail(&scope, "payer@example.com"), None, commit)
}

pub async fn a_refused_commit_leaves_nothing(w: &World<'_>) {
    let scope = w.scope();
    w.subscribed(&scope, &EventType::ALL).await;
    let key = w.store.commit(claim(&scope, w.now(), "taken")).await;
    key.expect("committed");

    let by_key = everything(w, w.creation(&scope), "taken");
    let new = intent_of(&by_key);
    assert_eq!(refusal(w.store.commit(by_key).await), "key taken");
    let mut by_version = everything(w, w.creation(&scope), "free");
    by_version.documents[0] = write(&new, Some(1), w.now()).documents.remove(0);
    assert_eq!(refusal(w.store.commit(by_version).await), "stale");

    let read = w.store.payment_intent(&scope, &new.id).await;
    assert!(read.expect("read").is_none());
    assert_eq!(w.store.next_due(&scope).await.expect("read"), None);
    assert!(w.store.mails(&scope).await.expect("read").is_empty());
    assert!(
        w.store
            .deliveries(&scope, 9)
            .await
            .expect("read")
            .is_empty()
    );
    let free = w.store.idempotency(&scope.clone().into(), "free").await;
    assert!(free.expect("read").is_none());
    let page = w
        .store
        .search_payment_intents(&scope, IntentQuery::default());
    assert!(page.await.expect("read").intents.is_empty());
}

pub async fn a_refused_commit_leaves_its_neighbours_alone(w: &World<'_>) {
    let scope = w.scope();
    let intent = w.created(&scope).await;
    let (before, after) = (w.creation(&scope), w.creation(&scope));
    let ids = [intent_of(&before).id, intent_of(&after).id];
    let bad = write(&intent, Some(7), w.now());
    let bad = with_mail(&w.mail(&scope, "payer@example.com"), None, bad);
    let (first, second, third) = tokio::join!(
        w.store.commit(before),
        w.store.commit(bad),
        w.store.commit(after)
    );
    let results = [first, second, third].map(refusal);
    assert_eq!(results, ["committed", "stale", "committed"]);
    for id in &ids {
        let read = w.store.payment_intent(&scope, id).await;
        assert!(read.expect("read").is_some());
    }
    assert!(w.store.mails(&scope).await.expect("read").is_empty());
}

pub async fn a_refund_finds_its_intent(w: &World<'_>) {
    let scope = w.scope();
    let mut intent = w.created(&scope).await;
    for version in 1..4 {
        intent.refunds.push(w.refund(&intent));
        let change = write(&intent, Some(version), w.now());
        w.store.commit(change).await.expect("committed");
    }
    for refund in &intent.refunds {
        let found = w.store.payment_intent_of_refund(&scope, &refund.id).await;
        let found = found.expect("read").expect("there");
        assert_eq!((&found.value, found.version), (&intent, 4));
    }
    let unknown = w.refund(&intent).id;
    let found = w.store.payment_intent_of_refund(&scope, &unknown).await;
    assert!(found.expect("read").is_none());
}

pub async fn many_commits_at_once_are_all_kept(w: &World<'_>) {
    let scope = w.scope();
    let commits: Vec<_> = (0..300).map(|_| w.creation(&scope)).collect();
    let ids: Vec<_> = commits.iter().map(|c| intent_of(c).id).collect();
    let mut waiting: Vec<_> = commits.into_iter().map(|c| w.store.commit(c)).collect();
    std::future::poll_fn(|context| {
        waiting.retain_mut(|commit| match commit.as_mut().poll(context) {
            std::task::Poll::Ready(result) => {
                result.expect("committed");
                false
            }
            std::task::Poll::Pending => true,
        });
        match waiting.is_empty() {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    })
    .await;
    for id in &ids {
        let read = w.store.payment_intent(&scope, id).await;
        assert!(read.expect("read").is_some());
    }
}

pub async fn storage_answers(w: &World<'_>) {
    w.store.ping().await.expect("an answer");
}
