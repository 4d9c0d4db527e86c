//! Samples: the same thing in several languages, of which the reader sees one.

use crate::markdown::escaped;

/// The languages of samples: their names in the sources and on the page.
pub(crate) const LANGUAGES: [(&str, &str); 6] = [
    ("curl", "curl"),
    ("node", "Node.js"),
    ("python", "Python"),
    ("php", "PHP"),
    ("csharp", "C#"),
    ("rust", "Rust"),
];

/// The language and the name of a sample, if the head of a code block says that it is one:
/// `curl refund`.
pub(crate) fn label(info: &str) -> Option<(&'static str, String)> {
    let mut words = info.split_whitespace();
    let language = words.next()?;
    let (language, _) = LANGUAGES.iter().find(|(name, _)| *name == language)?;
    Some((language, words.next()?.to_owned()))
}

/// A sample in one language.
pub(crate) struct Sample {
    pub(crate) language: &'static str,
    pub(crate) code: String,
}

/// The samples of one name.
pub(crate) struct Tabs {
    pub(crate) name: String,
    pub(crate) samples: Vec<Sample>,
}

impl Tabs {
    pub(crate) fn new(name: String) -> Self {
        let samples = Vec::new();
        Self { name, samples }
    }

    /// Radio buttons choose the one that is shown, so that no script is needed.
    pub(crate) fn html(&self, number: usize) -> String {
        let mut html = String::from(
            "<fieldset class=\"tabs\"><legend class=\"visually-hidden\">Language</legend>\n",
        );
        for (at, Sample { language, .. }) in self.samples.iter().enumerate() {
            let title = LANGUAGES.iter().find(|(name, _)| name == language);
            let title = title.map_or(*language, |(_, title)| title);
            let id = format!("sample-{number}-{language}");
            let checked = if at == 0 { " checked" } else { "" };
            html.push_str(&format!(
                "<input type=\"radio\" name=\"sample-{number}\" id=\"{id}\" value=\"{language}\"{checked}><label for=\"{id}\">{title}</label>\n"
            ));
        }
        for Sample { code, .. } in &self.samples {
            let code = escaped(code);
            html.push_str(&format!(
                "<div class=\"panel\"><pre tabindex=\"0\"><code>{code}</code></pre></div>\n"
            ));
        }
        html.push_str("</fieldset>\n");
        html
    }
}
