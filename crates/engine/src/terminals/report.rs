//! What gateways report.

use tatami_core::Facts;
use tatami_core::account::Scope;
use tatami_core::card::CardEntry;
use tatami_core::id::TerminalId;
use tatami_core::terminal::Terminal;
use tatami_core::terminal_session::Counter;

use super::Terminals;
use crate::Failure;
use crate::ports::terminal::Device;
use crate::terminals::counter::{About, NO_TERMINAL, Place};

impl Terminals<'_> {
    /// Something happened at a terminal: `rule` reports it to the counter of the session that
    /// the terminal shows, and changes what is kept of the device, in one commit. Then
    /// all that is due is done. `typed` is a card whose number was typed just now and is
    /// kept nowhere.
    ///
    /// # Errors
    /// If there is no such terminal, or the rule refuses.
    pub async fn report(
        self,
        scope: &Scope,
        terminal: &TerminalId,
        typed: Option<CardEntry>,
        rule: impl Fn(&mut Device, &mut Counter, &mut Facts<'_>) -> Result<(), Failure>
        + Send
        + Sync
        + 'static,
    ) -> Result<(), Failure> {
        let place = Place {
            scope: scope.clone(),
            terminal: terminal.clone(),
            about: About::Shown,
        };
        self.0
            .to_the_end(|engine| async move {
                // Nobody else goes on with the session before this does: a number that was
                // typed is known here alone.
                let shown = engine.terminals().shown_at(&place).await?.session;
                let _driving = match &shown {
                    Some(id) => Some(engine.terminal_sessions().lock_steps(id).await),
                    None => None,
                };
                let happened = engine
                    .terminals()
                    .counters()
                    .at_device(&place, None, rule)
                    .await?;
                match &happened.goes_on {
                    Some(session) => {
                        engine
                            .terminal_sessions()
                            .drive_held(&place.scope, session, typed)
                            .await
                    }
                    None => Ok(()),
                }
            })
            .await
    }

    /// Changes what is kept of a device, and nothing else.
    ///
    /// # Errors
    /// If there is no such terminal, or the change fails.
    pub async fn change_device(
        self,
        terminal: &Terminal,
        change: impl Fn(&mut Device) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let lock = Some(terminal.id.as_str());
        self.0
            .command(None, lock, || async {
                let (mut device, version) = self.device_at(terminal).await?;
                change(&mut device)?;
                let write = crate::ports::documents::DocumentWrite::put(&device, version)?;
                let commit = self.0.commit_of(&terminal.scope, vec![write]);
                Ok(crate::command::Decided::change(commit, ()))
            })
            .await?;
        self.changed(&terminal.id);
        Ok(())
    }

    async fn shown_at(self, place: &Place) -> Result<Terminal, Failure> {
        let terminal = self.0.find(Some(&place.scope), place.terminal.as_str());
        Ok(terminal.await?.ok_or(NO_TERMINAL)?.value)
    }
}
