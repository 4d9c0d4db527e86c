//! The test cards that pages of the sandbox fill in.

/// A card and what testers want of it.
pub(crate) struct TesterCard {
    /// The end of its button's `data-testid`.
    pub(crate) name: &'static str,
    /// The key of its button's text.
    pub(crate) text: &'static str,
    pub(crate) number: &'static str,
    pub(crate) cv2: &'static str,
}

const fn card(name: &'static str, text: &'static str, number: &'static str) -> TesterCard {
    TesterCard {
        name,
        text,
        number,
        cv2: "123",
    }
}

/// Those that testers ask for most; the page of test cards has all.
pub(crate) const CARDS: [TesterCard; 4] = [
    card("approved", "tester-approved", "4456530000001005"),
    card("declined", "tester-declined", "4456530000001013"),
    card("insufficient-funds", "tester-funds", "4456530000002003"),
    card("three-d-secure", "tester-three-ds", "4456530000001096"),
];
