//! Card machines and their sessions: the use cases around
//! [`tatami_core::card_machine::Counter`].
//!
//! Whatever happens at a machine is one commit of machine, session and payment
//! intent. Money is asked for as everywhere: an attempt on the intent is opened
//! by one commit and closed by another, which moves session and machine too.

mod controls;
mod counter;
mod drive;
mod fleet;
mod sessions;
mod stored;
mod tap;
mod unlinked_refund;

pub use controls::Wish;
pub use fleet::MachineView;
pub use tap::TapSecret;
