//! Webhook subscriptions.

use tatami_core::event::EventType;

use crate::world::{Lookups as _, World, refusal, subscribe, unsubscribe};

pub async fn an_event_has_one_subscription(w: &World<'_>) {
    let scope = w.scope();
    let first = w
        .subscribed(&scope, &[EventType::PAYMENT_INTENT_CREATED])
        .await;
    let second = w.subscription(&scope, &EventType::ALL);
    let refused = w.store.commit(subscribe(&second, None)).await;
    assert_eq!(refusal(refused), "value taken");
    assert_eq!(w.store.subscriptions(&scope).await.expect("read"), [first]);

    let third = w
        .subscribed(&scope, &[EventType::PAYMENT_INTENT_STATUS_UPDATED])
        .await;
    let mut greedy = third.clone();
    greedy.events = vec![EventType::PAYMENT_INTENT_CREATED.name().to_owned()];
    let refused = w.store.commit(subscribe(&greedy, Some(1))).await;
    assert_eq!(refusal(refused), "value taken");
    let kept = w.store.subscription(&scope, &third.id).await;
    let kept = kept.expect("read").expect("there");
    assert_eq!((kept.value, kept.version), (third, 1));

    w.subscribed(&w.scope(), &EventType::ALL).await;
}

pub async fn a_subscription_changes_by_version(w: &World<'_>) {
    let scope = w.scope();
    let mut subscription = w.subscribed(&scope, &EventType::ALL).await;
    let again = w.store.commit(subscribe(&subscription, None)).await;
    assert_eq!(refusal(again), "stale");
    subscription.events.truncate(1);
    subscription.url = "https://other.example/hook".to_owned();
    let changed = w.store.commit(subscribe(&subscription, Some(1))).await;
    assert_eq!(refusal(changed), "committed");
    let lost = w.store.commit(subscribe(&subscription, Some(1))).await;
    assert_eq!(refusal(lost), "stale");
    let read = w.store.subscription(&scope, &subscription.id).await;
    let read = read.expect("read").expect("there");
    assert_eq!((&read.value, read.version), (&subscription, 2));

    w.subscribed(&scope, &[EventType::PAYMENT_INTENT_STATUS_UPDATED])
        .await;
    let listed = w.store.subscriptions(&scope).await.expect("read");
    assert_eq!(listed.len(), 2);
}

pub async fn a_deleted_subscription_frees_its_events(w: &World<'_>) {
    let scope = w.scope();
    let subscription = w.subscribed(&scope, &EventType::ALL).await;
    let gone = w.store.commit(unsubscribe(&subscription)).await;
    assert_eq!(refusal(gone), "committed");
    let read = w.store.subscription(&scope, &subscription.id).await;
    assert!(read.expect("read").is_none());
    let twice = w.store.commit(unsubscribe(&subscription)).await;
    assert_eq!(refusal(twice), "stale");
    w.subscribed(&scope, &EventType::ALL).await;
}
