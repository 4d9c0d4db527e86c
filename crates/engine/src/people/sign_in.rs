//! Signing in with a password, and changing it.

use tatami_core::people::{Stage, User, normalized};
use tatami_core::problem::Refusal;
use tatami_core::secret::SecretText;
use tatami_core::time::SignedDuration;

use super::letters::Letter;
use super::sessions::Token;
use super::stored::EMAIL;
use super::{Authentication, Origin, Visitor, digest, too_many};
use crate::Failure;
use crate::command::Decided;
use crate::passwords::check_password;
use crate::ports::documents::DocumentWrite;
use crate::sign_ins::{Of, SignIns};

/// A session that was begun.
pub struct Begun {
    pub token: Token,
    /// Whether a second factor is still to be asked for.
    pub stage: Stage,
    /// What a new browser is known by from now on.
    pub browser: Option<Token>,
}

/// What came of signing in.
pub enum SignIn {
    Begun(Begun),
    /// Not with this; nothing tells whether there is such a user.
    Refused,
    /// Too many tries failed: there may be another after that time.
    Wait(SignedDuration),
}

impl Authentication<'_> {
    /// Signs a user in with a password, in place of an earlier session of the browser.
    ///
    /// # Errors
    /// If too many try at the same time, or storage fails.
    pub async fn sign_in(
        self,
        email: &str,
        password: &SecretText,
        origin: &Origin,
        earlier: Option<&str>,
    ) -> Result<SignIn, Failure> {
        let email = normalized(email);
        let user = self
            .people()
            .found::<User>(EMAIL, &email)
            .await?
            .map(|user| user.value);
        let of = self.tried(&email, user.as_ref(), origin);
        if let Some(wait) = SignIns(self.0).begin(of, origin.client).await? {
            return Ok(SignIn::Wait(wait));
        }
        let kept = user.as_ref().and_then(|user| user.password.as_ref());
        let is_right = self.0.hashing.matches(password, kept).await?;
        match user {
            Some(user) if is_right => {
                // With a second factor, the password alone forgives nothing.
                if !user.has_second_factor() {
                    SignIns(self.0).forgive(of, origin.client).await?;
                }
                let earlier = earlier.map(digest);
                self.begin_session(&user, origin, earlier.as_deref()).await
            }
            Some(user) => {
                let entry = self
                    .people()
                    .entry_of(&user, origin, "session.refuse", &user.email);
                let writes = vec![DocumentWrite::put(&entry, None)?];
                self.0
                    .make_durable_if_current(self.people().commit(writes))
                    .await?;
                Ok(SignIn::Refused)
            }
            None => Ok(SignIn::Refused),
        }
    }

    /// What tries of a user are counted for: the browser, if the user is known by it, so
    /// that tries from elsewhere do not make this user wait.
    pub(super) fn tried<'k>(
        self,
        email: &'k str,
        user: Option<&User>,
        origin: &'k Origin,
    ) -> Of<'k> {
        let now = self.people().now();
        let browser = user.and_then(|user| origin.known_browser(user, now));
        browser.map_or(Of::User(email), Of::Browser)
    }

    /// Changes the visitor's password, and ends all their other sessions. The present
    /// one is asked for, if there is one.
    ///
    /// # Errors
    /// If the current password is wrong, the new one breaks a rule, or storage fails.
    pub async fn change_password(
        self,
        visitor: &Visitor,
        present: &SecretText,
        new: &SecretText,
    ) -> Result<(), Failure> {
        self.prove_password(visitor, present).await?;
        check_password(new.reveal(), &visitor.user.email)
            .map_err(|broken| Refusal::Invalid(vec![broken]))?;
        let hash = self.0.hashing.hash(new, self.people().random()).await?;
        let hash = &hash;
        self.change_user(visitor, "password.change", |user| {
            user.password = Some(hash.clone())
        })
        .await
    }

    /// Asks for the visitor's password again, before something that only they may do.
    ///
    /// # Errors
    /// If it is wrong, or was too often.
    pub(super) async fn prove_password(
        self,
        visitor: &Visitor,
        password: &SecretText,
    ) -> Result<(), Failure> {
        let Some(kept) = &visitor.user.password else {
            return Ok(());
        };
        let email = normalized(&visitor.user.email);
        let origin = &visitor.origin;
        let of = self.tried(&email, Some(&visitor.user), origin);
        if let Some(wait) = SignIns(self.0).begin(of, origin.client).await? {
            return Err(too_many(wait).into());
        }
        match self.0.hashing.matches(password, Some(kept)).await? {
            true => SignIns(self.0).forgive(of, origin.client).await,
            false => Err(
                Refusal::invalid("PresentPassword", "This is not your current password.").into(),
            ),
        }
    }

    /// Changes how the visitor signs in: their other sessions end, other browsers are not
    /// known any more, and a mail reports it.
    pub(super) async fn change_user(
        self,
        visitor: &Visitor,
        action: &str,
        change: impl Fn(&mut User),
    ) -> Result<(), Failure> {
        let change = &change;
        self.0
            .change(visitor.user.id.as_str(), || async move {
                let stored = self
                    .people()
                    .stored::<User>(visitor.user.id.as_str())
                    .await?;
                let mut stored = stored.ok_or(Refusal::NotFound("user"))?;
                change(&mut stored.value);
                let this = visitor.origin.browser.as_ref();
                stored
                    .value
                    .browsers
                    .retain(|browser| Some(&browser.id) == this);
                let user = &stored.value;
                let mut writes = self
                    .ends_of_sessions(user, Some(&visitor.session.id))
                    .await?;
                writes.push(DocumentWrite::put(user, Some(stored.version))?);
                writes.push(DocumentWrite::put(
                    &self.people().entry(visitor, action, &user.email),
                    None,
                )?);
                writes.push(self.people().mail(user, &Letter::changed(action))?);
                Ok(Decided::change(self.people().commit(writes), ()))
            })
            .await?;
        Ok(())
    }
}
