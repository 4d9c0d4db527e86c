//! A terminal, the session on it, and the payment intent that is paid: what tills ask
//! and what the acquirer answers. What the terminal's gateway reports is in `reports`.

use super::{Bill, NewSession, Purpose, Session, Stage, Status};
use crate::Facts;
use crate::id::AttemptId;
use crate::money::Money;
use crate::payment_intent::{CaptureMode, Decision, Outcome, PaymentIntent};
use crate::problem::{Refusal, Violation};
use crate::terminal::{Terminal, TerminalStatus};
use crate::time::Timestamp;

/// What a till asks of a terminal.
#[derive(Clone, Debug)]
pub struct Order {
    /// A sale or a refund.
    pub purpose: Purpose,
    /// Whose software asks.
    pub software_house: String,
    /// Who sold that software.
    pub reseller: Option<String>,
}

/// The three as they are, and what has been decided about them so far.
#[derive(Clone, Debug)]
pub struct Counter {
    pub(super) terminal: Terminal,
    pub(super) session: Option<Session>,
    pub(super) intent: Option<PaymentIntent>,
    pub(super) decision: Option<Decision>,
    trader: String,
    statuses_before: usize,
    knew: bool,
}

/// What was decided: all of it is one commit.
#[derive(Clone, Debug)]
pub struct Changes {
    pub terminal: Terminal,
    /// The session, if there is one.
    pub session: Option<Session>,
    /// The payment intent, if it changes.
    pub decision: Option<Decision>,
}

impl Counter {
    /// A terminal with what belongs to it. The intent is that of the session,
    /// or of the order that is about to be made.
    pub fn new(
        terminal: Terminal,
        session: Option<Session>,
        intent: Option<PaymentIntent>,
        trader: &str,
    ) -> Self {
        Self {
            statuses_before: session.as_ref().map_or(0, |s| s.story.statuses.len()),
            knew: session.as_ref().is_some_and(|s| s.story.payment.is_some()),
            terminal,
            session,
            intent,
            decision: None,
            trader: trader.to_owned(),
        }
    }

    pub const fn terminal(&self) -> &Terminal {
        &self.terminal
    }

    pub const fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// Starts a session on the terminal.
    ///
    /// # Errors
    /// If the terminal is offline or at work, or the intent does not allow it.
    pub fn initiate(&mut self, order: Order, facts: &mut Facts<'_>) -> Result<(), Refusal> {
        match self.terminal.status() {
            TerminalStatus::Available => {}
            TerminalStatus::Offline => {
                return Err(Refusal::TerminalUnavailable(
                    "The terminal is offline or switched off. Check it, or choose another."
                        .to_owned(),
                ));
            }
            TerminalStatus::InUse => {
                return Err(Refusal::TerminalBusy(
                    "The terminal is in use. Wait for its session to end, or choose another."
                        .to_owned(),
                ));
            }
        }
        let bill = self.bill(&order.purpose, facts.now)?;
        let intent = self.intent.as_ref();
        let sale = matches!(order.purpose, Purpose::Sale { .. });
        let details = intent.map(|intent| &intent.details);
        let permitted = details.and_then(|d| d.config.as_ref()?.payment);
        let absent = match order.purpose {
            Purpose::UnlinkedRefund {
                card_holder_not_present,
                ..
            } => card_holder_not_present.unwrap_or(false),
            _ => details.is_some_and(|d| d.card_holder_not_present),
        };
        let new = NewSession {
            terminal: self.terminal.id.clone(),
            scope: self.terminal.scope.clone(),
            software_house: order.software_house,
            reseller: order.reseller,
            reference: details.map(|d| d.reference.clone()),
            bill,
            asks_tip: sale && permitted.is_some_and(|p| p.tips_allowed),
            keyed: absent,
            manual: sale && intent.is_some_and(|i| i.capture_mode == CaptureMode::Manual),
            purpose: order.purpose,
        };
        let session = Session::new(new, facts);
        self.terminal.session = Some(session.story.id.clone());
        (self.statuses_before, self.knew) = (0, false);
        self.session = Some(session);
        Ok(())
    }

    fn bill(&self, purpose: &Purpose, now: Timestamp) -> Result<Bill, Refusal> {
        let only = |amount: Money| Bill {
            amount,
            tips: None,
            service_charge: None,
            cashback: None,
        };
        match (purpose, &self.intent) {
            (Purpose::UnlinkedRefund { amount, .. }, _) if amount.minor <= 0 => {
                Err(Refusal::invalid(
                    "Details.UnlinkedRefund.Amount.Value",
                    "The Amount must be greater than 0.",
                ))
            }
            (Purpose::UnlinkedRefund { amount, .. }, _) => Ok(only(*amount)),
            (_, None) => Err(Refusal::NotFound("payment intent")),
            (Purpose::Sale { .. }, Some(intent)) => {
                intent.can_be_paid(now)?;
                Ok(Bill {
                    amount: intent.amount,
                    tips: intent.tips,
                    service_charge: intent.service_charge,
                    cashback: intent.cashback,
                })
            }
            (Purpose::MatchedRefund { amount, .. }, Some(intent)) => {
                let left = intent.can_be_refunded()?;
                match amount {
                    None => Ok(only(left)),
                    Some(amount) => refundable(*amount, left).map(only),
                }
            }
        }
    }

    /// The merchant gives the session up.
    ///
    /// # Errors
    /// If a card was presented, or the session is over.
    pub fn cancel(&mut self, facts: &mut Facts<'_>) -> Result<(), Refusal> {
        let now = facts.now;
        let session = self.session.as_mut().ok_or(NO_SESSION)?;
        match session.stage {
            Stage::Requested | Stage::Started => {
                session.enter(Status::CancelRequested, "", now);
                session.stage = Stage::Canceling;
                session.story.expire_at = now + super::CONFIRM_WITHIN;
                Ok(())
            }
            Stage::Canceling => Ok(()),
            Stage::Verifying
            | Stage::Asking { .. }
            | Stage::Signing
            | Stage::Closing
            | Stage::Rejecting
            | Stage::Unknown
            | Stage::Ended => Err(Refusal::TooLate(format!(
                "The session cannot be canceled: its status is '{}'{}. A session can only be canceled before a card is presented.",
                session.story.status.name(),
                match session.card {
                    Some(_) => ", and a card has been presented",
                    None => "",
                }
            ))),
        }
    }

    /// The merchant, or somebody at the terminal, verifies the signature.
    ///
    /// # Errors
    /// If none waits to be verified (any more).
    pub fn verify_signature(
        &mut self,
        accepted: bool,
        facts: &mut Facts<'_>,
    ) -> Result<(), Refusal> {
        let session = self.session.as_ref().ok_or(NO_SESSION)?;
        let waits = matches!(session.stage, Stage::Signing);
        // At its last moment the time is over, however it is noticed.
        if !waits || session.gives_up_at() <= facts.now {
            return Err(Refusal::TooLate(format!(
                "There is no signature to verify: the status of the session is '{}'. Nothing was changed.",
                session.story.status.name()
            )));
        }
        match accepted {
            true => self.accept("", facts),
            false => self.reject(facts),
        }
    }

    /// What became of the call to the acquirer, after the intent took it in.
    pub fn concluded(&mut self, decision: Option<Decision>, outcome: &Outcome, now: Timestamp) {
        self.decision = decision;
        let Some(session) = &mut self.session else {
            return;
        };
        match session.stage {
            Stage::Asking { .. } | Stage::Unknown => session.heard(outcome, now),
            Stage::Rejecting => match outcome {
                Outcome::NotDone => {
                    session.next = Some(now + crate::payment_intent::SETTLE_AFTER);
                }
                Outcome::Approved(_) => {
                    session.story.payment = None;
                    over(session);
                }
                Outcome::Declined(_) | Outcome::Challenged(_) => over(session),
            },
            _ => {}
        }
    }

    /// Claims the session's open call for the node that commits this: it sends it, and
    /// no other does.
    ///
    /// # Errors
    /// If it is claimed already.
    pub fn claim_call(&mut self, reference: &AttemptId) -> Result<(), Refusal> {
        let session = self.session.as_mut().ok_or(NO_SESSION)?;
        if session.claimed_call.as_ref() == Some(reference) {
            return Err(Refusal::Conflict("The call is claimed.".to_owned()));
        }
        session.claimed_call = Some(reference.clone());
        Ok(())
    }

    /// Looks again later at what is not known yet.
    pub fn look_again(&mut self, now: Timestamp) {
        if let Some(session) = &mut self.session {
            session.stage = Stage::Unknown;
            session.next = Some(now + crate::payment_intent::SETTLE_AFTER);
        }
    }

    /// Waits for what an open call's own timer finds out.
    pub fn rest(&mut self) {
        if let Some(session) = &mut self.session {
            session.next = None;
        }
    }

    /// What is due of the session by itself: the end of its patience, or taking back
    /// what was not signed for. Calls to the acquirer that are open already are not
    /// made here. Whether anything was due.
    pub fn go_on(&mut self, facts: &mut Facts<'_>) -> bool {
        let now = facts.now;
        let Some(session) = self.session.as_mut() else {
            return false;
        };
        if !session.story.status.is_final() && session.gives_up_at() <= now {
            match session.stage {
                Stage::Closing => session.close_now(now),
                Stage::Signing => {
                    let debug = "The signature was not verified in time and counts as accepted.";
                    // It can only be refused where the intent is gone.
                    let _ = self.accept(debug, facts);
                }
                _ => session.expire(now),
            }
            return true;
        }
        let calls = match session.stage {
            Stage::Asking { silent } => !silent,
            Stage::Unknown => session.attempt.is_some(),
            _ => false,
        };
        if calls || session.next.is_none_or(|next| next > now) {
            return false;
        }
        session.next = None;
        if session.stage == Stage::Rejecting {
            self.take_back(facts);
        }
        true
    }

    /// All that is to be written.
    pub fn into_changes(mut self, now: Timestamp) -> Changes {
        self.terminal.updated_at = now;
        if let Some(session) = &mut self.session {
            let news = session.story.statuses.len() > self.statuses_before
                || (session.story.payment.is_some() && !self.knew);
            if news && session.has_to_print() {
                session.print(&self.trader, &self.terminal.tid, now);
            }
            if self.terminal.session.as_ref() == Some(&session.story.id) {
                self.terminal.busy = !session.story.status.is_final();
            }
            if let Some(intent) = &self.intent {
                let is_news = intent.history(&session.story.id) != Some(&session.story);
                if is_news || self.decision.is_some() {
                    let decision = self.decision.take();
                    let mut decision = decision.unwrap_or_else(|| Decision::of(intent.clone()));
                    decision.intent_mut().keep_history(&session.story);
                    self.decision = Some(decision);
                }
            }
        }
        Changes {
            terminal: self.terminal,
            session: self.session,
            decision: self.decision,
        }
    }
}

/// There is no session to act on.
pub(super) const NO_SESSION: Refusal = Refusal::NotFound("terminal session");

fn over(session: &mut Session) {
    session.stage = Stage::Ended;
    session.next = None;
}

fn refundable(amount: Money, left: Money) -> Result<Money, Refusal> {
    const FIELD: &str = "Details.MatchedRefund.Amount";
    if amount.currency != left.currency {
        let rule = format!(
            "The currency of the payment intent is {}.",
            left.currency.code()
        );
        return Err(Refusal::invalid(&format!("{FIELD}.CurrencyCode"), &rule));
    }
    if amount.minor <= 0 {
        return Err(Refusal::Invalid(vec![Violation::new(
            format!("{FIELD}.Value"),
            "The Amount must be greater than 0.",
        )]));
    }
    if amount.minor > left.minor {
        return Err(Refusal::Amount(format!(
            "The amount is greater than the {left} that can still be refunded."
        )));
    }
    Ok(amount)
}
