//! What moves a session, as far as it concerns the session alone.

use super::{Close, NotificationKind, Payment, Presented, Session, Stage, Status};
use crate::id::AttemptId;
use crate::money::Money;
use crate::payment_intent::{Approval, Outcome};
use crate::time::Timestamp;

impl Session {
    /// Comes to a status.
    pub(crate) fn enter(&mut self, status: Status, debug: &str, now: Timestamp) {
        self.give_up_at = None;
        self.story.status = status;
        self.story.updated_at = now;
        self.story.statuses.push(super::StatusEvent {
            status,
            debug: debug.to_owned(),
            at: now,
        });
    }

    /// Notes what the terminal shows.
    pub(crate) fn notify(&mut self, kind: NotificationKind, now: Timestamp) {
        self.story.updated_at = now;
        self.story
            .notifications
            .push(super::Notification { kind, at: now });
    }

    /// Ends, with what the terminal shows of it. A card that is in the terminal is
    /// to be taken first, so that a client that polls sees it.
    pub(crate) fn end(&mut self, status: Status, debug: &str, now: Timestamp) {
        if status == Status::Declined {
            self.notify(NotificationKind::Declined, now);
        }
        match self.card_in {
            true => self.close_next(status, debug, now),
            false => self.close(status, debug, now),
        }
    }

    /// Ends as soon as the terminal has printed and the card is taken.
    pub(crate) fn close_next(&mut self, status: Status, debug: &str, now: Timestamp) {
        if self.card_in {
            self.notify(NotificationKind::RemoveCard, now);
        }
        self.stage = Stage::Closing;
        self.close = Some(Close {
            status,
            debug: debug.to_owned(),
        });
        self.next = None;
    }

    /// Ends as it is known to.
    pub(crate) fn close_now(&mut self, now: Timestamp) {
        match self.close.take() {
            Some(close) => self.close(close.status, &close.debug, now),
            None => self.close(self.success(), "", now),
        }
    }

    /// Ends at once.
    pub(crate) fn close(&mut self, status: Status, debug: &str, now: Timestamp) {
        self.enter(status, debug, now);
        self.stage = Stage::Ended;
        self.next = None;
    }

    /// The status of a session that brought what it was for.
    pub(crate) const fn success(&self) -> Status {
        if self.manual {
            Status::Authorized
        } else {
            Status::Captured
        }
    }

    /// Adds a tip that was given on the machine.
    pub(crate) fn tipped(&mut self, tip: Money) {
        let before = self.bill.tips.map_or(0, |tips| tips.minor);
        let tips = Money {
            minor: before.saturating_add(tip.minor),
            ..tip
        };
        self.bill.tips = Some(tips);
        self.machine_tip = Some(tip);
    }

    /// Gives up: the status it is in has lasted too long.
    pub(crate) fn expire(&mut self, now: Timestamp) {
        // A client that asked what became of the call may have to ask again.
        let asked = matches!(self.stage, Stage::Asking { .. } | Stage::Unknown);
        let debug = match self.stage {
            Stage::Requested => "The terminal did not confirm the session.",
            Stage::Asking { .. } | Stage::Unknown => {
                "The terminal did not answer: the result is unknown."
            }
            _ => "The terminal did not finish the session in time.",
        };
        self.enter(Status::Expired, debug, now);
        self.next = None;
        if asked {
            self.stage = Stage::Unknown;
            // One without a payment intent has to ask for itself what became of it.
            if self.attempt.is_some() {
                self.next = Some(now + crate::payment_intent::SETTLE_AFTER);
            }
            return;
        }
        self.stage = Stage::Ended;
    }

    /// Takes in what became of the call to the acquirer. A session that was
    /// given up meanwhile stays so; what is learnt is published beside it.
    pub(crate) fn heard(&mut self, outcome: &Outcome, now: Timestamp) {
        let late = self.story.status.is_final();
        (self.attempt, self.asked_at) = (None, None);
        match outcome {
            Outcome::Approved(approval) => {
                self.story.payment = self.card.as_ref().map(|card| payment(card, approval, now));
                match late {
                    true => self.known(now),
                    false if self.wants_signature() => self.ask_signature(now),
                    false => {
                        let status = self.success();
                        self.end(status, "", now);
                    }
                }
            }
            _ if late => self.known(now),
            Outcome::Declined(decline) => self.end(Status::Declined, &decline.message, now),
            Outcome::Challenged(_) | Outcome::NotDone => {
                self.end(Status::Canceled, "The payment was not made.", now);
            }
        }
    }

    /// What became of a session that had been given up is known now.
    fn known(&mut self, now: Timestamp) {
        self.story.updated_at = now;
        self.stage = Stage::Ended;
        self.next = None;
    }

    /// Whether the payer has still to sign for what was approved. The signature
    /// of a refund comes first: money that was given cannot be taken back.
    pub(crate) fn wants_signature(&self) -> bool {
        let signature = |card: &Presented| card.verification == super::Verification::Signature;
        !self.is_refund() && self.card.as_ref().is_some_and(signature)
    }

    /// Waits for the signature to be verified.
    pub(crate) fn ask_signature(&mut self, now: Timestamp) {
        self.enter(Status::SignatureVerificationRequired, "", now);
        self.stage = Stage::Signing;
        self.next = None;
        self.story.expire_at = now + super::SIGNATURE_WITHIN;
    }

    /// Asks the acquirer.
    pub(crate) fn ask(&mut self, attempt: Option<AttemptId>, now: Timestamp) {
        self.notify(NotificationKind::PleaseWait, now);
        self.stage = Stage::Asking { silent: false };
        self.asked_at = attempt.is_some().then_some(now);
        self.attempt = attempt;
        self.give_up_at = Some(now + super::ANSWER_WITHIN);
        self.next = Some(now);
    }

    /// Nothing will be heard of the acquirer's answer.
    pub(crate) fn fall_silent(&mut self, now: Timestamp) {
        self.stage = Stage::Asking { silent: true };
        self.next = None;
        self.give_up_at = Some(now + super::SILENT_FOR);
    }
}

fn payment(presented: &Presented, approval: &Approval, now: Timestamp) -> Payment {
    let mut card = presented.card.clone();
    if let Some(funding) = &approval.funding {
        card.funding.clone_from(funding);
    }
    Payment {
        transaction_id: approval.transaction_id.clone(),
        message: approval.message.clone(),
        auth_code: approval.auth_code.clone(),
        card,
        entry: presented.entry,
        verification: presented.verification,
        at: now,
    }
}
