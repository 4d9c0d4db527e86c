//! People who use the portal: signing in, sessions, invitations, second factors, roles,
//! and the trail of what they did.
//!
//! All of it is the installation's own: users are found by their e-mail address before
//! anyone knows their company. What belongs to a company or a user has it as its owner.

mod audit;
mod companies;
mod factors;
mod letters;
mod links;
mod second_factor;
mod sessions;
mod settings;
mod sign_in;
mod stored;
mod team;
mod trail;

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use sha2::{Digest, Sha256};
use tatami_core::Facts;
use tatami_core::account::{AnyScope, Scope};
use tatami_core::payment_intent::in_words;
use tatami_core::people::{Company, Right, Session, User};
use tatami_core::problem::Refusal;
use tatami_core::time::{SignedDuration, Timestamp};

use crate::ports::documents::{Aggregate, DocumentWrite};
use crate::ports::store::{Commit, Stored};
use crate::{Engine, Failure};

pub use audit::{AuditFilter, AuditPage};
pub use sessions::Token;
pub use settings::MOST_LOCATIONS;
pub use sign_in::{Begun, SignIn};
pub use team::Invitation;
pub(crate) use trail::{Carried, noted};
pub use trail::{Noted, NotedChange};

/// Where a request of a user comes from.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// For limits; none if only a proxy is known.
    pub client: Option<IpAddr>,
    /// As it is shown.
    pub address: String,
    /// What the browser calls itself.
    pub agent: String,
    /// The digest of what it was given when its user signed in.
    browser: Option<String>,
}

impl Origin {
    pub fn new(client: Option<IpAddr>, address: String, agent: String) -> Self {
        Self {
            client,
            address,
            agent,
            browser: None,
        }
    }

    /// The same, from a browser with that token.
    #[must_use]
    pub fn with_browser(self, token: Option<&str>) -> Self {
        Self {
            browser: token.map(digest),
            ..self
        }
    }

    /// The browser, if a user is known by it.
    fn known_browser(&self, user: &User, now: Timestamp) -> Option<&str> {
        let id = self.browser.as_deref();
        id.filter(|id| user.browser(id, now).is_some())
    }
}

/// A user who is signed in.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub session: Session,
    pub user: User,
    pub company: Company,
    pub origin: Origin,
}

impl Visitor {
    /// Whether they have a right at a location of their company.
    pub fn may(&self, right: Right, scope: &Scope) -> bool {
        let is_own = self.company.locations.contains(&scope.account);
        let role = self.user.access.at(&scope.account);
        is_own && !self.lacks_second_factor() && role.is_some_and(|role| role.has(right))
    }

    /// Whether they have a right over the whole company.
    pub fn may_everywhere(&self, right: Right) -> bool {
        !self.lacks_second_factor() && self.user.access.everywhere(right)
    }

    /// Whether their company requires a second factor that they do not have: until then
    /// they have no rights.
    pub fn lacks_second_factor(&self) -> bool {
        self.company.requires_second_factor && !self.user.has_second_factor()
    }

    /// # Errors
    /// If they do not have that right over the whole company.
    fn must_manage(&self) -> Result<(), Failure> {
        match self.may_everywhere(Right::Manage) {
            true => Ok(()),
            false => Err(
                Refusal::NotAllowed("Only owners of the company may do this.".to_owned()).into(),
            ),
        }
    }
}

/// People who use the portal.
#[derive(Clone, Copy)]
pub struct People<'a>(&'a Engine);

impl Engine {
    pub fn people(&self) -> People<'_> {
        People(self)
    }
}

/// Signing in, sessions and second factors.
#[derive(Clone, Copy)]
pub struct Authentication<'a>(&'a Engine);

impl<'a> Authentication<'a> {
    const fn people(self) -> People<'a> {
        People(self.0)
    }
}

/// Second factors of visitors.
#[derive(Clone, Copy)]
pub struct SecondFactors<'a>(&'a Engine);

impl<'a> SecondFactors<'a> {
    const fn people(self) -> People<'a> {
        People(self.0)
    }

    const fn authentication(self) -> Authentication<'a> {
        Authentication(self.0)
    }
}

/// What owners set of their company.
#[derive(Clone, Copy)]
pub struct Settings<'a>(&'a Engine);

impl<'a> Settings<'a> {
    const fn people(self) -> People<'a> {
        People(self.0)
    }
}

/// Users of a company, and the one-time links that are sent to them.
#[derive(Clone, Copy)]
pub struct Team<'a>(&'a Engine);

impl<'a> Team<'a> {
    const fn people(self) -> People<'a> {
        People(self.0)
    }
}

impl<'a> People<'a> {
    /// Signing in, sessions and second factors.
    pub const fn authentication(self) -> Authentication<'a> {
        Authentication(self.0)
    }

    /// Second factors of visitors.
    pub const fn second_factors(self) -> SecondFactors<'a> {
        SecondFactors(self.0)
    }

    /// What owners set of their company.
    pub const fn settings(self) -> Settings<'a> {
        Settings(self.0)
    }

    /// Users of a company, and the one-time links that are sent to them.
    pub const fn team(self) -> Team<'a> {
        Team(self.0)
    }
}

impl People<'_> {
    fn now(self) -> Timestamp {
        self.0.parts.clocks.machine()
    }

    /// Runs a rule with the facts of this moment.
    fn with_facts<T>(self, rule: impl FnOnce(&mut Facts<'_>) -> T) -> T {
        let mut entropy = (self.0.parts.entropy)();
        rule(&mut Facts {
            now: self.now(),
            entropy: entropy.as_mut(),
        })
    }

    fn random<const N: usize>(self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.0.parts.entropy)().fill(&mut bytes);
        bytes
    }

    fn commit(self, documents: Vec<DocumentWrite>) -> Commit {
        self.0.commit_of(AnyScope::Installation, documents)
    }

    async fn stored<T: Aggregate>(self, id: &str) -> Result<Option<Stored<T>>, Failure> {
        self.0.find(None, id).await
    }
}

fn too_many(wait: SignedDuration) -> Refusal {
    Refusal::Conflict(format!("Too many tries. Try again in {}.", in_words(wait)))
}

/// What is kept of a random token.
fn digest(token: &str) -> String {
    BASE64.encode(Sha256::digest(token.as_bytes()))
}
