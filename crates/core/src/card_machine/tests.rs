//! Tables of states and actions, and random histories.

use proptest::prelude::*;

use super::*;
use crate::Facts;
use crate::account::Scope;
use crate::card::{CardEntry, CardNumber, Expiry};
use crate::id::tests::Seeded;
use crate::id::{AccountId, Environment, TerminalId};
use crate::money::{Currency, Money};
use crate::payment_intent::{
    AmountDraft, Approval, AttemptKind, CaptureMode, Decline, DeclineReason, Draft, Outcome,
    PaymentIntent, create,
};
use crate::problem::Refusal;
use crate::terminal_session::{Purpose, Session, Stage, Status, Verification};
use crate::time::{SignedDuration, Timestamp};

struct TestWallet;

impl Wallet for TestWallet {
    fn cards(&self) -> Vec<WalletCard> {
        let card = |handle, verification| WalletCard {
            handle,
            name: "Card",
            says: "Approved",
            features: &[
                Feature::Chip,
                Feature::Contactless,
                Feature::Swipe,
                Feature::Device,
            ],
            verification,
            card: CardEntry {
                number: CardNumber::parse("4111111111111111").expect("a number"),
                expiry: Expiry {
                    year: 2060,
                    month: 1,
                },
                cv2: None,
                holder: "Ada".to_owned(),
            },
        };
        vec![
            card("pin", Verification::Pin),
            card("signature", Verification::Signature),
        ]
    }

    fn scripted(&self, _: bool, _: bool) -> Option<WalletCard> {
        self.card("pin")
    }
}

/// A machine with its session and intent, and an acquirer that does as it is told.
struct Shop {
    machine: Machine,
    session: Option<Session>,
    intent: PaymentIntent,
    now: Timestamp,
    entropy: Seeded,
    paid: i64,
    approves: bool,
}

impl Shop {
    fn new(ending: &str, manual: bool, pence: i64) -> Self {
        let now: Timestamp = "2026-02-27T12:00:00Z".parse().expect("a moment");
        let mut entropy = Seeded(3);
        let mut facts = Facts {
            now,
            entropy: &mut entropy,
        };
        let scope = Scope {
            account: AccountId::mint(Environment::Sandbox, &mut facts),
            environment: Environment::Sandbox,
        };
        let id = TerminalId::mint(Environment::Sandbox, &mut facts);
        let tid = format!("VCMTEST{ending}");
        let mut machine = Machine::new(id, scope.clone(), 0, tid, now);
        machine.pace = Pace::Immediate;
        let draft = Draft {
            amount: Some(AmountDraft {
                value: pence,
                currency_code: "GBP".to_owned(),
            }),
            capture_mode: Some(if manual {
                CaptureMode::Manual
            } else {
                CaptureMode::Auto
            }),
            ..draft()
        };
        let intent = create(scope, draft, &mut facts).expect("created").intent;
        Self {
            machine,
            session: None,
            intent,
            now,
            entropy,
            paid: 0,
            approves: true,
        }
    }

    fn decide<T>(
        &mut self,
        rule: impl FnOnce(&mut Counter, &mut Facts<'_>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let intent = Some(self.intent.clone());
        let mut counter = Counter::new(self.machine.clone(), self.session.clone(), intent, "Shop");
        let mut facts = Facts {
            now: self.now,
            entropy: &mut self.entropy,
        };
        let done = rule(&mut counter, &mut facts)?;
        let turn = counter.turn(self.now);
        self.machine = turn.machine;
        self.session = turn.session;
        if let Some(decision) = turn.decision {
            self.intent = decision.intent;
        }
        Ok(done)
    }

    fn sell(&mut self) -> Result<(), Refusal> {
        let purpose = Purpose::Sale {
            payment_intent: self.intent.id.clone(),
        };
        let order = Order {
            purpose,
            software_house: "softwareHouse1".to_owned(),
            reseller: None,
        };
        self.session = None;
        self.decide(|counter, facts| counter.initiate(order, facts))?;
        self.run();
        Ok(())
    }

    /// Everything that is due, the acquirer's calls included.
    fn run(&mut self) {
        for _ in 0..40 {
            let Some(session) = &self.session else { return };
            if session.due_at().is_none_or(|due| due > self.now) {
                return;
            }
            let asks = matches!(session.stage, Stage::Asking { silent: false });
            let takes_back = session.stage == Stage::Rejecting;
            let due = session.next.is_some_and(|next| next <= self.now);
            if (asks || takes_back) && due && self.intent.attempt.is_some() {
                self.answer();
            } else {
                self.step();
            }
        }
        panic!("it does not come to rest: {:?}", self.session);
    }

    fn step(&mut self) {
        self.decide(|counter, facts| {
            counter.step(&TestWallet, facts);
            Ok(())
        })
        .expect("steps are never refused");
    }

    /// The acquirer answers the open attempt.
    fn answer(&mut self) {
        let attempt = self.intent.attempt.clone().expect("an attempt");
        let outcome = if self.approves {
            match &attempt.kind {
                AttemptKind::Pay { amount, .. } => self.paid += amount.minor,
                AttemptKind::TakeBack => {
                    let unsigned = self.intent.unsigned.as_ref().expect("unsigned");
                    self.paid -= unsigned.amount.minor;
                }
                other => panic!("{other:?} is not asked for here"),
            }
            Outcome::Approved(approval())
        } else {
            Outcome::Declined(Decline {
                reason: DeclineReason::DoNotHonour,
                message: "No".to_owned(),
                transaction_id: "t".to_owned(),
            })
        };
        let mut facts = Facts {
            now: self.now,
            entropy: &mut self.entropy,
        };
        let decision = self
            .intent
            .conclude(&attempt.id, outcome.clone(), &mut facts)
            .expect("concluded");
        self.intent = decision.intent.clone();
        let now = self.now;
        self.decide(|counter, _| {
            counter.concluded(Some(decision), &outcome, now);
            Ok(())
        })
        .expect("outcomes are never refused");
    }

    fn press(&mut self, press: Press) -> Result<(), Refusal> {
        self.decide(|counter, facts| counter.press(press, facts))?;
        self.run();
        Ok(())
    }

    fn status(&self) -> Status {
        self.session.as_ref().expect("a session").story.status
    }

    fn screen(&self) -> ScreenName {
        let shown = self.session.as_ref();
        let shown = shown.filter(|s| self.machine.session.as_ref() == Some(&s.story.id));
        Screen::showing(&self.machine, shown).name
    }

    fn card(handle: &str) -> WalletCard {
        TestWallet.card(handle).expect("a card")
    }

    /// What must hold whatever happened.
    fn check(&self) {
        if let Some(session) = &self.session {
            let is_final = session.story.status.is_final();
            let shown = self.machine.session.as_ref() == Some(&session.story.id);
            assert!(!shown || self.machine.busy != is_final);
            assert_eq!(self.intent.history(&session.story.id), Some(&session.story));
            let last = session.story.statuses.last().map(|event| event.status);
            assert_eq!(last, Some(session.story.status));
            let finals = session
                .story
                .statuses
                .iter()
                .filter(|e| e.status.is_final());
            assert!(finals.count() <= 1, "{:?}", session.story.statuses);
        }
        let authorized = self.intent.authorization.as_ref();
        let unsigned = self.intent.unsigned.as_ref();
        let known =
            authorized.map_or(0, |a| a.amount.minor) + unsigned.map_or(0, |u| u.amount.minor);
        assert_eq!(known, self.paid, "the acquirer's books agree");
        assert!(authorized.is_none() || unsigned.is_none());
    }
}

fn draft() -> Draft {
    Draft {
        details: crate::payment_intent::Details {
            reference: "Order-1".to_owned(),
            ..Default::default()
        },
        ..Default::default()
    }
}

fn approval() -> Approval {
    Approval {
        transaction_id: "t".to_owned(),
        auth_code: "123456".to_owned(),
        message: "DEPOSITED".to_owned(),
        funding: None,
        avs_result: None,
        network_reference: None,
    }
}

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
        shop.press(Press::Pin("0000".to_owned())).expect("typed");
        assert_eq!(shop.screen(), ScreenName::WrongPin);
    }
    shop.press(Press::Pin("1234".to_owned())).expect("typed");
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
fn every_stage_allows_what_it_shows_and_nothing_else() {
    let presses = |action: Action| match action {
        Action::Insert => Press::Insert(Shop::card("pin")),
        Action::Tap => Press::Tap(Shop::card("pin")),
        Action::Swipe => Press::Swipe(Shop::card("pin")),
        Action::TapDevice => Press::TapDevice(Shop::card("pin")),
        Action::KeyIn => Press::KeyIn(Shop::card("pin")),
        Action::Pin => Press::Pin("1234".to_owned()),
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
        Stage::Requested,
        Stage::Starting,
        Stage::Tip,
        Stage::Present { chip: false },
        Stage::Present { chip: true },
        Stage::KeyIn,
        Stage::Pin { tries_left: 3 },
        Stage::Asking { silent: false },
        Stage::Asking { silent: true },
        Stage::Signing { signed: false },
        Stage::Canceling,
        Stage::Unknown,
        Stage::Ended,
    ];
    for stage in stages {
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
            (shop.machine.power, shop.machine.line, shop.machine.menu) = (power, line, menu);
            let possible = Action::possible(&shop.machine, shop.session.as_ref());
            for action in Action::ALL {
                let before = (
                    shop.machine.clone(),
                    shop.session.clone(),
                    shop.intent.clone(),
                );
                let pressed = shop.decide(|counter, facts| counter.press(presses(action), facts));
                let refused = matches!(pressed, Err(Refusal::Conflict(_)));
                let wanted = possible.contains(&action);
                // A signature needs a payment that waits for it.
                let odd = action == Action::Signature && wanted;
                assert!(
                    odd || refused != wanted,
                    "{stage:?} {action:?}: {pressed:?}"
                );
                (shop.machine, shop.session, shop.intent) = before;
            }
        }
    }
}

fn any_press() -> impl Strategy<Value = Press> {
    let card = prop::sample::select(vec!["pin", "signature"]);
    prop_oneof![
        3 => card.clone().prop_map(|card| Press::Insert(Shop::card(card))),
        1 => card.clone().prop_map(|card| Press::Tap(Shop::card(card))),
        1 => card.clone().prop_map(|card| Press::Swipe(Shop::card(card))),
        1 => card.prop_map(|card| Press::KeyIn(Shop::card(card))),
        3 => Just(Press::Pin("1234".to_owned())),
        1 => Just(Press::Pin("9".to_owned())),
        1 => Just(Press::RemoveCard),
        1 => Just(Press::Cancel),
        1 => Just(Press::Ok),
        1 => Just(Press::Sign),
        1 => any::<bool>().prop_map(Press::Signature),
        1 => Just(Press::Menu),
        1 => Just(Press::LeaveMenu),
        1 => Just(Press::PowerOff),
        2 => Just(Press::PowerOn),
        1 => Just(Press::LoseLine),
        2 => Just(Press::RestoreLine),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    Press(Press),
    Sell,
    Cancel,
    Sign(bool),
    Wait(i64),
    Approve(bool),
    /// Somebody asks what became of the open attempt.
    Settle,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => any_press().prop_map(Step::Press),
        3 => Just(Step::Sell),
        1 => Just(Step::Cancel),
        1 => any::<bool>().prop_map(Step::Sign),
        1 => (1..120_i64).prop_map(Step::Wait),
        1 => any::<bool>().prop_map(Step::Approve),
        1 => Just(Step::Settle),
    ]
}

proptest! {
    #[test]
    fn whatever_is_pressed_the_money_is_right(
        readable: bool,
        manual: bool,
        ending in prop::sample::select(FLEET.to_vec()),
        steps in prop::collection::vec(any_step(), 1..40),
    ) {
        let mut shop = Shop::new(ending, manual, 1000);
        if readable {
            shop.machine.pace = Pace::Readable;
        }
        for step in steps {
            // What is refused changes nothing, which the check shows.
            let _refused = match step {
                Step::Press(press) => shop.press(press),
                Step::Sell => match shop.machine.busy {
                    true => Ok(()),
                    false => {
                        let before = shop.session.take();
                        let sold = shop.sell();
                        if shop.session.is_none() {
                            shop.session = before;
                        }
                        sold
                    }
                },
                Step::Cancel => shop.decide(|counter, facts| counter.cancel(facts)),
                Step::Sign(accepted) => {
                    shop.decide(|counter, facts| counter.verify_signature(accepted, facts))
                }
                Step::Wait(seconds) => {
                    shop.now += SignedDuration::from_secs(seconds);
                    Ok(())
                }
                Step::Approve(approves) => {
                    shop.approves = approves;
                    Ok(())
                }
                Step::Settle => {
                    let tells = shop.session.as_ref().is_some_and(|session| {
                        let attempt = shop.intent.attempt.as_ref();
                        let way = attempt.and_then(|attempt| attempt.in_person.as_ref());
                        way.is_some_and(|way| way.session == session.story.id)
                    });
                    if tells {
                        shop.answer();
                    }
                    Ok(())
                }
            };
            shop.run();
            shop.check();
        }
    }
}
