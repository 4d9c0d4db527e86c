//! How the pages of an account look.

use tatami_core::account::{AnyScope, Scope};
use tatami_core::branding::{Branding, Wanted};
use tatami_core::time::Timestamp;

use super::Accounts;
use crate::Failure;
use crate::command::Decided;
use crate::ports::documents::{Aggregate, DocumentKind, DocumentWrite};

impl Aggregate for Branding {
    const KIND: DocumentKind = DocumentKind::Branding;

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
        self.set_at
    }
}

impl Accounts<'_> {
    /// How the pages of a scope look, if its merchant has set it.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn branding(self, scope: &Scope) -> Result<Option<Branding>, Failure> {
        let stored = self.0.find(Some(scope), &Branding::id_of(scope)).await?;
        Ok(stored.map(|stored| stored.value))
    }

    /// Sets how the pages of a scope look, in place of what was set before.
    ///
    /// # Errors
    /// With every rule that it breaks.
    pub async fn set_branding(self, scope: &Scope, wanted: &Wanted) -> Result<Branding, Failure> {
        let id = Branding::id_of(scope);
        let set = self.0.change(id.as_str(), || async {
            let branding = Branding::of(scope.clone(), wanted, self.0.now(scope))?;
            let before = self.0.find::<Branding>(Some(scope), &id).await?;
            let write = DocumentWrite::put(&branding, before.map(|stored| stored.version))?;
            Ok(Decided::change(
                self.0.commit_of(scope, vec![write]),
                branding,
            ))
        });
        Ok(set.await?.0)
    }

    /// Takes back what was set, if anything was.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn clear_branding(self, scope: &Scope) -> Result<(), Failure> {
        let id = Branding::id_of(scope);
        self.0
            .change(id.as_str(), || async {
                let found = self.0.find::<Branding>(Some(scope), &id).await?;
                Ok(match found {
                    None => Decided::nothing(()),
                    Some(found) => {
                        let writes = vec![DocumentWrite::delete(&found)];
                        Decided::change(self.0.commit_of(scope, writes), ())
                    }
                })
            })
            .await?;
        Ok(())
    }
}
