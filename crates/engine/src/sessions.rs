//! Client session secrets: tokens derived from an intent's session, so that
//! none is ever stored.

use tatami_core::id::PaymentIntentId;
use tatami_core::payment_intent::PaymentIntent;
use tatami_vault::InstallationKey;

use crate::Failure;

const PURPOSE: &str = "client-session";

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
        let content = format!("{}.{}", intent.id, intent.session.nonce);
        self.0.token(PURPOSE, &content)
    }
}

/// The intent and the session nonce that a secret names.
pub(crate) fn read(
    key: &InstallationKey,
    secret: &str,
) -> Result<(PaymentIntentId, String), Failure> {
    let content = key
        .read_token(PURPOSE, secret)
        .map_err(|_| Failure::BadSession)?;
    let (id, nonce) = content.rsplit_once('.').ok_or(Failure::BadSession)?;
    let id = PaymentIntentId::parse(id).map_err(|_| Failure::BadSession)?;
    Ok((id, nonce.to_owned()))
}
