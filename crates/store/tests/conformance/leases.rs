//! Claims of deliveries: for a time, and safe against late workers.

use tatami_core::account::Scope;
use tatami_core::event::EventType;
use tatami_engine::ports::store::{AfterAttempt, ClaimedDelivery};

use crate::deliveries::{claimed, record, subscription_of, told};
use crate::world::{HOUR, MINUTE, SECOND, World, unsubscribe};

fn scope_of(delivery: &ClaimedDelivery) -> &Scope {
    delivery.event.scope.account().expect("an account's")
}

/// A subscription's first delivery, claimed for a minute.
async fn one_claimed(w: &World<'_>) -> ClaimedDelivery {
    let scope = w.scope();
    w.subscribed(&scope, &EventType::ALL).await;
    w.created(&scope).await;
    claimed(w).await.pop().expect("a delivery")
}

pub async fn a_claimed_delivery_is_nobody_elses(w: &World<'_>) {
    let first = one_claimed(w).await;
    assert!(claimed(w).await.is_empty());
    w.clock.advance(MINUTE - SECOND);
    assert!(claimed(w).await.is_empty());
    w.clock.advance(SECOND);
    let again = claimed(w).await;
    assert_eq!(again.len(), 1, "the lease is over");
    assert_eq!((again[0].number, again[0].tries), (first.number, 0));
}

pub async fn a_retry_to_an_endpoint_that_is_back_is_due_now(w: &World<'_>) {
    let delivery = one_claimed(w).await;
    let other = one_claimed(w).await;
    for delivery in [&delivery, &other] {
        record(w, delivery, AfterAttempt::RetryAt(w.now() + HOUR)).await;
    }
    assert!(claimed(w).await.is_empty());
    let endpoint = &delivery.endpoint.id;
    let hastened = w.store.hasten_deliveries(endpoint, w.now()).await;
    hastened.expect("hastened");
    let again = claimed(w).await;
    assert_eq!((again.len(), again[0].tries), (1, 1));
    assert_eq!(again[0].endpoint.id, *endpoint);
}

pub async fn a_retry_waits_for_its_time(w: &World<'_>) {
    let delivery = one_claimed(w).await;
    record(w, &delivery, AfterAttempt::RetryAt(w.now() + HOUR)).await;
    w.clock.advance(HOUR - SECOND);
    assert!(claimed(w).await.is_empty());
    w.clock.advance(SECOND);
    let again = claimed(w).await;
    assert_eq!((again.len(), again[0].tries), (1, 1));
    record(w, &again[0], AfterAttempt::RetryAt(w.now())).await;
    let at_once = claimed(w).await;
    assert_eq!(at_once[0].tries, 2, "the lease ended with the attempt");
}

pub async fn a_late_word_does_not_reopen_what_is_over(w: &World<'_>) {
    let delivery = one_claimed(w).await;
    w.clock.advance(MINUTE);
    assert_eq!(claimed(w).await.len(), 1, "a second worker has it");
    record(w, &delivery, AfterAttempt::Delivered).await;
    record(w, &delivery, AfterAttempt::RetryAt(w.now())).await;
    record(w, &delivery, AfterAttempt::GaveUp).await;
    assert!(claimed(w).await.is_empty());
    let report = w
        .store
        .deliveries(scope_of(&delivery), 9)
        .await
        .expect("read");
    assert_eq!(report[0].state, "delivered");
    assert_eq!(report[0].attempts.len(), 3, "all of it is told");
}

pub async fn what_a_deleted_subscription_was_not_told_is_dropped(w: &World<'_>) {
    let over = one_claimed(w).await;
    record(w, &over, AfterAttempt::Delivered).await;
    let scope = scope_of(&over).clone();
    let intent = w.created(&scope).await;
    told(w, &intent, &[EventType::PAYMENT_INTENT_STATUS_UPDATED]).await;
    let under_way = claimed(w).await;
    let subscription = subscription_of(&over);
    let gone = unsubscribe(&subscription);
    w.store.commit(gone).await.expect("committed");

    // The answer comes when the subscription is gone, and another has come.
    w.subscribed(&scope, &EventType::ALL).await;
    w.created(&scope).await;
    record(w, &under_way[0], AfterAttempt::Delivered).await;
    let fresh = claimed(w).await;
    assert_eq!(fresh.len(), 1);
    assert!(
        fresh[0].number > under_way[0].number,
        "no number is given twice"
    );
    let report = w.store.deliveries(&scope, 9).await.expect("read");
    let states: Vec<_> = report
        .iter()
        .map(|r| (r.state.as_str(), r.attempts.len()))
        .collect();
    assert_eq!(states, [("pending", 0), ("delivered", 1)]);
    assert_eq!(
        report[1].endpoint,
        subscription.id.as_str(),
        "history stays"
    );
}
