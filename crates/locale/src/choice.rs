//! Which language a payer reads.

use crate::Language;

impl Language {
    /// The language that was switched to; the best of what the browser accepts if
    /// none was; English if it accepts none of ours.
    pub fn chosen(switched: Option<&str>, accepted: Option<&str>) -> &'static Self {
        let switched = switched.and_then(Self::by_tag);
        switched
            .or_else(|| accepted.and_then(best))
            .unwrap_or_else(Self::english)
    }
}

/// The one that an `Accept-Language` likes best; of equals, the first.
fn best(accepted: &str) -> Option<&'static Language> {
    let mut best: Option<(u16, &'static Language)> = None;
    for range in accepted.split(',') {
        let mut parts = range.split(';');
        let tag = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.trim().strip_prefix("q="));
        let weight = weight.map_or(Some(1000), thousandths);
        let (Some(weight @ 1..), Some(language)) = (weight, Language::by_tag(tag)) else {
            continue;
        };
        if best.is_none_or(|(most, _)| weight > most) {
            best = Some((weight, language));
        }
    }
    best.map(|(_, language)| language)
}

/// `0.8` as 800.
fn thousandths(text: &str) -> Option<u16> {
    let text = text.trim();
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = part.chars().all(|c| c.is_ascii_digit()) && part.len() <= 3;
    let part: u16 = format!("{part:0<3}").parse().ok().filter(|_| digits)?;
    match (whole, part) {
        ("1", 0) => Some(1000),
        ("0" | "", part) => Some(part),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_goes_before_the_browser_and_english_comes_last() {
        for (switched, accepted, chosen) in [
            (Some("de"), Some("fr"), "de"),
            (Some("DE-at"), None, "de"),
            (Some("nonsense"), Some("fr"), "fr"),
            (None, Some("fr-CA"), "fr"),
            (None, Some("nl, it;q=0.3, es;q=0.7"), "es"),
            (None, Some("de;q=0.5,en;q=0.5"), "de"),
            (None, Some("de;q=0, en;q=0.1"), "en"),
            (None, Some("en-US,en;q=0.9,de;q=0.8"), "en"),
            (None, Some("es; q=0.9 , it ;q=1.0"), "it"),
            (None, Some("de;q=2, it;q=x, *;q=0.5"), "en"),
            (None, Some("nl"), "en"),
            (None, Some(""), "en"),
            (None, None, "en"),
        ] {
            let tag = Language::chosen(switched, accepted).tag();
            assert_eq!(tag, chosen, "{switched:?} {accepted:?}");
        }
    }
}
