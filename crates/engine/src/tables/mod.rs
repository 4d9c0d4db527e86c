//! Paying orders of merchants' POS systems: the use cases around
//! [`tatami_core::pay_at_table`], for card machines and for guests' phones.
//!
//! Every request that changes something at a POS is recorded in a document and claimed
//! before it is sent, under an id that it keeps; what came of it is one commit. If nobody
//! writes that, the document comes due and the request is sent again under the same id.

mod begin;
mod choose;
mod follow;
mod give_back;
mod guests;
mod locks;
mod pos;
mod record;
mod stored;
mod visit;

use tatami_core::money::Money;
use tatami_core::pay_at_table::{Order, TablePayment, TableVisit};
use tatami_core::problem::Refusal;

use crate::ports::pos::PosFailure;
use crate::ports::store::StoreError;
use crate::{Engine, Failure};

pub use visit::VisitView;

/// What card machines are to a POS.
const MACHINE_PRODUCT: &str = "Pay at Table";
/// What guests' phones are to a POS.
const GUEST_PRODUCT: &str = "QR to Pay";
/// How often something is decided anew because others were first.
const TRIES: usize = 8;
/// The longest id of an order, in bytes.
const MAX_ORDER_ID: usize = 200;

/// Why an order was not listed, chosen or paid.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TableFailure {
    /// The POS did not do its part.
    #[error(transparent)]
    Pos(#[from] PosFailure),
    /// Anything else.
    #[error(transparent)]
    Other(#[from] Failure),
}

impl From<Refusal> for TableFailure {
    fn from(refusal: Refusal) -> Self {
        Self::Other(refusal.into())
    }
}

impl From<StoreError> for TableFailure {
    fn from(error: StoreError) -> Self {
        Self::Other(error.into())
    }
}

/// An order in a list.
#[derive(Clone, Debug)]
pub struct ListedOrder {
    pub order: Order,
    /// The name that the list has for it.
    pub name: String,
}

/// A page of a list of orders.
#[derive(Clone, Debug, Default)]
pub struct OrderList {
    pub orders: Vec<ListedOrder>,
    /// The cursor of the next page.
    pub after: Option<String>,
}

/// An order that is about to be paid.
#[derive(Clone, Debug)]
pub struct OrderView {
    pub order: Order,
    pub name: String,
    /// The software house whose POS has it.
    pub house: String,
    /// What is due and nobody else is paying.
    pub available: Option<Money>,
    /// The parts of it that were begun here and not given up, oldest first.
    pub parts: Vec<TablePayment>,
}

/// Where a guest goes from the page on which a part is paid.
#[derive(Clone, Debug)]
pub struct GuestLinks {
    /// Once it is paid.
    pub paid: String,
    /// If the guest leaves it; the id of the payment intent is added at the end.
    pub left: String,
}

/// Orders that are paid at their table.
#[derive(Clone, Copy)]
pub struct Tables<'a>(pub(super) &'a Engine);

impl Engine {
    pub fn tables(&self) -> Tables<'_> {
        Tables(self)
    }
}

/// Requests to a POS.
#[derive(Clone, Copy)]
pub(crate) struct PosCalls<'a>(&'a Engine);

/// Orders that are being paid, and their locks.
#[derive(Clone, Copy)]
pub(crate) struct TableLocks<'a>(&'a Engine);

/// Parts of orders, from their beginning until they are recorded or given back.
#[derive(Clone, Copy)]
pub(crate) struct TableParts<'a>(&'a Engine);

impl<'a> Tables<'a> {
    pub(crate) const fn locks(self) -> TableLocks<'a> {
        TableLocks(self.0)
    }

    pub(crate) const fn parts(self) -> TableParts<'a> {
        TableParts(self.0)
    }
}

/// A visit that there is not.
fn no_visit() -> Refusal {
    Refusal::Conflict("The Integration screen of the card machine is not open.".to_owned())
}

/// An order that nobody chose.
fn no_order(_: &TableVisit) -> Refusal {
    Refusal::Conflict("No order is chosen on the card machine.".to_owned())
}

/// What another request is about to finish.
fn under_way(what: &str) -> Refusal {
    Refusal::Pending(format!("{what} Try again shortly."))
}
