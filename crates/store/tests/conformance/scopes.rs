//! Nothing of one scope is seen or changed from another.

use tatami_core::account::Scope;
use tatami_core::event::EventType;
use tatami_core::id::Environment;
use tatami_core::payment_intent::PaymentIntent;
use tatami_core::time::Timestamp;
use tatami_core::webhook::Subscription;
use tatami_engine::IntentQuery;
use tatami_engine::ports::documents::DocumentKind;
use tatami_engine::ports::jobs::DueClaim;
use tatami_engine::ports::mail::Mail;
use tatami_engine::ports::store::{Commit, Store};

use crate::world::{
    HOUR, Lookups as _, MINUTE, World, claim, refusal, subscribe, unsubscribe, with_mail, write,
};

/// Another account, and the other environment of the same.
fn others(w: &World<'_>, scope: &Scope) -> [Scope; 2] {
    let environment = Environment::Production;
    let account = scope.account.clone();
    [
        w.scope(),
        Scope {
            account,
            environment,
        },
    ]
}

/// A scope with one of everything.
async fn furnished(w: &World<'_>) -> (Scope, PaymentIntent, Subscription) {
    let scope = w.scope();
    let subscription = w.subscribed(&scope, &EventType::ALL).await;
    let mut intent = w.created(&scope).await;
    intent.refunds.push(w.refund(&intent));
    let commit = Commit {
        idempotency: claim(&scope, w.now(), "k").idempotency,
        ..write(&intent, Some(1), w.now())
    };
    let mail = Mail {
        due_at: None,
        ..w.mail(&scope, "payer@example.com")
    };
    let commit = with_mail(&mail, None, commit);
    w.store.commit(commit).await.expect("committed");
    (scope, intent, subscription)
}

pub async fn reads_do_not_cross_scopes(w: &World<'_>) {
    let (scope, intent, subscription) = furnished(w).await;
    let refund = intent.refunds[0].id.clone();
    let seen = async |scope: &Scope| {
        let store = w.store;
        let query = IntentQuery {
            limit: 9,
            ..IntentQuery::default()
        };
        [
            store
                .payment_intent(scope, &intent.id)
                .await
                .expect("read")
                .is_some(),
            store
                .payment_intent_of_refund(scope, &refund)
                .await
                .expect("read")
                .is_some(),
            !store
                .search_payment_intents(scope, query)
                .await
                .expect("read")
                .intents
                .is_empty(),
            store
                .idempotency(&scope.into(), "k")
                .await
                .expect("read")
                .is_some(),
            store
                .subscription(scope, &subscription.id)
                .await
                .expect("read")
                .is_some(),
            !store.subscriptions(scope).await.expect("read").is_empty(),
            !store.deliveries(scope, 9).await.expect("read").is_empty(),
            !store.mails(scope).await.expect("read").is_empty(),
            store.next_due(scope).await.expect("read").is_some(),
        ]
    };
    assert_eq!(seen(&scope).await, [true; 9]);
    for other in others(w, &scope) {
        assert_eq!(seen(&other).await, [false; 9], "{other:?}");
    }
}

pub async fn work_does_not_cross_scopes(w: &World<'_>) {
    let (scope, intent, _) = furnished(w).await;
    let due = intent.expire_at + HOUR;
    for other in others(w, &scope) {
        w.store.set_clock_offset(&other, HOUR).await.expect("set");
        let documents = w.store.due_documents(due, Some(&other), 9).await;
        assert!(documents.expect("read").is_empty());
        let claimed = w
            .store
            .claim_deliveries(due, MINUTE, Some(&other), &[], 9)
            .await;
        assert!(claimed.expect("claimed").is_empty());
    }
    let mine = w.store.due_documents(due, Some(&scope), 9).await;
    assert_eq!(mine.expect("read").len(), 1);
    let next = w.store.next_due(&scope).await.expect("read");
    assert_eq!(next, Some(w.now()), "another's clock does not move it");
    let claimed = w
        .store
        .claim_deliveries(w.now(), MINUTE, Some(&scope), &[], 9)
        .await;
    assert_eq!(claimed.expect("claimed").len(), 1);
}

pub async fn writes_do_not_cross_scopes(w: &World<'_>) {
    let (scope, intent, subscription) = furnished(w).await;
    for other in others(w, &scope) {
        let mut theirs = intent.clone();
        theirs.scope = other.clone();
        let stolen = w.store.commit(write(&theirs, Some(2), w.now())).await;
        assert_eq!(refusal(stolen), "stale");
        let copied = w.store.commit(write(&theirs, None, w.now())).await;
        assert_eq!(refusal(copied), "stale");
        let mut hook = subscription.clone();
        hook.scope = other.clone();
        hook.events.clear();
        let stolen = w.store.commit(subscribe(&hook, Some(1))).await;
        assert_eq!(refusal(stolen), "stale");
        let gone = w.store.commit(unsubscribe(&hook)).await;
        assert_eq!(refusal(gone), "stale");
        let key = w.store.commit(claim(&other, w.now(), "k")).await;
        assert_eq!(refusal(key), "committed", "each scope has its own keys");
        let mixed = Commit {
            scope: other.into(),
            ..write(&intent, Some(2), w.now())
        };
        assert_eq!(refusal(w.store.commit(mixed).await), "storage");
    }
    let read = w.store.payment_intent(&scope, &intent.id).await;
    let read = read.expect("read").expect("there");
    assert_eq!((read.value, read.version), (intent, 2));
}

/// What is to be done of a sandbox, of one whose clock was moved and of production;
/// the scopes, in that order.
pub async fn to_be_done(w: &World<'_>) -> [Scope; 3] {
    let sandboxes = [w.scope(), w.scope()];
    let offset = w.store.set_clock_offset(&sandboxes[1], HOUR).await;
    offset.expect("set");
    let production = Scope {
        environment: Environment::Production,
        ..w.scope()
    };
    let [one, two] = sandboxes;
    let scopes = [one, two, production];
    for scope in &scopes {
        w.subscribed(scope, &EventType::ALL).await;
        let commit = with_mail(&w.mail(scope, "payer@example.com"), None, w.creation(scope));
        w.store.commit(commit).await.expect("committed");
    }
    scopes
}

/// That of those, all is found, or what is not of a sandbox.
pub async fn found(store: &dyn Store, now: Timestamp, scopes: &[Scope; 3], sandboxes: bool) {
    let wanted = if sandboxes { 3 } else { 1 };
    let month = HOUR * 24 * 31;
    let due = store
        .due_documents(now + month, None, 9)
        .await
        .expect("read");
    assert_eq!(due.len(), 2 * wanted, "an intent and a mail each");
    let of_one = store.due_documents(now + month, Some(&scopes[0]), 9).await;
    assert_eq!(of_one.expect("read").len(), 2, "it is asked for");
    for kind in [DocumentKind::PaymentIntent, DocumentKind::Mail] {
        let claim = DueClaim {
            now: now + month,
            lease: MINUTE,
            kinds: vec![kind],
            scope: None,
            busy: Vec::new(),
            per_scope: 9,
            limit: 9,
        };
        let claimed = store.claim_due(claim).await.expect("claimed");
        assert_eq!(claimed.len(), wanted, "{kind:?}");
    }
    let backlog = store.backlog().await.expect("read");
    assert_eq!(
        (backlog.deliveries, backlog.mails),
        (wanted as u64, wanted as u64)
    );
    let oldest = [backlog.oldest_delivery, backlog.oldest_mail];
    for (scope, _) in oldest.into_iter().flatten() {
        assert!(sandboxes || scope == scopes[2].clone().into(), "{scope}");
    }
    let claimed = store
        .claim_deliveries(now + HOUR, MINUTE, None, &[], 9)
        .await;
    assert_eq!(claimed.expect("claimed").len(), wanted);
}
