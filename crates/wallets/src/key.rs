//! Our private keys, and those of a maker of tokens.

use p256::SecretKey;
use p256::ecdsa::signature::{Signer as _, Verifier as _};
use p256::ecdsa::{DerSignature, SigningKey, VerifyingKey};
use p256::pkcs8::EncodePublicKey as _;
use tatami_core::Entropy;
use zeroize::Zeroizing;

use crate::BadKey;

/// A private key on P-256. It is wiped when dropped and does not print.
#[derive(Clone)]
pub struct PrivateKey(SecretKey);

impl PrivateKey {
    /// Reads a key in PEM: PKCS #8 (`PRIVATE KEY`) or SEC 1 (`EC PRIVATE KEY`). OpenSSL
    /// may have written the curve's parameters before it.
    ///
    /// # Errors
    /// If the text is no such key.
    pub fn from_pem(pem: &str) -> Result<Self, BadKey> {
        let last = pem.rfind("-----BEGIN ").ok_or(BadKey::Private)?;
        let key = SecretKey::from_pem(&pem[last..]);
        key.map(Self).map_err(|_| BadKey::Private)
    }

    /// A new key.
    pub fn generate(entropy: &mut dyn Entropy) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        loop {
            entropy.fill(&mut *bytes);
            // All but one in four thousand million numbers of that length are keys.
            if let Ok(key) = SecretKey::from_slice(&*bytes) {
                return Self(key);
            }
        }
    }

    /// The public key of it.
    pub(crate) fn public(&self) -> p256::PublicKey {
        self.0.public_key()
    }

    /// The public key as X.509 has it (`SubjectPublicKeyInfo`, DER).
    pub(crate) fn public_der(&self) -> Result<Vec<u8>, der::Error> {
        let spki = self.public().to_public_key_der();
        Ok(spki.map_err(|_| der::ErrorKind::Failed)?.into_vec())
    }

    /// The secret that both sides of a Diffie-Hellman exchange come to.
    pub(crate) fn agree(&self, other: &p256::PublicKey) -> Zeroizing<[u8; 32]> {
        let shared = self.0.diffie_hellman(other);
        Zeroizing::new((*shared.raw_secret_bytes()).into())
    }

    /// Signs with ECDSA and SHA-256. The signature is DER.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: DerSignature = SigningKey::from(&self.0).sign(message);
        signature.as_bytes().to_vec()
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrivateKey(****)")
    }
}

/// Whether the key made the signature (ECDSA with SHA-256, DER) of the message.
pub(crate) fn is_signed_by(key: &VerifyingKey, message: &[u8], signature: &[u8]) -> bool {
    let signature = DerSignature::from_bytes(signature);
    signature.is_ok_and(|signature| key.verify(message, &signature).is_ok())
}
