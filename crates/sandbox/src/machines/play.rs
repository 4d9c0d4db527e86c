//! What a machine does by itself: it follows its session, plays its script, and lets
//! time go by.

use tatami_core::Facts;
use tatami_core::money::Money;
use tatami_core::terminal_session::{
    CONTACTLESS_LIMIT, Counter, EntryMode, NotificationKind, PIN_TRIES, Presented, SILENT_FOR,
    Session, Stage, Status, Verification,
};
use tatami_core::time::{SignedDuration, Timestamp};

use super::{Ending, Machine, Pace, Play, Prompt, Reading, Script, WalletCard, wallet};

impl Machine {
    /// Follows what was decided about its session.
    pub(crate) fn follow(&mut self, counter: &mut Counter, now: Timestamp) {
        self.changes += 1;
        counter.report_availability(self.online(), self.menu);
        let Some(session) = counter.session() else {
            return;
        };
        let shown = counter.terminal().session.as_ref();
        if shown.is_none() {
            self.play = None;
        }
        if shown != Some(&session.story.id) {
            return;
        }
        match &mut self.play {
            Some(play) if play.session == session.story.id => {
                if play.stage != session.stage {
                    play.entered(counter, now);
                }
            }
            play => {
                let new = Play {
                    session: session.story.id.clone(),
                    script: self.next.take().or(self.script),
                    pace: self.pace,
                    prompt: Prompt::Wait,
                    stage: session.stage,
                    due_at: None,
                };
                self.last_session = Some(session.story.id.clone());
                play.insert(new).entered(counter, now);
            }
        }
    }

    /// Takes the step that is due, if one is.
    pub(crate) fn step(&mut self, counter: &mut Counter, facts: &mut Facts<'_>) {
        let online = self.online();
        let now = facts.now;
        let (Some(play), Some(session)) = (&mut self.play, counter.session()) else {
            return;
        };
        if play.session != session.story.id || play.due_at.is_none_or(|due| due > now) {
            return;
        }
        play.due_at = None;
        match session.stage {
            Stage::Closing => counter.closed(now),
            Stage::Ended if session.card_in => {
                counter.card_removed(now);
                play.wait(Pace::IDLE, now);
            }
            Stage::Ended => counter.put_away(),
            Stage::Asking { .. } | Stage::Signing | Stage::Unknown | Stage::Rejecting => {}
            // It goes on when the machine is reached again.
            _ if !online => {}
            Stage::Requested => counter.confirmed(now),
            Stage::Canceling => counter.ended(Status::Canceled, "Canceled by the till.", now),
            Stage::Started => play.go_on(counter, facts),
            Stage::Verifying => play.verified(counter, facts),
        }
    }
}

impl Play {
    /// The session came to another stage.
    fn entered(&mut self, counter: &mut Counter, now: Timestamp) {
        let Some(session) = counter.session() else {
            return;
        };
        self.stage = session.stage;
        self.due_at = None;
        match session.stage {
            Stage::Requested => self.wait(Pace::CONFIRM, now),
            Stage::Started => self.wait(Pace::START, now),
            Stage::Verifying => self.wait_by_script(Pace::PIN, now),
            Stage::Canceling => {
                self.prompt = Prompt::Wait;
                self.wait(Pace::CANCEL, now);
            }
            Stage::Closing => self.wait(Pace::CLOSE, now),
            Stage::Asking { silent: false } => self.ask(counter, now),
            Stage::Asking { silent: true } => {
                // A script that plays at once does not wait for the end either.
                if self.script.is_some() {
                    counter.give_up_after(self.pace.of(SILENT_FOR), now);
                }
            }
            Stage::Signing => self.prompt = Prompt::Sign { signed: false },
            Stage::Ended if session.story.status == Status::Expired => {
                self.wait_by_script(Pace::IDLE, now);
            }
            Stage::Ended => self.wait_by_script(Pace::REMOVE, now),
            Stage::Unknown | Stage::Rejecting => {}
        }
    }

    /// Leaves time before the acquirer is asked, in which people can read the screen or
    /// break the line; a script may break it before anything is sent.
    fn ask(&mut self, counter: &mut Counter, now: Timestamp) {
        let card = counter.session().and_then(|session| session.card.as_ref());
        let typed = card.is_some_and(|card| card.handle.is_none());
        // The number of a card that was typed is not kept until later.
        let length = match (typed, &self.script) {
            (true, _) => SignedDuration::ZERO,
            (false, Some(_)) => Pace::ANSWER,
            (false, None) => Pace::ANSWER_BY_HAND,
        };
        if self.ends(Ending::TimedOut) {
            counter.fall_silent(now);
            counter.give_up_after(self.pace.of(length + SILENT_FOR), now);
            self.stage = Stage::Asking { silent: true };
        } else {
            counter.hold_call(now + self.pace.of(length));
        }
    }

    fn ends(&self, ending: Ending) -> bool {
        self.script.is_some_and(|script| script.outcome == ending)
    }

    fn go_on(&mut self, counter: &mut Counter, facts: &mut Facts<'_>) {
        let Some(session) = counter.session() else {
            return;
        };
        let adds_tip = self.script.is_some_and(|script| script.tip);
        match self.prompt {
            Prompt::Wait if session.asks_tip || adds_tip => {
                self.prompt = Prompt::Tip;
                self.wait_by_script(Pace::TIP, facts.now);
            }
            Prompt::Tip if adds_tip => {
                let amount = session.bill.amount;
                counter.tip_added(Money::new(amount.minor / 10, amount.currency));
                self.want_card(counter, facts.now);
            }
            Prompt::Wait | Prompt::Tip => self.want_card(counter, facts.now),
            Prompt::Present { .. } | Prompt::KeyIn => self.scripted_card(counter, facts),
            Prompt::Pin { .. } | Prompt::Sign { .. } => {}
        }
    }

    /// Asks for the card.
    pub(crate) fn want_card(&mut self, counter: &mut Counter, now: Timestamp) {
        let keyed = counter.session().is_some_and(|session| session.keyed);
        self.prompt = match keyed {
            true => Prompt::KeyIn,
            false => Prompt::Present { chip: false },
        };
        counter.card_wanted(now);
        self.due_at = None;
        self.wait_by_script(Pace::PRESENT, now);
    }

    fn scripted_card(&mut self, counter: &mut Counter, facts: &mut Facts<'_>) {
        let (Some(script), Some(session)) = (self.script, counter.session()) else {
            return;
        };
        if script.outcome == Ending::Cancelled {
            counter.ended(Status::Canceled, "Canceled on the terminal.", facts.now);
            return;
        }
        let contactless = script.entry == Reading::Contactless && !session.keyed;
        let Some(card) = wallet::scripted(script.is_declined(), contactless) else {
            counter.ended(Status::Canceled, "No card was presented.", facts.now);
            return;
        };
        let (entry, verification) = reading(session, &script);
        self.present(counter, &card, entry, verification, facts);
    }

    /// A card of the wallet is read.
    pub(crate) fn present(
        &mut self,
        counter: &mut Counter,
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
        self.presented(counter, presented, facts);
    }

    /// The same, of a card that may have been typed.
    pub(crate) fn presented(
        &mut self,
        counter: &mut Counter,
        presented: Presented,
        facts: &mut Facts<'_>,
    ) {
        let verification = presented.verification;
        counter.card_read(presented);
        if verification == Verification::Pin {
            counter.notify(NotificationKind::PleaseWait, facts.now);
            counter.notify(NotificationKind::EnterPin, facts.now);
            self.prompt = Prompt::Pin {
                tries_left: PIN_TRIES,
            };
            return;
        }
        self.verified(counter, facts);
    }

    /// The holder is verified, but the machine may break down.
    pub(crate) fn verified(&mut self, counter: &mut Counter, facts: &mut Facts<'_>) {
        if self.ends(Ending::Unsuccessful) {
            counter.notify(NotificationKind::CardError, facts.now);
            let debug = "The terminal could not continue.";
            counter.ended(Status::Canceled, debug, facts.now);
            return;
        }
        counter.verified(facts);
    }
}

/// How a scripted card is read: one that is tapped above the limit is inserted after all.
fn reading(session: &Session, script: &Script) -> (EntryMode, Verification) {
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
