//! What people and tests do to machines.

use std::sync::Arc;

use tatami_core::account::Scope;
use tatami_core::card::CardEntry;
use tatami_core::card_machine::{Action, Machine, Pace, Press, Script, Wallet, WalletCard};
use tatami_core::problem::Refusal;
use tatami_core::secret::SecretText;

use crate::machines::counter::{About, Place};
use crate::machines::fleet::MachineView;
use crate::ports::records::RecordWrite;
use crate::ports::store::{CommitError, Stored};
use crate::{Engine, Failure};

/// An action with what was sent for it.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Wish {
    /// A card of the wallet, by its handle.
    Card(Action, SecretText),
    /// A card whose number is typed.
    Typed(CardEntry),
    Pin(SecretText),
    /// Minor units.
    Tip(i64),
    Signature(bool),
    /// A key or a switch.
    Plain(Action),
}

impl Engine {
    pub(crate) fn wallet(&self) -> Result<Arc<dyn Wallet>, Failure> {
        self.0.parts.wallet.clone().ok_or(Failure::NoAcquirer)
    }

    /// The cards that can be presented.
    ///
    /// # Errors
    /// If the installation has no sandbox.
    pub fn wallet_cards(&self) -> Result<Vec<WalletCard>, Failure> {
        Ok(self.wallet()?.cards())
    }

    /// Does something to a machine; the machine as it is then.
    ///
    /// # Errors
    /// If there is no such machine or card, or it makes no sense now.
    pub async fn press(
        &self,
        scope: &Scope,
        tid: &str,
        wish: Wish,
    ) -> Result<MachineView, Failure> {
        let machine = self.machine_of_tid(scope, tid).await?.machine;
        let place = Place {
            scope: scope.clone(),
            terminal: machine.id,
            about: About::Shown,
        };
        let shown = machine.session;
        let typed = match &wish {
            Wish::Typed(card) => Some(card.clone()),
            _ => None,
        };
        let press = self.press_of(wish)?;
        let (engine, name) = (self.clone(), tid.to_owned());
        let work = tokio::spawn(async move {
            // Nobody else goes on with the session before this does: a number
            // that was typed is known here alone.
            let _driving = match &shown {
                Some(id) => Some(engine.seat(id).await),
                None => None,
            };
            let (turn, _) = engine
                .at_counter(&place, None, |counter, facts| {
                    counter.press(press.clone(), facts)
                })
                .await?;
            if let Some(session) = &turn.session {
                engine
                    .drive_held(&place.scope, &session.story.id, typed)
                    .await?;
            }
            engine.machine_of_tid(&place.scope, &name).await
        });
        work.await
            .unwrap_or_else(|e| Err(Failure::Unavailable(e.to_string())))
    }

    fn press_of(&self, wish: Wish) -> Result<Press, Failure> {
        Ok(match wish {
            Wish::Card(action, handle) => {
                let card = self.wallet()?.card(handle.reveal());
                let card = card.ok_or(Refusal::NotFound("card in the wallet"))?;
                match action {
                    Action::Insert => Press::Insert(card),
                    Action::Tap => Press::Tap(card),
                    Action::Swipe => Press::Swipe(card),
                    Action::TapDevice => Press::TapDevice(card),
                    _ => Press::KeyIn(card),
                }
            }
            Wish::Typed(card) => Press::Type(card.summary()),
            Wish::Pin(digits) => Press::Pin(digits),
            Wish::Tip(minor) => Press::Tip(minor),
            Wish::Signature(accepted) => Press::Signature(accepted),
            Wish::Plain(action) => match action {
                Action::RemoveCard => Press::RemoveCard,
                Action::Cancel => Press::Cancel,
                Action::Sign => Press::Sign,
                Action::Menu => Press::Menu,
                Action::LeaveMenu => Press::LeaveMenu,
                Action::PowerOff => Press::PowerOff,
                Action::PowerOn => Press::PowerOn,
                Action::LoseLine => Press::LoseLine,
                Action::RestoreLine => Press::RestoreLine,
                _ => Press::Ok,
            },
        })
    }

    /// Sets, or takes back, what the next payment on a machine does.
    ///
    /// # Errors
    /// If there is no such machine, or storage fails.
    pub async fn set_next_outcome(
        &self,
        scope: &Scope,
        tid: &str,
        script: Option<Script>,
    ) -> Result<MachineView, Failure> {
        let machine = self.machine_of_tid(scope, tid).await?.machine;
        self.alter(&machine, |machine| machine.next = script)
            .await?;
        self.machine_of_tid(scope, tid).await
    }

    /// Sets how fast the account's machines play.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn set_pace(&self, scope: &Scope, pace: Pace) -> Result<(), Failure> {
        for machine in self.machines(scope).await? {
            self.alter(&machine, |machine| machine.pace = pace).await?;
        }
        Ok(())
    }

    async fn alter(&self, machine: &Machine, change: impl Fn(&mut Machine)) -> Result<(), Failure> {
        let (scope, id) = (&machine.scope, machine.id.as_str());
        let _held = self.0.locks.hold(id).await;
        loop {
            let stored: Option<Stored<Machine>> = self.find(Some(scope), id).await?;
            let Stored { mut value, version } =
                stored.ok_or(crate::machines::counter::NO_TERMINAL)?;
            change(&mut value);
            value.changes += 1;
            value.updated_at = self.now(scope);
            let write = RecordWrite::put(&value, Some(version))?;
            match self
                .commit_records(scope, vec![write], Vec::new(), None)
                .await
            {
                Ok(()) => {
                    self.machine_changed(&machine.id);
                    return Ok(());
                }
                Err(CommitError::Stale) => {}
                Err(error) => return Err(Failure::Unavailable(error.to_string())),
            }
        }
    }
}
