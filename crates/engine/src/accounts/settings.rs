//! What the people of an account set of it, and what is on for it.

use std::sync::Arc;

use tatami_core::account::{Account, AccountSettings, AnyScope, Permission, Scope};
use tatami_core::id::AccountId;

use super::{Accounts, NO_ACCOUNT};
use crate::Failure;
use crate::command::Decided;
use crate::ports::documents::DocumentWrite;

/// Which products are on for an account in one of its environments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Products {
    /// It has an acquirer, which all payments need.
    pub payments: bool,
    /// Card machines can be reached.
    pub card_machines: bool,
    /// Orders of a POS can be paid.
    pub orders: bool,
    /// Its own server may capture card numbers.
    pub tokenization: bool,
    /// Mail goes to a mail server, and not to the local mailbox alone.
    pub mail: bool,
}

impl Accounts<'_> {
    /// Changes an account. This process sees it at once, others a moment later.
    ///
    /// # Errors
    /// If there is no such account, or storage fails.
    pub async fn change(self, id: &AccountId, settings: &AccountSettings) -> Result<(), Failure> {
        let changed = self.0.change(id.as_str(), || async move {
            let stored = self.0.find::<Account>(None, id.as_str()).await?;
            let stored = stored.ok_or(NO_ACCOUNT)?;
            let account = stored.value.clone().with(settings);
            if account == stored.value {
                return Ok(Decided::nothing(account));
            }
            let writes = vec![DocumentWrite::put(&account, Some(stored.version))?];
            let commit = self.0.commit_of(AnyScope::Installation, writes);
            Ok(Decided::change(commit, account))
        });
        let (account, _held) = changed.await?;
        let now = self.0.machine_now();
        self.0.accounts.put(Arc::new(account), now);
        Ok(())
    }

    /// Which products are on for an account.
    ///
    /// # Errors
    /// If there is no such account, or storage fails.
    pub async fn products(self, scope: &Scope) -> Result<Products, Failure> {
        let account = self.0.account(&scope.account).await?;
        let parts = &self.0.parts;
        let route = parts.acquirers.route(&account, scope.environment).await;
        Ok(Products {
            payments: route.is_some(),
            card_machines: self.0.terminal_gateway(scope.environment).is_some(),
            orders: parts.pos.is_some(),
            tokenization: account.permissions.contains(&Permission::Tokenization),
            mail: parts.mailer.is_some(),
        })
    }
}
