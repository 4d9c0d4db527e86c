//! The envelope: what a token says before anything is decrypted. Three of its parts are
//! JSON in a text, since it is the text that is signed.

use serde::{Deserialize, Deserializer, Serialize};
use tatami_core::time::Timestamp;

use crate::{TokenError, read};

pub(crate) const VERSION: &str = "ECv2";
/// Who signs tokens.
pub(crate) const SENDER: &str = "Google";

/// A token as JSON.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Wire {
    pub signature: String,
    pub intermediate_signing_key: Intermediate,
    pub protocol_version: String,
    pub signed_message: String,
}

/// The key that signs tokens for some days, signed by the root keys.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Intermediate {
    pub signed_key: String,
    pub signatures: Vec<String>,
}

/// A public key and how long it is good.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignedKey {
    /// X.509 form, base64.
    pub key_value: String,
    #[serde(deserialize_with = "millis", serialize_with = "as_millis")]
    pub key_expiration: Timestamp,
}

impl Wire {
    pub fn read(json: &str) -> Result<Self, TokenError> {
        let token: Self = read::token(json)?;
        if token.protocol_version != VERSION {
            return Err(TokenError::Version);
        }
        Ok(token)
    }
}

/// Reads milliseconds since 1970, which Google writes as a text.
pub(crate) fn millis<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(from)?;
    let at = text
        .parse()
        .ok()
        .and_then(|at| Timestamp::from_millisecond(at).ok());
    at.ok_or_else(|| serde::de::Error::custom("not a moment"))
}

/// Writes what [`millis`] reads.
pub(crate) fn as_millis<S: serde::Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&at.as_millisecond().to_string())
}
