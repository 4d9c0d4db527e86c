//! Events of POS systems: that something of theirs changed, and when. What products
//! need of it they fetch; a POS that does not find it says so that it is gone.

use serde::{Deserialize, Serialize};
use tatami_core::account::{AnyScope, Scope};
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_engine::ports::documents::{Aggregate, DocumentKind};
use tatami_engine::{Engine, Failure};

use crate::contract::{PosEvent, PosEventKind};

/// Events of one thing within so long of each other are one.
const COALESCED_WITHIN: SignedDuration = SignedDuration::from_secs(1);
/// How long it is known that something changed.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The last change of something at a POS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PosChange {
    id: String,
    scope: Scope,
    /// When it changed last.
    pub changed_at: Timestamp,
}

impl Aggregate for PosChange {
    const KIND: DocumentKind = DocumentKind::PosChange;

    fn id(&self) -> &str {
        &self.id
    }

    fn scope(&self) -> AnyScope {
        AnyScope::from(&self.scope)
    }

    fn status(&self) -> &str {
        "changed"
    }

    fn created_at(&self) -> Timestamp {
        self.changed_at
    }

    fn due_at(&self) -> Option<Timestamp> {
        Some(self.changed_at + KEPT_FOR)
    }
}

/// The events of POS systems. Cheap to clone.
#[derive(Clone)]
pub struct Events {
    engine: Engine,
}

fn id_of(scope: &Scope, event: &PosEvent) -> String {
    format!("{scope}/{}/{}", event.kind.id_property(), event.id)
}

impl Events {
    /// Those in that engine's storage.
    pub const fn new(engine: Engine) -> Self {
        Self { engine }
    }

    /// Keeps that something changed.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn keep(&self, scope: &Scope, event: &PosEvent) -> Result<(), Failure> {
        let id = id_of(scope, event);
        let now = self.engine.now(scope);
        let known: Option<PosChange> = self.engine.documents().find(scope, &id).await?;
        let is_recent = |at: Timestamp| now.duration_since(at) < COALESCED_WITHIN;
        if known.is_some_and(|known| is_recent(known.changed_at)) {
            return Ok(());
        }
        let change = PosChange {
            id: id.clone(),
            scope: scope.clone(),
            changed_at: now,
        };
        let changed = self
            .engine
            .documents()
            .change(scope, &id, |_| Ok(Some(change.clone())));
        changed.await.map(|_: Option<PosChange>| ())
    }

    /// When something changed last, if its POS said so within the last days.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn changed_at(
        &self,
        scope: &Scope,
        kind: PosEventKind,
        id: &str,
    ) -> Result<Option<Timestamp>, Failure> {
        let id = id.to_owned();
        let id = id_of(scope, &PosEvent { kind, id });
        let known: Option<PosChange> = self.engine.documents().find(scope, &id).await?;
        Ok(known.map(|known| known.changed_at))
    }
}
