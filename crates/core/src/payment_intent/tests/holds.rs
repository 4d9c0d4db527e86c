//! Captures, and what becomes of a hold.

use super::*;

#[test]
fn captures_may_follow_each_other_until_the_hold_is_used_up() {
    let mut desk = paid(CaptureMode::Manual);
    assert!(matches!(desk.capture(1001), Err(Refusal::Amount(_))));
    assert_eq!(fields(desk.capture(0).expect_err("nothing")), ["Amount"]);
    desk.capture(300).expect("held");
    desk.operate(|i, f| {
        i.begin_capture(
            CaptureRequest {
                amount: 500,
                tips: Some(100),
            },
            None,
            f,
        )
    })
    .expect("held");
    assert_eq!(
        (desk.intent.captured(), desk.intent.capturable()),
        (900, 100)
    );
    assert!(matches!(desk.capture(101), Err(Refusal::Amount(_))));
    desk.capture(100).expect("held");
    assert!(matches!(desk.capture(1), Err(Refusal::Conflict(_))));
    assert_eq!(desk.reported, [Status::Authorized, Status::Captured]);
    assert_eq!(desk.intent.due_at(), None);
}

#[test]
fn a_hold_that_ends_is_released_or_captured() {
    for (action, status, captured) in [
        (AutoExpireAction::Release, Status::Reversed, 0),
        (AutoExpireAction::Capture, Status::Captured, 1000),
    ] {
        let mut desk = Desk::open(Draft {
            auto_expire_action: Some(action),
            ..draft(1000, CaptureMode::Manual)
        });
        desk.pay(Outcome::Approved(approval())).expect("payable");
        desk.wait(DEFAULT_HOLD - SignedDuration::from_secs(1));
        assert_eq!(desk.intent.status, Status::Authorized);
        desk.wait(SignedDuration::from_secs(1));
        assert_eq!(
            (desk.intent.status, desk.intent.captured()),
            (status, captured),
            "{action:?}"
        );
    }
}

#[test]
fn after_a_capture_the_rest_of_a_hold_is_only_let_go() {
    for action in [
        None,
        Some(AutoExpireAction::Release),
        Some(AutoExpireAction::Capture),
    ] {
        for back in [0, 100, 400] {
            let mut part = Desk::open(draft(1000, CaptureMode::Manual));
            part.intent.auto_expire_action = action;
            part.pay(Outcome::Approved(approval())).expect("payable");
            part.capture(400).expect("held");
            if back > 0 {
                part.refund(back).expect("captured");
            }
            part.wait(DEFAULT_HOLD);
            assert_eq!((part.intent.captured(), part.intent.held()), (400, 0));
            let last = part.intent.payment_events.last().map(|event| event.kind);
            assert_eq!(last, Some(PaymentEventKind::Released), "{action:?}");
            assert_eq!(part.intent.due_at(), None);
            let refused = part.capture(1);
            assert!(matches!(refused, Err(Refusal::Conflict(_))), "{refused:?}");
        }
    }
}

#[test]
fn an_online_hold_is_captured_in_parts_though_a_part_was_refunded() {
    let mut desk = paid(CaptureMode::Manual);
    desk.capture(400).expect("held");
    desk.refund(100).expect("captured");
    desk.capture(600).expect("held still");
    assert_eq!(
        (desk.intent.captured(), desk.intent.refunded()),
        (1000, 100)
    );
}

#[test]
fn a_payment_on_a_card_machine_is_captured_once_and_the_rest_let_go_at_once() {
    for action in [AutoExpireAction::Release, AutoExpireAction::Capture] {
        let mut desk = Desk::open(Draft {
            auto_expire_action: Some(action),
            ..draft(1000, CaptureMode::Manual)
        });
        desk.pay_in_person(Outcome::Approved(approval()))
            .expect("payable");
        desk.capture(400).expect("held");
        assert_eq!((desk.intent.captured(), desk.intent.held()), (400, 600));
        let refused = desk.capture(1);
        assert!(matches!(refused, Err(Refusal::Conflict(_))), "{refused:?}");
        assert_eq!(desk.intent.due_at(), Some(desk.now));
        desk.wait(SignedDuration::ZERO);
        assert_eq!((desk.intent.captured(), desk.intent.held()), (400, 0));
        assert_eq!(desk.intent.due_at(), None);
        assert_eq!(desk.reported, [Status::Authorized, Status::Captured]);
        // All of it at once leaves nothing to let go of.
        let mut whole = Desk::open(draft(1000, CaptureMode::Manual));
        whole
            .pay_in_person(Outcome::Approved(approval()))
            .expect("payable");
        whole.capture(1000).expect("held");
        assert_eq!(whole.intent.due_at(), None);
    }
}

#[test]
fn a_refund_that_fails_does_not_put_off_the_release() {
    let mut desk = Desk::open(draft(1000, CaptureMode::Manual));
    desk.pay_in_person(Outcome::Approved(approval()))
        .expect("payable");
    desk.capture(400).expect("held");
    let wish = RefundRequest {
        amount: 100,
        reason: None,
        notes: None,
    };
    desk.run(|i, f| i.begin_refund(wish, None, f))
        .expect("captured");
    desk.close(decline());
    assert_eq!(desk.intent.due_at(), Some(desk.now));
    desk.wait(SignedDuration::ZERO);
    assert_eq!(desk.intent.held(), 0);
}

#[test]
fn a_capture_that_happens_by_itself_is_told() {
    let mut desk = Desk::open(Draft {
        auto_expire_action: Some(AutoExpireAction::Capture),
        ..draft(1000, CaptureMode::Manual)
    });
    desk.pay(Outcome::Approved(approval())).expect("payable");
    desk.wait(DEFAULT_HOLD);
    assert_eq!(desk.reported, [Status::Authorized, Status::Captured]);
}

#[test]
fn the_tips_that_a_capture_names_are_the_tips_of_the_intent() {
    let take = |desk: &mut Desk, amount, tips| {
        desk.operate(|i, f| i.begin_capture(CaptureRequest { amount, tips }, None, f))
            .expect("held");
        (desk.intent.tips, desk.intent.total())
    };
    let mut desk = paid(CaptureMode::Manual);
    assert_eq!(take(&mut desk, 200, None), (None, gbp(1000)));
    assert_eq!(take(&mut desk, 200, Some(30)), (Some(gbp(30)), gbp(1030)));
    assert_eq!(take(&mut desk, 200, Some(5)), (Some(gbp(35)), gbp(1035)));
    assert_eq!(take(&mut desk, 100, None), (Some(gbp(35)), gbp(1035)));
    assert_eq!(desk.intent.captured(), 735);
    desk.refund(735).expect("tips are given back too");
    assert_eq!(desk.intent.status, Status::Refunded);
    // Tips that were asked for give way to those that were taken.
    let mut asked = Desk::open(Draft {
        tips: Some(AmountDraft {
            value: 100,
            currency_code: "GBP".to_owned(),
        }),
        ..draft(1000, CaptureMode::Manual)
    });
    asked.pay(Outcome::Approved(approval())).expect("payable");
    assert_eq!(take(&mut asked, 500, None), (Some(gbp(100)), gbp(1100)));
    assert_eq!(take(&mut asked, 500, Some(80)), (Some(gbp(80)), gbp(1080)));
}

#[test]
fn a_hold_that_could_not_be_ended_is_ended_later() {
    let mut desk = paid(CaptureMode::Manual);
    desk.capture(400).expect("held");
    desk.refund(100).expect("captured");
    desk.now += DEFAULT_HOLD;
    for _ in 0..3 {
        assert!(desk.is_due());
        desk.run(|i, f| Ok(i.come_due(f).expect("an attempt")))
            .expect("begun");
        desk.close(decline());
        assert_eq!(desk.intent.due_at(), Some(desk.now + SETTLE_AFTER));
        desk.now += SETTLE_AFTER;
    }
    desk.wait(SignedDuration::ZERO);
    assert_eq!(desk.intent.due_at(), None);
}
