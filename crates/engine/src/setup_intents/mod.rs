//! Setup intents: the merchant's operations on them, and what their payers read.

mod attempts;
mod payers;
mod tokens;
mod writes;

use std::sync::Arc;

use tatami_core::Facts;
use tatami_core::account::{Account, AnyScope, Scope};
use tatami_core::branding::Branding;
use tatami_core::id::{CustomerId, SetupIntentId};
use tatami_core::problem::Refusal;
use tatami_core::setup_intent::{Draft, SetupIntent, Status, create};
use tatami_core::time::Timestamp;

use crate::command::{Decided, answer, answered};
use crate::listed::listed;
use crate::payment_intents::CUSTOMER;
use crate::ports::answers::{Answer, Done};
use crate::ports::documents::{Aggregate, DocumentKind, DocumentQuery, IndexValue, ValueRange};
use crate::ports::store::Stored;
use crate::{Call, Engine, Failure, Listed};

pub use payers::SetupResult;
pub use tokens::CapturedCard;

pub(crate) const NO_SETUP_INTENT: Refusal = Refusal::NotFound("setup intent");

impl Aggregate for SetupIntent {
    const KIND: DocumentKind = DocumentKind::SetupIntent;

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn scope(&self) -> AnyScope {
        AnyScope::from(&self.scope)
    }

    fn status(&self) -> &str {
        self.status.name()
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }

    fn due_at(&self) -> Option<Timestamp> {
        self.due_at()
    }

    fn values(&self) -> Vec<IndexValue> {
        let customer = self.details.customer_id();
        let customer = customer.map(|id| IndexValue::new(CUSTOMER, id.as_str()));
        customer.into_iter().collect()
    }
}

/// A setup intent with what is needed to show it.
#[derive(Clone, Debug)]
pub struct SetupView {
    pub intent: SetupIntent,
    pub account: Arc<Account>,
    /// The secret of its current client session.
    pub secret: String,
    /// How its merchant's pages look, for its payer alone.
    pub branding: Option<Branding>,
}

#[derive(Clone, Copy)]
pub struct SetupIntents<'a>(pub(super) &'a Engine);

impl Engine {
    pub fn setup_intents(&self) -> SetupIntents<'_> {
        SetupIntents(self)
    }
}

/// What the payers of setup intents do.
#[derive(Clone, Copy)]
pub struct SetupPayers<'a>(pub(super) &'a Engine);

impl Engine {
    pub fn setup_payers(&self) -> SetupPayers<'_> {
        SetupPayers(self)
    }
}

impl SetupIntents<'_> {
    /// Creates a setup intent.
    ///
    /// # Errors
    /// With every rule the draft breaks.
    pub async fn create(self, call: &Call, draft: Draft) -> Result<Answer, Failure> {
        self.0
            .respond(call, None, || async {
                let intent = self.0.with_facts(&call.scope, |facts| {
                    create(call.scope.clone(), draft.clone(), facts)
                })?;
                let writes = self.writes(None, &intent, None).await?;
                let commit = self.0.commit_of(&call.scope, writes);
                answered(self.0, call, commit, &self.done(intent)).await
            })
            .await
    }

    /// A setup intent of a scope.
    ///
    /// # Errors
    /// If there is none of that id in the scope, or storage fails.
    pub async fn get(self, scope: &Scope, id: &SetupIntentId) -> Result<SetupView, Failure> {
        let stored = self.0.find::<SetupIntent>(Some(scope), id.as_str()).await?;
        self.view(stored.ok_or(NO_SETUP_INTENT)?.value).await
    }

    /// A page of the setup intents of a scope, newest first: in these states, all if none
    /// is named, and of a customer, if one is.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn look(
        self,
        scope: &Scope,
        statuses: &[Status],
        customer: Option<&CustomerId>,
        after: Option<SetupIntentId>,
        limit: usize,
    ) -> Result<Listed<SetupIntent>, Failure> {
        let query = DocumentQuery {
            statuses: statuses.iter().map(|it| it.name().to_owned()).collect(),
            value: customer.map(|id| ValueRange::exactly(CUSTOMER, id.as_str())),
            after: after.map(|id| id.to_string()),
            limit,
            ..DocumentQuery::default()
        };
        listed(self.0, scope, query).await
    }

    /// A setup intent for its payer, who holds nothing but its id.
    ///
    /// # Errors
    /// If there is none of that id, or storage fails.
    pub async fn get_public(self, id: &SetupIntentId) -> Result<SetupView, Failure> {
        if !self.0.serves(id.environment()) {
            return Err(NO_SETUP_INTENT.into());
        }
        let stored = self.0.find::<SetupIntent>(None, id.as_str()).await?;
        let view = self.view(stored.ok_or(NO_SETUP_INTENT)?.value).await?;
        let branding = self.0.accounts().branding(&view.intent.scope).await?;
        Ok(SetupView { branding, ..view })
    }

    /// Gives a setup intent up; one with a card only if that is asked for. The
    /// card goes from the vault in the same commit.
    ///
    /// # Errors
    /// If its state does not allow it.
    pub async fn delete(
        self,
        call: &Call,
        id: &SetupIntentId,
        include_authorized: bool,
    ) -> Result<Answer, Failure> {
        let changed = self.change(Some(&call.scope), id, |intent, facts| {
            intent.delete(include_authorized, facts.now)
        });
        self.answer(&changed.await?, call.version).await
    }

    /// Gives a setup intent a new client session.
    ///
    /// # Errors
    /// If no card can be given any more.
    pub async fn refresh_session(self, call: &Call, id: &SetupIntentId) -> Result<Answer, Failure> {
        let changed = self.change(Some(&call.scope), id, SetupIntent::refresh_session);
        self.answer(&changed.await?, call.version).await
    }

    /// The same, for its payer.
    ///
    /// # Errors
    /// As for [`SetupIntents::refresh_session`].
    pub async fn refresh_public_session(self, id: &SetupIntentId) -> Result<SetupView, Failure> {
        if !self.0.serves(id.environment()) {
            return Err(NO_SETUP_INTENT.into());
        }
        let changed = self.change(None, id, SetupIntent::refresh_session);
        self.view(changed.await?).await
    }

    /// Load, decide, commit: for changes that need no acquirer.
    async fn change(
        self,
        scope: Option<&Scope>,
        id: &SetupIntentId,
        rule: impl Fn(&SetupIntent, &mut Facts<'_>) -> Result<SetupIntent, Refusal>,
    ) -> Result<SetupIntent, Failure> {
        let changed = self.0.change(id.as_str(), || async {
            let stored = self.0.find::<SetupIntent>(scope, id.as_str()).await?;
            let Stored { value, version } = stored.ok_or(NO_SETUP_INTENT)?;
            let changed = self
                .0
                .with_facts(&value.scope, |facts| rule(&value, facts))?;
            let writes = self.writes(Some(&value), &changed, Some(version)).await?;
            Ok(Decided::change(
                self.0.commit_of(&value.scope, writes),
                changed,
            ))
        });
        Ok(changed.await?.0)
    }

    async fn answer(self, intent: &SetupIntent, version: &str) -> Result<Answer, Failure> {
        let done = self.done(intent.clone());
        answer(self.0, &intent.scope.account, &done, version).await
    }

    fn done(self, intent: SetupIntent) -> Done {
        let secret = self.0.sessions().setup_secret(&intent);
        Done::SetupIntent(Box::new(intent), secret)
    }

    async fn view(self, intent: SetupIntent) -> Result<SetupView, Failure> {
        Ok(SetupView {
            account: self.0.account(&intent.scope.account).await?,
            secret: self.0.sessions().setup_secret(&intent),
            intent,
            branding: None,
        })
    }
}
