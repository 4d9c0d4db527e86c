//! What a software house registered for an account's environment: which capabilities
//! its POS has, and how it is reached.

mod registry;
mod rules;

use serde::{Deserialize, Serialize};
use tatami_core::account::{AnyScope, Scope};
use tatami_core::time::Timestamp;
use tatami_engine::ports::documents::{Aggregate, DocumentKind, EVENT, IndexValue};

#[cfg(test)]
pub use registry::sealed;
pub use registry::{Registry, RestWish, password};
pub use rules::{Wanted, check_house};

use crate::capability::Capability;

/// All registrations of a software house.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Integration {
    /// Its id, which follows from the scope and the software house.
    pub id: String,
    /// Whose POS it is.
    pub scope: Scope,
    /// The software house.
    pub software_house: String,
    /// When it was first made.
    pub created_at: Timestamp,
    /// What is called over REST.
    pub rest: Option<RestLink>,
    /// What is called over a WebSocket.
    pub ws: Option<Link>,
}

/// Capabilities that were registered together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Their names, as they were registered.
    pub names: Vec<String>,
    /// When.
    pub registered_at: Timestamp,
}

/// A POS that is called over REST.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestLink {
    /// What can be called.
    pub link: Link,
    /// A base that paths are added to, or a template with the names of ids in braces.
    pub url: String,
    /// The user name of the credentials.
    pub username: String,
    /// The password, sealed.
    pub sealed_password: String,
}

/// How a POS is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transport {
    /// Over REST.
    Rest,
    /// Over a WebSocket.
    Ws,
}

impl Transport {
    /// The word for it in metrics.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::Ws => "ws",
        }
    }
}

impl Link {
    /// Whether a capability is among them.
    pub fn has(&self, capability: Capability) -> bool {
        let mut known = self.names.iter().filter_map(|n| Capability::from_name(n));
        known.any(|known| known == capability)
    }
}

impl Integration {
    /// The id of the registrations of a software house.
    pub fn id_of(scope: &Scope, software_house: &str) -> String {
        format!("{scope}/{software_house}")
    }

    /// How a capability is called, and since when: the newer registration has it.
    pub fn serves(&self, capability: Capability) -> Option<(Transport, Timestamp)> {
        let at = |link: Option<&Link>| {
            let link = link.filter(|link| link.has(capability))?;
            Some(link.registered_at)
        };
        let rest = at(self.rest.as_ref().map(|rest| &rest.link));
        match (rest, at(self.ws.as_ref())) {
            (Some(rest), Some(ws)) if rest > ws => Some((Transport::Rest, rest)),
            (_, Some(ws)) => Some((Transport::Ws, ws)),
            (Some(rest), None) => Some((Transport::Rest, rest)),
            (None, None) => None,
        }
    }
}

impl Aggregate for Integration {
    const KIND: DocumentKind = DocumentKind::Integration;

    fn id(&self) -> &str {
        &self.id
    }

    fn scope(&self) -> AnyScope {
        AnyScope::from(&self.scope)
    }

    fn status(&self) -> &str {
        "active"
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// The events that it receives.
    fn values(&self) -> Vec<IndexValue> {
        let events = Capability::ALL.into_iter().filter_map(|capability| {
            let event = capability.event()?;
            self.serves(capability).map(|_| event)
        });
        events.map(|event| IndexValue::new(EVENT, event)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tatami_core::id::{AccountId, Environment};

    fn link(names: &[&str], second: i64) -> Link {
        Link {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            registered_at: Timestamp::from_second(second).expect("a time"),
        }
    }

    fn integration(rest: Option<Link>, ws: Option<Link>) -> Integration {
        let scope = Scope {
            account: AccountId::parse("acc_0123456789012345678901").expect("an id"),
            environment: Environment::Sandbox,
        };
        Integration {
            id: Integration::id_of(&scope, "house"),
            software_house: "house".to_owned(),
            created_at: Timestamp::UNIX_EPOCH,
            scope,
            rest: rest.map(|link| RestLink {
                link,
                url: "https://pos.example".to_owned(),
                username: "dojo".to_owned(),
                sealed_password: String::new(),
            }),
            ws,
        }
    }

    #[test]
    fn the_newer_registration_serves_a_capability() {
        let bill = Capability::GetOrderBillById;
        let by = |rest: Option<Link>, ws: Option<Link>| {
            integration(rest, ws).serves(bill).map(|(by, _)| by)
        };
        let has = |second| Some(link(&["GetOrderBill"], second));
        let lacks = |second| Some(link(&["ListAreas"], second));
        assert_eq!(by(has(1), has(2)), Some(Transport::Ws));
        assert_eq!(by(has(2), has(1)), Some(Transport::Rest));
        assert_eq!(by(has(1), lacks(2)), Some(Transport::Rest));
        assert_eq!(by(lacks(2), has(1)), Some(Transport::Ws));
        assert_eq!(by(lacks(2), None), None);
    }
}
