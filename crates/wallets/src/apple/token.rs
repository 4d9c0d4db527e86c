//! The envelope: what a token says before anything is decrypted.

use p256::PublicKey;
use p256::pkcs8::DecodePublicKey as _;
use serde::{Deserialize, Serialize};

use crate::{TokenError, read};

/// The version with elliptic curves. The other, `RSA_v1`, is for China.
pub(crate) const VERSION: &str = "EC_v1";

/// A token as JSON.
#[derive(Serialize, Deserialize)]
pub(crate) struct Wire {
    pub data: String,
    pub signature: String,
    pub header: WireHeader,
    pub version: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireHeader {
    pub ephemeral_public_key: String,
    pub public_key_hash: String,
    pub transaction_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application_data: Option<String>,
}

/// A token, decoded.
pub(crate) struct Token {
    pub data: Vec<u8>,
    pub signature: Vec<u8>,
    pub ephemeral_public_key: Vec<u8>,
    pub public_key_hash: Vec<u8>,
    pub transaction_id: Vec<u8>,
    /// The hash of what the merchant bound the payment to.
    pub application_data: Vec<u8>,
}

impl Token {
    pub fn read(json: &str) -> Result<Self, TokenError> {
        let Wire {
            data,
            signature,
            header,
            version,
        } = read::token(json)?;
        if version != VERSION {
            return Err(TokenError::Version);
        }
        let application_data = header.application_data.unwrap_or_default();
        Ok(Self {
            data: read::base64(&data, "data")?,
            signature: read::base64(&signature, "signature")?,
            ephemeral_public_key: read::base64(&header.ephemeral_public_key, "ephemeralPublicKey")?,
            public_key_hash: read::base64(&header.public_key_hash, "publicKeyHash")?,
            transaction_id: read::hex(&header.transaction_id, "transactionId")?,
            application_data: read::hex(&application_data, "applicationData")?,
        })
    }

    /// What Apple signs: four of the fields, decoded, one after the other.
    pub fn signed_content(&self) -> Vec<u8> {
        let fields = [
            &self.ephemeral_public_key,
            &self.data,
            &self.transaction_id,
            &self.application_data,
        ];
        fields.into_iter().flatten().copied().collect()
    }

    /// The key that the sender made for this token alone.
    pub fn ephemeral(&self) -> Result<PublicKey, TokenError> {
        PublicKey::from_public_key_der(&self.ephemeral_public_key)
            .map_err(|_| TokenError::Malformed("ephemeralPublicKey"))
    }

    /// The transaction, in lower case: there is one way to write it.
    pub fn id(&self) -> String {
        base16ct::lower::encode_string(&self.transaction_id)
    }
}
