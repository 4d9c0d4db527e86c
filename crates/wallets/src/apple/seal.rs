//! The encryption: AES-256-GCM under a key that both sides derive ("Restoring the
//! symmetric key").

use aes_gcm::aead::consts::U16;
use aes_gcm::aead::{AeadInOut as _, KeyInit as _};
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, Nonce};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::TokenError;

type Cipher = AesGcm<Aes256, U16>;
type Key = Zeroizing<[u8; 32]>;

/// Party V of the derivation is the SHA-256 of the merchant id.
pub(crate) const PARTY_SIZE: usize = 32;

/// The one-step key derivation of NIST SP 800-56A: counter, shared secret, algorithm
/// with its length, party U, party V.
pub(crate) fn key(secret: &[u8; 32], party: &[u8; PARTY_SIZE]) -> Key {
    let mut hash = Sha256::new();
    hash.update(1u32.to_be_bytes());
    hash.update(secret);
    hash.update(b"\x0did-aes256-GCM");
    hash.update(b"Apple");
    hash.update(party);
    Zeroizing::new(hash.finalize().into())
}

/// Decrypts. A key is used for one token, so the nonce is all zeros.
pub(crate) fn open(key: &Key, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, TokenError> {
    let mut text = Zeroizing::new(sealed.to_vec());
    Cipher::new(&(**key).into())
        .decrypt_in_place(&Nonce::default(), b"", &mut *text)
        .map_err(|_| TokenError::Decryption)?;
    Ok(text)
}

/// Encrypts, for [`open`].
pub(crate) fn seal(key: &Key, text: &[u8]) -> Result<Vec<u8>, aes_gcm::Error> {
    let mut sealed = text.to_vec();
    Cipher::new(&(**key).into()).encrypt_in_place(&Nonce::default(), b"", &mut sealed)?;
    Ok(sealed)
}
