//! The search: every passage of the site is looked through, which takes a millisecond.

use crate::explorer::Listed;
use crate::markdown::Passage;
use crate::site::{Page, Site};

/// How many characters of a question are read.
const QUESTION: usize = 100;
/// How many words of it.
const WORDS: usize = 8;
/// How many passages are shown.
const SHOWN: usize = 20;
/// How many characters of a passage are shown before the first word that was found.
const BEFORE: usize = 60;
/// How many characters are shown.
const EXCERPT: usize = 200;

/// A passage that was found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) link: String,
    pub(crate) title: String,
    pub(crate) excerpt: String,
    /// How many of the words it has, and how much it is about them.
    score: (usize, usize),
}

/// A passage as it is searched.
struct Entry {
    link: String,
    title: String,
    text: String,
    /// The title and the text in lower case.
    names: String,
    words: String,
}

/// What is searched: the passages of each page.
pub(crate) struct Index(Vec<Vec<Entry>>);

impl Index {
    pub(crate) fn new<'o>(site: &Site, operations: impl IntoIterator<Item = &'o Listed>) -> Self {
        let pages = site.pages.iter().map(|page| {
            let passages = page.rendered.passages.iter();
            passages.map(|passage| Entry::new(page, passage)).collect()
        });
        let operations = operations
            .into_iter()
            .map(|it| vec![Entry::of_operation(it)]);
        Self(pages.chain(operations).collect())
    }

    /// Of each page that has all words of a question, the passages that have most of them;
    /// the best first.
    pub(crate) fn find(&self, question: &str) -> Vec<Hit> {
        let question: String = question.chars().take(QUESTION).collect();
        let question = question.to_lowercase();
        let words: Vec<&str> = question.split_whitespace().take(WORDS).collect();
        if words.is_empty() {
            return Vec::new();
        }
        let mut hits: Vec<Hit> = self
            .0
            .iter()
            .flat_map(|page| of_page(page, &words))
            .collect();
        hits.sort_by_key(|hit| std::cmp::Reverse(hit.score));
        hits.truncate(SHOWN);
        hits
    }
}

fn of_page(page: &[Entry], words: &[&str]) -> Vec<Hit> {
    let all = words
        .iter()
        .all(|word| page.iter().any(|entry| entry.has(word)));
    let most = page.iter().map(|entry| entry.score(words).0).max();
    let Some(most) = most.filter(|most| all && *most > 0) else {
        return Vec::new();
    };
    let best = page.iter().filter(|entry| entry.score(words).0 == most);
    best.map(|entry| entry.hit(words)).collect()
}

impl Entry {
    fn new(page: &Page, passage: &Passage) -> Self {
        let text = passage
            .text
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        let title = page.source.title;
        let (link, title, text) = match passage.id.as_str() {
            "" => (
                page.path(),
                title.to_owned(),
                format!("{} {text}", page.source.summary),
            ),
            id => (
                format!("{}#{id}", page.path()),
                format!("{title}: {}", passage.heading),
                text,
            ),
        };
        Self {
            link,
            names: title.to_lowercase(),
            title,
            words: text.to_lowercase(),
            text,
        }
    }

    fn of_operation(operation: &Listed) -> Self {
        let Listed {
            page,
            method,
            path,
            summary,
            ..
        } = operation;
        let text = format!("{method} {path}");
        Self {
            link: page.clone(),
            title: format!("API: {summary}"),
            names: format!("api explorer {summary}").to_lowercase(),
            words: text.to_lowercase(),
            text,
        }
    }

    fn has(&self, word: &str) -> bool {
        self.names.contains(word) || self.words.contains(word)
    }

    fn score(&self, words: &[&str]) -> (usize, usize) {
        let found = words.iter().filter(|word| self.has(word)).count();
        let about = words.iter().map(|word| {
            let said = self.words.matches(word).count().min(4);
            match self.names.contains(word) {
                // What is named so and nothing else comes first.
                true => said + 10 + 20 / self.names.split_whitespace().count(),
                false => said,
            }
        });
        (found, about.sum())
    }

    fn hit(&self, words: &[&str]) -> Hit {
        Hit {
            link: self.link.clone(),
            title: self.title.clone(),
            excerpt: self.excerpt(words),
            score: self.score(words),
        }
    }

    fn excerpt(&self, words: &[&str]) -> String {
        let first = words.iter().filter_map(|word| self.words.find(word)).min();
        // Lower case may have another length in bytes, so characters are counted.
        let first = self.words[..first.unwrap_or(0)].chars().count();
        let before = first.saturating_sub(BEFORE);
        // From there to the end of a word.
        let rest = self.text.chars().skip(before);
        let start = match before {
            0 => 0,
            _ => before + rest.take_while(|c| *c != ' ').count(),
        };
        let shown: String = self.text.chars().skip(start).take(EXCERPT).collect();
        let before = if start > 0 { "… " } else { "" };
        let after = if self.text.chars().count() > start + EXCERPT {
            " …"
        } else {
            ""
        };
        format!("{before}{}{after}", shown.trim())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::tests::shown;

    fn index() -> Index {
        shown().index
    }

    #[test]
    fn what_is_asked_for_is_found_first() {
        let index = index();
        for (question, page) in [
            ("refund", "/docs/payments/refunds"),
            ("verify webhook signature", "/docs/webhooks/"),
            ("postgresql", "/docs/operate/"),
            ("virtual terminal", "/docs/online/virtual-terminal"),
            (
                "/payment-intents/{paymentintentid}/captures",
                "/docs/api/Captures_Create",
            ),
        ] {
            let hits = index.find(question);
            let first = hits.first().map(|hit| hit.link.as_str());
            assert!(
                first.is_some_and(|link| link.starts_with(page)),
                "{question}: {first:?}"
            );
            assert!(hits.len() <= SHOWN);
        }
    }

    #[test]
    fn nonsense_finds_nothing_and_does_no_harm() {
        let index = index();
        for question in [
            "",
            "   ",
            "xyzzyplugh",
            &"é".repeat(10_000),
            "<script>alert(1)</script>",
        ] {
            assert_eq!(index.find(question), []);
        }
    }
}
