//! Client session secrets: tokens derived from an intent's session, so that
//! none is ever stored.

use tatami_core::id::{PaymentIntentId, SetupIntentId};
use tatami_core::payment_intent::{PaymentIntent, Session};
use tatami_core::setup_intent::SetupIntent;
use tatami_vault::InstallationKey;

use crate::{Engine, Failure};

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
}

/// The intent and the session nonce that a secret names.
fn read(key: &InstallationKey, secret: &str) -> Result<(PaymentIntentId, String), Failure> {
    let (id, nonce) = named(key, secret)?;
    let id = PaymentIntentId::parse(&id).map_err(|_| Failure::BadSession)?;
    Ok((id, nonce))
}

/// The setup intent and the session nonce that a secret names.
fn read_setup(key: &InstallationKey, secret: &str) -> Result<(SetupIntentId, String), Failure> {
    let (id, nonce) = named(key, secret)?;
    let id = SetupIntentId::parse(&id).map_err(|_| Failure::BadSession)?;
    Ok((id, nonce))
}

fn named(key: &InstallationKey, secret: &str) -> Result<(String, String), Failure> {
    let content = key
        .read_token(PURPOSE, secret)
        .map_err(|_| Failure::BadSession)?;
    let (id, nonce) = content.rsplit_once('.').ok_or(Failure::BadSession)?;
    Ok((id.to_owned(), nonce.to_owned()))
}

impl Engine {
    /// The payment intent and the session nonce that a secret names.
    ///
    /// # Errors
    /// [`Failure::BadSession`] if it is not one of ours, or of an environment that is
    /// not served.
    pub(crate) fn payment_of(&self, secret: &str) -> Result<(PaymentIntentId, String), Failure> {
        let named = read(&self.0.parts.key, secret)?;
        let served = self.serves(named.0.environment());
        served.then_some(named).ok_or(Failure::BadSession)
    }

    /// The setup intent and the session nonce that a secret names.
    ///
    /// # Errors
    /// As [`Engine::payment_of`].
    pub(crate) fn setup_named(&self, secret: &str) -> Result<(SetupIntentId, String), Failure> {
        let named = read_setup(&self.0.parts.key, secret)?;
        let served = self.serves(named.0.environment());
        served.then_some(named).ok_or(Failure::BadSession)
    }

    /// What a client session secret opens, or once opened.
    ///
    /// # Errors
    /// [`Failure::BadSession`] if it is not one of ours.
    pub fn opens(&self, secret: &str) -> Result<Opens, Failure> {
        let (id, _) = named(&self.0.parts.key, secret)?;
        Ok(match SetupIntentId::parse(&id) {
            Ok(_) => Opens::Setup,
            Err(_) => Opens::Payment,
        })
    }
}
