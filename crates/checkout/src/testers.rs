//! The test cards that pages of the sandbox fill in. Their numbers are in the script
//! (testers.js): no page ever holds the number of a card.

/// What testers want of a card, by which the script knows it too, and the key of its
/// button's text. The page of test cards has all cards.
pub(crate) const CARDS: [(&str, &str); 4] = [
    ("approved", "tester-approved"),
    ("declined", "tester-declined"),
    ("insufficient-funds", "tester-funds"),
    ("three-d-secure", "tester-three-ds"),
];
