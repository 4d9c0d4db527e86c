//! How much of what merchants and payers send is kept.

use std::collections::BTreeMap;

use crate::problem::Violation;

/// The most keys of metadata.
pub const METADATA_KEYS: usize = 50;
/// The longest key of metadata, in characters.
pub const METADATA_KEY_CHARS: usize = 40;
/// The longest value of metadata, in characters.
pub const METADATA_VALUE_CHARS: usize = 500;
/// The most metadata in all, keys and values, in bytes.
pub const METADATA_BYTES: usize = 8 * 1024;
/// The most item lines of an order.
pub const ITEM_LINES: usize = 500;
/// The most modifiers of an item line.
pub const MODIFIERS: usize = 50;
/// The most tax lines of an order.
pub const TAX_LINES: usize = 100;
/// The longest text of which nothing else is published, in characters.
pub const TEXT_CHARS: usize = 2000;

/// Every bound of metadata that is broken, under that field. Keys are not repeated: they
/// may be anything.
pub fn check_metadata(field: &str, metadata: &BTreeMap<String, String>) -> Vec<Violation> {
    let longer = |text: &str, most: usize| text.len() > most && text.chars().count() > most;
    let bytes: usize = metadata.iter().map(|(k, v)| k.len() + v.len()).sum();
    let rules = [
        (
            metadata.len() > METADATA_KEYS,
            format!("must have at most {METADATA_KEYS} keys."),
        ),
        (
            metadata.keys().any(|k| longer(k, METADATA_KEY_CHARS)),
            format!("must have keys of at most {METADATA_KEY_CHARS} characters."),
        ),
        (
            metadata.values().any(|v| longer(v, METADATA_VALUE_CHARS)),
            format!("must have values of at most {METADATA_VALUE_CHARS} characters."),
        ),
        (
            bytes > METADATA_BYTES,
            format!("must be at most {METADATA_BYTES} bytes in all."),
        ),
    ];
    let broken = rules.into_iter().filter(|(broken, _)| *broken);
    broken
        .map(|(_, rule)| Violation::new(field, format!("The {field} {rule}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_has_bounds() {
        let check = |keys: usize, key: usize, value: usize| {
            let name = |n: usize| format!("{n:02}{}", "ü".repeat(key - 2));
            let all = (0..keys).map(|n| (name(n), "é".repeat(value)));
            check_metadata("Metadata", &all.collect())
        };
        assert_eq!(check(0, 40, 0), []);
        assert_eq!(check(50, 40, 20), []);
        assert_eq!(check(4, 40, 500), []);
        for (keys, key, value, rule) in [
            (51, 4, 1, "at most 50 keys"),
            (1, 41, 1, "keys of at most 40"),
            (1, 4, 501, "values of at most 500"),
            (9, 4, 500, "at most 8192 bytes"),
        ] {
            let broken = check(keys, key, value);
            assert_eq!(broken.len(), 1, "{broken:?}");
            assert_eq!(broken[0].field, "Metadata");
            assert!(broken[0].rule.contains(rule), "{broken:?}");
        }
    }
}
