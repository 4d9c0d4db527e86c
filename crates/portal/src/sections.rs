//! The navigation: every section of the portal, in groups.

use tatami_core::account::Scope;
use tatami_core::id::Environment;
use tatami_core::people::Right::{Develop, Manage, Operate, See};

use crate::frame::Link;
use crate::guard::Need;
use crate::visit::{Visit, path_of};

/// Sections under one heading.
pub struct Group {
    /// Empty for the sections above all headings.
    pub title: &'static str,
    pub links: Vec<Link>,
}

/// A section: the path of its page, its title, and what a user needs to see it.
pub type Section = (&'static str, &'static str, Need);

/// All sections. A group without a section that the visitor may see is left out.
const GROUPS: &[(&str, &[Section])] = &[
    ("", &[("", "Home", Need::Location(See))]),
    (
        "Payments",
        &[
            ("/payments", "Payments", Need::Location(See)),
            ("/transactions", "Transactions", Need::Location(See)),
            ("/refunds", "Refunds", Need::Location(See)),
            ("/payment-links", "Payment links", Need::Location(See)),
            (
                "/virtual-terminal",
                "Virtual terminal",
                Need::Location(Operate),
            ),
            ("/customers", "Customers", Need::Location(See)),
            ("/setup-intents", "Setup intents", Need::Location(See)),
        ],
    ),
    ("In person", &[]),
    (
        "Developers",
        &[
            ("/keys", "API keys", Need::Location(Develop)),
            ("/webhooks", "Webhooks", Need::Location(Develop)),
            ("/logs", "Logs", Need::Location(Develop)),
            ("/limits", "Limits", Need::Location(Develop)),
        ],
    ),
    (SANDBOX, &[]),
    (
        "Location",
        &[
            ("/settings", "Settings", Need::Location(See)),
            ("/branding", "Branding", Need::Location(Manage)),
        ],
    ),
    (
        "Company",
        &[
            ("/company", "Locations and rules", Need::Company(Manage)),
            ("/people", "People", Need::Company(Manage)),
            ("/audit", "Audit trail", Need::Company(Manage)),
            ("/profile", "Your account", Need::SignedIn),
        ],
    ),
];

/// The group of what only a sandbox has.
const SANDBOX: &str = "Sandbox";

/// The navigation, with the page at that path marked.
pub(crate) fn groups(visit: &Visit, here: &str) -> Vec<Group> {
    let scope = visit.some_scope();
    GROUPS
        .iter()
        .map(|(title, sections)| Group {
            title,
            links: sections
                .iter()
                .chain(added_to(title, visit.added))
                .filter_map(|section| link(visit, scope.as_ref(), here, section))
                .collect(),
        })
        .filter(|group| !group.links.is_empty())
        .collect()
}

/// Where a section is, by the last part of its path, if the visitor may see it.
pub(crate) fn link_to(visit: &Visit, name: &str) -> Option<String> {
    let links = groups(visit, "").into_iter().flat_map(|group| group.links);
    let mut hrefs = links.map(|link| link.href);
    hrefs.find(|href| !name.is_empty() && href.rsplit('/').next() == Some(name))
}

/// The link to a section, if the visitor may see it.
fn link(
    visit: &Visit,
    scope: Option<&Scope>,
    here: &str,
    (path, title, need): &Section,
) -> Option<Link> {
    let (may_see, base) = match need {
        Need::SignedIn => (true, "/portal".to_owned()),
        Need::Company(right) => (visit.visitor.may_everywhere(*right), "/portal".to_owned()),
        Need::Location(right) => (visit.visitor.may(*right, scope?), path_of(scope?)),
        Need::Sandbox(right) => {
            let is_test = scope?.environment == Environment::Sandbox;
            (
                is_test && visit.visitor.may(*right, scope?),
                path_of(scope?),
            )
        }
    };
    let is_of_place = matches!(need, Need::Location(_) | Need::Sandbox(_));
    may_see.then(|| Link {
        href: format!("{base}{path}"),
        title: (*title).to_owned(),
        is_here: visit.place.is_some() == is_of_place && is_within(here, path),
    })
}

/// Sections of other crates in that group.
fn added_to(group: &str, added: &'static [Section]) -> &'static [Section] {
    match group {
        SANDBOX => added,
        _ => &[],
    }
}

/// Whether a page is of a section that live mode does not have.
pub(crate) fn is_of_test_mode(here: &str, added: &[Section]) -> bool {
    let sections = GROUPS.iter().flat_map(|(_, sections)| *sections);
    sections
        .chain(added)
        .any(|(path, _, need)| matches!(need, Need::Sandbox(_)) && is_within(here, path))
}

/// Whether a page is the one of a section, or beneath it.
fn is_within(here: &str, section: &str) -> bool {
    here == section
        || (!section.is_empty()
            && here
                .strip_prefix(section)
                .is_some_and(|rest| rest.starts_with('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_beneath_a_section_is_of_it() {
        for (here, section, is_it) in [
            ("", "", true),
            ("/payments", "/payments", true),
            ("/payments/pi_1", "/payments", true),
            ("/payments", "", false),
            ("/payment-links", "/payment", false),
        ] {
            assert_eq!(is_within(here, section), is_it, "{here} {section}");
        }
    }

    /// A section is a page that the portal has, for those who may see that page.
    #[test]
    fn every_section_is_a_page_with_the_same_need() {
        let pages = crate::listed();
        for (path, title, need) in GROUPS.iter().flat_map(|(_, sections)| *sections) {
            let base = match need {
                Need::Location(_) | Need::Sandbox(_) => "/portal/{account}/{mode}",
                Need::SignedIn | Need::Company(_) => "/portal",
            };
            let whole = format!("{base}{path}");
            let found = pages
                .iter()
                .any(|page| page.method == "GET" && page.path == whole && page.need == *need);
            assert!(found, "{title}: {whole}");
        }
    }
}
