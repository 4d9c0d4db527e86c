//! What happens to a part because something happened to its payment intent.

use tatami_core::account::Scope;
use tatami_core::pay_at_table::{PartPayer, PartStage, TablePayment};
use tatami_core::payment_intent::{PaymentIntent, Status};
use tatami_core::time::Timestamp;

use super::{TableLocks, TableParts};
use crate::Failure;
use crate::command::Decided;
use crate::ports::documents::DocumentWrite;
use crate::ports::store::Stored;

impl TableParts<'_> {
    /// What changes with a payment intent that pays a part, to go into the same commit.
    pub(crate) async fn part_after(
        self,
        intent: &PaymentIntent,
    ) -> Result<Vec<DocumentWrite>, Failure> {
        if intent.status == Status::Created {
            return Ok(Vec::new());
        }
        let id = TablePayment::id_of(&intent.id);
        let Some(mut part) = self.part(&intent.scope, &id).await? else {
            return Ok(Vec::new());
        };
        if !part.value.follow(intent, self.0.now(&intent.scope)) {
            return Ok(Vec::new());
        }
        if let PartPayer::Machine(terminal) = &part.value.payer {
            self.0.terminals().changed(terminal);
        }
        let mut writes = vec![DocumentWrite::put(&part.value, Some(part.version))?];
        if matches!(part.value.stage, PartStage::Dropped | PartStage::GivenBack) {
            writes.extend(self.touched(&part.value).await?);
        }
        Ok(writes)
    }

    /// Lets the order of a part be looked at: its lock may not be wanted any more.
    pub(super) async fn touched(
        self,
        part: &TablePayment,
    ) -> Result<Option<DocumentWrite>, Failure> {
        let order = TableLocks(self.0)
            .table_order(&part.scope, &part.order)
            .await?;
        let Some(Stored { mut value, version }) = order else {
            return Ok(None);
        };
        value.touch(self.0.now(&part.scope));
        Ok(Some(DocumentWrite::put(&value, Some(version))?))
    }

    pub(super) async fn part(
        self,
        scope: &Scope,
        id: &str,
    ) -> Result<Option<Stored<TablePayment>>, Failure> {
        self.0.find(Some(scope), id).await
    }

    /// Changes a part that is there.
    pub(super) async fn change_part(
        self,
        part: &TablePayment,
        change: impl Fn(&mut TablePayment, Timestamp),
    ) -> Result<(), Failure> {
        let scope = &part.scope;
        let changed = self.0.change(part.id(), || async {
            let Some(Stored { mut value, version }) = self.part(scope, part.id()).await? else {
                return Ok(Decided::nothing(()));
            };
            change(&mut value, self.0.now(scope));
            let write = DocumentWrite::put(&value, Some(version))?;
            let commit = self.0.commit_of(scope, vec![write]);
            Ok(Decided::change(commit, ()))
        });
        changed.await?;
        Ok(())
    }
}
