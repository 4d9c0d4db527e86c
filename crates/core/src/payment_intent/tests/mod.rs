//! The rules of payment intents: each by itself, then all of them at random
//! against a small model of the money.

mod amounts;
mod choice;
mod drafts;
mod holds;
mod model;
mod receipts;
mod refunds;
mod states;
mod tries;

use super::*;
use crate::card::{CardEntry, CardNumber, Expiry};
use crate::id::tests::Seeded;
use crate::id::{AccountId, Environment, TerminalId, TerminalSessionId};
use crate::money::Currency;
use crate::terminal::{EntryMode, Verification};

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

/// The published status that an event tells.
fn status_told(event: &Event) -> Status {
    let data: serde_json::Value = serde_json::from_str(&event.data).expect("JSON");
    serde_json::from_value(data["paymentStatus"].clone()).expect("a status")
}

/// An intent with its clock, driven like the engine drives it.
pub(super) struct Desk {
    pub now: Timestamp,
    pub entropy: Seeded,
    pub intent: PaymentIntent,
    /// The published statuses that were reported, in order.
    pub reported: Vec<Status>,
}

pub(super) fn draft(amount: i64, mode: CaptureMode) -> Draft {
    Draft {
        capture_mode: Some(mode),
        amount: Some(AmountDraft {
            value: amount,
            currency_code: "GBP".to_owned(),
        }),
        auto_expire_action: (mode == CaptureMode::Manual).then_some(AutoExpireAction::Release),
        details: Box::new(Details {
            reference: "Order 1".to_owned(),
            ..Details::default()
        }),
        ..Draft::default()
    }
}

pub(super) fn scope() -> Scope {
    let mut entropy = Seeded(1);
    let facts = &mut Facts {
        now: at("2026-06-01T10:00:00Z"),
        entropy: &mut entropy,
    };
    Scope {
        account: AccountId::mint(Environment::Production, facts),
        environment: Environment::Sandbox,
    }
}

pub(super) fn approval() -> Approval {
    Approval {
        transaction_id: "t1".to_owned(),
        auth_code: "123456".to_owned(),
        message: "AUTHORIZED".to_owned(),
        funding: None,
        avs_result: None,
        network_reference: None,
    }
}

pub(super) fn decline() -> Outcome {
    Outcome::Declined(Decline {
        reason: DeclineReason::DoNotHonour,
        message: "Declined".to_owned(),
        transaction_id: "t2".to_owned(),
    })
}

pub(super) fn card() -> CardSummary {
    CardEntry {
        number: CardNumber::parse("4111111111111111").expect("a test card"),
        expiry: Expiry {
            year: 2030,
            month: 12,
        },
        cv2: None,
        holder: "A Payer".to_owned(),
    }
    .summary()
}

/// A card put into a machine, with its PIN.
pub(super) fn in_person(facts: &mut Facts<'_>) -> InPerson {
    InPerson {
        session: TerminalSessionId::mint(Environment::Sandbox, facts),
        terminal: TerminalId::mint(Environment::Sandbox, facts),
        entry: EntryMode::ContactChip,
        verification: Verification::Pin,
        tip: None,
    }
}

pub(super) fn gbp(minor: i64) -> Money {
    Money::new(minor, Currency::Gbp)
}

impl Desk {
    pub fn open(draft: Draft) -> Self {
        let (now, mut entropy) = (at("2026-06-01T10:00:00Z"), Seeded(42));
        let decision = create(
            scope(),
            draft,
            &mut Facts {
                now,
                entropy: &mut entropy,
            },
        )
        .expect("a valid draft");
        let mut desk = Self {
            now,
            entropy,
            intent: PaymentIntent::clone(&decision.intent),
            reported: Vec::new(),
        };
        desk.take(decision);
        desk
    }

    fn take(&mut self, decision: Decision) {
        self.reported.extend(
            decision
                .events
                .iter()
                .filter(|e| e.kind == EventType::PAYMENT_INTENT_STATUS_UPDATED)
                .map(status_told),
        );
        self.intent = Arc::unwrap_or_clone(decision.intent);
    }

    pub fn run(
        &mut self,
        rule: impl FnOnce(&PaymentIntent, &mut Facts<'_>) -> Result<Decision, Refusal>,
    ) -> Result<(), Refusal> {
        let decision = rule(
            &self.intent,
            &mut Facts {
                now: self.now,
                entropy: &mut self.entropy,
            },
        )?;
        self.take(decision);
        Ok(())
    }

    /// Closes the open attempt, if there is one.
    pub fn close(&mut self, outcome: Outcome) {
        if let Some(attempt) = self.intent.attempt.clone() {
            self.run(|i, f| i.conclude(&attempt.id, outcome, f))
                .expect("the attempt is open");
        }
    }

    pub fn pay(&mut self, outcome: Outcome) -> Result<(), Refusal> {
        self.run(|i, f| i.begin_payment(card(), PayerDetails::default(), f))?;
        self.close(outcome);
        Ok(())
    }

    /// Pays with a card that a machine read.
    pub fn pay_in_person(&mut self, outcome: Outcome) -> Result<(), Refusal> {
        self.run(|i, f| {
            let way = in_person(f);
            i.begin_in_person(card(), way, f)
        })?;
        self.close(outcome);
        Ok(())
    }

    pub fn operate(
        &mut self,
        rule: impl FnOnce(&PaymentIntent, &mut Facts<'_>) -> Result<Decision, Refusal>,
    ) -> Result<(), Refusal> {
        self.run(rule)?;
        self.close(Outcome::Approved(approval()));
        Ok(())
    }

    pub fn capture(&mut self, amount: i64) -> Result<(), Refusal> {
        self.operate(|i, f| i.begin_capture(CaptureRequest { amount, tips: None }, None, f))
    }

    pub fn refund(&mut self, amount: i64) -> Result<(), Refusal> {
        self.operate(|i, f| {
            i.begin_refund(
                RefundRequest {
                    amount,
                    reason: None,
                    notes: None,
                },
                None,
                f,
            )
        })
    }

    pub fn reverse(&mut self) -> Result<(), Refusal> {
        self.operate(|i, f| i.begin_reversal("Europe/London", None, f))
    }

    /// Whether something is to be done now.
    pub fn is_due(&self) -> bool {
        self.intent.due_at().is_some_and(|at| at <= self.now)
    }

    /// Does what is due.
    pub fn wait(&mut self, by: SignedDuration) {
        self.now += by;
        if !self.is_due() || self.intent.attempt.is_some() {
            return;
        }
        let facts = &mut Facts {
            now: self.now,
            entropy: &mut self.entropy,
        };
        let decision = self.intent.come_due(facts);
        self.take(decision.expect("what is due has something to decide"));
        self.close(Outcome::Approved(approval()));
    }
}

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
