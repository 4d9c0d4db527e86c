//! The books in a SQLite file.

use rusqlite::{Connection, TransactionBehavior};
use tatami_core::Entropy;
use tatami_core::account::Scope;
use tatami_core::id::AttemptId;

use super::authorizations::{self, Authorization};
use super::challenges::{self, Pending};
use super::entries::{self, Answer, Entry};
use super::ledger::{Broken, Ledger};
use super::{Deliver, Job, Keeper, answer_all};

/// Keeps the books in a file.
pub(super) struct FileKeeper(pub(super) Connection);

impl Keeper for FileKeeper {
    fn carry_out(
        &mut self,
        entropy: &mut dyn Entropy,
        group: Vec<Job>,
    ) -> Result<Vec<Deliver>, Broken> {
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.0.transaction_with_behavior(behavior)?;
        let answers = answer_all(&mut Rows(&transaction), entropy, group)?;
        transaction.commit()?;
        Ok(answers)
    }
}

struct Rows<'a>(&'a Connection);

impl Ledger for Rows<'_> {
    fn entry(&mut self, scope: &Scope, reference: &AttemptId) -> Result<Option<Entry>, Broken> {
        Ok(entries::find(self.0, scope, reference)?)
    }

    fn entries(&mut self, scope: &Scope) -> Result<Vec<Entry>, Broken> {
        Ok(entries::all(self.0, scope)?)
    }

    fn book(&mut self, entry: &Entry) -> Result<(), Broken> {
        Ok(entries::insert(self.0, entry)?)
    }

    fn conclude(
        &mut self,
        scope: &Scope,
        reference: &AttemptId,
        answer: &Answer,
    ) -> Result<(), Broken> {
        Ok(entries::conclude(self.0, scope, reference, answer)?)
    }

    fn authorization(
        &mut self,
        scope: &Scope,
        reference: &AttemptId,
    ) -> Result<Option<Authorization>, Broken> {
        Ok(authorizations::find(self.0, scope, reference)?)
    }

    fn authorizations(&mut self, scope: &Scope) -> Result<Vec<Authorization>, Broken> {
        Ok(authorizations::all(self.0, scope)?)
    }

    fn save_authorization(&mut self, authorization: &Authorization) -> Result<(), Broken> {
        Ok(authorizations::save(self.0, authorization)?)
    }

    fn challenge(&mut self, payload: &str) -> Result<Option<Pending>, Broken> {
        Ok(challenges::by_payload(self.0, payload)?)
    }

    fn challenge_of(
        &mut self,
        scope: &Scope,
        reference: &AttemptId,
    ) -> Result<Option<Pending>, Broken> {
        Ok(challenges::by_reference(self.0, scope, reference)?)
    }

    fn save_challenge(&mut self, pending: &Pending) -> Result<(), Broken> {
        Ok(challenges::save(self.0, pending)?)
    }

    fn forget_challenge(&mut self, payload: &str) -> Result<(), Broken> {
        Ok(challenges::delete(self.0, payload)?)
    }
}
