//! What a transaction has found out already, so that the commits that share it
//! need not look it up again: they mostly are of few scopes.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rusqlite::Connection;
use tatami_core::account::Scope;
use tatami_core::event::EventType;

use super::scopes::{self, Place};
use super::subscriptions;

/// Holds within one transaction, as long as nobody changes a clock or a
/// subscription.
#[derive(Default)]
pub struct Known(HashMap<Scope, OfScope>);

/// What is known of a scope.
pub struct OfScope {
    /// Its place, which it has been given if it had none.
    pub place: Place,
    told: Vec<(EventType, bool)>,
}

impl Known {
    /// What is known of a scope.
    pub fn of(&mut self, db: &Connection, scope: &Scope) -> rusqlite::Result<&mut OfScope> {
        Ok(match self.0.entry(scope.clone()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(OfScope {
                place: scopes::place_of(db, scope)?,
                told: Vec::new(),
            }),
        })
    }
}

impl OfScope {
    /// Whether anybody in that scope, which is this one, is told of such events.
    pub fn is_told(
        &mut self,
        db: &Connection,
        scope: &Scope,
        kind: EventType,
    ) -> rusqlite::Result<bool> {
        if let Some((_, told)) = self.told.iter().find(|(known, _)| *known == kind) {
            return Ok(*told);
        }
        let told = subscriptions::is_told(db, scope, kind)?;
        self.told.push((kind, told));
        Ok(told)
    }
}
