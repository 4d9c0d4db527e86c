//! What people do to a machine.

use super::play::open;
use super::{Action, Counter, Feature, WalletCard};
use crate::Facts;
use crate::card::CardSummary;
use crate::money::Money;
use crate::problem::Refusal;
use crate::secret::SecretText;
use crate::terminal_session::{
    CONTACTLESS_LIMIT, EntryMode, NotificationKind, Presented, Stage, Status, Verification,
};

/// The PIN of every test card.
const PIN: &str = "1234";

/// An action with what it needs.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Press {
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
    pub const fn action(&self) -> Action {
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

impl Counter {
    /// Somebody does something to the machine.
    ///
    /// # Errors
    /// If it makes no sense as the machine stands.
    pub fn press(&mut self, press: Press, facts: &mut Facts<'_>) -> Result<(), Refusal> {
        let action = press.action();
        if !Action::possible(&self.machine, self.session.as_ref()).contains(&action) {
            let screen = super::Screen::showing(&self.machine, self.session.as_ref());
            return Err(Refusal::Conflict(format!(
                "'{}' is not possible while the machine shows '{}'.",
                action.word(),
                screen.name.word()
            )));
        }
        match press {
            Press::Insert(card) => {
                has(&card, Feature::Chip)?;
                self.present(&card, EntryMode::ContactChip, card.verification, facts);
            }
            Press::Tap(card) => self.tap(&card, facts)?,
            Press::Swipe(card) => {
                has(&card, Feature::Swipe)?;
                self.present(&card, EntryMode::Magstripe, Verification::Signature, facts);
            }
            Press::TapDevice(card) => {
                has(&card, Feature::Device)?;
                self.present(&card, EntryMode::Contactless, Verification::Device, facts);
            }
            Press::KeyIn(card) => {
                self.present(&card, EntryMode::ManualEntry, Verification::None, facts);
            }
            Press::Type(card) => {
                let presented = Presented {
                    handle: None,
                    card,
                    entry: EntryMode::ManualEntry,
                    verification: Verification::None,
                };
                self.presented(presented, facts);
            }
            Press::Pin(digits) => self.pin(digits.reveal(), facts),
            Press::Tip(minor) => self.tip(minor, facts)?,
            Press::Signature(accepted) => self.verify_signature(accepted, facts)?,
            Press::Ok | Press::RemoveCard | Press::Cancel | Press::Sign => self.key(action, facts),
            Press::Menu => {
                self.put_away();
                self.machine.menu = true;
            }
            Press::LeaveMenu => self.machine.menu = false,
            Press::PowerOff => self.machine.power = false,
            Press::LoseLine => self.machine.line = false,
            Press::PowerOn => {
                self.machine.power = true;
                self.machine.menu = false;
                self.reached(true, facts);
            }
            Press::RestoreLine => {
                self.machine.line = true;
                self.reached(false, facts);
            }
        }
        Ok(())
    }

    fn tap(&mut self, card: &WalletCard, facts: &mut Facts<'_>) -> Result<(), Refusal> {
        has(card, Feature::Contactless)?;
        let Some(session) = self.session.as_mut() else {
            return Ok(());
        };
        if session.bill.total().minor > CONTACTLESS_LIMIT {
            session.notify(NotificationKind::InsertCard, facts.now);
            session.stage = Stage::Present { chip: true };
            return Ok(());
        }
        self.present(card, EntryMode::Contactless, Verification::None, facts);
        Ok(())
    }

    fn pin(&mut self, digits: &str, facts: &mut Facts<'_>) {
        let now = facts.now;
        if digits == PIN {
            self.authorize(facts);
            return;
        }
        let Some(session) = self.session.as_mut() else {
            return;
        };
        match session.stage {
            Stage::Pin { tries_left } if tries_left > 1 => {
                session.stage = Stage::Pin {
                    tries_left: tries_left - 1,
                };
                session.notify(NotificationKind::EnterPin, now);
            }
            _ => session.end(Status::Declined, "The PIN was wrong too often.", now),
        }
    }

    fn tip(&mut self, minor: i64, facts: &mut Facts<'_>) -> Result<(), Refusal> {
        let Some(session) = self.session.as_mut() else {
            return Ok(());
        };
        if !(0..=session.bill.amount.minor).contains(&minor) {
            let rule = "The Amount must not be negative, nor more than what is paid.";
            return Err(Refusal::invalid("Amount", rule));
        }
        if minor > 0 {
            session.tipped(Money::new(minor, session.bill.amount.currency));
        }
        open(session, facts.now);
        Ok(())
    }

    fn key(&mut self, action: Action, facts: &mut Facts<'_>) {
        let now = facts.now;
        let Some(session) = self.session.as_mut() else {
            return;
        };
        match (action, session.stage) {
            (Action::Cancel, _) => session.end(Status::Canceled, "Canceled on the terminal.", now),
            (Action::Sign, Stage::Signing { .. }) => {
                session.stage = Stage::Signing { signed: true };
            }
            (Action::Ok, Stage::Tip) => open(session, now),
            (Action::RemoveCard, stage) => {
                session.card_in = false;
                if stage == Stage::Closing {
                    session.close_now(now);
                }
            }
            _ => self.put_away(),
        }
    }

    /// The machine is reached again. What it was at before it asked for money
    /// goes on, or is lost if it was switched off; what became of money that was
    /// asked for is found out.
    fn reached(&mut self, restarted: bool, facts: &mut Facts<'_>) {
        let now = facts.now;
        if !self.machine.online() {
            return;
        }
        let Some(session) = self.session.as_mut() else {
            return;
        };
        match session.stage {
            Stage::Asking { .. } | Stage::Unknown => self.settle_soon(now),
            Stage::Signing { .. } | Stage::Closing | Stage::Rejecting | Stage::Ended => {}
            _ if restarted => {
                session.card_in = false;
                session.end(Status::Canceled, "The terminal was restarted.", now);
            }
            Stage::Requested | Stage::Starting | Stage::Canceling => session.next = Some(now),
            Stage::Tip | Stage::Present { .. } | Stage::KeyIn | Stage::Pin { .. } => {
                if session.script.is_some() {
                    session.next = Some(now);
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
