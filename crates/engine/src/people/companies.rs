//! Companies, and what they have.

use std::sync::Arc;

use tatami_core::account::{Account, AnyScope};
use tatami_core::id::{AccountId, CompanyId, Environment, UserId};
use tatami_core::people::{Access, Company, Role, User};
use tatami_core::problem::Refusal;

use super::stored::{EMAIL, LOCATION};
use super::{Origin, People, SignIn, Visitor};
use crate::Failure;
use crate::command::Decided;
use crate::ports::documents::{Aggregate, DocumentQuery, DocumentWrite, ValueRange};
use crate::ports::mail::Mail;
use crate::ports::store::Stored;

/// Mails that are shown.
const MOST_MAILS: usize = 100;
/// The user of a fresh installation, who signs in without a password on the machine
/// that it runs on.
const DEVELOPER: &str = "developer@tatami.localhost";

impl People<'_> {
    /// The company that a location is of; it is made if there is none.
    ///
    /// # Errors
    /// If there is no such account, or storage fails.
    pub async fn company_of(self, location: &AccountId) -> Result<Company, Failure> {
        let account = self.0.account(location).await?;
        let (company, _) = self
            .0
            .change(location.as_str(), || async {
                if let Some(company) = self.found(LOCATION, location.as_str()).await? {
                    return Ok(Decided::nothing(company.value));
                }
                let company = self.with_facts(|facts| Company {
                    id: CompanyId::mint(Environment::Production, facts),
                    name: account.name.clone(),
                    locations: vec![location.clone()],
                    requires_second_factor: false,
                    created_at: facts.now,
                });
                let writes = vec![DocumentWrite::put(&company, None)?];
                Ok(Decided::change(self.commit(writes), company))
            })
            .await?;
        Ok(company)
    }

    /// Makes sure that the development account has a company, with a user who signs in
    /// without a password.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn ensure_developer(self, account: &AccountId) -> Result<(), Failure> {
        let company = self.company_of(account).await?;
        self.0
            .change(DEVELOPER, || async {
                if self.found::<User>(EMAIL, DEVELOPER).await?.is_some() {
                    return Ok(Decided::nothing(()));
                }
                let user = self.new_user(&company, DEVELOPER, Access::Everywhere(Role::Owner));
                let user = User {
                    name: "Developer".to_owned(),
                    ..user
                };
                let writes = vec![DocumentWrite::put(&user, None)?];
                Ok(Decided::change(self.commit(writes), ()))
            })
            .await?;
        Ok(())
    }

    /// Signs the developer of a development installation in.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn sign_developer_in(self, origin: &Origin) -> Result<SignIn, Failure> {
        match self.found::<User>(EMAIL, DEVELOPER).await? {
            Some(user) => {
                self.authentication()
                    .begin_session(&user.value, origin, None)
                    .await
            }
            None => Ok(SignIn::Refused),
        }
    }

    /// Mails to users, latest first, for the developer alone: where there is no mail
    /// server, nobody else could pass their links on.
    ///
    /// # Errors
    /// If the visitor is another, or storage fails.
    pub async fn mails(self, visitor: &Visitor) -> Result<Vec<Mail>, Failure> {
        match visitor.user.email == DEVELOPER {
            true => {
                self.0
                    .overview()
                    .mails(AnyScope::Installation, MOST_MAILS)
                    .await
            }
            false => Err(Refusal::NotFound("page").into()),
        }
    }

    /// The location accounts of a company that a user has a role at.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn locations(
        self,
        company: &Company,
        user: &User,
    ) -> Result<Vec<Arc<Account>>, Failure> {
        let mut accounts = Vec::new();
        for id in &company.locations {
            if user.access.at(id).is_some() {
                accounts.push(self.0.account(id).await?);
            }
        }
        Ok(accounts)
    }

    pub(super) fn new_user(self, company: &Company, email: &str, access: Access) -> User {
        self.with_facts(|facts| User {
            id: UserId::mint(Environment::Production, facts),
            company: company.id.clone(),
            email: email.to_owned(),
            name: String::new(),
            access,
            password: None,
            second_factor: None,
            browsers: Vec::new(),
            created_at: facts.now,
        })
    }

    /// The one document with a value.
    pub(super) async fn found<T: Aggregate>(
        self,
        name: &'static str,
        value: &str,
    ) -> Result<Option<Stored<T>>, Failure> {
        let query = DocumentQuery {
            value: Some(ValueRange::exactly(name, value)),
            limit: 1,
            ..DocumentQuery::default()
        };
        let store = self.0.store();
        let page = store
            .documents(T::KIND, &AnyScope::Installation, query)
            .await?;
        let first = page.documents.into_iter().next();
        Ok(first.map(|document| document.read()).transpose()?)
    }

    /// All that belongs to a company or a user.
    pub(super) async fn owned<T: Aggregate>(self, owner: &str) -> Result<Vec<Stored<T>>, Failure> {
        let query = DocumentQuery {
            owner: Some(owner.to_owned()),
            ..DocumentQuery::default()
        };
        self.0.all(AnyScope::Installation, query).await
    }
}
