//! The data of the EPOS Data contract. What a POS sends is read leniently: published
//! examples and schemas spell some things in two ways, and both are taken. What is
//! sent to a POS is written as the schemas have it.

mod bill;
mod event;
mod fault;
mod guests;
mod lenient;
mod money;
mod order;
mod page;
mod requests;
mod room;

pub use bill::{Align, Bill, Line, Size};
pub use event::{PosEvent, PosEventKind};
pub use fault::{FaultKind, PosFault};
pub use guests::{
    CreateParty, CreateReservation, Deposit, Party, Reservation, UpdateParty, UpdateReservation,
};
pub use money::Amount;
pub use order::{
    Customer, Details, DineIn, Discount, Item, Modifier, Order, Payment, SubItem, TaxLine,
};
pub use page::Page;
pub use requests::{
    CreateOrder, Cursor, ExtendLock, LockOrder, RecordPayment, SearchDineIn, SearchOrders,
    SearchParties, SearchReservations, SearchTables,
};
pub use room::{Area, Table};
