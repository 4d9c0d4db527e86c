//! What a request reads and changes in the books.

use std::collections::BTreeMap;

use serde::Serialize;
use tatami_core::account::Scope;
use tatami_core::id::AttemptId;
use tatami_engine::ports::connector_state::StateWrite;

use super::authorizations::{Authorization, Opened};
use super::challenges::Pending;
use super::entries::{Answer, Entry};
use crate::faults::Fault;

/// A value as it was read and as it is to be.
pub(super) struct Slot<T> {
    pub(super) value: Option<T>,
    pub(super) version: Option<i64>,
    pub(super) changed: bool,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self {
            value: None,
            version: None,
            changed: false,
        }
    }
}

impl<T: Serialize> Slot<T> {
    fn set(&mut self, value: Option<T>) {
        (self.value, self.changed) = (value, true);
    }

    fn write(self, key: String) -> Result<Option<StateWrite>, serde_json::Error> {
        if !self.changed {
            return Ok(None);
        }
        let value = self.value.map(|value| serde_json::to_string(&value));
        Ok(Some(StateWrite {
            key,
            value: value.transpose()?,
            expected: self.version,
        }))
    }
}

/// The entries and challenges that a request is about.
#[derive(Default)]
pub(crate) struct Ledger {
    scope: Option<Scope>,
    entries: BTreeMap<AttemptId, Slot<Entry>>,
    challenges: BTreeMap<String, Slot<Pending>>,
    /// The fault that is set for the next payment.
    fault: Slot<Fault>,
}

/// What the keys of a scope's entries begin with.
pub(super) fn entry_prefix(scope: &Scope) -> String {
    format!("entry/{scope}/")
}

/// The key of the fault that is set for a scope's next payment.
pub(super) fn fault_key(scope: &Scope) -> String {
    format!("fault/{scope}")
}

/// The key of a reference's entry.
pub(super) fn entry_key(scope: &Scope, reference: &AttemptId) -> String {
    format!("{}{reference}", entry_prefix(scope))
}

impl Ledger {
    pub(super) fn of(scope: &Scope) -> Self {
        Self {
            scope: Some(scope.clone()),
            ..Self::default()
        }
    }

    pub(super) fn put_entry(&mut self, reference: AttemptId, slot: Slot<Entry>) {
        self.entries.insert(reference, slot);
    }

    pub(super) fn put_challenge(&mut self, payload: &str, slot: Slot<Pending>) {
        self.challenges.insert(payload.to_owned(), slot);
    }

    pub(super) fn put_fault(&mut self, slot: Slot<Fault>) {
        self.fault = slot;
    }

    /// Whether the entry of a reference is to be written.
    pub(super) fn changes(&self, reference: &AttemptId) -> bool {
        let slot = self.entries.get(reference);
        slot.is_some_and(|slot| slot.changed)
    }

    /// All that is to be written, and on whose behalf; none if nothing changed.
    pub(super) fn into_writes(self) -> Result<Option<(Scope, Vec<StateWrite>)>, serde_json::Error> {
        let Some(scope) = self.scope else {
            return Ok(None);
        };
        let mut writes = Vec::new();
        for (reference, slot) in self.entries {
            writes.extend(slot.write(entry_key(&scope, &reference))?);
        }
        for (payload, slot) in self.challenges {
            writes.extend(slot.write(super::challenge_key(&payload))?);
        }
        writes.extend(self.fault.write(fault_key(&scope))?);
        Ok((!writes.is_empty()).then_some((scope, writes)))
    }

    /// The fault that is set for the next payment.
    pub(crate) fn fault(&self) -> Option<Fault> {
        self.fault.value
    }

    /// Sets the fault of the next payment, or takes it back.
    pub(crate) fn set_fault(&mut self, fault: Option<Fault>) {
        if self.fault.value != fault {
            self.fault.set(fault);
        }
    }

    /// The entry of a reference.
    pub(crate) fn entry(&self, reference: &AttemptId) -> Option<Entry> {
        self.entries.get(reference)?.value.clone()
    }

    /// Books a reference. It must be new.
    pub(crate) fn book(&mut self, entry: Entry) {
        let slot = self.entries.entry(entry.reference.clone()).or_default();
        slot.set(Some(entry));
    }

    /// Writes the final answer of a reference whose holder was asked.
    pub(crate) fn conclude(&mut self, reference: &AttemptId, answer: &Answer) {
        self.change(reference, |entry| entry.answer = answer.clone());
    }

    fn change(&mut self, reference: &AttemptId, change: impl FnOnce(&mut Entry)) {
        if let Some(slot) = self.entries.get_mut(reference)
            && let Some(entry) = &mut slot.value
        {
            change(entry);
            slot.changed = true;
        }
    }

    /// The authorization of a reference.
    pub(crate) fn authorization(&self, reference: &AttemptId) -> Option<Authorization> {
        let entry = self.entries.get(reference)?.value.as_ref()?;
        Authorization::of(entry)
    }

    /// Writes where the money of an approved authorization is.
    pub(crate) fn open(&mut self, reference: &AttemptId, opened: Opened) {
        self.change(reference, |entry| entry.opened = Some(opened));
    }

    /// The challenge that a browser names.
    pub(crate) fn challenge(&self, payload: &str) -> Option<Pending> {
        self.challenges.get(payload)?.value.clone()
    }

    /// The challenge of a reference.
    pub(crate) fn challenge_of(&self, reference: &AttemptId) -> Option<Pending> {
        let mut open = self
            .challenges
            .values()
            .filter_map(|slot| slot.value.as_ref());
        open.find(|pending| pending.reference == *reference)
            .cloned()
    }

    /// Writes a challenge, new or changed.
    pub(crate) fn save_challenge(&mut self, pending: Pending) {
        let slot = self.challenges.entry(pending.payload.clone()).or_default();
        slot.set(Some(pending));
    }

    /// Forgets a challenge: its payment is concluded.
    pub(crate) fn forget_challenge(&mut self, payload: &str) {
        if let Some(slot) = self.challenges.get_mut(payload) {
            slot.set(None);
        }
    }
}
