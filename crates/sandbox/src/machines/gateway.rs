//! The simulator as the terminal gateway of sandboxes.

use tatami_core::Facts;
use tatami_core::account::{Account, Scope};
use tatami_core::card::CardEntry;
use tatami_core::terminal::Terminal;
use tatami_core::terminal_session::Counter;
use tatami_core::time::Timestamp;
use tatami_engine::ports::store::StoreError;
use tatami_engine::ports::terminal::{Device, TerminalGateway};

use super::{Machine, fleet, wallet};

/// The gateway to simulated card machines.
#[derive(Clone, Copy, Debug, Default)]
pub struct Simulator;

impl Machine {
    /// The machine that a device is.
    pub(crate) fn of(device: &Device, tid: &str) -> Result<Self, StoreError> {
        Ok(device.state()?.unwrap_or_else(|| Self::new(tid)))
    }

    pub(crate) fn keep(&self, device: &mut Device) -> Result<(), StoreError> {
        device.due_at = self.play.as_ref().and_then(|play| play.due_at);
        device.keep(self)
    }
}

impl TerminalGateway for Simulator {
    fn fleet(&self, account: &Account, scope: &Scope, now: Timestamp) -> Vec<Terminal> {
        fleet::of(account, scope, now)
    }

    fn follow(
        &self,
        device: &mut Device,
        counter: &mut Counter,
        facts: &mut Facts<'_>,
    ) -> Result<(), StoreError> {
        let mut machine = Machine::of(device, &counter.terminal().tid)?;
        machine.follow(counter, facts.now);
        machine.keep(device)
    }

    fn step(
        &self,
        device: &mut Device,
        counter: &mut Counter,
        facts: &mut Facts<'_>,
    ) -> Result<(), StoreError> {
        let mut machine = Machine::of(device, &counter.terminal().tid)?;
        machine.step(counter, facts);
        machine.keep(device)
    }

    fn card(&self, handle: &str) -> Option<CardEntry> {
        wallet::card(handle).map(|card| card.card)
    }
}
