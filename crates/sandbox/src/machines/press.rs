//! What people do to a machine.

use tatami_core::Facts;
use tatami_core::card::CardSummary;
use tatami_core::money::Money;
use tatami_core::problem::Refusal;
use tatami_core::secret::SecretText;
use tatami_core::terminal_session::{
    CONTACTLESS_LIMIT, Counter, EntryMode, NotificationKind, Presented, Stage, Status, Verification,
};
use tatami_core::time::Timestamp;

use super::{Action, Feature, Machine, Prompt, Screen, WalletCard};

/// The PIN of every test card.
const PIN: &str = "1234";

/// An action with what it needs.
#[derive(Clone, Debug)]
pub(crate) enum Press {
    Insert(WalletCard),
    Tap(WalletCard),
    Swipe(WalletCard),
    TapDevice(WalletCard),
    /// A card of the wallet whose number is typed.
    KeyIn(WalletCard),
    /// A number that is typed; what may be kept of it.
    Type(CardSummary),
    Pin(SecretText),
    RemoveCard,
    Cancel,
    Ok,
    /// Minor units.
    Tip(i64),
    Sign,
    Signature(bool),
    Menu,
    LeaveMenu,
    PowerOff,
    PowerOn,
    LoseLine,
    RestoreLine,
}

impl Press {
    /// Which action it is.
    pub(crate) const fn action(&self) -> Action {
        match self {
            Self::Insert(_) => Action::Insert,
            Self::Tap(_) => Action::Tap,
            Self::Swipe(_) => Action::Swipe,
            Self::TapDevice(_) => Action::TapDevice,
            Self::KeyIn(_) | Self::Type(_) => Action::KeyIn,
            Self::Pin(_) => Action::Pin,
            Self::RemoveCard => Action::RemoveCard,
            Self::Cancel => Action::Cancel,
            Self::Ok => Action::Ok,
            Self::Tip(_) => Action::Tip,
            Self::Sign => Action::Sign,
            Self::Signature(_) => Action::Signature,
            Self::Menu => Action::Menu,
            Self::LeaveMenu => Action::LeaveMenu,
            Self::PowerOff => Action::PowerOff,
            Self::PowerOn => Action::PowerOn,
            Self::LoseLine => Action::LoseLine,
            Self::RestoreLine => Action::RestoreLine,
        }
    }
}

impl Machine {
    /// Somebody does something to the machine.
    ///
    /// # Errors
    /// If it makes no sense as the machine stands.
    pub(crate) fn press(
        &mut self,
        counter: &mut Counter,
        press: Press,
        facts: &mut Facts<'_>,
    ) -> Result<(), Refusal> {
        let action = press.action();
        if !Action::possible(self, counter.session()).contains(&action) {
            let screen = Screen::showing(self, counter.session());
            return Err(Refusal::Conflict(format!(
                "'{}' is not possible while the machine shows '{}'.",
                action.word(),
                screen.name.word()
            )));
        }
        match press {
            Press::Menu => {
                counter.put_away();
                self.menu = true;
            }
            Press::LeaveMenu => self.menu = false,
            Press::PowerOff => self.power = false,
            Press::LoseLine => self.line = false,
            Press::PowerOn => {
                self.power = true;
                self.menu = false;
                self.reached(true, counter, facts.now);
            }
            Press::RestoreLine => {
                self.line = true;
                self.reached(false, counter, facts.now);
            }
            Press::Signature(accepted) => counter.verify_signature(accepted, facts)?,
            Press::RemoveCard => counter.card_removed(facts.now),
            Press::Cancel => {
                let debug = "Canceled on the terminal.";
                counter.ended(Status::Canceled, debug, facts.now);
            }
            Press::Sign => self.ask(Prompt::Sign { signed: true }),
            Press::Tip(minor) => self.tip(minor, counter, facts)?,
            Press::Ok if self.prompt() == Prompt::Tip => self.want_card(counter, facts),
            Press::Ok => counter.put_away(),
            Press::Pin(digits) => self.pin(digits.reveal(), counter, facts),
            Press::Tap(card) => self.tap(&card, counter, facts)?,
            card => self.read(card, counter, facts)?,
        }
        Ok(())
    }

    fn ask(&mut self, prompt: Prompt) {
        if let Some(play) = &mut self.play {
            play.prompt = prompt;
        }
    }

    fn want_card(&mut self, counter: &mut Counter, facts: &mut Facts<'_>) {
        if let Some(play) = &mut self.play {
            play.want_card(counter, facts.now);
        }
    }

    fn read(
        &mut self,
        press: Press,
        counter: &mut Counter,
        facts: &mut Facts<'_>,
    ) -> Result<(), Refusal> {
        let Some(play) = &mut self.play else {
            return Ok(());
        };
        let (card, entry, verification) = match press {
            Press::Insert(card) => {
                has(&card, Feature::Chip)?;
                let by = card.verification;
                (card, EntryMode::ContactChip, by)
            }
            Press::Swipe(card) => {
                has(&card, Feature::Swipe)?;
                (card, EntryMode::Magstripe, Verification::Signature)
            }
            Press::TapDevice(card) => {
                has(&card, Feature::Device)?;
                (card, EntryMode::Contactless, Verification::Device)
            }
            Press::KeyIn(card) => (card, EntryMode::ManualEntry, Verification::None),
            Press::Type(card) => {
                let presented = Presented {
                    handle: None,
                    card,
                    entry: EntryMode::ManualEntry,
                    verification: Verification::None,
                };
                play.presented(counter, presented, facts);
                return Ok(());
            }
            _ => return Ok(()),
        };
        play.present(counter, &card, entry, verification, facts);
        Ok(())
    }

    fn tap(
        &mut self,
        card: &WalletCard,
        counter: &mut Counter,
        facts: &mut Facts<'_>,
    ) -> Result<(), Refusal> {
        has(card, Feature::Contactless)?;
        let (Some(play), Some(session)) = (&mut self.play, counter.session()) else {
            return Ok(());
        };
        if session.bill.total().minor > CONTACTLESS_LIMIT {
            counter.notify(NotificationKind::InsertCard, facts.now);
            play.prompt = Prompt::Present { chip: true };
            return Ok(());
        }
        let (entry, by) = (EntryMode::Contactless, Verification::None);
        play.present(counter, card, entry, by, facts);
        Ok(())
    }

    fn pin(&mut self, digits: &str, counter: &mut Counter, facts: &mut Facts<'_>) {
        let Some(play) = &mut self.play else {
            return;
        };
        match play.prompt {
            _ if digits == PIN => play.verified(counter, facts),
            Prompt::Pin { tries_left } if tries_left > 1 => {
                play.prompt = Prompt::Pin {
                    tries_left: tries_left - 1,
                };
                counter.notify(NotificationKind::EnterPin, facts.now);
            }
            _ => counter.ended(Status::Declined, "The PIN was wrong too often.", facts.now),
        }
    }

    fn tip(
        &mut self,
        minor: i64,
        counter: &mut Counter,
        facts: &mut Facts<'_>,
    ) -> Result<(), Refusal> {
        let Some(amount) = counter.session().map(|session| session.bill.amount) else {
            return Ok(());
        };
        if !(0..=amount.minor).contains(&minor) {
            let rule = "The Amount must not be negative, nor more than what is paid.";
            return Err(Refusal::invalid("Amount", rule));
        }
        if minor > 0 {
            counter.tip_added(Money::new(minor, amount.currency));
        }
        self.want_card(counter, facts);
        Ok(())
    }

    /// The machine is reached again. What it was at before it asked for money
    /// goes on, or is lost if it was switched off; what became of money that was
    /// asked for is found out.
    fn reached(&mut self, restarted: bool, counter: &mut Counter, now: Timestamp) {
        if !self.online() {
            return;
        }
        let Some(stage) = counter.session().map(|session| session.stage) else {
            return;
        };
        match stage {
            Stage::Asking { .. } | Stage::Unknown => counter.settle_soon(now),
            Stage::Signing | Stage::Closing | Stage::Rejecting | Stage::Ended => {}
            _ if restarted => {
                counter.card_removed(now);
                counter.ended(Status::Canceled, "The terminal was restarted.", now);
            }
            _ => {
                if let Some(play) = &mut self.play
                    && (play.script.is_some() || play.prompt == Prompt::Wait)
                {
                    play.due_at = Some(now);
                }
            }
        }
    }
}

fn has(card: &WalletCard, feature: Feature) -> Result<(), Refusal> {
    if card.features.contains(&feature) {
        return Ok(());
    }
    Err(Refusal::Conflict(format!(
        "The card '{}' does not support '{}'.",
        card.handle,
        feature.word()
    )))
}
