//! Card machines on which orders are chosen.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::account::Scope;
use crate::id::{PaymentIntentId, TerminalId};
use crate::terminal::Terminal;
use crate::time::{SignedDuration, Timestamp};

/// After so long without a key being pressed the chosen order is left.
pub const INACTIVE_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// A card machine with its Integration screen open.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableVisit {
    id: String,
    pub scope: Scope,
    /// The machine.
    pub terminal: TerminalId,
    /// The number printed on it.
    pub tid: String,
    /// The waiter, if one was typed.
    pub waiter_id: Option<String>,
    /// The software house whose POS it lists orders of.
    pub house: String,
    /// The chosen order, by its id at the POS.
    pub order: Option<String>,
    /// The part that was paid last on it, or is being paid.
    pub part: Option<PaymentIntentId>,
    /// When it was used last.
    pub used_at: Timestamp,
    /// When it was opened.
    pub created_at: Timestamp,
}

impl TableVisit {
    /// A visit that begins.
    pub fn new(
        terminal: &Terminal,
        house: String,
        waiter_id: Option<String>,
        now: Timestamp,
    ) -> Self {
        Self {
            id: Self::id_of(&terminal.id),
            scope: terminal.scope.clone(),
            terminal: terminal.id.clone(),
            tid: terminal.tid.clone(),
            waiter_id,
            house,
            order: None,
            part: None,
            used_at: now,
            created_at: now,
        }
    }

    /// The id of the visit of a machine: no two documents have one id.
    pub fn id_of(terminal: &TerminalId) -> String {
        format!("visit_of_{terminal}")
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    /// When the chosen order is left.
    pub fn due_at(&self) -> Option<Timestamp> {
        self.order.as_ref().map(|_| self.used_at + INACTIVE_AFTER)
    }
}
