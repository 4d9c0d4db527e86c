//! Records: reading them typed, committing them alone, and what happens when one
//! comes due.

use tatami_core::account::{AnyScope, Scope};
use tatami_core::event::Event;
use tatami_core::terminal_session::Session;

use crate::ports::jobs::Job;
use crate::ports::records::{Aggregate, Record, RecordKind, RecordWrite};
use crate::ports::store::{Commit, CommitError, IdempotencyWrite, Stored};
use crate::ports::terminal::Device;
use crate::{Engine, Failure};

impl Engine {
    /// An aggregate of a scope; without one, of any.
    pub(crate) async fn find<T: Aggregate>(
        &self,
        scope: Option<&Scope>,
        id: &str,
    ) -> Result<Option<Stored<T>>, Failure> {
        let scope = scope.map(AnyScope::from);
        let found = self.store().record(T::KIND, scope.as_ref(), id).await?;
        Ok(found.map(|record| record.read()).transpose()?)
    }

    /// Makes changes of records durable, with their events and the stored
    /// answer.
    pub(crate) async fn commit_records(
        &self,
        scope: &Scope,
        records: Vec<RecordWrite>,
        events: Vec<Event>,
        idempotency: Option<IdempotencyWrite>,
    ) -> Result<(), CommitError> {
        self.commit_records_claiming(scope, records, events, idempotency, Vec::new())
            .await
    }

    /// The same, with claims on records that whoever changed them goes on with.
    pub(crate) async fn commit_records_claiming(
        &self,
        scope: &Scope,
        records: Vec<RecordWrite>,
        events: Vec<Event>,
        idempotency: Option<IdempotencyWrite>,
        claims: Vec<Job>,
    ) -> Result<(), CommitError> {
        self.make_durable(Commit {
            claims,
            events,
            idempotency,
            ..self.commit_of(scope, records)
        })
        .await
    }

    /// Looks at a record whose time has come. Whoever handles a kind moves or
    /// clears the record's time in the commit that it makes.
    pub(crate) async fn fire_record(&self, due: Stored<Record>) -> Result<(), Failure> {
        match due.value.kind {
            RecordKind::PaymentIntent => self.fire_payment_intent(&due.read()?).await,
            RecordKind::SavedCard => self.give_up_card(due.read()?).await,
            RecordKind::SetupIntent => self.fire_setup_intent(&due.read()?).await,
            RecordKind::Mail => self.send_mail(due.read()?).await,
            RecordKind::Subscription
            | RecordKind::Customer
            | RecordKind::Terminal
            | RecordKind::ConnectorState => Ok(()),
            RecordKind::TerminalSession => {
                let session = due.read::<Session>()?.value;
                self.drive(&session.scope, &session.story.id).await
            }
            RecordKind::Device => self.drive_device(due.read::<Device>()?.value).await,
        }
    }
}
