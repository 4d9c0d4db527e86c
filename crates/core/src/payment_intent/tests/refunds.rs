//! Refunds and reversals.

use super::*;

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
    assert_eq!(desk.reported, [Status::Captured, Status::Refunded]);
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
        reported: desk.reported.clone(),
        intent: desk.intent.clone(),
        entropy: Seeded(9),
    };
    assert!(matches!(tomorrow.reverse(), Err(Refusal::Conflict(_))));
    desk.now += SignedDuration::from_secs(59);
    desk.reverse().expect("the same day in London");
}
