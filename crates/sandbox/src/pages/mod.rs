//! Pages for developers: the test cards and the mailbox.

pub(crate) mod mailbox;
pub(crate) mod test_cards;
