//! Second factors of visitors: turned on and off, and their recovery codes.

use base64::Engine as _;
use tatami_core::people::{SecondFactor, User, base32, matching_step};
use tatami_core::problem::Refusal;
use tatami_core::secret::SecretText;
use zeroize::Zeroizing;

use super::second_factor::{PURPOSE, recovery_digest};
use super::{BASE64, SecondFactors, Visitor};
use crate::Failure;
use crate::command::Decided;
use crate::ports::documents::DocumentWrite;

/// How many recovery codes there are.
const RECOVERY_CODES: usize = 8;
/// Random bytes of one: so many that a plain digest keeps them.
const RECOVERY_BYTES: usize = 15;

impl SecondFactors<'_> {
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
        self.authentication()
            .prove_password(visitor, password)
            .await?;
        if visitor.user.has_second_factor() {
            return Err(Refusal::Conflict("A second factor is already on.".to_owned()).into());
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
        let secret = self
            .people()
            .factor_secret(visitor.user.id.as_str(), factor)?;
        Ok(Some(Zeroizing::new(base32(&secret))))
    }

    /// Turns the offered second factor on, with a code of it. The recovery codes are shown
    /// only now.
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
        let secret = self
            .people()
            .factor_secret(visitor.user.id.as_str(), factor)?;
        let step = matching_step(
            &secret,
            code.reveal(),
            self.people().now(),
            factor.last_step,
        );
        let step = step.ok_or_else(|| {
            Refusal::invalid(
                "Code",
                "This is not the current code. Check the app again, and the clock of its device.",
            )
        })?;
        let codes = self.recovery_codes();
        let confirmed = &SecondFactor {
            is_confirmed: true,
            last_step: step,
            recovery: codes.iter().map(|code| recovery_digest(code)).collect(),
            ..factor.clone()
        };
        self.authentication()
            .change_user(visitor, "second-factor.begin", |user| {
                user.second_factor = Some(confirmed.clone());
            })
            .await?;
        Ok(codes)
    }

    /// Turns the visitor's second factor off.
    ///
    /// # Errors
    /// If the password is wrong, the company requires a second factor, or storage fails.
    pub async fn end_second_factor(
        self,
        visitor: &Visitor,
        password: &SecretText,
    ) -> Result<(), Failure> {
        if visitor.company.requires_second_factor {
            let required = "Your company requires a second factor.";
            return Err(Refusal::Conflict(required.to_owned()).into());
        }
        self.authentication()
            .prove_password(visitor, password)
            .await?;
        self.authentication()
            .change_user(visitor, "second-factor.end", |user| {
                user.second_factor = None
            })
            .await
    }

    /// Makes new recovery codes in place of those that are left. They are shown this once.
    ///
    /// # Errors
    /// If the password is wrong, there is no second factor, or storage fails.
    pub async fn renew_recovery_codes(
        self,
        visitor: &Visitor,
        password: &SecretText,
    ) -> Result<Vec<String>, Failure> {
        self.authentication()
            .prove_password(visitor, password)
            .await?;
        if !visitor.user.has_second_factor() {
            return Err(Refusal::NotFound("second factor").into());
        }
        let codes = self.recovery_codes();
        let recovery: &Vec<_> = &codes.iter().map(|code| recovery_digest(code)).collect();
        self.authentication()
            .change_user(visitor, "second-factor.renew-codes", |user| {
                if let Some(factor) = &mut user.second_factor {
                    factor.recovery.clone_from(recovery);
                }
            })
            .await?;
        Ok(codes)
    }

    fn recovery_codes(self) -> Vec<String> {
        (0..RECOVERY_CODES).map(|_| self.recovery_code()).collect()
    }

    /// Six groups of four characters.
    fn recovery_code(self) -> String {
        let text = base32(&self.people().random::<RECOVERY_BYTES>());
        let groups = text.as_bytes().chunks(4).map(String::from_utf8_lossy);
        groups.collect::<Vec<_>>().join("-")
    }
}
