//! Random commands against a small, independent model of the money: two
//! ledgers, the payer's and the acquirer's hold, and nothing else.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Command {
    /// Whether it is approved, and whether it is on a card machine.
    Pay(bool, bool),
    Abandon,
    Cancel,
    Amount(i64, bool),
    Tips(i64),
    Capture(i64, bool),
    Refund(i64, bool),
    Reverse(bool),
    Wait(i64),
}

fn commands() -> impl Strategy<Value = Vec<Command>> {
    let amount = prop_oneof![-5..3_000_i64, Just(i64::MAX), Just(0)];
    let command = prop_oneof![
        4 => any::<(bool, bool)>().prop_map(|(ok, machine)| Command::Pay(ok, machine)),
        1 => Just(Command::Abandon),
        1 => Just(Command::Cancel),
        2 => (amount.clone(), any::<bool>()).prop_map(|(a, ok)| Command::Amount(a, ok)),
        1 => (-1..500_i64).prop_map(Command::Tips),
        4 => (amount.clone(), any::<bool>()).prop_map(|(a, ok)| Command::Capture(a, ok)),
        4 => (amount, any::<bool>()).prop_map(|(a, ok)| Command::Refund(a, ok)),
        1 => any::<bool>().prop_map(Command::Reverse),
        2 => (0..200_i64).prop_map(Command::Wait),
    ];
    prop::collection::vec(command, 1..40)
}

/// What an acquirer would have in its books, from the attempts alone.
#[derive(Debug, Default)]
struct Ledger {
    authorized: i64,
    captured: i64,
    refunded: i64,
    tips: Option<i64>,
    undone: bool,
}

impl Ledger {
    fn approve(&mut self, attempt: &Attempt, mode: CaptureMode) {
        match &attempt.kind {
            AttemptKind::Pay { amount, .. } | AttemptKind::Charge { amount, .. } => {
                assert_eq!(self.authorized, 0, "charged twice");
                self.authorized = amount.minor;
                if mode == CaptureMode::Auto {
                    self.captured = amount.minor;
                }
            }
            AttemptKind::Increment { additional, .. } => self.authorized += additional.minor,
            AttemptKind::Capture { amount, tips, .. } => {
                self.captured += amount + tips.unwrap_or(0);
                if let Some(tips) = tips {
                    self.tips = Some(self.tips.unwrap_or(0) + tips);
                }
            }
            AttemptKind::Refund { amount, .. } => self.refunded += amount,
            AttemptKind::Reverse { .. } => {
                assert!(!self.undone && self.refunded == 0, "undone twice");
                (self.undone, self.authorized, self.captured) = (true, 0, 0);
            }
            AttemptKind::Release => self.authorized = self.captured,
            AttemptKind::TakeBack => (self.authorized, self.captured) = (0, 0),
        }
        assert!(
            self.captured <= self.authorized,
            "captured more than authorized: {self:?}"
        );
        assert!(
            self.refunded <= self.captured,
            "refunded more than captured: {self:?}"
        );
        assert!(
            [self.authorized, self.captured, self.refunded]
                .iter()
                .all(|m| *m >= 0)
        );
    }
}

fn step(desk: &mut Desk, ledger: &mut Ledger, command: &Command) {
    let approved = |ok: bool| {
        if ok {
            Outcome::Approved(approval())
        } else {
            decline()
        }
    };
    let mode = desk.intent.capture_mode;
    let begun = match command {
        Command::Pay(ok, true) => Some((
            desk.run(|i, f| {
                let way = in_person(f);
                i.begin_in_person(card(), way, f)
            }),
            *ok,
        )),
        Command::Pay(ok, false) => Some((
            desk.run(|i, f| i.begin_payment(card(), PayerDetails::default(), f)),
            *ok,
        )),
        Command::Abandon => {
            if desk
                .run(|i, f| i.begin_payment(card(), PayerDetails::default(), f))
                .is_ok()
            {
                desk.close(Outcome::NotDone);
            }
            None
        }
        Command::Cancel => {
            let _ = desk.run(PaymentIntent::cancel);
            None
        }
        Command::Amount(a, ok) => Some((
            desk.run(|i, f| i.set_amount(gbp(*a), (None, None), None, f)),
            *ok,
        )),
        Command::Tips(t) => Some((desk.run(|i, f| i.set_tips(gbp(*t), None, f)), true)),
        Command::Capture(a, ok) => {
            let wish = CaptureRequest {
                amount: *a,
                tips: (*a % 2 == 0).then_some(1),
            };
            Some((desk.run(|i, f| i.begin_capture(wish, None, f)), *ok))
        }
        Command::Refund(a, ok) => {
            let wish = RefundRequest {
                amount: *a,
                reason: None,
                notes: None,
            };
            Some((desk.run(|i, f| i.begin_refund(wish, None, f)), *ok))
        }
        Command::Reverse(ok) => Some((
            desk.run(|i, f| i.begin_reversal("Europe/London", None, f)),
            *ok,
        )),
        Command::Wait(hours) => {
            desk.now += SignedDuration::from_hours(*hours);
            if desk.is_due() {
                let facts = &mut Facts {
                    now: desk.now,
                    entropy: &mut desk.entropy,
                };
                let decision = desk.intent.come_due(facts);
                desk.take(decision.expect("what is due has something to decide"));
                if let Some(attempt) = desk.intent.attempt.clone() {
                    let takes = matches!(attempt.kind, AttemptKind::Capture { .. });
                    assert!(!takes || ledger.captured == 0, "more is taken unasked");
                    let reported = desk.reported.len();
                    ledger.approve(&attempt, mode);
                    desk.close(Outcome::Approved(approval()));
                    assert!(
                        !takes || desk.reported.len() == reported + 1,
                        "no event reports it"
                    );
                }
            }
            None
        }
    };
    if let (Some((Ok(()), ok)), Some(attempt)) = (begun, desk.intent.attempt.clone()) {
        if ok {
            ledger.approve(&attempt, mode);
        }
        desk.close(approved(ok));
    }
}

fn allowed(from: Status, to: Status, mode: CaptureMode) -> bool {
    use Status::{Authorized, Canceled, Captured, Created, Refunded, Reversed};
    match (from, to) {
        (a, b) if a == b => true,
        (Created, Canceled) | (Captured, Refunded) => true,
        (Created, Captured) | (Captured, Reversed) => mode == CaptureMode::Auto,
        (Created, Authorized) | (Authorized, Captured | Reversed) => mode == CaptureMode::Manual,
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn money_is_never_wrong(manual in any::<bool>(), capture_at_end in any::<bool>(), commands in commands()) {
        let mode = if manual { CaptureMode::Manual } else { CaptureMode::Auto };
        let mut draft = draft(1000, mode);
        if manual && capture_at_end {
            draft.auto_expire_action = Some(AutoExpireAction::Capture);
        }
        draft.details.config = Some(Config {
            payment: Some(PaymentPermissions { custom_amount_allowed: true, tips_allowed: true }),
            ..Config::default()
        });
        let (mut desk, mut ledger) = (Desk::open(draft), Ledger::default());
        for command in &commands {
            let before = desk.intent.status;
            step(&mut desk, &mut ledger, command);
            let intent = &desk.intent;
            prop_assert!(allowed(before, intent.status, mode), "{before:?} to {:?} by {command:?}", intent.status);
            prop_assert!(intent.attempt.is_none());
            if intent.status != Status::Reversed {
                prop_assert_eq!((intent.captured(), intent.refunded()), (ledger.captured, ledger.refunded));
            }
            prop_assert_eq!(intent.status == Status::Refunded, ledger.captured > 0 && ledger.refunded == ledger.captured);
            prop_assert_eq!(intent.status == Status::Reversed, ledger.undone);
            let way = intent.authorization.as_ref().and_then(|a| a.in_person.as_ref());
            if let (Some(_), Status::Captured, CaptureMode::Manual) = (way, intent.status, mode) {
                prop_assert!(intent.captures.len() == 1 && intent.capturable() == 0);
                let let_go = desk.is_due();
                prop_assert!(let_go || intent.held() == 0, "the rest is let go at once");
            }
            if let Some(tips) = ledger.tips {
                prop_assert_eq!(intent.tips, Some(gbp(tips)));
            }
            if let (Some(authorization), Status::Authorized) = (&intent.authorization, intent.status) {
                prop_assert_eq!(authorization.amount, intent.total());
                prop_assert_eq!(authorization.amount.minor, ledger.authorized);
            }
            let stored = serde_json::to_string(intent).expect("serialises");
            prop_assert_eq!(&serde_json::from_str::<PaymentIntent>(&stored).expect("reads"), intent);
        }
    }
}
