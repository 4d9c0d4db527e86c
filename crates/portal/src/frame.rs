//! The frame of pages behind the sign-in: where one is, where one can go, and what there
//! is to say.

use tatami_core::account::Scope;
use tatami_core::id::Environment;

use crate::assets;
use crate::sections::{Group, groups, is_of_test_mode};
use crate::visit::{Visit, mode, path_of};

/// A link of the navigation.
pub struct Link {
    pub href: String,
    pub title: String,
    pub is_here: bool,
}

/// Something that is said at the top of a page.
pub struct Notice {
    pub is_bad: bool,
    pub sentences: Vec<String>,
}

impl Notice {
    pub fn good(sentence: &str) -> Self {
        Self {
            is_bad: false,
            sentences: vec![sentence.to_owned()],
        }
    }

    pub fn bad(sentences: Vec<String>) -> Self {
        Self {
            is_bad: true,
            sentences,
        }
    }
}

pub struct Frame {
    pub assets: &'static str,
    pub company: String,
    pub called: String,
    pub csrf: String,
    /// The location that is looked at.
    pub location: Option<String>,
    pub is_test: bool,
    pub locations: Vec<Link>,
    pub modes: Vec<Link>,
    pub groups: Vec<Group>,
    /// Whether the operator has published terms.
    pub has_terms: bool,
    pub notice: Option<Notice>,
}

impl Frame {
    /// The frame of a page at that path within its place.
    pub fn new(visit: &Visit, here: &str, notice: Option<Notice>) -> Self {
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
            groups: groups(visit, here),
            has_terms: visit.has_terms,
            notice,
        }
    }
}

fn locations(visit: &Visit, scope: Option<&Scope>, here: &str) -> Vec<Link> {
    let environment = scope.map_or(visit.first_environment(), |scope| scope.environment);
    let list = visit
        .place
        .as_ref()
        .map(|_| list_of(here))
        .unwrap_or_default();
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
    let link = |environment: Environment| Link {
        href: match environment == Environment::Production && is_of_test_mode(here, visit.added) {
            true => format!("/portal/{}/{}", place.account.id, mode(environment)),
            false => format!(
                "/portal/{}/{}{}",
                place.account.id,
                mode(environment),
                list_of(here)
            ),
        },
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

/// A list has the same path everywhere; what it leads to is one location's own.
fn list_of(here: &str) -> String {
    let first = here.split('/').nth(1);
    first.map(|first| format!("/{first}")).unwrap_or_default()
}
