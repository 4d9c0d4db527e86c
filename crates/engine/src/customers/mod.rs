//! Customers and their secrets.

mod named;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use sha2::{Digest, Sha256};
use tatami_core::account::{AnyScope, Scope};
use tatami_core::customer::{Customer, CustomerDetails, CustomerSecret};
use tatami_core::id::CustomerId;
use tatami_core::problem::Refusal;
use tatami_core::time::Timestamp;
use zeroize::Zeroizing;

use crate::command::{Decided, answer, answered};
use crate::listed::listed;
use crate::ports::answers::{Answer, Done};
use crate::ports::documents::{
    Aggregate, DocumentKind, DocumentQuery, DocumentWrite, IndexValue, ValueRange,
};
use crate::ports::store::Stored;
use crate::{Call, Engine, Failure, Listed};

const NO_CUSTOMER: Refusal = Refusal::NotFound("customer");
/// The name of the values by which customers are found.
const FOUND_BY: &str = "found-by";
/// How much of a name or an address is looked at.
const INDEXED_CHARS: usize = 100;
/// The words of a name that a search may begin with.
const INDEXED_WORDS: usize = 6;

/// A secret that was just made. It is shown this once.
pub struct NewCustomerSecret {
    /// The secret.
    pub text: Zeroizing<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops opening anything.
    pub expires_at: Timestamp,
}

/// A page of customers, newest first.
pub struct CustomerPage {
    pub customers: Vec<Customer>,
    /// Whether the listing goes on before the first.
    pub more_before: bool,
    /// Whether the listing goes on after the last.
    pub more_after: bool,
}

impl Aggregate for Customer {
    const KIND: DocumentKind = DocumentKind::Customer;

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn scope(&self) -> AnyScope {
        AnyScope::from(&self.scope)
    }

    fn status(&self) -> &str {
        "active"
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// By the beginnings of the words of the name, and of the e-mail address.
    fn values(&self) -> Vec<IndexValue> {
        let CustomerDetails {
            name,
            email_address,
            ..
        } = &self.details;
        let email = email_address.iter().map(|it| folded(it));
        let name = name.as_deref().map(folded).unwrap_or_default();
        let words = name.match_indices(' ').map(|(at, _)| &name[at + 1..]);
        let words = std::iter::once(name.as_str()).chain(words);
        let words = words.filter(|word| !word.is_empty()).take(INDEXED_WORDS);
        let mut values: Vec<_> = email
            .chain(words.map(str::to_owned))
            .map(|value| IndexValue::new(FOUND_BY, value))
            .collect();
        values.sort();
        values.dedup();
        values
    }
}

/// A text as it is looked for: without regard to case, and cut.
fn folded(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let folded = words.join(" ").to_lowercase();
    folded.chars().take(INDEXED_CHARS).collect()
}

/// What is kept of a secret.
fn digest(secret: &str) -> String {
    let digest = Sha256::digest(secret.as_bytes());
    base16ct::lower::encode_string(&digest)
}

/// Customers and their secrets.
#[derive(Clone, Copy)]
pub struct Customers<'a>(pub(super) &'a Engine);

impl Engine {
    pub fn customers(&self) -> Customers<'_> {
        Customers(self)
    }
}

impl Customers<'_> {
    /// Makes a customer.
    ///
    /// # Errors
    /// With every rule that the details break.
    pub async fn create(self, call: &Call, details: CustomerDetails) -> Result<Answer, Failure> {
        self.0
            .respond(call, None, || async {
                let customer = self.0.with_facts(&call.scope, |facts| {
                    Customer::create(call.scope.clone(), details.clone(), facts)
                })?;
                let commit = self
                    .0
                    .commit_of(&call.scope, vec![DocumentWrite::put(&customer, None)?]);
                let done = Done::Customer(Box::new(customer));
                answered(self.0, call, commit, &done).await
            })
            .await
    }

    /// The customers of those ids that there are, in the ids' order.
    pub async fn by_ids(self, scope: &Scope, ids: &[CustomerId]) -> Result<Vec<Customer>, Failure> {
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            let customer = self.0.find::<Customer>(Some(scope), id.as_str()).await?;
            found.extend(customer.map(|stored| stored.value));
        }
        Ok(found)
    }

    /// A customer of a scope.
    ///
    /// # Errors
    /// If there is none of that id in the scope, or storage fails.
    pub async fn get(self, scope: &Scope, id: &CustomerId) -> Result<Customer, Failure> {
        let found = self.0.find::<Customer>(Some(scope), id.as_str()).await?;
        Ok(found.ok_or(NO_CUSTOMER)?.value)
    }

    /// A page of a scope's customers, newest first: those of whose name a word, or whose
    /// e-mail address, begins with the text, or whose id it is; all if it is empty.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn look(
        self,
        scope: &Scope,
        text: &str,
        after: Option<CustomerId>,
        limit: usize,
    ) -> Result<Listed<Customer>, Failure> {
        if let Ok(id) = CustomerId::parse(text.trim()) {
            let found = self.0.find::<Customer>(Some(scope), id.as_str()).await?;
            return Ok(Listed {
                items: found.into_iter().map(|stored| stored.value).collect(),
                next: None,
            });
        }
        let text = folded(text);
        let value = (!text.is_empty()).then(|| ValueRange {
            name: FOUND_BY,
            to: format!("{text}{}", char::MAX),
            from: text,
        });
        let query = DocumentQuery {
            value,
            after: after.map(|id| id.to_string()),
            limit,
            ..DocumentQuery::default()
        };
        listed(self.0, scope, query).await
    }

    /// A page of a scope's customers.
    pub async fn search(
        self,
        scope: &Scope,
        query: DocumentQuery,
    ) -> Result<CustomerPage, Failure> {
        let page = self
            .0
            .store()
            .documents(DocumentKind::Customer, &AnyScope::from(scope), query)
            .await?;
        let read = |record: &Stored<_>| Ok(Stored::read::<Customer>(record)?.value);
        Ok(CustomerPage {
            customers: page
                .documents
                .iter()
                .map(read)
                .collect::<Result<_, Failure>>()?,
            more_before: page.more_before,
            more_after: page.more_after,
        })
    }

    /// Changes what is named of a customer.
    ///
    /// # Errors
    /// If there is none of that id in the scope, or the change breaks rules.
    pub async fn update(
        self,
        call: &Call,
        id: &CustomerId,
        change: CustomerDetails,
    ) -> Result<Answer, Failure> {
        let changed = self
            .change(&call.scope, id, |customer, now| {
                customer.update(change.clone(), now)
            })
            .await?;
        let done = Done::Customer(Box::new(changed));
        answer(self.0, &call.scope.account, &done, call.version).await
    }

    /// Makes a secret that opens a customer's saved cards for a while. Only its
    /// digest is kept.
    ///
    /// # Errors
    /// If there is no customer of that id in the scope, or storage fails.
    pub async fn create_secret(
        self,
        scope: &Scope,
        id: &CustomerId,
    ) -> Result<NewCustomerSecret, Failure> {
        let mut bytes = Zeroizing::new([0; 48]);
        (self.0.parts.entropy)().fill(&mut *bytes);
        let random = Zeroizing::new(BASE64.encode(*bytes));
        let text = Zeroizing::new(format!("cs_{}{}", scope.environment.infix(), *random));
        let digest = digest(&text);
        let life = self.0.parts.customer_secret_life;
        let customer = self
            .change(scope, id, |customer, now| {
                let secret = CustomerSecret {
                    digest: digest.clone(),
                    expires_at: now + life,
                };
                Ok(customer.with_secret(secret, now))
            })
            .await?;
        let expires_at = customer.secrets.last().map(|s| s.expires_at);
        let expires_at = expires_at.unwrap_or_else(|| self.0.now(scope));
        Ok(NewCustomerSecret {
            text,
            created_at: expires_at - life,
            expires_at,
        })
    }

    /// Deletes a customer, and its cards from the vault with it.
    ///
    /// # Errors
    /// If there is none of that id in the scope, or storage fails.
    pub async fn delete(self, scope: &Scope, id: &CustomerId) -> Result<(), Failure> {
        self.0
            .change(id.as_str(), || async {
                let found = self.0.find::<Customer>(Some(scope), id.as_str()).await?;
                let customer = found.ok_or(NO_CUSTOMER)?;
                let cards = self
                    .0
                    .saved_cards()
                    .cards_of(scope, id.as_str(), &[])
                    .await?;
                let mut writes: Vec<DocumentWrite> =
                    cards.iter().map(DocumentWrite::delete).collect();
                writes.push(DocumentWrite::delete(&customer));
                Ok(Decided::change(self.0.commit_of(scope, writes), ()))
            })
            .await?;
        Ok(())
    }

    /// The customer that a secret opens.
    ///
    /// # Errors
    /// If there is no customer of that id, or the secret does not open it.
    pub async fn by_secret(self, id: &CustomerId, secret: &str) -> Result<Customer, Failure> {
        // A caller without the secret does not learn whether there is such a customer.
        if !self.0.serves(id.environment()) {
            return Err(Failure::BadCustomerSecret);
        }
        let found = self.0.find::<Customer>(None, id.as_str()).await?;
        let customer = found.ok_or(Failure::BadCustomerSecret)?.value;
        match customer.is_opened_by(&digest(secret), self.0.now(&customer.scope)) {
            true => Ok(customer),
            false => Err(Failure::BadCustomerSecret),
        }
    }

    async fn change(
        self,
        scope: &Scope,
        id: &CustomerId,
        rule: impl Fn(&Customer, Timestamp) -> Result<Customer, Refusal>,
    ) -> Result<Customer, Failure> {
        let changed = self.0.change(id.as_str(), || async {
            let found = self.0.find::<Customer>(Some(scope), id.as_str()).await?;
            let Stored { value, version } = found.ok_or(NO_CUSTOMER)?;
            let changed = rule(&value, self.0.now(scope))?;
            let write = DocumentWrite::put(&changed, Some(version))?;
            Ok(Decided::change(
                self.0.commit_of(scope, vec![write]),
                changed,
            ))
        });
        Ok(changed.await?.0)
    }
}
