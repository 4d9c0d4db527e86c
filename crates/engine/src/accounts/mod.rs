//! Accounts and their keys.

mod branding;
pub(crate) mod cache;
pub(crate) mod keys;
mod location;
mod notes;
mod settings;

use std::collections::BTreeSet;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use tatami_core::Facts;
use tatami_core::account::{Account, AnyScope, ApiKey, MerchantTerms, Permission, Scope};
use tatami_core::id::{AccountId, Environment, KeyId};
use tatami_core::problem::Refusal;
use tatami_core::time::Timestamp;
use zeroize::Zeroizing;

use crate::ports::documents::{Aggregate, DocumentKind, DocumentQuery, DocumentWrite};
use crate::ports::store::{Commit, Stored};
use crate::{Engine, Failure, Shared};
use keys::TRUSTED_FOR;

pub use notes::{MOST_KEYS, NamedKey};
pub use settings::Products;

const NO_ACCOUNT: Refusal = Refusal::NotFound("account");

/// The sandbox key that most of the published samples use, and the first of
/// [`DOCUMENTED_KEYS`].
pub const DOCUMENTED_KEY: &str = DOCUMENTED_KEYS[0];

/// The sandbox keys that the published samples use. The development account
/// accepts them, so that those samples run with only the host changed. They are
/// public and open nothing but that sandbox.
pub const DOCUMENTED_KEYS: [&str; 5] = [
    concat!(
        "sk_sandbox_c8oLGaI__msxsXbpBDpdtwJEz_eIhfQoKHmedqgZPCdBx59zpKZLSk8OPLT0cZol",
        "beuYJSBvzDVVsYvtpo5RkQ"
    ),
    concat!(
        "sk_sandbox_1WYDtq7yAdqhmQ7KEUAvPlCCRBYc9HTY9KOPJKZtfWkzsSISj1L8c4GG5l4pBB5B",
        "j85hkJgTL9vmOmki5QnQfQ"
    ),
    "sk_sandbox_EtKXUrMCHU9Y7NCURtDRI9KEn0yqWDgy4JFUOeg0QNGRihcml31fxJURpfbdlx1D",
    "sk_sandbox_h9zJhmgbLD_XmHnj75sFtnLr0sEc3zbwcUoJDbSZXqZd0Ra2-fOpZU34d_Iu75BE",
    concat!(
        "sk_sandbox_kqCwRaWEsl9OM0xNSxh00eayT9k8hAqURGeNQseeV62rMxO5ZiZHub0-XRqkzPLf",
        "ES2fVUl0seMOyujCIiYaMTaDyiBPf25b7W3Gr3oE0qbpTeM4MRuUMgtDt_scAEfJdqYBlBB_gt_",
        "31Bw7FihTISp2WIXXGeTD5WbwhdIhraIJVWR7jo2Hy-xKlBpK-lE8"
    ),
];

/// A key just made: the one time its text is seen.
pub struct NewKey {
    /// What is kept of it.
    pub key: ApiKey,
    /// The key itself.
    pub text: Zeroizing<String>,
}

fn digest(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

fn prefix(environment: Environment) -> &'static str {
    match environment {
        Environment::Sandbox => "sk_sandbox_",
        Environment::Production => "sk_prod_",
    }
}

impl Aggregate for Account {
    const KIND: DocumentKind = DocumentKind::Account;

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn scope(&self) -> AnyScope {
        AnyScope::Installation
    }

    fn status(&self) -> &'static str {
        "active"
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }
}

/// Accounts and their keys.
#[derive(Clone, Copy)]
pub struct Accounts<'a>(&'a Engine);

impl Engine {
    pub fn accounts(&self) -> Accounts<'_> {
        Accounts(self)
    }
}

impl Accounts<'_> {
    /// What a key opens; `None` if nobody has it, or it is of an environment that is
    /// not served.
    pub async fn authenticate(self, key: &str) -> Result<Option<Arc<ApiKey>>, Failure> {
        if !key.starts_with("sk_") {
            return Ok(None);
        }
        let (digest, now) = (digest(key), self.0.parts.clocks.machine());
        if let Some(known) = self.0.keys.known(&digest, now) {
            return Ok(Some(known));
        }
        let found = self.0.store().key_by_digest(&digest).await?.map(Arc::new);
        let found = found.filter(|key| self.0.serves(key.scope.environment));
        if let Some(key) = &found {
            self.0.keys.learn(digest, Arc::clone(key), now);
            self.note_use(key, now);
        }
        Ok(found)
    }

    /// All accounts, oldest first.
    pub async fn list(self) -> Result<Vec<Account>, Failure> {
        let all = self.0.all(AnyScope::Installation, DocumentQuery::default());
        let all = all.await?.into_iter().rev();
        Ok(all.map(|stored: Stored<Account>| stored.value).collect())
    }

    /// Makes an account.
    pub async fn create(
        self,
        name: &str,
        permissions: BTreeSet<Permission>,
        merchant: MerchantTerms,
    ) -> Result<Account, Failure> {
        let account = Account {
            merchant,
            ..self.new_account(name, permissions)
        };
        self.keep(&account).await?;
        Ok(account)
    }

    /// Writes a new account, unless it is there.
    async fn keep(self, account: &Account) -> Result<(), Failure> {
        let commit = Commit {
            scope: AnyScope::Installation,
            at: account.created_at,
            documents: vec![DocumentWrite::put(account, None)?],
            claims: Vec::new(),
            events: Vec::new(),
            idempotency: None,
        };
        self.0.make_durable_if_current(commit).await?;
        Ok(())
    }

    /// An account of the same company that may do what another may, to be written.
    pub(crate) fn another(self, like: &Account, name: &str) -> Account {
        Account {
            time_zone: like.time_zone.clone(),
            merchant: like.merchant.clone(),
            ..self.new_account(name, like.permissions.clone())
        }
    }

    fn new_account(self, name: &str, permissions: BTreeSet<Permission>) -> Account {
        let mut entropy = (self.0.parts.entropy)();
        let now = self.0.parts.clocks.machine();
        let mut facts = Facts {
            now,
            entropy: entropy.as_mut(),
        };
        Account {
            // One account has both environments: its id names neither.
            id: AccountId::mint(Environment::Production, &mut facts),
            name: name.to_owned(),
            time_zone: Account::DEFAULT_TIME_ZONE.to_owned(),
            permissions,
            merchant: MerchantTerms::default(),
            created_at: now,
        }
    }

    /// Makes the account of a fresh installation, if there is none yet. Of
    /// programs that start together on one database only one makes it, and what
    /// one left half done the next completes: the keys, of which there can be one
    /// each, come first, and the first of them names the account. Once the account
    /// is there, keys that are deleted do not come back.
    pub async fn ensure_development_account(self) -> Result<(), Failure> {
        let mut account = self.new_account("Development", Permission::ALL.into_iter().collect());
        let begun = self
            .0
            .store()
            .key_by_digest(&digest(DOCUMENTED_KEY))
            .await?;
        if let Some(key) = begun {
            account.id = key.scope.account;
        } else if !self.list().await?.is_empty() {
            return Ok(());
        }
        let made = self.0.find::<Account>(None, account.id.as_str()).await?;
        if made.is_some() {
            return Ok(());
        }
        for text in DOCUMENTED_KEYS {
            account.id = self.ensure_documented_key(account.id, text).await?;
        }
        self.keep(&account).await
    }

    /// Makes that key of an account, unless it is there. Whose it is.
    async fn ensure_documented_key(
        self,
        account: AccountId,
        text: &str,
    ) -> Result<AccountId, Failure> {
        let key = self.0.store().key_by_digest(&digest(text)).await?;
        if let Some(key) = key {
            return Ok(key.scope.account);
        }
        let environment = Environment::Sandbox;
        let secret = Zeroizing::new(text.to_owned());
        let made = self.keep_key(account.clone(), environment, secret).await;
        match self.0.store().key_by_digest(&digest(text)).await? {
            Some(key) => Ok(key.scope.account),
            None => made.map(|_| account),
        }
    }

    /// Makes a key of an account.
    ///
    /// # Errors
    /// If there is no such account, or storage fails.
    pub async fn create_key(
        self,
        account: &AccountId,
        environment: Environment,
    ) -> Result<NewKey, Failure> {
        self.0.account(account).await?;
        let mut bytes = Zeroizing::new([0; 64]);
        (self.0.parts.entropy)().fill(&mut *bytes);
        let text = Zeroizing::new(format!(
            "{}{}",
            prefix(environment),
            URL_SAFE_NO_PAD.encode(*bytes)
        ));
        self.keep_key(account.clone(), environment, text).await
    }

    async fn keep_key(
        self,
        account: AccountId,
        environment: Environment,
        text: Zeroizing<String>,
    ) -> Result<NewKey, Failure> {
        let mut entropy = (self.0.parts.entropy)();
        let now = self.0.parts.clocks.machine();
        let id = KeyId::mint(
            environment,
            &mut Facts {
                now,
                entropy: entropy.as_mut(),
            },
        );
        drop(entropy);
        let hint = text[text.len() - 4..].to_owned();
        let key = ApiKey {
            id,
            scope: Scope {
                account,
                environment,
            },
            hint,
            created_at: now,
        };
        self.0
            .store()
            .create_key(key.clone(), digest(&text))
            .await?;
        Ok(NewKey { key, text })
    }

    /// Keys of an account, oldest first.
    pub async fn keys(self, account: &AccountId) -> Result<Vec<ApiKey>, Failure> {
        Ok(self.0.store().keys(account).await?)
    }

    /// Those of some keys that are there.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn existing_keys(self, ids: &[KeyId]) -> Result<Vec<KeyId>, Failure> {
        Ok(self.0.store().existing_keys(ids).await?)
    }

    /// Deletes a key; when this returns, it opens nothing any more. Whether it
    /// was there.
    pub async fn delete_key(self, id: &KeyId) -> Result<bool, Failure> {
        let deleted = self.0.store().delete_key(id).await?;
        // Programs that looked it up a moment ago still take it for a key.
        tokio::time::sleep(TRUSTED_FOR.unsigned_abs()).await;
        Ok(deleted)
    }
}

impl Shared {
    /// An account.
    ///
    /// # Errors
    /// If there is none of that id, or storage fails and it was not read before.
    pub async fn account(&self, id: &AccountId) -> Result<Arc<Account>, Failure> {
        let now = self.machine_now();
        let last = match self.accounts.get(id, now) {
            Some((account, true)) => return Ok(account),
            last => last.map(|(account, _)| account),
        };
        match self.find::<Account>(None, id.as_str()).await {
            Ok(found) => {
                let account = Arc::new(found.ok_or(NO_ACCOUNT)?.value);
                self.accounts.put(account.clone(), now);
                Ok(account)
            }
            // The name of a moment ago is better than no answer about a payment.
            Err(failure) => last.ok_or(failure),
        }
    }
}
