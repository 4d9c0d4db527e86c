//! The whole site, rendered: pages, their order, and what is searched.

use std::collections::HashMap;

use crate::markdown::{Rendered, render};
use crate::source::{self, SECTIONS, Source};

/// The address that sources write for the installation.
const WRITTEN_BASE: &str = "http://127.0.0.1:8080";

/// What the pages say of the installation that shows them.
#[derive(Clone, Debug)]
pub(crate) struct Filling {
    /// The address of the installation, without a slash at its end.
    pub(crate) base: String,
    /// The key in samples.
    pub(crate) key: String,
    /// Tables that are made from the program, each with its name.
    pub(crate) tables: Vec<(&'static str, String)>,
}

impl Filling {
    fn fill(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, table) in &self.tables {
            text = text.replace(&format!("{{{{{name}}}}}"), table);
        }
        let text = text
            .replace("{{base}}", &self.base)
            .replace("{{key}}", &self.key);
        text.replace(WRITTEN_BASE, &self.base)
    }
}

/// A page with what is shown of it.
pub(crate) struct Page {
    /// As it is written, filled in.
    pub(crate) source: Source,
    /// As it is shown.
    pub(crate) rendered: Rendered,
}

impl Page {
    /// Its path.
    pub(crate) fn path(&self) -> String {
        path(self.source.slug)
    }
}

fn path(slug: &str) -> String {
    if slug.is_empty() {
        "/docs".to_owned()
    } else {
        format!("/docs/{slug}")
    }
}

/// The site.
pub(crate) struct Site {
    /// In the order of the navigation.
    pub(crate) pages: Vec<Page>,
    by_slug: HashMap<&'static str, usize>,
}

impl Site {
    /// Renders all pages.
    pub(crate) fn new(filling: &Filling) -> Self {
        let sources = source::all();
        // A link names a file: a page's own, or the one that a page shows.
        let files = sources.iter().flat_map(|source| {
            let names = [Some(source.file), source.includes];
            names.into_iter().flatten().map(|name| (name, source.slug))
        });
        let files: HashMap<&str, &str> = files.collect();
        let pages: Vec<Page> = sources
            .into_iter()
            .map(|mut source| {
                source.text = filling.fill(&source.text);
                let folders = [Some(source.file), source.includes];
                let rendered = render(&source.text, |target| {
                    let (file, fragment) = target.split_once('#').unwrap_or((target, ""));
                    let mut folders = folders.iter().flatten();
                    let slug = folders.find_map(|from| files.get(joined(from, file).as_str()))?;
                    let fragment = if fragment.is_empty() {
                        String::new()
                    } else {
                        format!("#{fragment}")
                    };
                    Some(path(slug) + &fragment)
                });
                Page { source, rendered }
            })
            .collect();
        let by_slug = pages
            .iter()
            .enumerate()
            .map(|(at, page)| (page.source.slug, at));
        Self {
            by_slug: by_slug.collect(),
            pages,
        }
    }

    /// The place of a page in [`Self::pages`].
    pub(crate) fn find(&self, slug: &str) -> Option<usize> {
        self.by_slug.get(slug).copied()
    }

    /// The sections that have pages, with these.
    pub(crate) fn sections(&self) -> impl Iterator<Item = (&'static str, Vec<&Page>)> {
        SECTIONS.iter().filter_map(|section| {
            let pages = self
                .pages
                .iter()
                .filter(|page| page.source.section == *section);
            let pages: Vec<&Page> = pages.collect();
            (!pages.is_empty()).then_some((*section, pages))
        })
    }
}

/// The path of a file that another one names.
fn joined(from: &str, name: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in name.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::content::{Content, Shown};
    use std::collections::HashSet;

    pub(crate) fn site() -> Site {
        shown().site
    }

    pub(crate) fn shown() -> Shown {
        let content = Content {
            filling: Filling {
                base: "http://127.0.0.1:5000".to_owned(),
                key: "sk_sandbox_example".to_owned(),
                tables: Vec::new(),
            },
            also: &[],
            documents: &[],
            tables: &[],
        };
        content.shown()
    }

    #[test]
    fn pages_have_no_faults_and_no_placeholder_is_left() {
        for page in &site().pages {
            let file = page.source.file;
            assert_eq!(page.rendered.faults, Vec::<String>::new(), "{file}");
            // Tables are made by the program, which its own tests look at.
            let is_table = |line: &str| line.starts_with("{{") && line.ends_with("}}");
            let mut lines = page.source.text.lines();
            assert!(
                !lines.any(|line| line.contains("{{") && !is_table(line)),
                "{file}"
            );
            assert!(page.rendered.html.len() < 150_000, "{file}");
        }
    }

    #[test]
    fn no_link_within_the_site_is_dead() {
        let site = site();
        let mut there = HashSet::new();
        for page in &site.pages {
            there.insert(page.path());
            for heading in &page.rendered.headings {
                there.insert(format!("{}#{}", page.path(), heading.id));
            }
        }
        for page in &site.pages {
            for link in &page.rendered.links {
                let link = match link.strip_prefix('#') {
                    Some(fragment) => format!("{}#{fragment}", page.path()),
                    None => link.clone(),
                };
                // What is no page is looked for in the running program.
                let made = ["test-cards", "openapi/", "asyncapi/", "api", "choose"];
                let made = made.map(|name| format!("/docs/{name}"));
                let is_made = made.iter().any(|made| link.starts_with(made));
                let of_site = link.starts_with("/docs/") && !is_made;
                assert!(
                    !of_site || there.contains(&link),
                    "{}: {link}",
                    page.source.file
                );
                let known = link.starts_with('/')
                    || link.starts_with("https://")
                    || link.starts_with("http://127.0.0.1:5000");
                assert!(known, "{}: {link}", page.source.file);
            }
        }
    }

    #[test]
    fn options_of_components_are_those_of_their_types() {
        let types = include_str!("../../checkout/assets/client.d.ts");
        let site = site();
        let at = site.find("online/component-options").expect("the page");
        let text = &site.pages[at].source.text;
        let names = text.split('`').skip(1).step_by(2);
        for name in names.flat_map(|name| name.split('.')) {
            let is_plain = name.chars().all(char::is_alphanumeric);
            assert!(!is_plain || types.contains(name), "{name}");
        }
        let options = types.lines().filter_map(|line| {
            let name = line.split_once("?:")?.0.trim();
            name.chars().all(char::is_alphanumeric).then_some(name)
        });
        let own = ["address1", "address2", "address3", "address4", "color"];
        let own = [&own[..], &["city", "state", "postcode", "countryCode"]].concat();
        for option in options.filter(|option| !own.contains(option)) {
            assert!(text.contains(option), "{option}");
        }
    }

    #[test]
    fn files_are_named_from_where_they_are_named() {
        assert_eq!(joined("docs/site/a/b.md", "../c/d.md"), "docs/site/c/d.md");
        assert_eq!(joined("docs/a.md", "../README.md"), "README.md");
        assert_eq!(joined("CHANGELOG.md", "docs/a.md"), "docs/a.md");
    }
}
