//! The port to merchants' POS systems: what the use cases of paying an order need of them.

use async_trait::async_trait;
use tatami_core::account::Scope;
use tatami_core::id::{PaymentIntentId, TerminalId};
use tatami_core::money::Money;
use tatami_core::pay_at_table::{Locking, Order};
use tatami_core::time::Timestamp;

/// Why a POS did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct PosFailure {
    pub kind: PosFailureKind,
    /// What the POS says, or what is wrong with it; for staff.
    pub words: String,
}

/// What kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PosFailureKind {
    /// No POS of the account can do it.
    NotRegistered,
    /// The request did not reach the POS.
    NotSent,
    /// The POS did not answer: it may have done it.
    Unanswered,
    /// The POS answered what it may not: it may have done it.
    Nonsense,
    /// The POS refused it.
    Refused {
        /// Whether it would refuse it again.
        for_good: bool,
        /// Whether what it is about is not there.
        not_found: bool,
    },
}

impl PosFailure {
    /// A failure of that kind.
    pub fn new(kind: PosFailureKind, words: impl Into<String>) -> Self {
        let words = words.into();
        Self { kind, words }
    }

    /// Whether the POS refused it and would do so again.
    pub const fn is_for_good(&self) -> bool {
        matches!(self.kind, PosFailureKind::Refused { for_good: true, .. })
    }

    /// Whether the POS does not have what it is about.
    pub const fn is_not_found(&self) -> bool {
        matches!(
            self.kind,
            PosFailureKind::Refused {
                not_found: true,
                ..
            }
        )
    }

    /// Whether the POS certainly did nothing.
    pub const fn did_nothing(&self) -> bool {
        matches!(
            self.kind,
            PosFailureKind::NotRegistered
                | PosFailureKind::NotSent
                | PosFailureKind::Refused { for_good: true, .. }
        )
    }

    /// The word for it in figures.
    pub const fn word(&self) -> &'static str {
        match self.kind {
            PosFailureKind::NotRegistered | PosFailureKind::NotSent => "not_sent",
            PosFailureKind::Unanswered => "unanswered",
            PosFailureKind::Nonsense => "nonsense",
            PosFailureKind::Refused { .. } => "refused",
        }
    }
}

/// What a POS can do for paying its orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abilities {
    /// Read an order by its id.
    pub gets: bool,
    /// Record payments.
    pub records: bool,
    pub locking: Locking,
    /// Whether a waiter's id must be ASCII, because it is sent as a header.
    pub ascii_only: bool,
}

/// Who asks a POS.
#[derive(Clone, Debug)]
pub struct PosCaller {
    pub scope: Scope,
    /// The software house whose POS it is.
    pub house: String,
    /// The id of the request: the same whenever it is sent again.
    pub request_id: String,
    /// The product, by its published name.
    pub product: &'static str,
    /// The waiter, if one is known.
    pub waiter_id: Option<String>,
    /// The card machine.
    pub terminal: Option<TerminalId>,
    /// Whether to wait for a POS that is about to connect again.
    pub is_patient: bool,
}

/// Which orders are wanted.
#[derive(Clone, Debug, Default)]
pub struct OrdersWanted {
    /// Those of a table.
    pub table_id: Option<String>,
    /// Those of a waiter.
    pub waiter_id: Option<String>,
    /// Only those that can be paid.
    pub payable_only: bool,
    /// The page after this cursor.
    pub after: Option<String>,
}

/// A page of orders.
#[derive(Clone, Debug, Default)]
pub struct OrdersPage {
    pub orders: Vec<Order>,
    /// The cursor of the next page.
    pub after: Option<String>,
}

/// A payment that a POS is to record.
#[derive(Clone, Debug)]
pub struct PaymentRecord {
    pub payment_intent: PaymentIntentId,
    /// What was paid of the order, the tip not.
    pub paid: Money,
    pub tip: Option<Money>,
    /// The lock that the order is under.
    pub lock_id: Option<String>,
}

/// The POS systems of merchants.
#[async_trait]
pub trait PosSystems: Send + Sync {
    /// The software house whose POS lists the orders of a scope.
    ///
    /// # Errors
    /// If none does.
    async fn house(&self, scope: &Scope) -> Result<String, PosFailure>;

    /// What the POS of a software house can do.
    ///
    /// # Errors
    /// If that cannot be read.
    async fn abilities(&self, scope: &Scope, house: &str) -> Result<Abilities, PosFailure>;

    /// Lists orders. Those without an id are left out.
    ///
    /// # Errors
    /// If the POS does not list them.
    async fn orders(&self, by: &PosCaller, wanted: &OrdersWanted)
    -> Result<OrdersPage, PosFailure>;

    /// Reads an order.
    ///
    /// # Errors
    /// If the POS does not give it.
    async fn order(&self, by: &PosCaller, order: &str) -> Result<Order, PosFailure>;

    /// Locks an order until then. The order, if the POS says what it is like.
    ///
    /// # Errors
    /// If the POS does not lock it.
    async fn lock(
        &self,
        by: &PosCaller,
        order: &str,
        lock: &str,
        until: Timestamp,
    ) -> Result<Option<Order>, PosFailure>;

    /// Keeps an order locked until then.
    ///
    /// # Errors
    /// If the POS does not.
    async fn extend_lock(
        &self,
        by: &PosCaller,
        order: &str,
        lock: &str,
        until: Timestamp,
    ) -> Result<(), PosFailure>;

    /// Unlocks an order.
    ///
    /// # Errors
    /// If the POS does not.
    async fn unlock(&self, by: &PosCaller, order: &str, lock: &str) -> Result<(), PosFailure>;

    /// Records a payment. The order, if the POS says what it is like.
    ///
    /// # Errors
    /// If the POS does not.
    async fn record(
        &self,
        by: &PosCaller,
        order: &str,
        payment: &PaymentRecord,
    ) -> Result<Option<Order>, PosFailure>;
}
