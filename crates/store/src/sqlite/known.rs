//! What a transaction has at hand already, so that the commits that share it need
//! not look for it again: they mostly are of few scopes, and write the same rows.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rusqlite::{CachedStatement, Connection, Statement};
use tatami_core::account::Scope;
use tatami_core::event::EventType;

use super::scopes::{self, Place};
use super::subscriptions;

/// What a transaction on that connection has at hand.
#[derive(Default)]
pub struct Known<'db> {
    /// What it has found out.
    pub scopes: Scopes,
    /// The statement that inserts an intent.
    pub insert_intent: InHand<'db>,
    /// The statement that inserts an event.
    pub insert_event: InHand<'db>,
}

/// A statement that most commits need, kept in hand once it was made: to find it
/// among the others takes a good part of what it does.
#[derive(Default)]
pub struct InHand<'db>(Option<CachedStatement<'db>>);

impl<'db> InHand<'db> {
    /// The statement, which is always of that text.
    pub fn of(&mut self, db: &'db Connection, sql: &str) -> rusqlite::Result<&mut Statement<'db>> {
        Ok(match &mut self.0 {
            Some(statement) => statement,
            none => none.insert(db.prepare_cached(sql)?),
        })
    }
}

/// Holds within one transaction, as long as nobody changes a clock or a
/// subscription.
#[derive(Default)]
pub struct Scopes(HashMap<Scope, OfScope>);

/// What is known of a scope.
pub struct OfScope {
    /// Its place, which it has been given if it had none.
    pub place: Place,
    told: Vec<(EventType, bool)>,
}

impl Scopes {
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
