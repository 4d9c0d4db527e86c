//! The site as plain text for language models, after llmstxt.org: an index, everything
//! in one file, and a file for each product.

use crate::site::{Page, Site};

/// A text for language models.
pub(crate) struct Text {
    /// Its path.
    pub(crate) path: &'static str,
    /// What it is, in a sentence.
    about: &'static str,
    /// The sections that are in it; all if there are none.
    sections: &'static [&'static str],
}

/// The index; it lists the others.
pub(crate) const INDEX: &str = "/llms.txt";

/// Those that hold whole pages.
pub(crate) const TEXTS: [Text; 6] = [
    Text {
        path: "/llms-full.txt",
        about: "Every page in one file.",
        sections: &[],
    },
    Text {
        path: "/llms-online.txt",
        about: "Online payments: checkout page, payment links, virtual terminal, components, apps.",
        sections: &["Start", "Online", "Apps"],
    },
    Text {
        path: "/llms-payment-intents.txt",
        about: "Payment intents and setup intents, captures, refunds, reversals, customers, webhooks.",
        sections: &["Start", "Manage payments", "Webhooks and events"],
    },
    Text {
        path: "/llms-inperson-pac.txt",
        about: "Card machines: Pay at Counter, sessions, signatures, pre-authorizations, refunds.",
        sections: &["Start", "In person"],
    },
    Text {
        path: "/llms-epos.txt",
        about: "Links to a POS: capabilities, connections, orders and payments at the table.",
        sections: &["At the table"],
    },
    Text {
        path: "/llms-plugins.txt",
        about: "Shop plugins and what they need to reach this installation.",
        sections: &["Plugins"],
    },
];

const ABOUT: &str = "Tatami is an open, self-hosted payments platform that speaks the published Dojo API: \
     payment intents, a hosted checkout page, components, card machines, refunds, saved cards and webhooks. \
     It comes with a sandbox that needs no account and no network.";

/// The index.
pub(crate) fn index(site: &Site, base: &str) -> String {
    let mut text = format!("# Tatami\n\n> {ABOUT}\n");
    for (section, pages) in site.sections() {
        text.push_str(&format!("\n## {section}\n\n"));
        for page in pages {
            let source = &page.source;
            text.push_str(&format!(
                "- [{}]({base}{}): {}\n",
                source.title,
                address(page),
                source.summary
            ));
        }
    }
    text.push_str("\n## Machine-readable\n\n");
    text.push_str(&format!(
        "- [OpenAPI]({base}/openapi.json): Every operation of the newest version.\n"
    ));
    for Text { path, about, .. } in &TEXTS {
        text.push_str(&format!("- [{path}]({base}{path}): {about}\n"));
    }
    text
}

/// The pages of a text, one after another.
pub(crate) fn whole(site: &Site, base: &str, text: &Text) -> String {
    let sections = text.sections;
    let mut whole = format!("# Tatami\n\n> {ABOUT}\n");
    for page in &site.pages {
        if sections.is_empty() || sections.contains(&page.source.section) {
            whole.push_str(&format!("\n---\n\nSource: {base}{}\n\n", page.path()));
            whole.push_str(&markdown(page));
        }
    }
    whole
}

/// The address of a page's Markdown.
pub(crate) fn address(page: &Page) -> String {
    match page.source.slug {
        "" => "/docs/index.md".to_owned(),
        slug => format!("/docs/{slug}.md"),
    }
}

/// A page as Markdown with its title.
pub(crate) fn markdown(page: &Page) -> String {
    let source = &page.source;
    let body = source.text.trim();
    format!("# {}\n\n{}\n\n{body}\n", source.title, source.summary)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::tests::site;

    #[test]
    fn the_index_names_every_page_and_every_text_has_some() {
        let site = site();
        let index = index(&site, "http://127.0.0.1:5000");
        for page in &site.pages {
            assert!(index.contains(&address(page)), "{}", page.source.file);
        }
        for text in &TEXTS {
            let whole = whole(&site, "http://127.0.0.1:5000", text);
            assert!(whole.matches("Source: ").count() > 0, "{}", text.path);
        }
    }
}
