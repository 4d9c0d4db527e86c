use super::*;
use crate::time::DAY;

fn fields(refusal: Refusal) -> Vec<String> {
    match refusal {
        Refusal::Invalid(broken) => broken.into_iter().map(|v| v.field).collect(),
        other => panic!("not a validation refusal: {other:?}"),
    }
}

fn refused(draft: Draft) -> Vec<String> {
    let mut entropy = Seeded(3);
    let facts = &mut Facts {
        now: at("2026-06-01T10:00:00Z"),
        entropy: &mut entropy,
    };
    fields(create(scope(), draft, facts).expect_err("a broken draft"))
}

fn paid(mode: CaptureMode) -> Desk {
    let mut desk = Desk::open(draft(1000, mode));
    desk.pay(Outcome::Approved(approval())).expect("payable");
    desk
}

#[test]
fn every_broken_rule_is_named_at_once() {
    let broken = Draft {
        amount: Some(AmountDraft {
            value: 0,
            currency_code: "USD".to_owned(),
        }),
        auto_expire_in: Some(TimeSpan::new(SignedDuration::from_secs(60))),
        expire_at: Some(at("2026-01-01T00:00:00Z")),
        details: Box::new(Details {
            reference: "x".repeat(61),
            payment_methods: vec!["Cash".to_owned()],
            config: Some(Config {
                redirect_url: Some("javascript:alert(1)".to_owned()),
                ..Config::default()
            }),
            customer: Some(Customer {
                email_address: Some("nobody".to_owned()),
                ..Customer::default()
            }),
            billing_address: Some(Address {
                country_code: Some("GBR".to_owned()),
                ..Address::default()
            }),
            ..Details::default()
        }),
        ..Draft::default()
    };
    assert_eq!(
        refused(broken),
        [
            "Amount.Value",
            "Amount.CurrencyCode",
            "AutoExpireIn",
            "ExpireAt",
            "Reference",
            "Customer.EmailAddress",
            "BillingAddress.CountryCode",
            "PaymentMethods[0]",
            "Config.RedirectUrl",
        ]
    );
    assert_eq!(refused(Draft::default()), ["Amount", "Reference"]);
    let huge = Draft {
        tips: Some(AmountDraft {
            value: 1,
            currency_code: "GBP".to_owned(),
        }),
        ..draft(i64::MAX, CaptureMode::Auto)
    };
    assert_eq!(refused(huge), ["Amount.Value"]);
}

#[test]
fn a_manual_payment_says_what_happens_at_the_end_of_its_hold() {
    let silent = Draft {
        auto_expire_action: None,
        ..draft(1000, CaptureMode::Manual)
    };
    assert_eq!(refused(silent), ["AutoExpireAction"]);
}

#[test]
fn a_hold_is_longer_than_30_seconds_and_shorter_than_7_days() {
    let with = |seconds| Draft {
        auto_expire_in: Some(TimeSpan::new(SignedDuration::from_secs(seconds))),
        ..draft(1000, CaptureMode::Manual)
    };
    for seconds in [30, 604_800] {
        assert_eq!(refused(with(seconds)), ["AutoExpireIn"], "{seconds}");
    }
    for seconds in [31, 604_799] {
        Desk::open(with(seconds));
    }
}

#[test]
fn the_total_adds_tips_service_charge_and_cashback() {
    let money = |value| {
        Some(AmountDraft {
            value,
            currency_code: "gbp".to_owned(),
        })
    };
    let desk = Desk::open(Draft {
        tips: money(100),
        service_charge: money(20),
        cashback: money(3),
        ..draft(1000, CaptureMode::Auto)
    });
    assert_eq!(desk.intent.total(), gbp(1123));
    assert_eq!(desk.intent.details.payment_methods, ["Card"]);
    assert_eq!(desk.intent.expire_at, desk.now + DEFAULT_EXPIRY);
}

#[test]
fn each_status_allows_just_what_the_diagrams_allow() {
    type Make = (Status, CaptureMode, fn() -> Desk);
    type Command = (
        &'static str,
        fn(&mut Desk) -> Result<(), Refusal>,
        fn(Status, CaptureMode) -> bool,
    );
    let make: [Make; 9] = [
        (Status::Created, CaptureMode::Auto, || {
            Desk::open(draft(1000, CaptureMode::Auto))
        }),
        (Status::Created, CaptureMode::Manual, || {
            Desk::open(draft(1000, CaptureMode::Manual))
        }),
        (Status::Captured, CaptureMode::Auto, || {
            paid(CaptureMode::Auto)
        }),
        (Status::Authorized, CaptureMode::Manual, || {
            paid(CaptureMode::Manual)
        }),
        (Status::Captured, CaptureMode::Manual, || {
            let mut desk = paid(CaptureMode::Manual);
            desk.capture(1000).expect("held");
            desk
        }),
        (Status::Canceled, CaptureMode::Auto, || {
            let mut desk = Desk::open(draft(1000, CaptureMode::Auto));
            desk.run(PaymentIntent::cancel).expect("unpaid");
            desk
        }),
        (Status::Reversed, CaptureMode::Auto, || {
            let mut desk = paid(CaptureMode::Auto);
            desk.reverse().expect("same day");
            desk
        }),
        (Status::Reversed, CaptureMode::Manual, || {
            let mut desk = paid(CaptureMode::Manual);
            desk.reverse().expect("within 7 days");
            desk
        }),
        (Status::Refunded, CaptureMode::Auto, || {
            let mut desk = paid(CaptureMode::Auto);
            desk.refund(1000).expect("captured");
            desk
        }),
    ];
    let commands: [Command; 6] = [
        (
            "pay",
            |d| d.pay(Outcome::Approved(approval())),
            |s, _| s == Status::Created,
        ),
        (
            "cancel",
            |d| d.run(PaymentIntent::cancel),
            |s, _| s == Status::Created,
        ),
        (
            "refresh",
            |d| d.run(PaymentIntent::refresh_session),
            |s, _| s == Status::Created,
        ),
        ("capture", |d| d.capture(1), |s, _| s == Status::Authorized),
        ("refund", |d| d.refund(1), |s, _| s == Status::Captured),
        ("reverse", Desk::reverse, |s, m| {
            s == Status::Authorized || (s == Status::Captured && m == CaptureMode::Auto)
        }),
    ];
    for (status, mode, make) in make {
        for (name, command, allowed) in commands {
            let mut desk = make();
            assert_eq!(
                (desk.intent.status, desk.intent.capture_mode),
                (status, mode)
            );
            let before = desk.intent.clone();
            match (command(&mut desk), allowed(status, mode)) {
                (Ok(()), true) => {}
                (Err(Refusal::Conflict(why)), false) => {
                    let told = format!(
                        "Invalid request for payment with id `{}`. The status `{}` does not allow this change.",
                        before.id,
                        status.name()
                    );
                    assert_eq!(why, told, "{name} in {status:?}");
                    assert_eq!(desk.intent, before);
                }
                (result, allowed) => {
                    panic!("{name} in {status:?} {mode:?}: {result:?}, allowed: {allowed}")
                }
            }
        }
    }
}

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
        (desk.intent.status, desk.told.as_slice()),
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

#[test]
fn amounts_change_only_with_permission_or_by_increment() {
    let mut fixed = Desk::open(draft(1000, CaptureMode::Auto));
    let change = |amount| {
        move |i: &PaymentIntent, f: &mut Facts<'_>| i.set_amount(gbp(amount), (None, None), None, f)
    };
    assert!(matches!(
        fixed.operate(change(2000)),
        Err(Refusal::NotAllowed(_))
    ));
    assert!(matches!(
        fixed.operate(|i, f| i.set_tips(gbp(1), None, f)),
        Err(Refusal::NotAllowed(_))
    ));

    let permissions = PaymentPermissions {
        custom_amount_allowed: true,
        tips_allowed: true,
    };
    let mut open = draft(1000, CaptureMode::Auto);
    open.details.config = Some(Config {
        payment: Some(permissions),
        ..Config::default()
    });
    let mut desk = Desk::open(open);
    let before = desk.intent.session.nonce.clone();
    desk.operate(change(5500)).expect("allowed");
    desk.operate(|i, f| i.set_tips(gbp(200), None, f))
        .expect("allowed");
    assert_eq!(
        (desk.intent.amount, desk.intent.requested_amount),
        (gbp(5500), Some(gbp(1000)))
    );
    assert_eq!(desk.intent.total(), gbp(5700));
    assert_ne!(
        desk.intent.session.nonce, before,
        "the old secret opens nothing any more"
    );
    for amount in [0, -1] {
        assert_eq!(
            fields(desk.operate(change(amount)).expect_err("not positive")),
            ["Amount.Value"]
        );
    }
    let euros =
        desk.operate(|i, f| i.set_amount(Money::new(1, Currency::Eur), (None, None), None, f));
    assert_eq!(
        fields(euros.expect_err("another currency")),
        ["Amount.CurrencyCode"]
    );

    let mut held = paid(CaptureMode::Manual);
    held.operate(change(1500)).expect("an increment");
    held.operate(change(1600)).expect("another");
    assert_eq!(
        held.intent.authorization.as_ref().map(|a| a.amount),
        Some(gbp(1600))
    );
    assert!(matches!(
        held.operate(change(1600)),
        Err(Refusal::Amount(_))
    ));
    let before = (held.intent.amount, held.intent.authorization.clone());
    held.run(change(9000)).expect("asked");
    held.close(decline());
    assert_eq!(
        (held.intent.amount, held.intent.authorization.clone()),
        before,
        "a decline changes nothing"
    );
    // What was taken is not changed, whatever the configuration says.
    for mode in [CaptureMode::Auto, CaptureMode::Manual] {
        let mut taken = paid(mode);
        let _already_when_auto = taken.capture(400);
        for refused in [
            taken.operate(change(2000)),
            taken.operate(|i, f| i.set_tips(gbp(1), None, f)),
        ] {
            assert!(matches!(refused, Err(Refusal::Conflict(_))), "{refused:?}");
        }
    }
}

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
    assert_eq!(desk.told, [Status::Authorized, Status::Captured]);
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
        assert_eq!(desk.told, [Status::Authorized, Status::Captured]);
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
    assert_eq!(desk.told, [Status::Authorized, Status::Captured]);
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

#[test]
fn refunds_go_up_to_what_was_captured() {
    let mut desk = paid(CaptureMode::Auto);
    desk.refund(400).expect("captured");
    assert_eq!(
        (desk.intent.status, desk.intent.refunded()),
        (Status::Captured, 400)
    );
    assert!(matches!(desk.refund(601), Err(Refusal::Amount(_))));
    assert_eq!(fields(desk.refund(0).expect_err("nothing")), ["Amount"]);
    assert!(
        matches!(desk.reverse(), Err(Refusal::Conflict(_))),
        "refunded in part"
    );
    desk.refund(600).expect("captured");
    assert_eq!(desk.intent.status, Status::Refunded);
    assert_eq!(desk.told, [Status::Captured, Status::Refunded]);
}

#[test]
fn reversal_windows() {
    let mut held = paid(CaptureMode::Manual);
    held.now += REVERSAL_WINDOW;
    held.reverse().expect("within 7 days");
    let mut late = paid(CaptureMode::Manual);
    late.now = late.now + REVERSAL_WINDOW + SignedDuration::from_secs(1);
    assert!(matches!(late.reverse(), Err(Refusal::Conflict(_))));
    // 22:59 UTC is 23:59 in London in summer: two minutes later is tomorrow.
    let mut desk = Desk::open(draft(1000, CaptureMode::Auto));
    desk.now = at("2026-06-01T22:59:00Z");
    desk.pay(Outcome::Approved(approval())).expect("payable");
    let mut tomorrow = Desk {
        now: desk.now + SignedDuration::from_secs(120),
        told: desk.told.clone(),
        intent: desk.intent.clone(),
        entropy: Seeded(9),
    };
    assert!(matches!(tomorrow.reverse(), Err(Refusal::Conflict(_))));
    desk.now += SignedDuration::from_secs(59);
    desk.reverse().expect("the same day in London");
}

#[test]
fn receipts_go_to_valid_addresses_of_paid_intents() {
    let mut desk = Desk::open(draft(1000, CaptureMode::Auto));
    let send = |emails: &[&str]| {
        let emails: Vec<String> = emails.iter().map(|e| (*e).to_owned()).collect();
        move |i: &PaymentIntent, f: &mut Facts<'_>| i.send_receipt(emails.clone(), f)
    };
    assert!(matches!(
        desk.run(send(&["a@shop.example"])),
        Err(Refusal::Conflict(_))
    ));
    let mut desk = paid(CaptureMode::Auto);
    desk.run(send(&["a@shop.example", "b.c+d@x-y.co.uk"]))
        .expect("paid");
    assert_eq!(fields(desk.run(send(&[])).expect_err("none")), ["Emails"]);
    assert_eq!(
        fields(
            desk.run(send(&["a@shop.example"; 21]))
                .expect_err("too many")
        ),
        ["Emails"]
    );
    let bad = [
        "a",
        "a@b",
        "a@@b.c",
        ".a@b.co",
        "a..b@c.de",
        "a b@c.de",
        "a@-b.co",
        "a@b..co",
        "a\r\nBcc: x@y.zz@b.co",
    ];
    assert_eq!(
        fields(desk.run(send(&bad)).expect_err("all bad")).len(),
        bad.len()
    );
}

#[test]
fn a_receipt_goes_out_by_itself_when_the_address_is_known() {
    let mut known = draft(1000, CaptureMode::Auto);
    known.details.customer = Some(Customer {
        email_address: Some("p@shop.example".to_owned()),
        ..Customer::default()
    });
    let mut desk = Desk::open(known);
    desk.run(|i, f| i.begin_payment(card(), PayerDetails::default(), f))
        .expect("payable");
    let attempt = desk.intent.attempt.clone().expect("open");
    let facts = &mut Facts {
        now: desk.now,
        entropy: &mut desk.entropy,
    };
    let decision = desk
        .intent
        .conclude(&attempt.id, Outcome::Approved(approval()), facts)
        .expect("open");
    assert_eq!(decision.receipts, ["p@shop.example"]);
    let kinds: Vec<_> = decision.events.iter().map(|e| e.kind.clone()).collect();
    assert_eq!(
        kinds,
        [
            EventType::PAYMENT_INTENT_STATUS_UPDATED,
            EventType::PAYMENT_INTENT_SEND_RECEIPT
        ]
    );
    assert!(
        desk.intent
            .due_at()
            .is_none_or(|t| t <= desk.now + 31 * DAY)
    );
}

#[test]
fn the_payload_has_the_published_form() {
    let mut desk = Desk::open(draft(1000, CaptureMode::Auto));
    desk.intent.id = PaymentIntentId::parse("pi_vpwd4ooAPEqyNAQe4z89WQ").expect("published");
    let facts = &mut Facts {
        now: at("2022-02-01T13:07:41.8667859Z"),
        entropy: &mut desk.entropy,
    };
    let event = Event {
        id: EventId::parse("evt_hnnHxIKR_Uy6bhZCusCltw").expect("published"),
        ..desk.intent.event(EventType::PAYMENT_INTENT_CREATED, facts)
    };
    let expected = r#"{"id":"evt_hnnHxIKR_Uy6bhZCusCltw","event":"payment_intent.created","accountId":"ACC","createdAt":"2022-02-01T13:07:41.8667859Z","data":{"paymentIntentId":"pi_vpwd4ooAPEqyNAQe4z89WQ","paymentStatus":"Created","captureMode":"Auto"}}"#;
    assert_eq!(
        event.payload(),
        expected.replace("ACC", scope().account.as_str())
    );
}
