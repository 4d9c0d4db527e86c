//! Changes of amount and tips.

use super::*;

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
