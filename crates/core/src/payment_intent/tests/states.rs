//! What each status allows.

use super::*;

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
                    let expected = format!(
                        "Invalid request for payment with id `{}`. The status `{}` does not allow this change.",
                        before.id,
                        status.name()
                    );
                    assert_eq!(why, expected, "{name} in {status:?}");
                    assert_eq!(desk.intent, before);
                }
                (result, allowed) => {
                    panic!("{name} in {status:?} {mode:?}: {result:?}, allowed: {allowed}")
                }
            }
        }
    }
}
