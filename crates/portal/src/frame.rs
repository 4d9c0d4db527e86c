//! The frame of pages behind the sign-in: where one is, where one can go, and what there
//! is to say.

use tatami_core::account::Scope;
use tatami_core::id::Environment;
use tatami_core::people::Right;

use crate::assets;
use crate::visit::{Visit, mode, path_of};

/// A link of the navigation.
pub(crate) struct Link {
    pub(crate) href: String,
    pub(crate) title: String,
    pub(crate) is_here: bool,
}

/// Something that is said at the top of a page.
pub(crate) struct Notice {
    pub(crate) is_bad: bool,
    pub(crate) sentences: Vec<String>,
}

impl Notice {
    pub(crate) fn good(sentence: &str) -> Self {
        Self {
            is_bad: false,
            sentences: vec![sentence.to_owned()],
        }
    }

    pub(crate) fn bad(sentences: Vec<String>) -> Self {
        Self {
            is_bad: true,
            sentences,
        }
    }
}

pub(crate) struct Frame {
    pub(crate) assets: &'static str,
    pub(crate) company: String,
    pub(crate) called: String,
    pub(crate) csrf: String,
    /// The location that is looked at.
    pub(crate) location: Option<String>,
    pub(crate) is_test: bool,
    pub(crate) locations: Vec<Link>,
    pub(crate) modes: Vec<Link>,
    pub(crate) sections: Vec<Link>,
    pub(crate) notice: Option<Notice>,
}

impl Frame {
    /// The frame of a page at that path within its place.
    pub(crate) fn new(visit: &Visit, here: &str, notice: Option<Notice>) -> Self {
        let scope = visit.some_scope();
        let place = visit.place.as_ref();
        let is_test = scope
            .as_ref()
            .is_some_and(|it| it.environment == Environment::Sandbox);
        Self {
            assets: assets::base(),
            company: visit.visitor.company.name.clone(),
            called: visit.visitor.user.called().to_owned(),
            csrf: visit.visitor.session.csrf.clone(),
            location: place.map(|place| place.account.name.clone()),
            is_test,
            locations: locations(visit, scope.as_ref(), here),
            modes: modes(visit, here),
            sections: sections(visit, scope.as_ref(), here),
            notice,
        }
    }
}

fn locations(visit: &Visit, scope: Option<&Scope>, here: &str) -> Vec<Link> {
    let environment = scope.map_or(visit.first_environment(), |scope| scope.environment);
    // A list has the same path everywhere; what it leads to is one location's own.
    let list = here
        .split('/')
        .nth(1)
        .map(|first| format!("/{first}"))
        .unwrap_or_default();
    let list = if visit.place.is_some() {
        list
    } else {
        String::new()
    };
    let link = |account: &std::sync::Arc<tatami_core::account::Account>| {
        let at = Scope {
            account: account.id.clone(),
            environment,
        };
        Link {
            href: format!("{}{list}", path_of(&at)),
            title: account.name.clone(),
            is_here: visit.place.as_ref().is_some_and(|place| place.scope == at),
        }
    };
    visit.locations.iter().map(link).collect()
}

fn modes(visit: &Visit, here: &str) -> Vec<Link> {
    let Some(place) = &visit.place else {
        return Vec::new();
    };
    let list = here
        .split('/')
        .nth(1)
        .map(|first| format!("/{first}"))
        .unwrap_or_default();
    let link = |environment: Environment| Link {
        href: format!("/portal/{}/{}{list}", place.account.id, mode(environment)),
        title: match environment {
            Environment::Sandbox => "Test".to_owned(),
            Environment::Production => "Live".to_owned(),
        },
        is_here: place.scope.environment == environment,
    };
    let test = visit.has_sandbox.then_some(Environment::Sandbox);
    test.into_iter()
        .chain([Environment::Production])
        .map(link)
        .collect()
}

fn sections(visit: &Visit, scope: Option<&Scope>, here: &str) -> Vec<Link> {
    let mut sections = Vec::new();
    let mut add = |href: String, title: &str, is_here: bool| {
        sections.push(Link {
            href,
            title: title.to_owned(),
            is_here,
        });
    };
    if let Some(scope) = scope {
        let base = path_of(scope);
        for (path, title, right) in LOCATION_SECTIONS {
            if visit.visitor.may(*right, scope) {
                let is_here = visit.place.is_some() && is_within(here, path);
                add(format!("{base}{path}"), title, is_here);
            }
        }
    }
    for (path, title, right) in COMPANY_SECTIONS {
        if visit.visitor.user.access.everywhere(*right) {
            let is_here = visit.place.is_none() && is_within(here, path);
            add(format!("/portal{path}"), title, is_here);
        }
    }
    let is_profile = visit.place.is_none() && is_within(here, "/profile");
    add("/portal/profile".to_owned(), "Your account", is_profile);
    sections
}

/// Whether a page is the one of a section, or beneath it.
fn is_within(here: &str, section: &str) -> bool {
    here == section
        || (!section.is_empty()
            && here
                .strip_prefix(section)
                .is_some_and(|rest| rest.starts_with('/')))
}

const LOCATION_SECTIONS: &[(&str, &str, Right)] = &[
    ("", "Home", Right::See),
    ("/payments", "Payments", Right::See),
    ("/keys", "API keys", Right::Develop),
    ("/webhooks", "Webhooks", Right::Develop),
];

const COMPANY_SECTIONS: &[(&str, &str, Right)] = &[
    ("/people", "People", Right::Manage),
    ("/audit", "Audit trail", Right::Manage),
];
