//! A shop with one machine, and an acquirer that does as it is told.

mod histories;
mod tables;

use std::sync::Arc;

use super::*;
use crate::Facts;
use crate::account::Scope;
use crate::card::{CardEntry, CardNumber, Expiry};
use crate::id::tests::Seeded;
use crate::id::{AccountId, Environment, TerminalId};
use crate::money::{Currency, Money};
use crate::payment_intent::{
    AmountDraft, Approval, AttemptKind, AutoExpireAction, CaptureMode, Decline, DeclineReason,
    Draft, Outcome, PaymentIntent, create,
};
use crate::problem::Refusal;
use crate::terminal_session::{
    NotificationKind, Purpose, Receipts, Session, Stage, Status, Verification,
};
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
    /// All that the machine printed.
    papers: Vec<Receipts>,
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
            auto_expire_action: manual.then_some(AutoExpireAction::Release),
            ..draft()
        };
        let intent = create(scope, draft, &mut facts).expect("created").intent;
        Self {
            machine,
            session: None,
            intent: Arc::unwrap_or_clone(intent),
            now,
            entropy,
            paid: 0,
            approves: true,
            papers: Vec::new(),
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
        if let (Some(before), Some(after)) = (&self.session, &turn.session)
            && before.story.id == after.story.id
            && before.story.expire_at != after.story.expire_at
        {
            let (from, to) = (before.story.status, after.story.status);
            assert_ne!(from, to, "what expires moves with the status alone");
            assert!(!to.is_final(), "{to:?} keeps what it was");
        }
        self.machine = turn.machine;
        self.session = turn.session;
        let printed = self.machine.receipts.iter();
        let new = printed.filter(|printed| self.papers.last() != Some(printed));
        self.papers.extend(new.cloned().collect::<Vec<_>>());
        if let Some(decision) = turn.decision {
            self.intent = Arc::unwrap_or_clone(decision.intent);
        }
        Ok(done)
    }

    fn sell(&mut self) -> Result<(), Refusal> {
        self.start(Purpose::Sale {
            payment_intent: self.intent.id.clone(),
        })
    }

    fn start(&mut self, purpose: Purpose) -> Result<(), Refusal> {
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

    /// The same, while that many seconds go by.
    fn wait(&mut self, seconds: i64) {
        for _ in 0..seconds {
            self.now += SignedDuration::from_secs(1);
            self.run();
        }
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
                // What was authorized stays so.
                AttemptKind::Refund { .. } => {}
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
        self.intent = PaymentIntent::clone(&decision.intent);
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
        details: Box::new(crate::payment_intent::Details {
            reference: "Order-1".to_owned(),
            ..Default::default()
        }),
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
