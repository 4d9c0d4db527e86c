//! The encryption: ECIES on P-256 with HKDF and HMAC of SHA-256, and AES-256 in counter
//! mode.

use aes::Aes256;
use aes::cipher::{KeyIvInit as _, StreamCipher as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ctr::Ctr128BE;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use p256::PublicKey;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{PrivateKey, TokenError, read};

/// An encrypted message as JSON: `signedMessage`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    encrypted_message: String,
    ephemeral_public_key: String,
    tag: String,
}

/// An encrypted message, decoded.
pub(crate) struct Sealed {
    message: Vec<u8>,
    ephemeral: Vec<u8>,
    tag: Vec<u8>,
}

/// The keys for one message: one for the cipher, one for the authentication code.
struct Keys(Zeroizing<[u8; 64]>);

impl Sealed {
    pub fn read(json: &str) -> Result<Self, TokenError> {
        let wire: Wire = read::json(json.as_bytes(), "signedMessage")?;
        Ok(Self {
            message: read::base64(&wire.encrypted_message, "encryptedMessage")?,
            ephemeral: read::base64(&wire.ephemeral_public_key, "ephemeralPublicKey")?,
            tag: read::base64(&wire.tag, "tag")?,
        })
    }

    /// Decrypts with the key that it was made for; the tag says which that is.
    pub fn open(&self, ours: &[PrivateKey]) -> Result<Zeroizing<Vec<u8>>, TokenError> {
        let ephemeral = PublicKey::from_sec1_bytes(&self.ephemeral)
            .map_err(|_| TokenError::Malformed("ephemeralPublicKey"))?;
        for key in ours {
            let keys = Keys::derive(&self.ephemeral, &key.agree(&ephemeral))?;
            if keys.code(&self.message)?.verify_slice(&self.tag).is_ok() {
                let mut text = Zeroizing::new(self.message.clone());
                keys.apply(&mut text)?;
                return Ok(text);
            }
        }
        Err(TokenError::Decryption)
    }
}

/// Encrypts a message for a public key, with a private key made for it alone. Answers
/// what [`Sealed::read`] reads.
pub(crate) fn seal(
    text: &[u8],
    to: &PublicKey,
    ephemeral: &PrivateKey,
) -> Result<String, TokenError> {
    let public = ephemeral.public().to_sec1_bytes();
    let keys = Keys::derive(&public, &ephemeral.agree(to))?;
    let mut message = text.to_vec();
    keys.apply(&mut message)?;
    let wire = Wire {
        tag: STANDARD.encode(keys.code(&message)?.finalize().into_bytes()),
        encrypted_message: STANDARD.encode(message),
        ephemeral_public_key: STANDARD.encode(public),
    };
    serde_json::to_string(&wire).map_err(|_| TokenError::Malformed("signedMessage"))
}

impl Keys {
    fn derive(ephemeral: &[u8], secret: &[u8; 32]) -> Result<Self, TokenError> {
        let material = Zeroizing::new([ephemeral, secret].concat());
        let mut keys = Zeroizing::new([0; 64]);
        Hkdf::<Sha256>::new(None, &material)
            .expand(b"Google", &mut *keys)
            .map_err(|_| TokenError::Decryption)?;
        Ok(Self(keys))
    }

    /// Encrypts or decrypts. Keys are used for one message, so the counter starts at 0.
    fn apply(&self, text: &mut [u8]) -> Result<(), TokenError> {
        let mut cipher = Ctr128BE::<Aes256>::new_from_slices(&self.0[..32], &[0; 16])
            .map_err(|_| TokenError::Decryption)?;
        cipher.apply_keystream(text);
        Ok(())
    }

    fn code(&self, message: &[u8]) -> Result<Hmac<Sha256>, TokenError> {
        let mut code =
            Hmac::<Sha256>::new_from_slice(&self.0[32..]).map_err(|_| TokenError::Decryption)?;
        code.update(message);
        Ok(code)
    }
}
