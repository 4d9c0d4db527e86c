//! The page of test cards.

pub(crate) mod test_cards;
