//! Values as JSON, exactly as large as they are.

use std::cell::RefCell;

use serde::Serialize;

/// How much memory a thread keeps for writing; most texts fit.
const KEPT_BYTES: usize = 16 * 1024;

thread_local! {
    static WRITING: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Lets something be done with a value as JSON. A text is written where the thread has
/// written the last one: what grows while it is written is moved, and what is large
/// from the start is memory that no processor has at hand.
///
/// # Errors
/// If the value cannot be written, as a map whose keys are no text.
pub fn with_json<T>(
    value: &impl Serialize,
    use_text: impl FnOnce(&[u8]) -> T,
) -> serde_json::Result<T> {
    // Whoever writes JSON while writing JSON begins with nothing.
    let mut text = WRITING.take();
    text.clear();
    let written = serde_json::to_writer(&mut text, value);
    let used = written.map(|()| use_text(&text));
    if text.capacity() <= KEPT_BYTES {
        WRITING.set(text);
    }
    used
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn each_text_is_whole_and_alone() {
        let long = "x".repeat(2 * KEPT_BYTES);
        for text in [long.as_str(), "a", "bc"] {
            let written = with_json(&text, |outer| {
                let inner = with_json(&1, <[u8]>::to_vec).expect("JSON");
                (outer.to_vec(), inner)
            });
            let expected = (format!("\"{text}\"").into_bytes(), b"1".to_vec());
            assert_eq!(written.expect("JSON"), expected);
        }
        let broken = BTreeMap::from([(vec![1], 2)]);
        assert!(with_json(&broken, |_| ()).is_err());
    }
}
