//! What a payer chooses to pay.

use super::*;

/// An intent of £10.00 that allows what is said.
fn desk(custom_amount_allowed: bool, tips_allowed: bool) -> Desk {
    let mut draft = draft(1000, CaptureMode::Auto);
    draft.details.config = Some(Config {
        payment: Some(PaymentPermissions {
            custom_amount_allowed,
            tips_allowed,
        }),
        ..Config::default()
    });
    Desk::open(draft)
}

fn chosen(amount: i64, tips: i64) -> Option<Choice> {
    Some(Choice {
        amount: gbp(amount),
        tips: Some(gbp(tips)),
    })
}

impl Desk {
    /// Whether a session for that choice was got.
    fn renew(&mut self, shown: i64, choice: Option<Choice>) -> Result<bool, Refusal> {
        let facts = &mut Facts {
            now: self.now,
            entropy: &mut self.entropy,
        };
        let renewed = self.intent.renew_session(gbp(shown), choice, facts)?;
        let got = renewed.is_some();
        if let Some(decision) = renewed {
            self.take(decision);
        }
        Ok(got)
    }

    fn money(&self) -> (i64, Option<i64>, i64) {
        let intent = &self.intent;
        let tips = intent.tips.map(|tips| tips.minor);
        (intent.amount.minor, tips, intent.total().minor)
    }
}

#[test]
fn exactly_what_was_chosen_is_paid_and_only_then_written() {
    let mut desk = desk(true, true);
    assert_eq!(desk.renew(1000, chosen(1500, 225)), Ok(true));
    assert_eq!(desk.money(), (1000, None, 1000), "nothing is changed yet");
    desk.pay(decline()).expect("payable");
    assert_eq!(
        desk.money(),
        (1000, None, 1000),
        "a decline changes nothing"
    );
    assert_eq!(desk.renew(1000, chosen(1500, 225)), Ok(true));
    desk.pay(Outcome::Approved(approval())).expect("payable");
    assert_eq!(desk.money(), (1500, Some(225), 1725));
    assert_eq!(desk.intent.requested_amount, Some(gbp(1000)));
    let paid = desk.intent.authorization.clone().expect("paid");
    assert_eq!(paid.amount, gbp(1725));
    assert_eq!(desk.intent.captured(), 1725);
}

#[test]
fn a_challenge_goes_on_with_what_was_chosen() {
    let mut desk = desk(true, true);
    assert_eq!(desk.renew(1000, chosen(1000, 150)), Ok(true));
    desk.run(|i, f| i.begin_payment(card(), PayerDetails::default(), f))
        .expect("payable");
    desk.close(Outcome::Challenged(Challenge {
        reference: desk.intent.attempt.clone().expect("open").id,
        transaction_id: "t1".to_owned(),
        acs_url: "/acs".to_owned(),
        payload: "p".to_owned(),
        card: card(),
        keeping: None,
        session: None,
        choice: None,
    }));
    assert_eq!(desk.money(), (1000, None, 1000));
    desk.run(PaymentIntent::refresh_session).expect("unpaid");
    desk.run(|i, f| i.resume_payment("t1", f)).expect("waiting");
    desk.close(Outcome::Approved(approval()));
    assert_eq!(desk.money(), (1000, Some(150), 1150));
    assert_eq!(desk.intent.captured(), 1150);
}

#[test]
fn what_is_not_open_to_the_payer_is_refused_and_changes_nothing() {
    for (amounts, tips, choice, good) in [
        (true, true, chosen(1, 0), true),
        (false, false, chosen(1000, 0), true),
        (false, true, chosen(1000, 300), true),
        (true, false, chosen(2000, 0), true),
        (false, true, chosen(999, 0), false),
        (true, false, chosen(1000, 1), false),
        (true, true, chosen(0, 100), false),
        (true, true, chosen(-5, 0), false),
        (true, true, chosen(1000, -1), false),
        (true, true, chosen(i64::MAX, 1), false),
    ] {
        let mut desk = desk(amounts, tips);
        let before = desk.intent.clone();
        let renewed = desk.renew(1000, choice);
        assert_eq!(
            renewed.is_ok(),
            good,
            "{amounts} {tips} {choice:?} {renewed:?}"
        );
        if !good {
            assert_eq!(desk.intent, before);
        }
    }
    let euros = Choice {
        amount: Money::new(1000, Currency::Eur),
        tips: None,
    };
    assert!(desk(true, true).renew(1000, Some(euros)).is_err());
}

#[test]
fn a_choice_belongs_to_its_session_and_to_what_was_asked_for() {
    let mut desk = desk(true, true);
    assert_eq!(desk.renew(1000, chosen(1500, 0)), Ok(true));
    assert_eq!(desk.renew(1000, None), Ok(true));
    desk.pay(decline()).expect("payable");
    assert_eq!(
        desk.renew(999, chosen(1500, 0)),
        Ok(false),
        "not what is asked for"
    );
    assert_eq!(desk.renew(1000, chosen(1500, 0)), Ok(true));
    let nonce = desk.intent.session.nonce.clone();
    desk.run(|i, f| i.set_amount(gbp(5000), (None, None), None, f))
        .expect("allowed");
    assert!(!desk.intent.session_open(&nonce, desk.now));
    assert_eq!(desk.renew(1000, chosen(1500, 0)), Ok(false));
    assert_eq!(desk.renew(5000, None), Ok(true));
    desk.pay(Outcome::Approved(approval())).expect("payable");
    assert_eq!(desk.money(), (5000, None, 5000));
}
