//! The users of a company: invited, given roles, removed.

use serde_json::to_value;
use tatami_core::email::is_email;
use tatami_core::id::{AccountId, UserId};
use tatami_core::people::{Access, Company, Link, LinkPurpose, Right, User, normalized};
use tatami_core::problem::Refusal;
use tatami_core::secret::SecretText;
use tatami_core::time::Timestamp;

use super::letters::Letter;
use super::stored::EMAIL;
use super::{Origin, Team, Visitor};
use crate::Failure;
use crate::command::Decided;
use crate::ports::documents::DocumentWrite;
use crate::ports::store::{Commit, Stored};

/// The most users of a company.
const MOST_USERS: usize = 500;
const TAKEN: &str = "There is a user with this e-mail address already.";

/// An invitation that was not accepted yet.
pub struct Invitation {
    pub user: UserId,
    /// Until when its link is valid; `None` if it no longer is.
    pub ends_at: Option<Timestamp>,
}

impl Team<'_> {
    /// The users of the visitor's company, by their addresses.
    ///
    /// # Errors
    /// If the visitor may not see them, or storage fails.
    pub async fn users(self, visitor: &Visitor) -> Result<Vec<User>, Failure> {
        visitor.must_manage()?;
        let users = self
            .people()
            .owned::<User>(visitor.company.id.as_str())
            .await?;
        let mut users: Vec<_> = users.into_iter().map(|user| user.value).collect();
        users.sort_by(|one, other| one.email.cmp(&other.email));
        Ok(users)
    }

    /// The invitations of the visitor's company.
    ///
    /// # Errors
    /// If the visitor may not see them, or storage fails.
    pub async fn invitations(self, visitor: &Visitor) -> Result<Vec<Invitation>, Failure> {
        let now = self.people().now();
        let mut invitations = Vec::new();
        for user in self.users(visitor).await? {
            if !user.is_invited() {
                continue;
            }
            let links = self.people().owned::<Link>(user.id.as_str()).await?;
            let links = links.iter().filter(|link| !link.value.is_over(now));
            invitations.push(Invitation {
                ends_at: links.map(|link| link.value.ends_at()).max(),
                user: user.id,
            });
        }
        Ok(invitations)
    }

    /// Sends an invited user a new link, in place of the earlier one.
    ///
    /// # Errors
    /// If the visitor may not, there is no such invitation, or storage fails.
    pub async fn invite_again(
        self,
        visitor: &Visitor,
        id: &UserId,
        base: &str,
    ) -> Result<(), Failure> {
        let mut users = self.users(visitor).await?.into_iter();
        let user = users.find(|user| user.id == *id && user.is_invited());
        let user = user.ok_or(Refusal::NotFound("invitation"))?;
        self.invite(visitor, &user.email, &user.access, base).await
    }

    /// Invites a user by mail. A user who is invited already is sent a new link.
    ///
    /// # Errors
    /// If the visitor may not, the address is none or another's, or storage fails.
    pub async fn invite(
        self,
        visitor: &Visitor,
        email: &str,
        access: &Access,
        base: &str,
    ) -> Result<(), Failure> {
        visitor.must_manage()?;
        let by = (&visitor.company, Some(visitor));
        self.invited(by, email, access, base).await?;
        Ok(())
    }

    /// Invites a user to the company of a location, on the command line. The link, for
    /// the operator to pass on.
    ///
    /// # Errors
    /// If there is no such account, the address is none or another's, or storage fails.
    pub async fn invitation_link(
        self,
        location: &AccountId,
        email: &str,
        access: &Access,
        base: &str,
    ) -> Result<String, Failure> {
        let company = self.people().company_of(location).await?;
        self.invited((&company, None), email, access, base).await
    }

    async fn invited(
        self,
        (company, by): (&Company, Option<&Visitor>),
        email: &str,
        access: &Access,
        base: &str,
    ) -> Result<String, Failure> {
        let email = email.trim();
        if !is_email(email) {
            return Err(Refusal::invalid("Email", "This is not an e-mail address.").into());
        }
        check_locations(company, access)?;
        let key = normalized(email);
        let (address, _) = self
            .0
            .change(key.as_str(), || async {
                let found = self
                    .people()
                    .found::<User>(EMAIL, &normalized(email))
                    .await?;
                let is_open = |user: &Stored<User>| {
                    user.value.company == company.id && user.value.password.is_none()
                };
                if found.as_ref().is_some_and(|user| !is_open(user)) {
                    return Err(Refusal::Conflict(TAKEN.to_owned()).into());
                }
                if self
                    .people()
                    .owned::<User>(company.id.as_str())
                    .await?
                    .len()
                    >= MOST_USERS
                {
                    let most = format!("A company has at most {MOST_USERS} users.");
                    return Err(Refusal::Conflict(most).into());
                }
                let version = found.as_ref().map(|user| user.version);
                let mut user = match found {
                    Some(user) => user.value,
                    None => self.people().new_user(company, email, access.clone()),
                };
                user.access = access.clone();
                let (address, mut writes) = self
                    .link_writes(&user, base, LinkPurpose::Invitation)
                    .await?;
                writes.push(DocumentWrite::put(&user, version)?);
                let mut entry = match by {
                    Some(visitor) => self.people().entry(visitor, "user.invite", &user.email),
                    None => self.people().entry_of(
                        &user,
                        &Origin::default(),
                        "user.invite",
                        &user.email,
                    ),
                };
                if by.is_none() {
                    (entry.user, entry.by) = (None, "command line".to_owned());
                }
                entry.new = to_value(access).ok();
                writes.push(DocumentWrite::put(&entry, None)?);
                if by.is_some() {
                    let letter =
                        Letter::with_link(LinkPurpose::Invitation, company, address.clone());
                    writes.push(self.people().mail(&user, &letter)?);
                }
                Ok(Decided::change(self.people().commit(writes), address).unless_taken(TAKEN))
            })
            .await?;
        Ok(address)
    }

    /// Gives a user another role.
    ///
    /// # Errors
    /// If the visitor may not, there is no such user, no owner would be left, or storage
    /// fails.
    pub async fn set_access(
        self,
        visitor: &Visitor,
        id: &UserId,
        access: &Access,
    ) -> Result<(), Failure> {
        visitor.must_manage()?;
        check_locations(&visitor.company, access)?;
        self.change_team(visitor, id, |user, mut writes| async move {
            let mut entry = self
                .people()
                .entry(visitor, "user.set-role", &user.value.email);
            (entry.old, entry.new) = (to_value(&user.value.access).ok(), to_value(access).ok());
            writes.push(DocumentWrite::put(&entry, None)?);
            let changed = User {
                access: access.clone(),
                ..user.value
            };
            writes.push(DocumentWrite::put(&changed, Some(user.version))?);
            Ok((writes, changed.access.everywhere(Right::Manage)))
        })
        .await
    }

    /// Removes a user; their sessions and links end.
    ///
    /// # Errors
    /// As [`People::set_access`].
    pub async fn remove(self, visitor: &Visitor, id: &UserId) -> Result<(), Failure> {
        visitor.must_manage()?;
        self.take_out(visitor, id, "user.remove").await
    }

    /// Takes the visitor out of the company, with their password.
    ///
    /// # Errors
    /// If it is wrong, no owner would be left, or storage fails.
    pub async fn leave(self, visitor: &Visitor, password: &SecretText) -> Result<(), Failure> {
        let people = self.people();
        people
            .authentication()
            .prove_password(visitor, password)
            .await?;
        self.take_out(visitor, &visitor.user.id, "user.leave").await
    }

    async fn take_out(self, visitor: &Visitor, id: &UserId, action: &str) -> Result<(), Failure> {
        self.change_team(visitor, id, |user, mut writes| async move {
            let mut entry = self.people().entry(visitor, action, &user.value.email);
            entry.old = to_value(&user.value.access).ok();
            writes.push(DocumentWrite::put(&entry, None)?);
            let people = self.people();
            writes.extend(
                people
                    .authentication()
                    .ends_of_sessions(&user.value, None)
                    .await?,
            );
            writes.extend(self.ends_of_links(&user.value).await?);
            writes.push(DocumentWrite::delete(&user));
            Ok((writes, false))
        })
        .await
    }

    /// Changes a user of the visitor's company. `decide` says whether the user is an owner
    /// afterwards: there is always one who can sign in.
    async fn change_team<F>(
        self,
        visitor: &Visitor,
        id: &UserId,
        decide: impl Fn(Stored<User>, Vec<DocumentWrite>) -> F,
    ) -> Result<(), Failure>
    where
        F: Future<Output = Result<(Vec<DocumentWrite>, bool), Failure>>,
    {
        let (company, decide) = (&visitor.company.id, &decide);
        self.0
            .change(company.as_str(), || async move {
                let users = self.people().owned::<User>(company.as_str()).await?;
                let owns = |user: &Stored<User>| user.value.access.everywhere(Right::Manage);
                let others = users
                    .iter()
                    .filter(|user| user.value.id != *id && owns(user));
                let has_other = others.count() > 0;
                let user = users.into_iter().find(|user| user.value.id == *id);
                let user = user.ok_or(Refusal::NotFound("user"))?;
                let (writes, is_owner) = decide(user, Vec::new()).await?;
                if !is_owner && !has_other {
                    let last = "A company needs an owner: make another user one first.";
                    return Err(Refusal::Conflict(last.to_owned()).into());
                }
                Ok(Decided::change(
                    self.with_company(company.as_str(), writes).await?,
                    (),
                ))
            })
            .await?;
        Ok(())
    }

    /// The same with a write of the company, which nothing changes in: of two owners who
    /// remove each other, on whichever nodes, one is second.
    async fn with_company(
        self,
        id: &str,
        mut writes: Vec<DocumentWrite>,
    ) -> Result<Commit, Failure> {
        let company = self.people().stored::<Company>(id).await?;
        let company = company.ok_or(Refusal::NotFound("company"))?;
        writes.push(DocumentWrite::put(&company.value, Some(company.version))?);
        Ok(self.people().commit(writes))
    }
}

/// Whether all locations are the company's, and there is one.
fn check_locations(company: &Company, access: &Access) -> Result<(), Failure> {
    let is_fine = match access {
        Access::Everywhere(_) => true,
        Access::At(roles) => {
            !roles.is_empty() && roles.keys().all(|id| company.locations.contains(id))
        }
    };
    match is_fine {
        true => Ok(()),
        false => Err(
            Refusal::invalid("Locations", "Choose one or more locations of the company.").into(),
        ),
    }
}
