//! The pages as they are written: Markdown with a head of `name: value` lines.

use crate::samples::{LANGUAGES, label};

/// Each file's path in the repository, its text, and the text that its head includes.
const FILES: &[(&str, &str, Option<&str>)] = include!(concat!(env!("OUT_DIR"), "/sources.rs"));
const FOLDER: &str = "docs/site/";

/// The sections, in the order of the navigation.
pub(crate) const SECTIONS: [&str; 13] = [
    "Start",
    "Online",
    "In person",
    "At the table",
    "Manage payments",
    "Apps",
    "Plugins",
    "Webhooks and events",
    "Testing",
    "Go live",
    "Operate",
    "Reference",
    "Changelog",
];

/// A page as it is written.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Its path in the repository.
    pub(crate) file: &'static str,
    /// The file in the repository whose text it shows after its own, if any.
    pub(crate) includes: Option<&'static str>,
    /// Its path under `/docs`, without the slash before; empty for the first page.
    pub(crate) slug: &'static str,
    /// Its title.
    pub(crate) title: &'static str,
    /// The section of the navigation that it is in.
    pub(crate) section: &'static str,
    /// Where in that section.
    pub(crate) order: u32,
    /// What it is about, in a sentence.
    pub(crate) summary: &'static str,
    /// Its Markdown.
    pub(crate) text: String,
}

/// All pages, in the order of the navigation.
pub(crate) fn all() -> Vec<Source> {
    let mut sources: Vec<Source> = FILES.iter().map(|file| read(*file)).collect();
    let section = |source: &Source| SECTIONS.iter().position(|name| *name == source.section);
    sources.sort_by_key(|source| (section(source), source.order, source.slug));
    sources
}

/// The samples of one name on a page: the titles of their languages, and their code.
pub(crate) fn samples(slug: &str, name: &str) -> Vec<(&'static str, String)> {
    let page = all().into_iter().find(|page| page.slug == slug);
    let text = page.map(|page| page.text).unwrap_or_default();
    let blocks = text.split("\n```").skip(1).filter_map(|block| {
        let (info, code) = block.split_once('\n')?;
        let (language, named) = label(info)?;
        let (_, title) = LANGUAGES.iter().find(|(it, _)| *it == language)?;
        (named == name).then(|| (*title, code.trim_end().to_owned()))
    });
    blocks.collect()
}

fn read((file, text, included): (&'static str, &'static str, Option<&'static str>)) -> Source {
    let text = text.strip_prefix("---\n").unwrap_or(text);
    let (head, body) = text.split_once("\n---\n").unwrap_or(("", text));
    let value = |name: &str| {
        let line = head
            .lines()
            .find_map(|line| line.split_once(": ").filter(|(n, _)| *n == name));
        line.map(|(_, value)| value)
    };
    let mut text = body.to_owned();
    if let Some(included) = included {
        text.push('\n');
        // Its first line is the title, which the page has already.
        text.push_str(included.split_once('\n').map_or("", |(_, rest)| rest));
    }
    let slug = file.strip_prefix(FOLDER).unwrap_or(file);
    let slug = slug.strip_suffix(".md").unwrap_or(slug);
    Source {
        file,
        includes: value("include"),
        slug: if slug == "index" { "" } else { slug },
        title: value("title").unwrap_or_default(),
        section: value("section").unwrap_or_default(),
        order: value("order")
            .and_then(|order| order.parse().ok())
            .unwrap_or_default(),
        summary: value("summary").unwrap_or_default(),
        text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_webhook_can_be_verified_in_every_language() {
        let samples = samples("webhooks/receive", "verify");
        let titles: Vec<_> = samples.iter().map(|(title, _)| *title).collect();
        assert_eq!(titles, ["curl", "Node.js", "Python", "PHP", "C#", "Rust"]);
        for (title, code) in &samples {
            assert!(code.contains("sha256=") && !code.contains("```"), "{title}");
        }
        assert!(super::samples("webhooks/receive", "none").is_empty());
    }

    #[test]
    fn every_page_has_a_whole_head_and_a_place_of_its_own() {
        let mut places = BTreeSet::new();
        for page in all() {
            let at = page.file;
            assert!(SECTIONS.contains(&page.section), "{at}: {:?}", page.section);
            assert!(!page.title.is_empty(), "{at} has no title");
            assert!(page.summary.ends_with('.'), "{at} has no summary");
            assert!(page.order > 0 || page.slug.is_empty(), "{at} has no order");
            assert!(
                places.insert((page.section, page.order)),
                "{at} shares its order"
            );
            assert!(!page.text.trim().is_empty(), "{at} is empty");
        }
    }
}
