//! Events become deliveries, and these keep their order.

use tatami_core::account::Scope;
use tatami_core::event::EventType;
use tatami_core::payment_intent::PaymentIntent;
use tatami_core::webhook::Subscription;
use tatami_engine::ports::store::{AfterAttempt, ClaimedDelivery, Redeliver};

use crate::world::{HOUR, MINUTE, SECOND, World, answer_headers, attempt};

pub async fn claimed(w: &World<'_>) -> Vec<ClaimedDelivery> {
    let claimed = w
        .store
        .claim_deliveries(w.now(), MINUTE, None, &[], 100)
        .await;
    claimed.expect("claimed")
}

/// The endpoint of a delivery.
pub fn subscription_of(delivery: &ClaimedDelivery) -> Subscription {
    delivery.endpoint.read().expect("a subscription")
}

pub async fn record(w: &World<'_>, delivery: &ClaimedDelivery, next: AfterAttempt) {
    let attempt = attempt(w.now(), Some(200), next);
    let recorded = w
        .store
        .record_attempts(vec![(delivery.clone(), attempt)])
        .await;
    recorded.expect("recorded");
}

pub async fn told(w: &World<'_>, intent: &PaymentIntent, kinds: &[EventType]) {
    let commit = w.telling(intent, kinds, w.now());
    w.store.commit(commit).await.expect("committed");
}

pub async fn an_event_is_delivered_to_whom_subscribes_to_it(w: &World<'_>) {
    let scope = w.scope();
    let intent = w.created(&scope).await;
    assert!(claimed(w).await.is_empty(), "nobody had subscribed");

    let one = w
        .subscribed(&scope, &[EventType::PAYMENT_INTENT_STATUS_UPDATED])
        .await;
    let two = w
        .subscribed(&scope, &[EventType::PAYMENT_INTENT_SEND_RECEIPT])
        .await;
    let kinds = [
        EventType::PAYMENT_INTENT_CREATED,
        EventType::PAYMENT_INTENT_STATUS_UPDATED,
        EventType::PAYMENT_INTENT_SEND_RECEIPT,
    ];
    let commit = w.telling(&intent, &kinds, w.now());
    let events = commit.events.clone();
    w.store.commit(commit).await.expect("committed");

    let claimed = claimed(w).await;
    let got: Vec<_> = claimed
        .iter()
        .map(|d| (&d.event, subscription_of(d), d.tries))
        .collect();
    let wanted = [(&events[1], one, 0), (&events[2], two, 0)];
    assert_eq!(got, wanted);
}

pub async fn deliveries_of_an_intent_keep_their_order(w: &World<'_>) {
    let scope = w.scope();
    w.subscribed(&scope, &EventType::ALL).await;
    let (slow, other) = (w.created(&scope).await, w.created(&scope).await);
    told(
        w,
        &slow,
        &[
            EventType::PAYMENT_INTENT_STATUS_UPDATED,
            EventType::PAYMENT_INTENT_SEND_RECEIPT,
        ],
    )
    .await;

    let first = claimed(w).await;
    let events: Vec<_> = first
        .iter()
        .map(|d| d.event.subject.id == slow.id.as_str())
        .collect();
    assert_eq!(events, [true, false], "one of each intent");
    record(w, &first[0], AfterAttempt::RetryAt(w.now() + HOUR)).await;
    record(w, &first[1], AfterAttempt::Delivered).await;
    told(w, &other, &[EventType::PAYMENT_INTENT_STATUS_UPDATED]).await;
    let second = claimed(w).await;
    assert_eq!(second.len(), 1, "the slow one's others wait");
    assert_eq!(second[0].event.subject.id, other.id.as_str());
    record(w, &second[0], AfterAttempt::Delivered).await;

    w.clock.advance(HOUR);
    let mut kinds = Vec::new();
    for _ in 0..3 {
        let due = claimed(w).await;
        assert_eq!(due.len(), 1);
        kinds.push(due[0].event.kind.clone());
        record(w, &due[0], AfterAttempt::Delivered).await;
    }
    assert_eq!(kinds, EventType::ALL);
    assert!(claimed(w).await.is_empty());
}

pub async fn giving_up_lets_the_next_one_go(w: &World<'_>) {
    let scope = w.scope();
    w.subscribed(&scope, &EventType::ALL).await;
    let intent = w.created(&scope).await;
    told(w, &intent, &[EventType::PAYMENT_INTENT_STATUS_UPDATED]).await;
    let first = claimed(w).await;
    record(w, &first[0], AfterAttempt::GaveUp).await;
    let second = claimed(w).await;
    assert_eq!(second.len(), 1);
    assert_eq!(
        second[0].event.kind,
        EventType::PAYMENT_INTENT_STATUS_UPDATED
    );
}

pub async fn a_delivery_that_was_given_up_is_tried_anew_when_it_is_restarted(w: &World<'_>) {
    let scope = w.scope();
    w.subscribed(&scope, &EventType::ALL).await;
    w.created(&scope).await;
    let given_up = claimed(w).await.remove(0);
    record(w, &given_up, AfterAttempt::GaveUp).await;
    let backlog = w.store.backlog().await.expect("counted");
    assert_eq!((backlog.deliveries, backlog.failed_jobs), (0, 0));
    let failed = w.store.failed_jobs(9).await.expect("read");
    let job = (failed[0].kind.as_str(), failed[0].key.as_str());
    assert_eq!(job, ("subscription", given_up.key.as_str()));
    assert_eq!(
        (failed[0].tries, failed[0].error.as_str()),
        (1, "as it said")
    );

    assert!(w.store.restart_job(job.0, job.1).await.expect("restarted"));
    assert!(!w.store.restart_job(job.0, job.1).await.expect("no more"));
    let report = w.store.deliveries(&scope, 9).await.expect("read");
    assert_eq!(
        (report[0].state.as_str(), report[0].attempts.len()),
        ("pending", 1)
    );
    let again = claimed(w).await.remove(0);
    assert_eq!((&again.event, again.tries), (&given_up.event, 0));
    record(w, &again, AfterAttempt::Delivered).await;
    let report = w.store.deliveries(&scope, 9).await.expect("read");
    assert_eq!(
        (report[0].state.as_str(), report[0].attempts.len()),
        ("delivered", 2)
    );
}

pub async fn deliveries_that_are_over_are_made_again(w: &World<'_>) {
    let scope = w.scope();
    let endpoint = w.subscribed(&scope, &EventType::ALL).await;
    let one = |number| Redeliver::One {
        endpoint: endpoint.id.clone(),
        number,
    };
    let failed_since = |since, limit| Redeliver::FailedSince { since, limit };
    let again = async |scope: &Scope, wanted| {
        let made = w.store.redeliver(scope, wanted).await;
        made.expect("made again")
    };
    for _ in 0..3 {
        w.created(&scope).await;
    }
    let open = claimed(w).await;
    assert_eq!(open.len(), 3);
    assert_eq!(again(&scope, one(open[0].number)).await, 0, "under way");
    record(w, &open[0], AfterAttempt::Delivered).await;
    record(w, &open[1], AfterAttempt::GaveUp).await;
    record(w, &open[2], AfterAttempt::GaveUp).await;
    assert!(claimed(w).await.is_empty());

    let delivered = w.store.deliveries(&scope, 9).await.expect("read");
    let delivered = delivered.iter().find(|it| it.state == "delivered");
    let number = delivered.expect("a delivered one").number;
    assert_eq!(number, open[0].number);
    assert_eq!(again(&w.scope(), one(number)).await, 0, "another scope's");
    assert_eq!(again(&scope, one(number)).await, 1);
    assert_eq!(again(&scope, one(number)).await, 0, "it waits already");
    let made = claimed(w).await.remove(0);
    assert_eq!((&made.event, made.tries), (&open[0].event, 0));
    record(w, &made, AfterAttempt::Delivered).await;

    let since = open[1].event.at;
    let later = since + SECOND * 3600;
    assert_eq!(again(&scope, failed_since(later, 9)).await, 0);
    assert_eq!(again(&w.scope(), failed_since(since, 9)).await, 0);
    assert_eq!(again(&scope, failed_since(since, 1)).await, 1);
    let made = claimed(w).await.remove(0);
    assert_eq!(made.number, open[1].number, "the oldest first");
    record(w, &made, AfterAttempt::GaveUp).await;
    assert_eq!(again(&scope, failed_since(since, 9)).await, 2);
    assert_eq!(again(&scope, one(open[2].number)).await, 0, "it waits");
}

pub async fn a_report_tells_the_whole_story(w: &World<'_>) {
    let scope = w.scope();
    let subscription = w.subscribed(&scope, &EventType::ALL).await;
    let intent = w.created(&scope).await;
    told(w, &intent, &[EventType::PAYMENT_INTENT_STATUS_UPDATED]).await;
    let first = claimed(w).await;
    let silent = attempt(w.now(), None, AfterAttempt::RetryAt(w.now() + SECOND));
    let recorded = w.store.record_attempts(vec![(first[0].clone(), silent)]);
    recorded.await.expect("recorded");
    w.clock.advance(SECOND);
    let again = claimed(w).await;
    record(w, &again[0], AfterAttempt::Delivered).await;

    let report = w.store.deliveries(&scope, 9).await.expect("read");
    let [newest, oldest] = report.as_slice() else {
        panic!("{report:?}");
    };
    assert_eq!(
        (newest.state.as_str(), newest.attempts.len()),
        ("pending", 0)
    );
    assert_eq!(newest.next_at, Some(w.now() - SECOND));
    assert_eq!(
        newest.event_type,
        EventType::PAYMENT_INTENT_STATUS_UPDATED.name()
    );
    assert_eq!((oldest.state.as_str(), oldest.next_at), ("delivered", None));
    assert_eq!(
        (&oldest.event, &oldest.payload),
        (&first[0].event.id, &first[0].event.payload())
    );
    assert_eq!(
        (oldest.endpoint.as_str(), &oldest.url),
        (subscription.id.as_str(), &subscription.url)
    );
    assert_eq!(oldest.created_at, intent.created_at);
    let attempts: Vec<_> = oldest
        .attempts
        .iter()
        .map(|a| (a.at, a.status, a.next))
        .collect();
    let wanted = [
        (w.now() - SECOND, None, AfterAttempt::RetryAt(w.now())),
        (w.now(), Some(200), AfterAttempt::Delivered),
    ];
    assert_eq!(attempts, wanted);
    assert_eq!(
        (
            oldest.attempts[0].answer.as_str(),
            oldest.attempts[0].took_ms
        ),
        ("as it said", 42)
    );
    let headers: Vec<_> = oldest.attempts.iter().map(|a| &a.answer_headers).collect();
    assert_eq!(headers, [&Vec::new(), &answer_headers()]);
    let latest = w.store.deliveries(&scope, 1).await.expect("read");
    assert_eq!(latest[0].event, newest.event);
}

pub async fn a_busy_subscription_is_left_alone(w: &World<'_>) {
    let mut subscriptions = Vec::new();
    for _ in 0..2 {
        let scope = w.scope();
        subscriptions.push(w.subscribed(&scope, &EventType::ALL).await);
        w.created(&scope).await;
    }
    let busy = [subscriptions[0].id.to_string()];
    let free = w.store.claim_deliveries(w.now(), MINUTE, None, &busy, 9);
    let free = free.await.expect("claimed");
    assert_eq!(free.len(), 1);
    assert_eq!(subscription_of(&free[0]), subscriptions[1]);
    let rest = claimed(w).await;
    assert_eq!(rest.len(), 1, "it was not leased either");
    assert_eq!(subscription_of(&rest[0]), subscriptions[0]);
}

pub async fn one_long_queue_does_not_hold_up_another(w: &World<'_>) {
    let (slow, quick) = (w.scope(), w.scope());
    w.subscribed(&slow, &[EventType::PAYMENT_INTENT_CREATED])
        .await;
    w.subscribed(&quick, &[EventType::PAYMENT_INTENT_CREATED])
        .await;
    for _ in 0..150 {
        w.created(&slow).await;
    }
    w.created(&quick).await;
    let now = claimed(w).await;
    assert!(now.iter().any(|d| d.event.scope.account() == Some(&quick)));
    assert!(claimed(w).await.is_empty(), "the slow one has its share");
    let one = now
        .iter()
        .find(|d| d.event.scope.account() == Some(&slow))
        .expect("one");
    record(w, one, AfterAttempt::Delivered).await;
    assert_eq!(claimed(w).await.len(), 1, "one is over, one follows");

    // Worked off a share at a time, nothing is left behind.
    w.clock.advance(HOUR);
    let mut count = 1;
    loop {
        let share = claimed(w).await;
        if share.is_empty() {
            break;
        }
        for delivery in &share {
            record(w, delivery, AfterAttempt::Delivered).await;
        }
        count += share.len();
        assert!(count <= 151);
    }
    assert_eq!(count, 151);
}
