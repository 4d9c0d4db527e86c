//! The site as plain text for language models, after llmstxt.org: an index, everything
//! in one file, and a file for each product.

use crate::documents::Served;
use crate::site::{Page, Site};

/// A text for language models.
pub(crate) struct Text {
    /// Its path.
    pub(crate) path: &'static str,
    /// What it is, in a sentence.
    about: &'static str,
    /// What the names of the pages in it begin with; all if there are none.
    pages: &'static [&'static str],
}

/// The index; it lists the others.
pub(crate) const INDEX: &str = "/llms.txt";

/// Those that hold whole pages, under the names that published documentation has for them.
pub(crate) const TEXTS: [Text; 14] = [
    Text {
        path: "/llms-full.txt",
        about: "Every page in one file.",
        pages: &[],
    },
    Text {
        path: "/llms-online.txt",
        about: "Online payments: checkout page, payment links, virtual terminal, components, apps.",
        pages: &["start/", "online/", "apps/"],
    },
    Text {
        path: "/llms-payment-intents.txt",
        about: "Payment intents and setup intents, captures, refunds, reversals, customers, webhooks.",
        pages: &["start/", "payments/", "webhooks/"],
    },
    Text {
        path: "/llms-inperson-pac.txt",
        about: "Card machines: Pay at Counter, sessions, signatures, pre-authorizations, refunds.",
        pages: &["start/", "in-person/"],
    },
    Text {
        path: "/llms-inperson-pat.txt",
        about: "Pay at Table: orders that are found, locked and paid on card machines, and their bills.",
        pages: &["start/", "at-the-table/pay-at-table", "at-the-table/pos"],
    },
    Text {
        path: "/llms-epos.txt",
        about: "Links to a POS: capabilities, connections, orders and payments at the table.",
        pages: &["at-the-table/", "reference/events"],
    },
    Text {
        path: "/llms-core-concepts.txt",
        about: "What the parts have in common: words, data types, sessions, orders and events.",
        pages: &[
            "start/how-it-works",
            "at-the-table/pos",
            "in-person/sessions",
            "webhooks/events",
            "reference/data-types",
            "reference/events",
            "reference/glossary",
        ],
    },
    Text {
        path: "/llms-order-and-pay.txt",
        about: "Guests who pay at their table with their phone, and the POS behind it.",
        pages: &["at-the-table/"],
    },
    Text {
        path: "/llms-plugins.txt",
        about: "Shop plugins and what they need to reach this installation.",
        pages: &["plugins/"],
    },
    Text {
        path: "/llms-bookings.txt",
        about: "Reservations, parties and tables of a POS, and cards that are kept for no-shows.",
        pages: &[
            "at-the-table/",
            "payments/setup-intents",
            "reference/events",
        ],
    },
    Text {
        path: "/llms-mobile-ios.txt",
        about: "Apps for iOS with the published SDK.",
        pages: &["start/", "apps/", "payments/intents"],
    },
    Text {
        path: "/llms-mobile-android.txt",
        about: "Apps for Android with the published SDK.",
        pages: &["start/", "apps/", "payments/intents"],
    },
    Text {
        path: "/llms-mobile-reactnative.txt",
        about: "Apps with React Native and the published SDK.",
        pages: &["start/", "apps/", "payments/intents"],
    },
    Text {
        path: "/llms-mobile-ttpoi.txt",
        about: "Tap to Pay on iPhone: a phone as a card machine.",
        pages: &["in-person/tap-to-pay", "in-person/sessions"],
    },
];

/// The texts as a table of a page.
pub(crate) fn table() -> String {
    let mut table = String::from("| file | holds |\n| --- | --- |\n");
    table.push_str(&format!(
        "| [{INDEX}]({INDEX}) | An index with a sentence about each page. |\n"
    ));
    for Text { path, about, .. } in &TEXTS {
        table.push_str(&format!("| [{path}]({path}) | {about} |\n"));
    }
    table
}

const ABOUT: &str = "Tatami is an open, self-hosted payments platform that speaks the published Dojo API: \
     payment intents, a hosted checkout page, components, card machines, refunds, saved cards and webhooks. \
     It comes with a sandbox that needs no account and no network.";

/// The index.
pub(crate) fn index(site: &Site, documents: &[Served], base: &str) -> String {
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
    for document in documents {
        let (title, about, kind) = (document.title, document.about, document.format.title());
        let version = document.version().map(|date| format!(" {date}"));
        let address = document.address();
        text.push_str(&format!(
            "- [{title}{}, {kind}]({base}{address}): {about}\n",
            version.unwrap_or_default()
        ));
    }
    for Text { path, about, .. } in &TEXTS {
        text.push_str(&format!("- [{path}]({base}{path}): {about}\n"));
    }
    text
}

/// The pages of a text, one after another.
pub(crate) fn whole(site: &Site, base: &str, text: &Text) -> String {
    let is_in = |page: &Page| {
        let mut names = text.pages.iter();
        text.pages.is_empty() || names.any(|name| page.source.slug.starts_with(name))
    };
    let mut whole = format!("# Tatami\n\n> {ABOUT}\n");
    for page in &site.pages {
        if is_in(page) {
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
        let index = index(&site, &[], "http://127.0.0.1:5000");
        for page in &site.pages {
            assert!(index.contains(&address(page)), "{}", page.source.file);
        }
        for text in &TEXTS {
            for name in text.pages {
                let mut pages = site.pages.iter();
                assert!(
                    pages.any(|page| page.source.slug.starts_with(name)),
                    "{name}"
                );
            }
            let whole = whole(&site, "http://127.0.0.1:5000", text);
            assert!(whole.matches("Source: ").count() > 0, "{}", text.path);
        }
    }
}
