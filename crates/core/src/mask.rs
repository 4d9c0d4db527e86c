//! Masks secrets and card numbers in texts that are kept for people to look at.

use std::borrow::Cow;

use crate::card::{CardNumber, could_hold_number, digit};

/// Replaces what is not shown.
pub const MASK: &str = "****";
/// Prefixes of our secrets.
const PREFIXES: [&str; 3] = ["sk_", "cs_", "ttp_"];
/// The least length of a secret after its prefix.
const SECRET_CHARS: usize = 12;
/// Words that are longer are tokens: no id has so many characters.
const TOKEN_CHARS: usize = 60;
/// The least and the greatest number of digits of a card number.
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 12..=19;

/// A text without what looks like a card number or a secret of ours.
pub fn text(text: &str) -> Cow<'_, str> {
    let without_tokens = without_tokens(text);
    match without_cards(&without_tokens) {
        Some(masked) => Cow::Owned(masked),
        None => without_tokens,
    }
}

/// Masks words that are tokens, and those that follow one of our prefixes.
fn without_tokens(text: &str) -> Cow<'_, str> {
    if text.len() < SECRET_CHARS {
        return Cow::Borrowed(text);
    }
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '=');
    let mut masked = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(start) = text[at..].find(is_word).map(|found| at + found) {
        let length = text[start..].find(|c| !is_word(c));
        let end = length.map_or(text.len(), |length| start + length);
        if let Some(keep) = kept_of_secret(&text[start..end]) {
            masked.push_str(&text[copied..start + keep]);
            masked.push_str(MASK);
            copied = end;
        }
        at = end;
    }
    match copied {
        0 => Cow::Borrowed(text),
        _ => Cow::Owned(masked + &text[copied..]),
    }
}

/// How much of a word is shown, if the rest is secret.
fn kept_of_secret(word: &str) -> Option<usize> {
    let prefixed = PREFIXES.iter().find_map(|prefix| {
        let at = word.find(prefix)?;
        let rest = word.len() - at - prefix.len();
        (rest >= SECRET_CHARS).then_some(at + prefix.len())
    });
    prefixed.or_else(|| (word.len() > TOKEN_CHARS).then_some(0))
}

/// Masks runs of digits, with anything but letters and colons between them, that could be
/// a card number. `None` if there is none.
fn without_cards(text: &str) -> Option<String> {
    if !could_hold_number(text) {
        return None;
    }
    let mut masked = String::new();
    let mut copied = 0;
    let mut run: Vec<(usize, usize)> = Vec::new();
    let mut digits = String::new();
    let mut found = |run: &mut Vec<(usize, usize)>, digits: &mut String| {
        if let (Some(first), Some(last)) = (run.first(), run.last())
            && holds_card(digits)
        {
            masked.push_str(&text[copied..first.0]);
            masked.push_str(MASK);
            copied = last.1;
        }
        run.clear();
        digits.clear();
    };
    for (at, c) in text.char_indices() {
        match digit(c) {
            Some(digit) => {
                run.push((at, at + c.len_utf8()));
                digits.push(digit);
            }
            None if c.is_alphanumeric() || c == ':' => found(&mut run, &mut digits),
            None => {}
        }
    }
    found(&mut run, &mut digits);
    (copied > 0).then(|| masked + &text[copied..])
}

/// Whether some of the digits could be a card number.
fn holds_card(digits: &str) -> bool {
    let count = digits.len();
    CARD_DIGITS.filter(|length| *length <= count).any(|length| {
        (0..=count - length)
            .any(|start| CardNumber::parse(&digits[start..start + length]).is_some())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_by_prefix_and_length() {
        assert_eq!(text("Basic sk_sandbox_abcdefghijkl."), "Basic sk_****.");
        assert_eq!(
            text("/x?csc=cs_sandbox_abcdefghijkl&a=b"),
            "/x?csc=cs_****&a=b"
        );
        let token = "a".repeat(TOKEN_CHARS + 1);
        assert_eq!(text(&format!("x/{token}/y")), "x/****/y");
    }

    #[test]
    fn card_numbers_are_masked_and_moments_stay() {
        assert_eq!(text("id=4456-5300 0000/1096; ok"), "id=****; ok");
        let date = "Mon, 30 Nov 2026 19:16:10 GMT";
        assert_eq!(text(date), date);
    }
}
