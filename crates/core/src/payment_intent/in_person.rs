//! Paying on a card machine.

use serde::{Deserialize, Serialize};

use super::attempt::Attempt;
use super::{
    Approval, AttemptKind, Decision, PaymentEvent, PaymentEventKind, PaymentIntent, Status,
};
use crate::Facts;
use crate::card::CardSummary;
use crate::id::{AttemptId, TerminalId, TerminalSessionId};
use crate::money::Money;
use crate::problem::Refusal;
use crate::terminal::{EntryMode, Story, Verification};
use crate::time::Timestamp;

/// How a card was presented to a machine.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InPerson {
    pub session: TerminalSessionId,
    /// The machine.
    pub terminal: TerminalId,
    /// How the card was read.
    pub entry: EntryMode,
    /// How its holder was verified.
    pub verification: Verification,
    /// The tip that was added on the machine.
    pub tip: Option<Money>,
}

/// An approved payment whose signature nobody has accepted yet. Until then the
/// intent is not paid; if the signature is rejected, it never was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsigned {
    /// The reference it was asked for under.
    pub reference: AttemptId,
    /// How much.
    pub amount: Money,
    pub card: CardSummary,
    /// The acquirer's approval.
    pub approval: Approval,
    /// How the card was presented.
    pub in_person: InPerson,
}

impl PaymentIntent {
    /// The latest report of a session.
    pub fn history(&self, session: &TerminalSessionId) -> Option<&Story> {
        self.terminal_sessions.iter().find(|s| s.id == *session)
    }

    /// Keeps the latest report of a session.
    pub(crate) fn keep_history(&mut self, story: &Story) {
        match self.terminal_sessions.iter_mut().find(|s| s.id == story.id) {
            Some(kept) => kept.clone_from(story),
            None => self.terminal_sessions.push(story.clone()),
        }
    }

    /// Refuses while a machine is at work on the payment.
    pub(super) fn off_machines(&self) -> Result<(), Refusal> {
        let in_session = self.terminal_sessions.iter().any(|s| !s.status.is_final());
        if in_session || self.unsigned.is_some() {
            let why = "It is being paid on a card machine. Wait for the terminal session to end, or cancel it.";
            return Err(self.refuse_because(why));
        }
        Ok(())
    }

    /// Refuses unless it can be paid now, by whatever means.
    ///
    /// # Errors
    /// If it is not `Created`, has expired, or somebody is paying it.
    pub fn can_be_paid(&self, now: Timestamp) -> Result<(), Refusal> {
        self.payable(now)?;
        self.off_machines()
    }

    /// What can be refunded still.
    ///
    /// # Errors
    /// If nothing is captured, or an operation is under way.
    pub fn can_be_refunded(&self) -> Result<Money, Refusal> {
        self.settled()?;
        if self.status != Status::Captured {
            return Err(self.refuse());
        }
        Ok(Money {
            minor: self.captured() - self.refunded(),
            ..self.amount
        })
    }

    /// Opens the attempt to pay with a card that a machine read.
    ///
    /// # Errors
    /// If the intent is not `Created`, has expired, or has an open attempt.
    pub fn begin_in_person(
        &self,
        card: CardSummary,
        way: InPerson,
        facts: &mut Facts<'_>,
    ) -> Result<Decision, Refusal> {
        self.payable(facts.now)?;
        let total = self.total();
        let tip = way.tip.map_or(0, |tip| tip.minor);
        let amount = Money {
            minor: total.minor.saturating_add(tip),
            ..total
        };
        let mut intent = self.clone();
        intent.session.used = true;
        intent.challenge = None;
        let mut decision = intent.attempt(
            AttemptKind::Pay {
                choice: None,
                amount,
                card,
                keeping: None,
            },
            None,
            facts,
        );
        if let Some(attempt) = &mut decision.intent_mut().attempt {
            attempt.in_person = Some(way);
        }
        Ok(decision)
    }

    /// Takes in an approval that waits for a signature.
    pub(super) fn sign(
        mut self,
        reference: AttemptId,
        amount: Money,
        card: CardSummary,
        approval: Approval,
        in_person: InPerson,
    ) -> Decision {
        self.unsigned = Some(Box::new(Unsigned {
            reference,
            amount,
            card,
            approval,
            in_person,
        }));
        Decision::of(self)
    }

    /// The signature was accepted: the intent is paid.
    ///
    /// # Errors
    /// If no payment waits for its signature.
    pub fn accept_signature(&self, facts: &mut Facts<'_>) -> Result<Decision, Refusal> {
        self.settled()?;
        let mut intent = self.changed(facts.now);
        let unsigned = intent.unsigned.take().ok_or_else(nothing_unsigned)?;
        Ok(intent.paid_unsigned(*unsigned, facts))
    }

    fn paid_unsigned(self, unsigned: Unsigned, facts: &mut Facts<'_>) -> Decision {
        let Unsigned {
            reference,
            amount,
            card,
            approval,
            in_person,
        } = unsigned;
        self.paid(
            reference,
            amount,
            card.into(),
            approval,
            Some(in_person),
            facts,
        )
    }

    /// Opens the attempt to take back a payment whose signature was rejected.
    ///
    /// # Errors
    /// If no payment waits for its signature, or an attempt is open.
    pub fn begin_take_back(&self, facts: &mut Facts<'_>) -> Result<Decision, Refusal> {
        self.settled()?;
        let unsigned = self.unsigned.as_ref().ok_or_else(nothing_unsigned)?;
        let way = unsigned.in_person.clone();
        let mut decision = self.attempt(AttemptKind::TakeBack, None, facts);
        if let Some(attempt) = &mut decision.intent_mut().attempt {
            attempt.in_person = Some(way);
        }
        Ok(decision)
    }

    /// It was taken back: the intent waits for its payer again.
    pub(super) fn taken_back(mut self, approval: &Approval, facts: &mut Facts<'_>) -> Decision {
        let unsigned = self.unsigned.take();
        let amount = unsigned.as_ref().map(|unsigned| unsigned.amount);
        let card = unsigned.map(|unsigned| unsigned.card);
        self.payment_events.push(PaymentEvent {
            payment_method: None,
            kind: PaymentEventKind::Reversed,
            transaction_id: approval.transaction_id.clone(),
            auth_code: approval.auth_code.clone(),
            amount,
            card,
            at: facts.now,
        });
        Decision::of(self)
    }

    /// It could not be taken back: the money is with the merchant, and the
    /// intent says so.
    pub(super) fn not_taken_back(
        mut self,
        transaction_id: &str,
        facts: &mut Facts<'_>,
    ) -> Decision {
        let Some(unsigned) = self.unsigned.take() else {
            return Decision::of(self);
        };
        self.payment_events.push(PaymentEvent {
            payment_method: None,
            kind: PaymentEventKind::Failed,
            transaction_id: transaction_id.to_owned(),
            auth_code: String::new(),
            amount: None,
            card: Some(unsigned.card.clone()),
            at: facts.now,
        });
        self.paid_unsigned(*unsigned, facts)
    }

    /// A payment that a machine asked for and that never was made is reported: the
    /// till may have shown that nobody knows.
    pub(super) fn tell_not_made(&mut self, attempt: &Attempt, now: Timestamp) {
        let (AttemptKind::Pay { card, .. }, Some(_)) = (&attempt.kind, &attempt.in_person) else {
            return;
        };
        self.payment_events.push(PaymentEvent {
            payment_method: None,
            kind: PaymentEventKind::Failed,
            transaction_id: String::new(),
            auth_code: String::new(),
            amount: None,
            card: Some(card.clone()),
            at: now,
        });
    }
}

fn nothing_unsigned() -> Refusal {
    Refusal::Conflict("There is no payment that waits for a signature.".to_owned())
}
