//! A shop with one machine, and an acquirer that does as it is told.

mod histories;
mod tables;

use std::sync::Arc;

use super::fleet::FLEET;
use super::screen::ScreenName;
use super::*;
use tatami_core::account::Scope;
use tatami_core::id::{AccountId, Environment, TerminalId};
use tatami_core::money::{Currency, Money};
use tatami_core::payment_intent::{
    AmountDraft, Approval, AttemptKind, AutoExpireAction, CaptureMode, Decline, DeclineReason,
    Draft, Outcome, PaymentIntent, create,
};
use tatami_core::problem::Refusal;
use tatami_core::terminal::Terminal;
use tatami_core::terminal_session::{
    Counter, NotificationKind, Order, Purpose, Receipts, Session, Status, Verification,
};
use tatami_core::{Entropy, Facts};

/// A machine with its session and intent, and an acquirer that does as it is told.
struct Shop {
    terminal: Terminal,
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
        let mut machine = Machine::new(&tid);
        let terminal = Terminal::new(id, scope.clone(), 0, tid, now);
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
            terminal,
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

    fn decide(
        &mut self,
        rule: impl FnOnce(&mut Counter, &mut Facts<'_>) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        self.happen(|_, counter, facts| rule(counter, facts))
    }

    fn happen(
        &mut self,
        rule: impl FnOnce(&mut Machine, &mut Counter, &mut Facts<'_>) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let intent = Some(self.intent.clone());
        let session = self.session.clone();
        let mut counter = Counter::new(self.terminal.clone(), session, intent, "Shop");
        let mut facts = Facts {
            now: self.now,
            entropy: &mut self.entropy,
        };
        let mut machine = self.machine.clone();
        rule(&mut machine, &mut counter, &mut facts)?;
        machine.follow(&mut counter, self.now);
        let changes = counter.into_changes(self.now);
        if let (Some(before), Some(after)) = (&self.session, &changes.session)
            && before.story.id == after.story.id
            && before.story.expire_at != after.story.expire_at
        {
            let (from, to) = (before.story.status, after.story.status);
            assert_ne!(from, to, "what expires moves with the status alone");
            assert!(!to.is_final(), "{to:?} keeps what it was");
        }
        self.machine = machine;
        self.terminal = changes.terminal;
        self.session = changes.session;
        let shown = self.shown();
        let printed = shown.and_then(|session| session.receipts.clone());
        let printed = printed.iter();
        let new = printed.filter(|printed| self.papers.last() != Some(printed));
        self.papers.extend(new.cloned().collect::<Vec<_>>());
        if let Some(decision) = changes.decision {
            self.intent = Arc::unwrap_or_clone(decision.intent);
        }
        Ok(())
    }

    /// The session that the machine shows.
    fn shown(&self) -> Option<&Session> {
        let session = self.session.as_ref();
        session.filter(|s| self.terminal.session.as_ref() == Some(&s.story.id))
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
            let play = self.machine.play.as_ref();
            let steps = play.and_then(|play| play.due_at);
            let is_due = |due: Option<Timestamp>| due.is_some_and(|due| due <= self.now);
            if !is_due(session.due_at()) && !is_due(steps) {
                return;
            }
            let asks = matches!(session.stage, Stage::Asking { silent: false });
            let gives_up = !session.story.status.is_final() && session.gives_up_at() <= self.now;
            if session.attempt.is_some() && !gives_up {
                // The answer to a call that is not of the intent is given by the test.
                return;
            }
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
        self.happen(|machine, counter, facts| {
            if !counter.go_on(facts) {
                machine.step(counter, facts);
            }
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
        self.happen(|machine, counter, facts| machine.press(counter, press, facts))?;
        self.run();
        Ok(())
    }

    fn status(&self) -> Status {
        self.session.as_ref().expect("a session").story.status
    }

    fn screen(&self) -> ScreenName {
        Screen::showing(&self.machine, self.shown()).name
    }

    fn card(handle: &str) -> WalletCard {
        let card = match handle {
            "pin" => "visa-debit",
            "signature" => "visa-signature",
            other => other,
        };
        wallet::card(card).expect("a card")
    }

    /// What must hold whatever happened.
    fn check(&self) {
        if let Some(session) = &self.session {
            let is_final = session.story.status.is_final();
            let shown = self.shown().is_some();
            assert!(!shown || self.terminal.busy != is_final);
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
        details: Box::new(tatami_core::payment_intent::Details {
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

/// A stream of random bytes from a seed.
struct Seeded(u64);

impl Entropy for Seeded {
    fn fill(&mut self, out: &mut [u8]) {
        for byte in out {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
            self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
            *byte = self.0.to_be_bytes()[0];
        }
    }
}
