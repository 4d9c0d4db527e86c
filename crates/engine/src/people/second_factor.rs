//! Proving a second factor: a code of an authenticator app, or a recovery code in its place.

use base64::Engine as _;
use tatami_core::people::{
    MOST_CODE_TRIES, SecondFactor, Session, Stage, User, matching_step, normalized,
};
use tatami_core::secret::SecretText;
use zeroize::Zeroizing;

use super::sessions::From;
use super::{Authentication, BASE64, Origin, People, SignIn, digest};
use crate::Failure;
use crate::ports::documents::DocumentWrite;
use crate::ports::store::Stored;
use crate::sign_ins::SignIns;

/// What secrets are sealed for.
pub(super) const PURPOSE: &str = "second-factor";

/// How a code proved a second factor.
enum Proof {
    /// The user as it is afterwards.
    Right(Box<Stored<User>>),
    Wrong,
}

impl Authentication<'_> {
    /// Goes on signing in, with a code of the app or a recovery code.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn prove(
        self,
        token: &str,
        code: &SecretText,
        origin: &Origin,
    ) -> Result<SignIn, Failure> {
        let session = self.live_session(token).await?;
        let Some(session) = session.filter(|it| !it.value.is_signed_in()) else {
            return Ok(SignIn::Refused);
        };
        let user = self
            .people()
            .stored::<User>(session.value.user.as_str())
            .await?;
        let Some(user) = user else {
            return Ok(SignIn::Refused);
        };
        let email = normalized(&user.value.email);
        let of = self.tried(&email, Some(&user.value), origin);
        if let Some(wait) = SignIns(self.0).begin(of, origin.client).await? {
            return Ok(SignIn::Wait(wait));
        }
        match self.proof(user, code)? {
            Proof::Right(user) => {
                SignIns(self.0).forgive(of, origin.client).await?;
                let earlier = digest(token);
                self.begin_session_at(Stage::SignedIn, From::Proof(&user), origin, Some(&earlier))
                    .await
            }
            Proof::Wrong => {
                self.count_wrong_code(session, origin).await?;
                Ok(SignIn::Refused)
            }
        }
    }

    /// A code that was wrong too often ends the session: the password is asked for anew.
    async fn count_wrong_code(
        self,
        session: Stored<Session>,
        origin: &Origin,
    ) -> Result<(), Failure> {
        let Stored { mut value, version } = session;
        let Stage::Unproven { tries } = &mut value.stage else {
            return Ok(());
        };
        *tries += 1;
        let is_over = *tries >= MOST_CODE_TRIES;
        let write = match is_over {
            true => DocumentWrite::delete(&Stored {
                value: value.clone(),
                version,
            }),
            false => DocumentWrite::put(&value, Some(version))?,
        };
        let mut writes = vec![write];
        if let Some(user) = self.people().stored::<User>(value.user.as_str()).await? {
            let user = user.value;
            let entry = self
                .people()
                .entry_of(&user, origin, "session.refuse-code", &user.email);
            writes.push(DocumentWrite::put(&entry, None)?);
        }
        self.0
            .make_durable_if_current(self.people().commit(writes))
            .await?;
        Ok(())
    }

    fn proof(self, mut user: Stored<User>, code: &SecretText) -> Result<Proof, Failure> {
        let id = user.value.id.clone();
        let Some(factor) = user
            .value
            .second_factor
            .as_mut()
            .filter(|it| it.is_confirmed)
        else {
            return Ok(Proof::Wrong);
        };
        let secret = self.people().factor_secret(id.as_str(), factor)?;
        if let Some(step) = matching_step(
            &secret,
            code.reveal(),
            self.people().now(),
            factor.last_step,
        ) {
            factor.last_step = step;
            return Ok(Proof::Right(Box::new(user)));
        }
        let given = recovery_digest(code.reveal());
        let before = factor.recovery.len();
        factor.recovery.retain(|kept| *kept != given);
        Ok(match factor.recovery.len() < before {
            true => Proof::Right(Box::new(user)),
            false => Proof::Wrong,
        })
    }
}

impl People<'_> {
    /// The secret of a second factor.
    pub(super) fn factor_secret(
        self,
        user: &str,
        factor: &SecondFactor,
    ) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let sealed = BASE64.decode(&factor.sealed).unwrap_or_default();
        let opened = self.0.parts.key.open(PURPOSE, user, &sealed);
        opened.map_err(|error| Failure::Unavailable(error.to_string()))
    }
}

/// What is kept of a recovery code, however it is typed.
pub(super) fn recovery_digest(code: &str) -> String {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    digest(&plain.to_ascii_uppercase())
}
