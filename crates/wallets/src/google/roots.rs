//! Google's root keys.

use p256::ecdsa::VerifyingKey;
use p256::pkcs8::DecodePublicKey as _;
use serde::Deserialize;
use tatami_core::time::Timestamp;

use super::token::{VERSION, millis};
use crate::{BadKey, TokenError, read};

/// The keys that Google signs its intermediate keys with. Google changes them: the
/// program has to fetch them anew before the last of them expires. Without any, every
/// token is refused.
#[derive(Clone, Default)]
pub struct RootKeys(Vec<RootKey>);

#[derive(Clone)]
struct RootKey {
    key: VerifyingKey,
    expires_at: Timestamp,
}

/// What Google publishes: keys for several versions.
#[derive(Deserialize)]
struct Published {
    keys: Vec<PublishedKey>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PublishedKey {
    key_value: String,
    protocol_version: String,
    /// Keys of the first version have none.
    #[serde(default, deserialize_with = "millis")]
    key_expiration: Timestamp,
}

impl RootKeys {
    /// Reads the JSON that Google publishes.
    ///
    /// # Errors
    /// If it is none, or has no key for `ECv2`.
    pub fn parse(json: &str) -> Result<Self, BadKey> {
        let published: Published = serde_json::from_str(json).map_err(|_| BadKey::RootKeys)?;
        let of_version = published
            .keys
            .iter()
            .filter(|key| key.protocol_version == VERSION);
        let keys: Vec<_> = of_version
            .map(PublishedKey::parse)
            .collect::<Result<_, _>>()?;
        if keys.is_empty() {
            return Err(BadKey::RootKeys);
        }
        Ok(Self(keys))
    }

    /// Those that are still good.
    pub(super) fn current(&self, now: Timestamp) -> Result<Vec<VerifyingKey>, TokenError> {
        let current = self.0.iter().filter(|root| root.expires_at > now);
        let keys: Vec<_> = current.map(|root| root.key).collect();
        if keys.is_empty() {
            return Err(TokenError::RootKeys);
        }
        Ok(keys)
    }
}

impl PublishedKey {
    fn parse(&self) -> Result<RootKey, BadKey> {
        Ok(RootKey {
            key: public_key(&self.key_value).map_err(|_| BadKey::RootKeys)?,
            expires_at: self.key_expiration,
        })
    }
}

/// A public key in X.509 form, base64.
pub(super) fn public_key(text: &str) -> Result<VerifyingKey, TokenError> {
    let der = read::base64(text, "keyValue")?;
    VerifyingKey::from_public_key_der(&der).map_err(|_| TokenError::Malformed("keyValue"))
}
