//! Tries to pay, their challenges and their ends.

use super::*;

#[test]
fn a_declined_payment_can_be_tried_again_with_a_new_session() {
    let mut desk = Desk::open(draft(1000, CaptureMode::Auto));
    let first = desk.intent.session.nonce.clone();
    assert!(desk.intent.session_open(&first, desk.now));
    desk.pay(decline()).expect("payable");
    assert_eq!(desk.intent.status, Status::Created);
    assert_eq!(
        desk.intent.payment_events.last().map(|e| e.kind),
        Some(PaymentEventKind::Declined)
    );
    assert!(
        !desk.intent.session_open(&first, desk.now),
        "a session serves one try"
    );
    desk.run(PaymentIntent::refresh_session).expect("unpaid");
    assert!(
        desk.intent
            .session_open(&desk.intent.session.nonce, desk.now)
    );
    assert!(!desk.intent.session_open(&first, desk.now));
    assert!(
        !desk
            .intent
            .session_open(&desk.intent.session.nonce, desk.now + SESSION_LIFE)
    );
    desk.pay(Outcome::Approved(approval())).expect("payable");
    assert_eq!(
        (desk.intent.status, desk.reported.as_slice()),
        (Status::Captured, [Status::Captured].as_slice())
    );
}

#[test]
fn a_challenge_waits_and_is_finished_under_the_same_reference() {
    let mut desk = Desk::open(draft(1000, CaptureMode::Auto));
    desk.run(|i, f| i.begin_payment(card(), PayerDetails::default(), f))
        .expect("payable");
    let reference = desk.intent.attempt.clone().expect("open").id;
    desk.close(Outcome::Challenged(Challenge {
        keeping: None,
        choice: None,
        session: None,
        reference: reference.clone(),
        transaction_id: "t1".to_owned(),
        acs_url: "/acs".to_owned(),
        payload: "p".to_owned(),
        card: card(),
    }));
    assert_eq!(desk.intent.status, Status::Created);
    assert!(desk.run(|i, f| i.resume_payment("other", f)).is_err());
    desk.run(|i, f| i.resume_payment("t1", f)).expect("waiting");
    assert_eq!(desk.intent.attempt.clone().expect("open").id, reference);
    desk.close(Outcome::Approved(approval()));
    assert_eq!(desk.intent.status, Status::Captured);
    let kinds: Vec<_> = desk.intent.payment_events.iter().map(|e| e.kind).collect();
    assert_eq!(
        kinds,
        [PaymentEventKind::AuthChallenged, PaymentEventKind::Captured]
    );
}

#[test]
fn an_open_attempt_keeps_everything_else_waiting_and_is_closed_once() {
    let mut desk = Desk::open(draft(1000, CaptureMode::Auto));
    desk.run(|i, f| i.begin_payment(card(), PayerDetails::default(), f))
        .expect("payable");
    let attempt = desk.intent.attempt.clone().expect("open");
    assert_eq!(desk.intent.due_at(), Some(desk.now + SETTLE_AFTER));
    for result in [
        desk.run(PaymentIntent::cancel),
        desk.run(PaymentIntent::refresh_session),
        desk.run(|i, f| i.begin_payment(card(), PayerDetails::default(), f)),
        desk.reverse(),
    ] {
        assert!(matches!(result, Err(Refusal::Pending(_))), "{result:?}");
    }
    desk.close(Outcome::Approved(approval()));
    assert_eq!(desk.intent.due_at(), None);
    let again = desk.run(|i, f| i.conclude(&attempt.id, decline(), f));
    assert!(matches!(again, Err(Refusal::Conflict(_))));
    assert_eq!(desk.intent.status, Status::Captured);
}

#[test]
fn an_unpaid_intent_is_voided_at_its_time_even_after_a_late_decline() {
    let mut desk = Desk::open(Draft {
        expire_at: Some(at("2026-06-01T11:00:00Z")),
        ..draft(1000, CaptureMode::Auto)
    });
    desk.now = at("2026-06-01T10:59:59Z");
    desk.run(|i, f| i.begin_payment(card(), PayerDetails::default(), f))
        .expect("payable");
    desk.wait(SignedDuration::from_secs(10));
    assert_eq!(
        desk.intent.status,
        Status::Created,
        "the attempt decides first"
    );
    desk.close(decline());
    desk.wait(SignedDuration::ZERO);
    assert_eq!(desk.intent.status, Status::Canceled);
    assert!(desk.pay(Outcome::Approved(approval())).is_err());
}
