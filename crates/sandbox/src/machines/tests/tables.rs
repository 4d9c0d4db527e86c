//! Tables of scripts, stages and actions.

use super::*;

#[test]
fn numbers_say_what_machines_do() {
    for ending in FLEET {
        let script = Script::of_tid(&format!("VCM{ending}"));
        assert_eq!(script.is_none(), ending == "MAN0", "{ending}");
    }
    let script = Script::of_tid("VCMSCD1").expect("a script");
    assert_eq!(script.outcome, Ending::Success);
    assert_eq!(script.entry, Reading::Contactless);
    assert_eq!(script.verification, Verification::Device);
    assert!(script.tip);
    for other in ["", "IP0", "12345678", "sip0", "SXP0", "SIX0", "SIP2"] {
        assert_eq!(Script::of_tid(other), None, "{other}");
    }
}

#[test]
fn scripts_end_as_they_say() {
    for (ending, approves, status) in [
        ("SIP0", true, Status::Captured),
        ("SCN0", true, Status::Captured),
        ("SCD0", true, Status::Captured),
        ("SIS0", true, Status::SignatureVerificationRequired),
        ("DIS0", true, Status::SignatureVerificationRequired),
        ("DIP0", false, Status::Declined),
        ("CIP0", true, Status::Canceled),
        ("UIP0", true, Status::Canceled),
    ] {
        let mut shop = Shop::new(ending, false, 1000);
        shop.approves = approves;
        shop.sell().expect("started");
        assert_eq!(shop.status(), status, "{ending}");
        shop.check();
    }
    let mut shop = Shop::new("SIP0", true, 1000);
    shop.sell().expect("started");
    assert_eq!(shop.status(), Status::Authorized);
}

#[test]
fn a_tip_on_the_machine_is_a_tenth_and_paid_with_it() {
    let mut shop = Shop::new("SIP1", false, 1000);
    shop.sell().expect("started");
    assert_eq!(shop.paid, 1100);
    assert_eq!(shop.intent.tips, Some(Money::new(100, Currency::Gbp)));
    assert_eq!(shop.intent.total().minor, 1100);
    shop.check();
}

#[test]
fn a_tap_above_the_limit_wants_the_chip() {
    let mut shop = Shop::new("MAN0", false, 10_001);
    shop.sell().expect("started");
    shop.press(Press::Tap(Shop::card("pin"))).expect("tapped");
    assert_eq!(shop.screen(), ScreenName::PresentCard);
    assert!(shop.press(Press::Tap(Shop::card("pin"))).is_err());
    shop.press(Press::TapDevice(Shop::card("pin")))
        .expect("a phone will do");
    assert_eq!(shop.status(), Status::Captured);
    let mut shop = Shop::new("MAN0", false, 10_000);
    shop.sell().expect("started");
    shop.press(Press::Tap(Shop::card("pin"))).expect("tapped");
    assert_eq!(shop.status(), Status::Captured);
}

#[test]
fn a_pin_may_be_wrong_twice() {
    let mut shop = Shop::new("MAN0", false, 1000);
    shop.sell().expect("started");
    shop.press(Press::Insert(Shop::card("pin")))
        .expect("inserted");
    assert_eq!(shop.screen(), ScreenName::EnterPin);
    for _ in 0..2 {
        shop.press(Press::Pin("0000".to_owned().into()))
            .expect("typed");
        assert_eq!(shop.screen(), ScreenName::WrongPin);
    }
    shop.press(Press::Pin("1234".to_owned().into()))
        .expect("typed");
    assert_eq!(shop.status(), Status::Captured);
    assert_eq!(shop.screen(), ScreenName::RemoveCard);
    shop.press(Press::RemoveCard).expect("removed");
    assert_eq!(shop.screen(), ScreenName::Approved);
    shop.press(Press::Ok).expect("done");
    assert_eq!(shop.screen(), ScreenName::Idle);
}

#[test]
fn sessions_are_canceled_until_a_card_is_presented_and_signed_for_in_time() {
    let mut shop = Shop::new("MAN0", false, 1000);
    shop.sell().expect("started");
    shop.decide(|counter, facts| counter.cancel(facts))
        .expect("in time");
    assert_eq!(shop.status(), Status::CancelRequested);
    shop.run();
    assert_eq!(shop.status(), Status::Canceled);
    shop.sell().expect("again");
    shop.press(Press::Insert(Shop::card("signature")))
        .expect("inserted");
    assert_eq!(shop.status(), Status::SignatureVerificationRequired);
    let late = shop.decide(|counter, facts| counter.cancel(facts));
    assert!(matches!(late, Err(Refusal::TooLate(_))), "{late:?}");
    shop.check();
    shop.now += SignedDuration::from_secs(79);
    shop.run();
    assert_eq!(shop.status(), Status::SignatureVerificationRequired);
    shop.now += SignedDuration::from_secs(1);
    let late = shop.decide(|counter, facts| counter.verify_signature(false, facts));
    assert!(matches!(late, Err(Refusal::TooLate(_))), "{late:?}");
    shop.run();
    assert_eq!(shop.status(), Status::Captured);
    shop.check();
}

#[test]
fn a_card_is_to_be_taken_a_second_before_the_end() {
    let readable = |ending| {
        let mut shop = Shop::new(ending, false, 1000);
        shop.machine.pace = Pace::Readable;
        shop
    };
    let check = |shop: &Shop, status| {
        let session = shop.session.as_ref().expect("a session");
        assert_eq!(session.story.status, status);
        let told = session.story.notifications.iter();
        let taken: Vec<_> = told
            .filter(|told| told.kind == NotificationKind::RemoveCard)
            .collect();
        let end = session.story.statuses.last().expect("an end");
        assert_eq!(taken.len(), 1, "{status:?}");
        assert_eq!(end.at, taken[0].at + Pace::CLOSE, "{status:?}");
        shop.check();
    };
    for (ending, approves, status) in [
        ("SIP0", true, Status::Captured),
        ("DIP0", false, Status::Declined),
        ("UIP0", true, Status::Canceled),
    ] {
        let mut shop = readable(ending);
        shop.approves = approves;
        shop.sell().expect("started");
        shop.wait(20);
        check(&shop, status);
    }
    let mut shop = readable("SIS0");
    shop.sell().expect("started");
    shop.wait(20);
    shop.decide(|counter, facts| counter.verify_signature(true, facts))
        .expect("in time");
    shop.wait(5);
    check(&shop, Status::Captured);
    // Whoever takes the card sooner ends it sooner.
    let mut shop = readable("MAN0");
    shop.sell().expect("started");
    shop.wait(3);
    shop.press(Press::Insert(Shop::card("pin")))
        .expect("inserted");
    shop.press(Press::Cancel).expect("canceled");
    assert_eq!(shop.status(), Status::Initiated);
    assert_eq!(shop.screen(), ScreenName::RemoveCard);
    shop.press(Press::RemoveCard).expect("taken");
    assert_eq!(shop.status(), Status::Canceled);
    shop.check();
}

#[test]
fn a_session_whose_end_is_known_ends_so_however_late_it_is_looked_at() {
    let mut shop = Shop::new("MAN0", false, 1000);
    shop.machine.pace = Pace::Readable;
    shop.sell().expect("started");
    shop.wait(3);
    shop.press(Press::Insert(Shop::card("pin")))
        .expect("inserted");
    shop.press(Press::Pin("1234".to_owned().into()))
        .expect("typed");
    shop.wait(5);
    assert_eq!(
        shop.intent.status,
        tatami_core::payment_intent::Status::Captured
    );
    assert_eq!(shop.status(), Status::Initiated);
    shop.press(Press::PowerOff).expect("the battery is out");
    shop.now += SignedDuration::from_hours(1);
    shop.run();
    assert_eq!(shop.status(), Status::Captured);
    shop.check();
}

#[test]
fn a_captured_session_tells_when_its_last_waiting_status_would_have_expired() {
    for pace in [Pace::Readable, Pace::Immediate] {
        let mut shop = Shop::new("SIP0", false, 1000);
        shop.machine.pace = pace;
        shop.sell().expect("started");
        shop.wait(20);
        let story = &shop.session.as_ref().expect("a session").story;
        assert_eq!(story.status, Status::Captured);
        let within = tatami_core::terminal_session::CARD_WITHIN;
        assert_eq!(story.expire_at, story.created_at + within);
    }
    let mut shop = Shop::new("SIS0", false, 1000);
    shop.sell().expect("started");
    let asked = shop.now;
    let expires = |shop: &Shop| shop.session.as_ref().expect("a session").story.expire_at;
    let within = tatami_core::terminal_session::SIGNATURE_WITHIN;
    assert_eq!(expires(&shop), asked + within);
    shop.wait(10);
    shop.decide(|counter, facts| counter.verify_signature(true, facts))
        .expect("in time");
    shop.wait(10);
    assert_eq!(shop.status(), Status::Captured);
    assert_eq!(expires(&shop), asked + within);
}

#[test]
fn a_machine_that_cannot_be_reached_is_told_from_one_at_work() {
    let mut shop = Shop::new("MAN0", false, 1000);
    shop.sell().expect("started");
    let busy = shop.sell();
    assert!(matches!(busy, Err(Refusal::TerminalBusy(_))), "{busy:?}");
    for (power, line) in [(false, true), (true, false), (false, false)] {
        let mut shop = Shop::new("MAN0", false, 1000);
        (shop.machine.power, shop.machine.line) = (power, line);
        shop.decide(|_, _| Ok(())).expect("it is told");
        let gone = shop.sell();
        let told = matches!(gone, Err(Refusal::TerminalUnavailable(_)));
        assert!(told, "{gone:?}");
    }
    let mut shop = Shop::new("MAN0", false, 1000);
    shop.machine.menu = true;
    shop.decide(|_, _| Ok(())).expect("it is told");
    let busy = shop.sell();
    assert!(matches!(busy, Err(Refusal::TerminalBusy(_))), "{busy:?}");
}

/// What the machine printed since there were so many papers: of each the line
/// that says what it is.
fn results(shop: &Shop, since: usize) -> Vec<&str> {
    const RESULTS: [&str; 4] = [
        "PLEASE SIGN BELOW",
        "SUCCESSFUL",
        "DECLINED",
        "SIGNATURE REJECTED",
    ];
    let result = |paper: &'_ tatami_core::terminal_session::Receipts| {
        let mut lines = paper.merchant.iter();
        lines.find_map(|line| RESULTS.into_iter().find(|result| line.text == *result))
    };
    let papers = shop.papers[since..].iter();
    papers.map(|paper| result(paper).expect("one")).collect()
}

#[test]
fn a_signed_payment_has_a_slip_and_then_its_receipts_once() {
    const SLIP: &str = "PLEASE SIGN BELOW";
    for (accepted, manual, printed) in [
        (true, false, [SLIP, "SUCCESSFUL"]),
        (true, true, [SLIP, "SUCCESSFUL"]),
        (false, false, [SLIP, "SIGNATURE REJECTED"]),
    ] {
        let mut shop = Shop::new("MAN0", manual, 1000);
        shop.machine.pace = Pace::Readable;
        shop.sell().expect("started");
        shop.wait(3);
        shop.press(Press::Swipe(Shop::card("signature")))
            .expect("swiped");
        shop.wait(6);
        assert_eq!(results(&shop, 0), [SLIP]);
        let customer = &shop.papers[0].customer;
        assert!(
            customer.iter().all(|line| line.text != SLIP),
            "one is signed"
        );
        shop.decide(|counter, facts| counter.verify_signature(accepted, facts))
            .expect("verified");
        // The till's answer has them already.
        assert_eq!(results(&shop, 0), printed);
        shop.wait(10);
        assert!(shop.session.as_ref().is_some_and(|s| s.next.is_none()));
        assert!(shop.status().is_final());
        assert_eq!(results(&shop, 0), printed, "{:?}", shop.status());
        shop.check();
    }
}

#[test]
fn a_signed_refund_has_its_receipts_when_it_is_known() {
    for (approves, result) in [(true, "SUCCESSFUL"), (false, "DECLINED")] {
        let mut shop = Shop::new("MAN0", false, 1000);
        shop.sell().expect("started");
        shop.press(Press::Tap(Shop::card("pin"))).expect("tapped");
        assert_eq!(results(&shop, 0), ["SUCCESSFUL"]);
        shop.machine.pace = Pace::Readable;
        shop.approves = approves;
        shop.start(Purpose::MatchedRefund {
            payment_intent: shop.intent.id.clone(),
            amount: None,
        })
        .expect("started");
        shop.wait(3);
        shop.press(Press::Swipe(Shop::card("signature")))
            .expect("swiped");
        shop.press(Press::Signature(true)).expect("verified");
        assert_eq!(shop.status(), Status::SignatureVerificationAccepted);
        assert_eq!(results(&shop, 1), ["PLEASE SIGN BELOW"]);
        shop.wait(10);
        assert!(shop.status().is_final());
        assert_eq!(results(&shop, 1), ["PLEASE SIGN BELOW", result]);
    }
}

#[test]
fn the_paper_of_a_rejected_signature_says_what_became_of_the_money() {
    let said = |shop: &Shop, words: &str| {
        let paper = shop.papers.last().expect("a paper");
        paper.merchant.iter().any(|line| line.text == words)
    };
    let reject = |shop: &mut Shop| {
        shop.press(Press::Swipe(Shop::card("signature")))
            .expect("swiped");
        shop.press(Press::Signature(false)).expect("rejected");
        assert_eq!(shop.status(), Status::SignatureVerificationRejected);
        assert!(said(shop, "SIGNATURE REJECTED"));
    };
    let mut shop = Shop::new("MAN0", false, 1000);
    shop.sell().expect("started");
    reject(&mut shop);
    assert!(said(&shop, "PAYMENT REVERSED"));
    shop.start(Purpose::UnlinkedRefund {
        amount: Money::new(800, Currency::Gbp),
        card_holder_not_present: None,
    })
    .expect("started");
    reject(&mut shop);
    assert!(said(&shop, "NO MONEY WAS MOVED"));
}

#[test]
fn every_stage_allows_what_it_shows_and_nothing_else() {
    let presses = |action: Action| match action {
        Action::Insert => Press::Insert(Shop::card("pin")),
        Action::Tap => Press::Tap(Shop::card("pin")),
        Action::Swipe => Press::Swipe(Shop::card("pin")),
        Action::TapDevice => Press::TapDevice(Shop::card("pin")),
        Action::KeyIn => Press::KeyIn(Shop::card("pin")),
        Action::Pin => Press::Pin("1234".to_owned().into()),
        Action::RemoveCard => Press::RemoveCard,
        Action::Cancel => Press::Cancel,
        Action::Ok => Press::Ok,
        Action::Tip => Press::Tip(0),
        Action::Sign => Press::Sign,
        Action::Signature => Press::Signature(true),
        Action::Menu => Press::Menu,
        Action::LeaveMenu => Press::LeaveMenu,
        Action::PowerOff => Press::PowerOff,
        Action::PowerOn => Press::PowerOn,
        Action::LoseLine => Press::LoseLine,
        Action::RestoreLine => Press::RestoreLine,
    };
    let stages = [
        (Stage::Requested, Prompt::Wait),
        (Stage::Started, Prompt::Wait),
        (Stage::Started, Prompt::Tip),
        (Stage::Started, Prompt::Present { chip: false }),
        (Stage::Started, Prompt::Present { chip: true }),
        (Stage::Started, Prompt::KeyIn),
        (Stage::Verifying, Prompt::Pin { tries_left: 3 }),
        (Stage::Asking { silent: false }, Prompt::Wait),
        (Stage::Asking { silent: true }, Prompt::Wait),
        (Stage::Signing, Prompt::Sign { signed: false }),
        (Stage::Closing, Prompt::Wait),
        (Stage::Canceling, Prompt::Wait),
        (Stage::Unknown, Prompt::Wait),
        (Stage::Ended, Prompt::Wait),
    ];
    for (stage, prompt) in stages {
        for (power, line, menu) in [
            (true, true, false),
            (true, false, false),
            (false, true, false),
        ] {
            let mut shop = Shop::new("MAN0", false, 1000);
            shop.sell().expect("started");
            if let Some(session) = &mut shop.session {
                session.stage = stage;
            }
            if let Some(play) = &mut shop.machine.play {
                (play.stage, play.prompt) = (stage, prompt);
            }
            (shop.machine.power, shop.machine.line, shop.machine.menu) = (power, line, menu);
            let possible = Action::possible(&shop.machine, shop.session.as_ref());
            for action in Action::ALL {
                let before = (
                    shop.terminal.clone(),
                    shop.machine.clone(),
                    shop.session.clone(),
                    shop.intent.clone(),
                );
                let pressed = shop.happen(|machine, counter, facts| {
                    machine.press(counter, presses(action), facts)
                });
                let refused = matches!(pressed, Err(Refusal::Conflict(_)));
                let wanted = possible.contains(&action);
                // A signature needs a payment that waits for it.
                let odd = action == Action::Signature && wanted;
                assert!(
                    odd || refused != wanted,
                    "{stage:?} {action:?}: {pressed:?}"
                );
                (shop.terminal, shop.machine, shop.session, shop.intent) = before;
            }
        }
    }
}

#[test]
fn a_refund_without_a_payment_is_asked_about_until_it_is_known() {
    let mut shop = Shop::new("MAN0", false, 1000);
    shop.start(Purpose::UnlinkedRefund {
        amount: Money::new(800, Currency::Gbp),
        card_holder_not_present: None,
    })
    .expect("started");
    shop.press(Press::Insert(Shop::card("pin")))
        .expect("inserted");
    shop.press(Press::Pin("1234".to_owned().into()))
        .expect("typed");
    let opened = shop.now;
    let open = |shop: &Shop| {
        let session = shop.session.as_ref().expect("a session");
        let soon = shop.now + tatami_core::payment_intent::SETTLE_AFTER;
        assert!(session.due_at().is_some_and(|due| due <= soon));
        let (call, since) = session.open_call().expect("an open call");
        assert_eq!(since, opened);
        call.clone()
    };
    let call = open(&shop);
    // The machine is reached again while the acquirer is not.
    shop.press(Press::LoseLine).expect("lost");
    shop.press(Press::RestoreLine).expect("restored");
    let look_again = |shop: &mut Shop| {
        shop.decide(|counter, facts| {
            counter.look_again(facts.now);
            Ok(())
        })
        .expect("decided");
    };
    look_again(&mut shop);
    assert_eq!(open(&shop), call);
    // The session ends before anybody knows.
    shop.now += tatami_core::terminal_session::ANSWER_WITHIN;
    shop.run();
    assert_eq!(shop.status(), Status::Expired);
    assert_eq!(open(&shop), call);
    shop.now += tatami_core::payment_intent::SETTLE_AFTER;
    look_again(&mut shop);
    assert_eq!(open(&shop), call);
    let now = shop.now;
    shop.decide(|counter, _| {
        counter.concluded(None, &Outcome::Approved(approval()), now);
        Ok(())
    })
    .expect("decided");
    let session = shop.session.expect("a session");
    assert_eq!(session.open_call(), None);
    assert!(session.story.payment.is_some());
    assert_eq!(session.story.status, Status::Expired);
}
