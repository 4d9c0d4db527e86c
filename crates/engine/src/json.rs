//! Values as JSON, exactly as large as they are; and JSON as it comes in.

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
    // JSON that is written while JSON is written begins with nothing.
    let mut text = WRITING.take();
    text.clear();
    let written = serde_json::to_writer(&mut text, value);
    let used = written.map(|()| use_text(&text));
    if text.capacity() <= KEPT_BYTES {
        WRITING.set(text);
    }
    used
}

/// What is not UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotUtf8;

/// The JSON of a body. Some programs write a byte order mark before it, which says
/// nothing in UTF-8; UTF-16 is no JSON.
///
/// # Errors
/// If it is not UTF-8. It may still be no JSON.
pub fn json_text(body: &[u8]) -> Result<&str, NotUtf8> {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    let text = body.strip_prefix(MARK).unwrap_or(body);
    // Every other byte of what is ASCII, written as UTF-16, is nothing.
    match text.iter().take(4).any(|byte| *byte == 0) {
        true => Err(NotUtf8),
        false => str::from_utf8(text).map_err(|_| NotUtf8),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_mark_is_read_over_at_the_start_alone() {
        assert_eq!(json_text(b"\xef\xbb\xbf{}"), Ok("{}"));
        assert_eq!(json_text(b"{}"), Ok("{}"));
        assert_eq!(json_text(b""), Ok(""));
        for inside in ["{\u{feff}}", "\u{feff}\u{feff}{}"] {
            let text = json_text(inside.as_bytes()).expect("UTF-8");
            assert!(text.contains('\u{feff}'), "{inside:?}");
        }
    }

    #[test]
    fn other_encodings_are_refused() {
        let wide = |big: bool| -> Vec<u8> {
            let units = "{\"a\":1}".encode_utf16();
            units
                .flat_map(|u| {
                    if big {
                        u.to_be_bytes()
                    } else {
                        u.to_le_bytes()
                    }
                })
                .collect()
        };
        let marked = |mark: [u8; 2], text: Vec<u8>| [mark.to_vec(), text].concat();
        for body in [
            wide(true),
            wide(false),
            marked([0xfe, 0xff], wide(true)),
            marked([0xff, 0xfe], wide(false)),
            b"{\"a\":\"\xe9\"}".to_vec(),
        ] {
            assert_eq!(json_text(&body), Err(NotUtf8), "{body:?}");
        }
    }

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
