//! Customers and their secrets.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use sha2::{Digest, Sha256};
use tatami_core::account::{AnyScope, Scope};
use tatami_core::customer::{Customer, CustomerDetails, CustomerSecret};
use tatami_core::id::{CustomerId, SavedCardId};
use tatami_core::problem::Refusal;
use tatami_core::saved_card::{SavedCard, SavedCardState};
use tatami_core::time::Timestamp;
use zeroize::Zeroizing;

use crate::command::Decided;
use crate::ports::answers::{Answer, Done};
use crate::ports::records::{Aggregate, RecordKind, RecordQuery, RecordWrite};
use crate::ports::store::Stored;
use crate::{Call, Engine, Failure};

const NO_CUSTOMER: Refusal = Refusal::NotFound("customer");
pub(crate) const NO_CARD: Refusal = Refusal::NotFound("payment method");
/// How many cards are read together.
const BATCH: usize = 200;

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
    /// The customers.
    pub customers: Vec<Customer>,
    /// Whether the listing goes on before the first.
    pub more_before: bool,
    /// Whether the listing goes on after the last.
    pub more_after: bool,
}

impl Aggregate for Customer {
    const KIND: RecordKind = RecordKind::Customer;

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
}

/// What is kept of a secret.
pub(crate) fn digest(secret: &str) -> String {
    let digest = Sha256::digest(secret.as_bytes());
    base16ct::lower::encode_string(&digest)
}

impl Engine {
    /// Makes a customer.
    ///
    /// # Errors
    /// With every rule that the details break.
    pub async fn create_customer(
        &self,
        call: &Call,
        details: CustomerDetails,
    ) -> Result<Answer, Failure> {
        self.respond(call, None, || async {
            let customer = self.with_facts(&call.scope, |facts| {
                Customer::create(call.scope.clone(), details.clone(), facts)
            })?;
            let commit = self.commit_of(&call.scope, vec![RecordWrite::put(&customer, None)?]);
            let done = Done::Customer(Box::new(customer));
            self.answered(call, commit, &done).await
        })
        .await
    }

    /// The customers of those ids that there are, in the ids' order.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn customers(
        &self,
        scope: &Scope,
        ids: &[CustomerId],
    ) -> Result<Vec<Customer>, Failure> {
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            let customer = self.find::<Customer>(Some(scope), id.as_str()).await?;
            found.extend(customer.map(|stored| stored.value));
        }
        Ok(found)
    }

    /// A page of a scope's customers.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn search_customers(
        &self,
        scope: &Scope,
        query: RecordQuery,
    ) -> Result<CustomerPage, Failure> {
        let page = self
            .store()
            .records(RecordKind::Customer, &AnyScope::from(scope), query)
            .await?;
        let read = |record: &Stored<_>| Ok(Stored::read::<Customer>(record)?.value);
        Ok(CustomerPage {
            customers: page
                .records
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
    pub async fn update_customer(
        &self,
        call: &Call,
        id: &CustomerId,
        change: CustomerDetails,
    ) -> Result<Answer, Failure> {
        let changed = self
            .change_customer(&call.scope, id, |customer, now| {
                customer.update(change.clone(), now)
            })
            .await?;
        let done = Done::Customer(Box::new(changed));
        self.answer(&call.scope.account, &done, call.version).await
    }

    /// Makes a secret that opens a customer's saved cards for a while. Only its
    /// digest is kept.
    ///
    /// # Errors
    /// If there is no customer of that id in the scope, or storage fails.
    pub async fn create_customer_secret(
        &self,
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
            .change_customer(scope, id, |customer, now| {
                let secret = CustomerSecret {
                    digest: digest.clone(),
                    expires_at: now + life,
                };
                Ok(customer.with_secret(secret, now))
            })
            .await?;
        let expires_at = customer.secrets.last().map(|s| s.expires_at);
        let expires_at = expires_at.unwrap_or_else(|| self.now(scope));
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
    pub async fn delete_customer(&self, scope: &Scope, id: &CustomerId) -> Result<(), Failure> {
        self.change(id.as_str(), || async {
            let found = self.find::<Customer>(Some(scope), id.as_str()).await?;
            let customer = found.ok_or(NO_CUSTOMER)?;
            let cards = self.cards_of(scope, id.as_str(), &[]).await?;
            let mut writes: Vec<RecordWrite> = cards.iter().map(RecordWrite::delete).collect();
            writes.push(RecordWrite::delete(&customer));
            Ok(Decided::change(self.commit_of(scope, writes), ()))
        })
        .await?;
        Ok(())
    }

    /// The customer that a secret opens.
    ///
    /// # Errors
    /// If there is no customer of that id, or the secret does not open it.
    pub async fn customer_by_secret(
        &self,
        id: &CustomerId,
        secret: &str,
    ) -> Result<Customer, Failure> {
        // That there is no such customer is not told to whoever may not see it.
        if !self.serves(id.environment()) {
            return Err(Failure::BadCustomerSecret);
        }
        let found = self.find::<Customer>(None, id.as_str()).await?;
        let customer = found.ok_or(Failure::BadCustomerSecret)?.value;
        match customer.is_opened_by(&digest(secret), self.now(&customer.scope)) {
            true => Ok(customer),
            false => Err(Failure::BadCustomerSecret),
        }
    }

    /// A customer's saved cards: the preferred one first, then the newest.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn saved_cards(&self, customer: &Customer) -> Result<Vec<SavedCard>, Failure> {
        let cards = self
            .cards_of(
                &customer.scope,
                customer.id.as_str(),
                &[SavedCardState::Saved],
            )
            .await?;
        let mut cards: Vec<SavedCard> = cards.into_iter().map(|stored| stored.value).collect();
        cards.sort_by_key(|card| !card.preferred);
        Ok(cards)
    }

    /// Takes a customer's card out of the vault.
    ///
    /// # Errors
    /// If the customer has no such card, or storage fails.
    pub async fn delete_saved_card(
        &self,
        customer: &Customer,
        id: &SavedCardId,
    ) -> Result<(), Failure> {
        let (scope, owner) = (&customer.scope, customer.id.as_str());
        self.change(owner, || async {
            let card = self.kept_card_of(scope, owner, id).await?;
            let writes = vec![RecordWrite::delete(&card.ok_or(NO_CARD)?)];
            Ok(Decided::change(self.commit_of(scope, writes), ()))
        })
        .await?;
        Ok(())
    }

    /// Makes a card the one that is offered first.
    ///
    /// # Errors
    /// If the customer has no such card, or storage fails.
    pub async fn prefer_saved_card(
        &self,
        customer: &Customer,
        id: &SavedCardId,
    ) -> Result<(), Failure> {
        let (scope, owner) = (&customer.scope, customer.id.as_str());
        self.change(owner, || async {
            let writes = self.preference(scope, owner, id).await?;
            Ok(match writes.is_empty() {
                true => Decided::nothing(()),
                false => Decided::change(self.commit_of(scope, writes), ()),
            })
        })
        .await?;
        Ok(())
    }

    /// The writes that make a card the one that is offered first.
    pub(crate) async fn preference(
        &self,
        scope: &Scope,
        owner: &str,
        id: &SavedCardId,
    ) -> Result<Vec<RecordWrite>, Failure> {
        let cards = self
            .cards_of(scope, owner, &[SavedCardState::Saved])
            .await?;
        if !cards.iter().any(|card| card.value.id == *id) {
            return Err(NO_CARD.into());
        }
        let mut writes = Vec::new();
        for Stored { value, version } in cards {
            let preferred = value.id == *id;
            if preferred != value.preferred {
                let card = SavedCard { preferred, ..value };
                writes.push(RecordWrite::put(&card, Some(version))?);
            }
        }
        Ok(writes)
    }

    /// An owner's card that is kept.
    pub(crate) async fn kept_card_of(
        &self,
        scope: &Scope,
        owner: &str,
        id: &SavedCardId,
    ) -> Result<Option<Stored<SavedCard>>, Failure> {
        let found = self.find::<SavedCard>(Some(scope), id.as_str()).await?;
        Ok(found
            .filter(|card| card.value.owner == owner && card.value.state == SavedCardState::Saved))
    }

    /// An owner's cards in any of those states, all if none is named; newest
    /// first.
    pub(crate) async fn cards_of(
        &self,
        scope: &Scope,
        owner: &str,
        states: &[SavedCardState],
    ) -> Result<Vec<Stored<SavedCard>>, Failure> {
        let mut cards = Vec::new();
        let of = AnyScope::from(scope);
        let mut query = RecordQuery {
            owner: Some(owner.to_owned()),
            statuses: states.iter().map(|s| s.word().to_owned()).collect(),
            limit: BATCH,
            ..RecordQuery::default()
        };
        loop {
            let page = self
                .store()
                .records(RecordKind::SavedCard, &of, query.clone())
                .await?;
            for record in &page.records {
                cards.push(record.read::<SavedCard>()?);
            }
            query.after = page.records.last().map(|record| record.value.id.clone());
            if !page.more_after || query.after.is_none() {
                return Ok(cards);
            }
        }
    }

    async fn change_customer(
        &self,
        scope: &Scope,
        id: &CustomerId,
        rule: impl Fn(&Customer, Timestamp) -> Result<Customer, Refusal>,
    ) -> Result<Customer, Failure> {
        let changed = self.change(id.as_str(), || async {
            let found = self.find::<Customer>(Some(scope), id.as_str()).await?;
            let Stored { value, version } = found.ok_or(NO_CUSTOMER)?;
            let changed = rule(&value, self.now(scope))?;
            let write = RecordWrite::put(&changed, Some(version))?;
            Ok(Decided::change(self.commit_of(scope, vec![write]), changed))
        });
        Ok(changed.await?.0)
    }
}
