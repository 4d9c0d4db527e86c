//! Amounts as people type them.

/// Reads an amount such as `12.50`, `12` or `1,200.00` as minor units.
pub(crate) fn minor_units(text: &str) -> Option<i64> {
    let plain: String = text
        .trim()
        .trim_start_matches(['£', '€'])
        .chars()
        .filter(|c| *c != ',')
        .collect();
    let (whole, part) = plain.split_once('.').unwrap_or((&plain, ""));
    let are_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || part.len() > 2 || !are_digits(whole) || !are_digits(part) {
        return None;
    }
    let minor: i64 = format!("{part:0<2}").parse().ok()?;
    whole
        .parse::<i64>()
        .ok()?
        .checked_mul(100)?
        .checked_add(minor)
}

/// An amount for a field.
pub(crate) fn typed(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_type_them() {
        for (text, minor) in [
            ("12.50", Some(1250)),
            ("12.5", Some(1250)),
            ("12", Some(1200)),
            (" £1,200.00 ", Some(120_000)),
            ("0.01", Some(1)),
            ("", None),
            ("-1", None),
            ("1.234", None),
            (".50", None),
            ("1.2.3", None),
            ("twelve", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(minor_units(text), minor, "{text}");
        }
        assert_eq!(typed(1205), "12.05");
    }
}
