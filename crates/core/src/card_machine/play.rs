//! What happens at a machine by itself: scripts, and time going by.

use super::{Counter, Ending, Pace, Reading, Script, Wallet, WalletCard};
use crate::Facts;
use crate::id::AttemptId;
use crate::money::Money;
use crate::payment_intent::{InPerson, RefundRequest};
use crate::problem::Refusal;
use crate::terminal_session::{
    CARD_WITHIN, CONTACTLESS_LIMIT, EntryMode, NotificationKind, PIN_TRIES, Presented, Purpose,
    Session, Stage, Status, Verification,
};
use crate::time::Timestamp;

impl Counter {
    /// What is due by now: the next step of the machine, or the end of its
    /// patience. A call to the acquirer is made by whoever calls this.
    pub fn step(&mut self, wallet: &dyn Wallet, facts: &mut Facts<'_>) {
        let now = facts.now;
        let online = self.machine.online();
        let Some(session) = self.session.as_mut() else {
            return;
        };
        let over = session.story.status.is_final();
        if !over && session.gives_up_at() <= now {
            match session.stage {
                Stage::Closing => session.close_now(now),
                Stage::Signing { .. } => {
                    let debug = "The signature was not verified in time and counts as accepted.";
                    // It can only be refused where the intent is gone.
                    let _ = self.accept(debug, facts);
                }
                _ => session.expire(now),
            }
            return;
        }
        if session.next.is_none_or(|next| next > now) {
            return;
        }
        session.next = None;
        match session.stage {
            Stage::Closing => session.close_now(now),
            Stage::Rejecting => self.take_back(facts),
            Stage::Ended => self.clear(now),
            Stage::Asking { .. } | Stage::Signing { .. } | Stage::Unknown => {}
            // It goes on when the machine is reached again.
            _ if !online => {}
            Stage::Requested => {
                session.enter(Status::Initiated, "", now);
                session.stage = Stage::Starting;
                session.story.expire_at = session.story.created_at + CARD_WITHIN;
                session.wait(Pace::START, now);
            }
            Stage::Canceling => session.end(Status::Canceled, "Canceled by the till.", now),
            Stage::Starting if session.asks_tip => {
                session.stage = Stage::Tip;
                if session.script.is_some() {
                    session.wait(Pace::TIP, now);
                }
            }
            Stage::Starting => open(session, now),
            Stage::Tip => {
                if session.script.is_some_and(|script| script.tip) {
                    let tenth = session.bill.amount.minor / 10;
                    session.tipped(Money::new(tenth, session.bill.amount.currency));
                }
                open(session, now);
            }
            Stage::Present { .. } | Stage::KeyIn => self.scripted_card(wallet, facts),
            Stage::Pin { .. } => self.authorize(facts),
        }
    }

    fn scripted_card(&mut self, wallet: &dyn Wallet, facts: &mut Facts<'_>) {
        let Some(session) = self.session.as_mut() else {
            return;
        };
        let Some(script) = session.script else {
            return;
        };
        if script.outcome == Ending::Cancelled {
            session.end(Status::Canceled, "Canceled on the terminal.", facts.now);
            return;
        }
        let contactless = script.entry == Reading::Contactless && !session.keyed;
        let Some(card) = wallet.scripted(script.is_declined(), contactless) else {
            session.end(Status::Canceled, "No card was presented.", facts.now);
            return;
        };
        let (entry, verification) = self.reading(&script);
        self.present(&card, entry, verification, facts);
    }

    /// How a scripted card is read: one that is tapped above the limit is
    /// inserted after all.
    fn reading(&mut self, script: &Script) -> (EntryMode, Verification) {
        let Some(session) = self.session.as_ref() else {
            return (EntryMode::ManualEntry, Verification::None);
        };
        let too_much = session.bill.total().minor > CONTACTLESS_LIMIT;
        match (session.keyed, script.entry, script.verification) {
            (true, _, _) => (EntryMode::ManualEntry, Verification::None),
            (_, Reading::Contactless, Verification::None) if too_much => {
                (EntryMode::ContactChip, Verification::Pin)
            }
            (_, Reading::Contactless, by) => (EntryMode::Contactless, by),
            (_, Reading::Inserted, by) => (EntryMode::ContactChip, by),
        }
    }

    /// A card is read.
    pub(super) fn present(
        &mut self,
        card: &WalletCard,
        entry: EntryMode,
        verification: Verification,
        facts: &mut Facts<'_>,
    ) {
        let presented = Presented {
            handle: Some(card.handle.to_owned()),
            card: card.card.summary(),
            entry,
            verification,
        };
        self.presented(presented, facts);
    }

    /// The same, of a card that may have been typed.
    pub(super) fn presented(&mut self, presented: Presented, facts: &mut Facts<'_>) {
        let now = facts.now;
        let Some(session) = self.session.as_mut() else {
            return;
        };
        session.card_in = presented.entry == EntryMode::ContactChip;
        let verification = presented.verification;
        session.card = Some(presented);
        if verification == Verification::Pin {
            session.notify(NotificationKind::PleaseWait, now);
            session.notify(NotificationKind::EnterPin, now);
            session.stage = Stage::Pin {
                tries_left: PIN_TRIES,
            };
            session.next = None;
            if session.script.is_some() {
                session.wait(Pace::PIN, now);
            }
            return;
        }
        self.authorize(facts);
    }

    /// The card is read and its holder verified: on with the money, but for a
    /// refund's signature, which comes first.
    pub(super) fn authorize(&mut self, facts: &mut Facts<'_>) {
        let now = facts.now;
        let Some(session) = self.session.as_mut() else {
            return;
        };
        let script = session.script;
        if script.is_some_and(|script| script.outcome == Ending::Unsuccessful) {
            session.notify(NotificationKind::CardError, now);
            session.end(Status::Canceled, "The terminal could not continue.", now);
            return;
        }
        let signs = session
            .card
            .as_ref()
            .is_some_and(|card| card.verification == Verification::Signature);
        if signs && session.is_refund() {
            session.ask_signature(now);
            return;
        }
        self.ask_acquirer(facts);
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
        let session = self.session.as_ref().ok_or(super::counter::NO_SESSION)?;
        let card = session.card.as_ref().ok_or(super::counter::NO_SESSION)?;
        let way = InPerson {
            session: session.story.id.clone(),
            terminal: session.story.terminal.clone(),
            entry: card.entry,
            verification: card.verification,
            tip: session.machine_tip,
        };
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
        let session = self.session.as_mut().ok_or(super::counter::NO_SESSION)?;
        session.enter(Status::SignatureVerificationAccepted, debug, now);
        session.give_up_at = Some(now + CARD_WITHIN);
        if session.is_refund() {
            self.ask_acquirer(facts);
            return Ok(());
        }
        let status = session.success();
        session.close_after(Pace::FINISH, status, "", now);
        let intent = self.intent.as_ref().ok_or(super::counter::NO_SESSION)?;
        self.decision = Some(intent.accept_signature(facts)?);
        Ok(())
    }

    /// The signature is rejected: a payment is taken back, a refund is not made.
    pub(super) fn reject(&mut self, facts: &mut Facts<'_>) -> Result<(), Refusal> {
        let now = facts.now;
        let session = self.session.as_mut().ok_or(super::counter::NO_SESSION)?;
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
    fn take_back(&mut self, facts: &mut Facts<'_>) {
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

    /// A scripted machine puts away what is on its screen.
    fn clear(&mut self, now: Timestamp) {
        let Some(session) = self.session.as_mut() else {
            return;
        };
        if session.card_in {
            session.card_in = false;
            session.wait(Pace::IDLE, now);
        } else {
            self.put_away();
        }
    }

    /// Shows the session no longer.
    pub(super) fn put_away(&mut self) {
        if let Some(session) = &self.session
            && self.machine.session.as_ref() == Some(&session.story.id)
        {
            self.machine.session = None;
            self.machine.busy = false;
        }
    }
}

/// Asks for the card.
pub(super) fn open(session: &mut Session, now: Timestamp) {
    if session.keyed {
        session.stage = Stage::KeyIn;
    } else {
        session.stage = Stage::Present { chip: false };
        session.notify(NotificationKind::PresentCard, now);
    }
    session.story.updated_at = now;
    session.next = None;
    if session.script.is_some() {
        session.wait(Pace::PRESENT, now);
    }
}
