//! Which rows of the go-live checklists an account was seen doing, and which capabilities
//! its POS registered. What is seen is read from the account's own documents.

mod intents;
mod mark;
mod questions;
mod requests;
mod rules;
mod sessions;
mod traffic;

pub(crate) use mark::{placeholder, with_marks};
pub(crate) use rules::Seen;

use axum::http::request::Parts;
use tatami_core::account::Scope;
use tatami_core::id::{AccountId, Environment};
use tatami_core::people::Right;
use tatami_engine::Failure;
use tatami_http::{origin_of, session_token};

use crate::Shared;
use traffic::Traffic;

/// A location that marks can be of.
pub(crate) struct Place {
    pub(crate) id: AccountId,
    pub(crate) name: String,
    pub(crate) is_here: bool,
}

/// What is known of a reader who is signed in.
pub(crate) struct Reader {
    /// The locations that they may look at.
    pub(crate) places: Vec<Place>,
    /// What the chosen one was seen doing.
    pub(crate) seen: Seen,
}

/// What the reader's location was seen doing, if there is a reader who is signed in and
/// may see it. `location` is the id of the chosen one; without it, it is the first.
pub(crate) async fn by(
    docs: &Shared,
    parts: &Parts,
    location: &str,
) -> Result<Option<Reader>, Failure> {
    let Some(token) = session_token(parts, &docs.public_url) else {
        return Ok(None);
    };
    let people = docs.engine.people();
    let origin = origin_of(parts, docs.address_header.as_ref());
    let visitor = people.authentication().visitor(token, origin).await?;
    let Some(visitor) = visitor else {
        return Ok(None);
    };
    let accounts = people.locations(&visitor.company, &visitor.user).await?;
    let scope = |id: &AccountId, environment| Scope {
        account: id.clone(),
        environment,
    };
    let may_see = |id: &AccountId| visitor.may(Right::See, &scope(id, Environment::Sandbox));
    let mut places: Vec<Place> = accounts
        .iter()
        .filter(|account| may_see(&account.id))
        .map(|account| Place {
            id: account.id.clone(),
            name: account.name.clone(),
            is_here: account.id.as_str() == location,
        })
        .collect();
    if !places.iter().any(|place| place.is_here)
        && let Some(first) = places.first_mut()
    {
        first.is_here = true;
    }
    let Some(here) = places.iter().find(|place| place.is_here) else {
        return Ok(None);
    };
    let test = scope(&here.id, Environment::Sandbox);
    let live = scope(&here.id, Environment::Production);
    let seen = Traffic::read(docs, &test, &live).await?.seen();
    Ok(Some(Reader { places, seen }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use tatami_epos::capability::Capability;

    use crate::site::tests::site;

    /// The rows of a page that begin with the name of a capability.
    fn rows() -> Vec<(Capability, String)> {
        let site = site();
        let at = site.find("at-the-table/explorer").expect("the explorer");
        let lines = site.pages[at].source.text.lines();
        let rows = lines.filter_map(|line| {
            let name = line.strip_prefix("| `")?.split('`').next()?;
            Some((Capability::from_name(name)?, line.to_owned()))
        });
        rows.collect()
    }

    #[test]
    fn the_explorer_tells_how_each_capability_is_called() {
        let rows = rows();
        for (capability, row) in &rows {
            let (method, path) = capability.rest().expect("a published request");
            let called = format!("| `{method} {path}`, `{}` |", capability.rpc_method());
            assert!(row.contains(&called), "{row}");
            let mark = format!("<!-- seen: capability {} -->", capability.name());
            assert!(row.contains(&mark), "{row}");
        }
        let listed: BTreeSet<Capability> = rows.iter().map(|(capability, _)| *capability).collect();
        let published = Capability::ALL.into_iter().filter(|it| it.rest().is_some());
        assert_eq!(listed, published.collect());
    }
}
