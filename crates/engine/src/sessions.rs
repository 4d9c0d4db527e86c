//! Client session secrets: tokens derived from an intent's session, so that
//! none is ever stored.

use tatami_core::id::{PaymentIntentId, SetupIntentId};
use tatami_core::payment_intent::{PaymentIntent, Session};
use tatami_core::setup_intent::SetupIntent;
use tatami_vault::{InstallationKey, NotOurs};

const PURPOSE: &str = "client-session";

/// What a client session secret opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opens {
    /// A payment intent.
    Payment,
    /// A setup intent.
    Setup,
}

/// Makes the secrets of client sessions, for answers that show one.
#[derive(Clone, Debug)]
pub struct Sessions(InstallationKey);

impl Sessions {
    /// Of an installation with that key.
    pub fn new(key: &InstallationKey) -> Self {
        Self(key.clone())
    }

    /// The secret of an intent's current session.
    pub fn secret(&self, intent: &PaymentIntent) -> String {
        self.of(intent.id.as_str(), &intent.session)
    }

    /// The secret of a setup intent's current session.
    pub fn setup_secret(&self, intent: &SetupIntent) -> String {
        self.of(intent.id.as_str(), &intent.session)
    }

    fn of(&self, id: &str, session: &Session) -> String {
        self.0.token(PURPOSE, &format!("{id}.{}", session.nonce))
    }

    /// The payment intent and the session nonce that a secret names.
    pub(crate) fn payment_intent_of(
        &self,
        secret: &str,
    ) -> Result<(PaymentIntentId, String), NotOurs> {
        let (id, nonce) = self.read(secret)?;
        Ok((PaymentIntentId::parse(&id).map_err(|_| NotOurs)?, nonce))
    }

    /// The setup intent and the session nonce that a secret names.
    pub(crate) fn setup_intent_of(&self, secret: &str) -> Result<(SetupIntentId, String), NotOurs> {
        let (id, nonce) = self.read(secret)?;
        Ok((SetupIntentId::parse(&id).map_err(|_| NotOurs)?, nonce))
    }

    /// What a secret opens, or once opened.
    pub(crate) fn opens(&self, secret: &str) -> Result<Opens, NotOurs> {
        let (id, _) = self.read(secret)?;
        Ok(match SetupIntentId::parse(&id) {
            Ok(_) => Opens::Setup,
            Err(_) => Opens::Payment,
        })
    }

    fn read(&self, secret: &str) -> Result<(String, String), NotOurs> {
        let content = self.0.read_token(PURPOSE, secret)?;
        let (id, nonce) = content.rsplit_once('.').ok_or(NotOurs)?;
        Ok((id.to_owned(), nonce.to_owned()))
    }
}
