//! Terminal gateways: what works the devices that sessions are carried out on. The
//! sandbox's gateway is a simulator.
//!
//! A gateway does not decide about money. It reports what happened at a device to the
//! [`Counter`] – a card was read, its holder verified, the card taken out – and the
//! engine calls the acquirer. What it keeps of a device is a [`Device`], which is
//! written in the commit of what it reports, so that neither is lost without the other.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tatami_core::Facts;
use tatami_core::account::{Account, AnyScope, Scope};
use tatami_core::card::CardEntry;
use tatami_core::id::TerminalId;
use tatami_core::terminal::Terminal;
use tatami_core::terminal_session::Counter;
use tatami_core::time::Timestamp;

use super::documents::{Aggregate, DocumentKind};
use super::store::StoreError;

/// What a gateway keeps of a terminal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Device {
    id: String,
    pub terminal: TerminalId,
    pub scope: Scope,
    pub created_at: Timestamp,
    /// When the gateway is asked for the device's next step (account time).
    pub due_at: Option<Timestamp>,
    state: Value,
}

impl Device {
    /// A device of which nothing is kept yet.
    pub fn new(terminal: &Terminal) -> Self {
        Self {
            id: Self::id_of(&terminal.id),
            terminal: terminal.id.clone(),
            scope: terminal.scope.clone(),
            created_at: terminal.created_at,
            due_at: None,
            state: Value::Null,
        }
    }

    /// The id of a terminal's device: no two documents have one id.
    pub(crate) fn id_of(terminal: &TerminalId) -> String {
        format!("device_of_{terminal}")
    }

    /// What the gateway keeps; none of a new device.
    ///
    /// # Errors
    /// If it is not what this gateway keeps.
    pub fn state<T: DeserializeOwned>(&self) -> Result<Option<T>, StoreError> {
        Option::deserialize(&self.state).map_err(|error| StoreError(error.to_string()))
    }

    /// Keeps that from now on.
    pub fn keep<T: Serialize>(&mut self, state: &T) -> Result<(), StoreError> {
        self.state = serde_json::to_value(state).map_err(|error| StoreError(error.to_string()))?;
        Ok(())
    }
}

impl Aggregate for Device {
    const KIND: DocumentKind = DocumentKind::Device;

    fn id(&self) -> &str {
        &self.id
    }

    fn scope(&self) -> AnyScope {
        AnyScope::from(&self.scope)
    }

    fn status(&self) -> &'static str {
        "kept"
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }

    fn due_at(&self) -> Option<Timestamp> {
        self.due_at
    }
}

/// Works the terminals of an environment. Its methods are part of a decision: they wait
/// for nothing, and what they change of device and counter is one commit. A gateway to
/// real devices keeps in its [`Device`] what is still to be sent, sends it from tasks of
/// its own, and reports what comes back with [`crate::Terminals::report`].
pub trait TerminalGateway: Send + Sync {
    /// The terminals that an account has without anybody adding them.
    fn fleet(&self, account: &Account, scope: &Scope, now: Timestamp) -> Vec<Terminal>;

    /// Follows what was just decided about a terminal: a session was started, canceled
    /// or signed for, or the acquirer answered.
    ///
    /// # Errors
    /// If what is kept of the device cannot be read.
    fn follow(
        &self,
        device: &mut Device,
        counter: &mut Counter,
        facts: &mut Facts<'_>,
    ) -> Result<(), StoreError>;

    /// Takes the step of a device that is due. [`TerminalGateway::follow`] comes after it.
    ///
    /// # Errors
    /// If what is kept of the device cannot be read.
    fn step(
        &self,
        device: &mut Device,
        counter: &mut Counter,
        facts: &mut Facts<'_>,
    ) -> Result<(), StoreError>;

    /// A card that was read, by its handle.
    fn card(&self, handle: &str) -> Option<CardEntry>;
}
