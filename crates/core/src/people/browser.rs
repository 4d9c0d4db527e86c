//! What browsers call themselves, in words.

/// Names in what a browser calls itself, with the word for each. Many name others that
/// they resemble, so the first that is found is the one.
const BROWSERS: [(&str, &str); 7] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: [(&str, &str); 6] = [
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "a Mac"),
    ("Linux", "Linux"),
];

/// A browser and its system as people know them, such as `Firefox on Linux`.
pub fn browser_in_words(agent: &str) -> String {
    let first = |words: &[(&str, &'static str)]| {
        let mut words = words.iter();
        words
            .find(|(name, _)| agent.contains(name))
            .map(|(_, word)| *word)
    };
    match (first(&BROWSERS), first(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, Some(system)) => format!("A browser on {system}"),
        (None, None) => "An unknown browser".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_known_by_their_names() {
        let mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15";
        let windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36";
        for (agent, words) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0",
                "Firefox on Linux",
            ),
            (
                &format!("{mac} Version/17.4 Safari/605.1.15"),
                "Safari on a Mac",
            ),
            (
                &format!("{windows} Chrome/128.0.0.0 Safari/537.36 Edg/128.0"),
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X)",
                "A browser on an iPhone",
            ),
            ("curl/8", "An unknown browser"),
            ("", "An unknown browser"),
        ] {
            assert_eq!(browser_in_words(agent), words, "{agent}");
        }
    }
}
