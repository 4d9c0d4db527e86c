//! Second factors: codes of an authenticator app, and recovery codes in their place.

use base64::Engine as _;
use tatami_core::people::{
    MOST_CODE_TRIES, SecondFactor, Session, Stage, User, base32, matching_step, normalized,
};
use tatami_core::problem::Refusal;
use tatami_core::secret::SecretText;
use zeroize::Zeroizing;

use super::{Authentication, BASE64, Origin, SignIn, Visitor, digest};
use crate::Failure;
use crate::command::Decided;
use crate::ports::documents::DocumentWrite;
use crate::ports::store::Stored;

const PURPOSE: &str = "second-factor";
/// How many recovery codes there are.
const RECOVERY_CODES: usize = 8;
/// Random bytes of one: so many that a plain digest keeps them.
const RECOVERY_BYTES: usize = 15;

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
        if let Err(wait) = self
            .0
            .sign_ins
            .begin(&email, origin.client, self.people().now())
        {
            return Ok(SignIn::Wait(wait));
        }
        match self.proof(user, code)? {
            Proof::Right(user) => {
                self.0.sign_ins.succeed(&email, origin.client);
                let used = DocumentWrite::put(&user.value, Some(user.version))?;
                self.begin_session_at(
                    Stage::SignedIn,
                    &user.value,
                    origin,
                    Some(token),
                    vec![used],
                )
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
        let secret = self.secret(id.as_str(), factor)?;
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

    /// A new secret for the visitor's app, as text for it. It is asked for once a code of it
    /// was given.
    ///
    /// # Errors
    /// If the password is wrong, or storage fails.
    pub async fn offer_second_factor(
        self,
        visitor: &Visitor,
        password: &SecretText,
    ) -> Result<Zeroizing<String>, Failure> {
        self.prove_password(visitor, password).await?;
        if visitor.user.has_second_factor() {
            return Err(Refusal::Conflict("There is a second factor already.".to_owned()).into());
        }
        let secret = Zeroizing::new(self.people().random::<20>());
        let id = visitor.user.id.as_str();
        let sealed = self
            .0
            .parts
            .key
            .seal(PURPOSE, id, self.people().random(), &*secret);
        let factor = &SecondFactor {
            sealed: BASE64.encode(sealed),
            is_confirmed: false,
            last_step: 0,
            recovery: Vec::new(),
        };
        self.0
            .change(id, || async move {
                let stored = self.people().stored::<User>(id).await?;
                let mut stored = stored.ok_or(Refusal::NotFound("user"))?;
                stored.value.second_factor = Some(factor.clone());
                let writes = vec![DocumentWrite::put(&stored.value, Some(stored.version))?];
                Ok(Decided::change(self.people().commit(writes), ()))
            })
            .await?;
        Ok(Zeroizing::new(base32(&*secret)))
    }

    /// The secret that was offered to the visitor and is not confirmed yet.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn offered_secret(self, visitor: &Visitor) -> Result<Option<Zeroizing<String>>, Failure> {
        let offered = visitor
            .user
            .second_factor
            .as_ref()
            .filter(|it| !it.is_confirmed);
        let Some(factor) = offered else {
            return Ok(None);
        };
        let secret = self.secret(visitor.user.id.as_str(), factor)?;
        Ok(Some(Zeroizing::new(base32(&secret))))
    }

    /// Turns the offered second factor on, with a code of it. The recovery codes are told
    /// this once.
    ///
    /// # Errors
    /// If the code is wrong, or storage fails.
    pub async fn confirm_second_factor(
        self,
        visitor: &Visitor,
        code: &SecretText,
    ) -> Result<Vec<String>, Failure> {
        let offered = visitor
            .user
            .second_factor
            .as_ref()
            .filter(|it| !it.is_confirmed);
        let factor = offered.ok_or(Refusal::NotFound("second factor"))?;
        let secret = self.secret(visitor.user.id.as_str(), factor)?;
        let step = matching_step(
            &secret,
            code.reveal(),
            self.people().now(),
            factor.last_step,
        );
        let step = step.ok_or_else(|| {
            Refusal::invalid("Code", "This is not the present code. Look at the app again, and at the clock of its device.")
        })?;
        let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| self.recovery_code()).collect();
        let confirmed = &SecondFactor {
            is_confirmed: true,
            last_step: step,
            recovery: codes.iter().map(|code| recovery_digest(code)).collect(),
            ..factor.clone()
        };
        self.change_user(visitor, "second-factor.begin", |user| {
            user.second_factor = Some(confirmed.clone());
        })
        .await?;
        Ok(codes)
    }

    /// Turns the visitor's second factor off.
    ///
    /// # Errors
    /// If the password is wrong, or storage fails.
    pub async fn end_second_factor(
        self,
        visitor: &Visitor,
        password: &SecretText,
    ) -> Result<(), Failure> {
        self.prove_password(visitor, password).await?;
        self.change_user(visitor, "second-factor.end", |user| {
            user.second_factor = None
        })
        .await
    }

    fn secret(self, user: &str, factor: &SecondFactor) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let sealed = BASE64.decode(&factor.sealed).unwrap_or_default();
        let opened = self.0.parts.key.open(PURPOSE, user, &sealed);
        opened.map_err(|error| Failure::Unavailable(error.to_string()))
    }

    /// Six groups of four characters.
    fn recovery_code(self) -> String {
        let text = base32(&self.people().random::<RECOVERY_BYTES>());
        let groups = text.as_bytes().chunks(4).map(String::from_utf8_lossy);
        groups.collect::<Vec<_>>().join("-")
    }
}

/// What is kept of a recovery code, however it is typed.
fn recovery_digest(code: &str) -> String {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    digest(&plain.to_ascii_uppercase())
}
