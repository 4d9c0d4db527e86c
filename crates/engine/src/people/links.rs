//! One-time links: to accept an invitation, and to choose a new password.

use base64::Engine as _;
use tatami_core::people::{Company, Link, LinkPurpose, User, normalized};
use tatami_core::problem::{Refusal, Violation};
use tatami_core::secret::SecretText;
use tracing::Instrument;

use super::letters::Letter;
use super::stored::EMAIL;
use super::{BASE64, Origin, SignIn, Team, digest, too_many};
use crate::Failure;
use crate::command::Decided;
use crate::passwords::check_password;
use crate::ports::documents::DocumentWrite;
use crate::ports::store::Stored;
use crate::sign_ins::{Of, SignIns};

/// The longest name.
const NAME_CHARS: usize = 100;
const GONE: Refusal = Refusal::NotFound("link");

impl Team<'_> {
    /// Sends a link to choose a new password to a user, if there is one with that address.
    /// The answer comes before anyone knows.
    ///
    /// # Errors
    /// If it was asked for too often, or storage fails.
    pub async fn ask_for_reset(
        self,
        email: &str,
        base: &str,
        origin: &Origin,
    ) -> Result<(), Failure> {
        let email = normalized(email);
        let begun = SignIns(self.0)
            .begin(Of::Reset(&email), origin.client)
            .await?;
        if let Some(wait) = begun {
            return Err(too_many(wait).into());
        }
        let (engine, base, origin) = (self.0.clone(), base.to_owned(), origin.clone());
        let work = async move {
            if let Err(error) = engine
                .people()
                .team()
                .send_reset(&email, &base, &origin)
                .await
            {
                tracing::error!(%error, "a link to choose a new password was not sent");
            }
        };
        tokio::spawn(work.in_current_span());
        Ok(())
    }

    async fn send_reset(self, email: &str, base: &str, origin: &Origin) -> Result<(), Failure> {
        let Some(user) = self.people().found::<User>(EMAIL, email).await? else {
            return Ok(());
        };
        let (address, mut writes) = self
            .link_writes(&user.value, base, LinkPurpose::Reset)
            .await?;
        let entry = self
            .people()
            .entry_of(&user.value, origin, "password.ask-reset", email);
        writes.push(DocumentWrite::put(&entry, None)?);
        let company = self.company(&user.value).await?;
        let letter = Letter::with_link(LinkPurpose::Reset, &company, address);
        writes.push(self.people().mail(&user.value, &letter)?);
        self.0
            .make_durable_if_current(self.people().commit(writes))
            .await?;
        Ok(())
    }

    /// A link to choose a new password, for the operator to pass on.
    ///
    /// # Errors
    /// If there is no such user, or storage fails.
    pub async fn reset_link(self, email: &str, base: &str) -> Result<String, Failure> {
        let user = self
            .people()
            .found::<User>(EMAIL, &normalized(email))
            .await?;
        let user = user.ok_or(Refusal::NotFound("user"))?.value;
        let (address, mut writes) = self.link_writes(&user, base, LinkPurpose::Reset).await?;
        let mut entry =
            self.people()
                .entry_of(&user, &Origin::default(), "password.ask-reset", email);
        (entry.user, entry.by) = (None, "command line".to_owned());
        writes.push(DocumentWrite::put(&entry, None)?);
        self.0
            .make_durable_if_current(self.people().commit(writes))
            .await?;
        Ok(address)
    }

    /// A new link for a user, in place of earlier ones: the address that only the mail has,
    /// and what is to be written.
    pub(super) async fn link_writes(
        self,
        user: &User,
        base: &str,
        purpose: LinkPurpose,
    ) -> Result<(String, Vec<DocumentWrite>), Failure> {
        let token = BASE64.encode(self.people().random::<32>());
        let path = match purpose {
            LinkPurpose::Invitation => "portal/invitation",
            LinkPurpose::Reset => "portal/reset",
        };
        let link = Link {
            id: digest(&token),
            purpose,
            user: user.id.clone(),
            created_at: self.people().now(),
        };
        let mut writes = self.ends_of_links(user).await?;
        writes.push(DocumentWrite::put(&link, None)?);
        let address = format!("{}/{path}/{token}", base.trim_end_matches('/'));
        Ok((address, writes))
    }

    pub(super) async fn ends_of_links(self, user: &User) -> Result<Vec<DocumentWrite>, Failure> {
        let links = self.people().owned::<Link>(user.id.as_str()).await?;
        Ok(links.iter().map(DocumentWrite::delete).collect())
    }

    /// The user of a valid link. Invalid links are counted for the address that they are
    /// tried from.
    ///
    /// # Errors
    /// If it is not, too many were tried, or storage fails.
    pub async fn user_of_link(
        self,
        token: &str,
        purpose: LinkPurpose,
        origin: &Origin,
    ) -> Result<User, Failure> {
        if let Some(wait) = SignIns(self.0).begin(Of::Link, origin.client).await? {
            return Err(too_many(wait).into());
        }
        let user = self.of_link(token, purpose).await?.1.value;
        SignIns(self.0).forgive(Of::Link, origin.client).await?;
        Ok(user)
    }

    async fn of_link(
        self,
        token: &str,
        purpose: LinkPurpose,
    ) -> Result<(Stored<Link>, Stored<User>), Failure> {
        let link = self.people().stored::<Link>(&digest(token)).await?;
        let link =
            link.filter(|it| it.value.purpose == purpose && !it.value.is_over(self.people().now()));
        let link = link.ok_or(GONE)?;
        let user = self
            .people()
            .stored::<User>(link.value.user.as_str())
            .await?;
        Ok((link, user.ok_or(GONE)?))
    }

    /// Takes a link: the user has a new password, and all earlier sessions end. A second
    /// factor is asked for all the same.
    ///
    /// # Errors
    /// If the link is not good, the password or the name breaks a rule, or storage fails.
    pub async fn take_link(
        self,
        (token, purpose): (&str, LinkPurpose),
        name: Option<&str>,
        password: &SecretText,
        origin: &Origin,
    ) -> Result<SignIn, Failure> {
        let user = self.user_of_link(token, purpose, origin).await?;
        let mut broken = Vec::new();
        let name = name.map(str::trim);
        if name.is_some_and(|name| name.is_empty() || name.chars().count() > NAME_CHARS) {
            let rule = format!("The name must have 1 to {NAME_CHARS} characters.");
            broken.push(Violation::new("Name", rule));
        }
        broken.extend(check_password(password.reveal(), &user.email).err());
        if !broken.is_empty() {
            return Err(Refusal::Invalid(broken).into());
        }
        let hash = self
            .0
            .hashing
            .hash(password, self.people().random())
            .await?;
        let hash = &hash;
        let (user, _) = self
            .0
            .change(user.id.as_str(), || async move {
                let (_, mut user) = self.of_link(token, purpose).await?;
                user.value.password = Some(hash.clone());
                user.value.browsers.clear();
                if let Some(name) = name {
                    user.value.name = name.to_owned();
                }
                let action = match purpose {
                    LinkPurpose::Invitation => "invitation.accept",
                    LinkPurpose::Reset => "password.reset",
                };
                let entry = self
                    .people()
                    .entry_of(&user.value, origin, action, &user.value.email);
                let mut writes = self.ends_of_links(&user.value).await?;
                writes.extend(
                    self.people()
                        .authentication()
                        .ends_of_sessions(&user.value, None)
                        .await?,
                );
                writes.push(DocumentWrite::put(&user.value, Some(user.version))?);
                writes.push(DocumentWrite::put(&entry, None)?);
                if purpose == LinkPurpose::Reset {
                    writes.push(self.people().mail(&user.value, &Letter::changed(action))?);
                }
                Ok(Decided::change(self.people().commit(writes), user.value))
            })
            .await?;
        self.people()
            .authentication()
            .begin_session(&user, origin, None)
            .await
    }

    pub(super) async fn company(self, user: &User) -> Result<Company, Failure> {
        let company = self
            .people()
            .stored::<Company>(user.company.as_str())
            .await?;
        Ok(company.ok_or(Refusal::NotFound("company"))?.value)
    }
}
