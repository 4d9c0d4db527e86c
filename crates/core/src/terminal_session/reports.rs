//! What a terminal's gateway reports, and what it means for the money.

use super::counter::NO_SESSION;
use super::{
    CARD_WITHIN, Counter, NotificationKind, Presented, Purpose, Session, Stage, Status,
    Verification,
};
use crate::Facts;
use crate::id::AttemptId;
use crate::money::Money;
use crate::payment_intent::{Decision, InPerson, RefundRequest};
use crate::problem::Refusal;
use crate::terminal::EntryMode;
use crate::time::{SignedDuration, Timestamp};

impl Counter {
    /// Whether the terminal can be reached, and whether somebody uses it for something
    /// that is no session.
    pub const fn report_availability(&mut self, online: bool, menu: bool) {
        self.terminal.online = online;
        self.terminal.menu = menu;
    }

    /// The terminal is at work on the session.
    pub fn confirmed(&mut self, now: Timestamp) {
        if let Some(session) = &mut self.session {
            session.enter(Status::Initiated, "", now);
            session.stage = Stage::Started;
            session.story.expire_at = session.story.created_at + CARD_WITHIN;
        }
    }

    /// The terminal shows something that is published.
    pub fn notify(&mut self, kind: NotificationKind, now: Timestamp) {
        if let Some(session) = &mut self.session {
            session.notify(kind, now);
        }
    }

    pub fn card_wanted(&mut self, now: Timestamp) {
        if let Some(session) = &mut self.session {
            if !session.keyed {
                session.notify(NotificationKind::PresentCard, now);
            }
            session.story.updated_at = now;
        }
    }

    /// The card holder added a tip.
    pub fn tip_added(&mut self, tip: Money) {
        if let Some(session) = &mut self.session {
            session.tipped(tip);
        }
    }

    /// A card was read. From now on the till cannot cancel.
    pub fn card_read(&mut self, presented: Presented) {
        if let Some(session) = &mut self.session {
            session.card_in = presented.entry == EntryMode::ContactChip;
            session.card = Some(presented);
            session.stage = Stage::Verifying;
        }
    }

    /// The holder of the card is verified: on with the money, but for a refund's
    /// signature, which comes first.
    pub fn verified(&mut self, facts: &mut Facts<'_>) {
        let Some(session) = self.session.as_mut() else {
            return;
        };
        let signs = session
            .card
            .as_ref()
            .is_some_and(|card| card.verification == Verification::Signature);
        if signs && session.is_refund() {
            session.ask_signature(facts.now);
            return;
        }
        self.ask_acquirer(facts);
    }

    /// It ended at the terminal: no acquirer was or will be asked.
    pub fn ended(&mut self, status: Status, debug: &str, now: Timestamp) {
        if let Some(session) = &mut self.session {
            session.end(status, debug, now);
        }
    }

    /// The card was taken out of the terminal.
    pub fn card_removed(&mut self, now: Timestamp) {
        if let Some(session) = &mut self.session {
            session.card_in = false;
            if session.stage == Stage::Closing {
                session.close_now(now);
            }
        }
    }

    /// Nothing keeps the terminal from ending as it is known to.
    pub fn closed(&mut self, now: Timestamp) {
        if let Some(session) = &mut self.session {
            session.close_now(now);
        }
    }

    /// The terminal shows the session no longer.
    pub fn put_away(&mut self) {
        if let Some(session) = &self.session
            && self.terminal.session.as_ref() == Some(&session.story.id)
        {
            self.terminal.session = None;
            self.terminal.busy = false;
        }
    }

    /// The acquirer is not asked before that time.
    pub const fn hold_call(&mut self, until: Timestamp) {
        if let Some(session) = &mut self.session {
            session.next = Some(until);
        }
    }

    /// Nothing will be heard of the acquirer's answer to the open call.
    pub fn fall_silent(&mut self, now: Timestamp) {
        if let Some(session) = &mut self.session
            && matches!(session.stage, Stage::Asking { silent: false })
        {
            session.fall_silent(now);
        }
    }

    /// The terminal gives up after that time, unless it hears something.
    pub fn give_up_after(&mut self, length: SignedDuration, now: Timestamp) {
        if let Some(session) = &mut self.session {
            session.give_up_at = Some(now + length);
        }
    }

    /// The terminal is reached again: what became of the open call is found out soon.
    pub fn settle_soon(&mut self, now: Timestamp) {
        let Some(session) = &mut self.session else {
            return;
        };
        if session.attempt.is_some() {
            session.stage = Stage::Unknown;
            session.next = Some(now);
        } else if let Some(intent) = &self.intent
            && intent.attempt.is_some()
        {
            let mut decision = Decision::of(intent.clone());
            if let Some(attempt) = &mut decision.intent_mut().attempt {
                attempt.settle_at = now;
            }
            self.decision = Some(decision);
        }
    }

    /// Opens the call to the acquirer, or ends where the intent does not allow
    /// it any more.
    fn ask_acquirer(&mut self, facts: &mut Facts<'_>) {
        let now = facts.now;
        let opened = self.open_attempt(facts);
        let Some(session) = self.session.as_mut() else {
            return;
        };
        match opened {
            Ok(attempt) => session.ask(attempt, now),
            Err(refusal) => session.end(Status::Canceled, &refusal.to_string(), now),
        }
    }

    fn open_attempt(&mut self, facts: &mut Facts<'_>) -> Result<Option<AttemptId>, Refusal> {
        let session = self.session.as_ref().ok_or(NO_SESSION)?;
        let card = session.card.as_ref().ok_or(NO_SESSION)?;
        let way = way(session, card);
        let intent = self.intent.as_ref();
        let decision = match (&session.story.purpose, intent) {
            (Purpose::UnlinkedRefund { .. }, _) => {
                return Ok(Some(AttemptId::mint(session.scope.environment, facts)));
            }
            (_, None) => return Err(Refusal::NotFound("payment intent")),
            (Purpose::Sale { .. }, Some(intent)) => {
                intent.begin_in_person(card.card.clone(), way, facts)?
            }
            (Purpose::MatchedRefund { .. }, Some(intent)) => {
                let wish = RefundRequest {
                    amount: session.bill.amount.minor,
                    reason: None,
                    notes: None,
                };
                let mut decision = intent.begin_refund(wish, None, facts)?;
                if let Some(attempt) = &mut decision.intent_mut().attempt {
                    attempt.in_person = Some(way);
                }
                decision
            }
        };
        self.decision = Some(decision);
        Ok(None)
    }

    /// The signature is accepted.
    pub(super) fn accept(&mut self, debug: &str, facts: &mut Facts<'_>) -> Result<(), Refusal> {
        let now = facts.now;
        let session = self.session.as_mut().ok_or(NO_SESSION)?;
        session.enter(Status::SignatureVerificationAccepted, debug, now);
        session.give_up_at = Some(now + CARD_WITHIN);
        if session.is_refund() {
            self.ask_acquirer(facts);
            return Ok(());
        }
        let status = session.success();
        session.close_next(status, "", now);
        let intent = self.intent.as_ref().ok_or(NO_SESSION)?;
        self.decision = Some(intent.accept_signature(facts)?);
        Ok(())
    }

    /// The signature is rejected: a payment is taken back, a refund is not made.
    pub(super) fn reject(&mut self, facts: &mut Facts<'_>) -> Result<(), Refusal> {
        let now = facts.now;
        let session = self.session.as_mut().ok_or(NO_SESSION)?;
        if session.card_in {
            session.notify(NotificationKind::RemoveCard, now);
        }
        session.close(Status::SignatureVerificationRejected, "", now);
        if !session.is_refund() {
            session.stage = Stage::Rejecting;
            self.take_back(facts);
        }
        Ok(())
    }

    /// Opens the call that takes an unsigned payment back.
    pub(super) fn take_back(&mut self, facts: &mut Facts<'_>) {
        let decision = self
            .intent
            .as_ref()
            .map(|intent| intent.begin_take_back(facts));
        let Some(session) = self.session.as_mut() else {
            return;
        };
        match decision {
            Some(Ok(decision)) => {
                self.decision = Some(decision);
                session.next = Some(facts.now);
            }
            // There is nothing (any more) to take back.
            Some(Err(_)) | None => session.stage = Stage::Ended,
        }
    }
}

fn way(session: &Session, card: &Presented) -> InPerson {
    InPerson {
        session: session.story.id.clone(),
        terminal: session.story.terminal.clone(),
        entry: card.entry,
        verification: card.verification,
        tip: session.machine_tip,
    }
}
