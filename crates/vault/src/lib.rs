//! The installation's key and what is derived from it: sealed values, client
//! session secrets. And the vault of cards, with keys of its own.

mod cards;
mod ring;

pub use cards::Vault;
pub use ring::{BadRing, KeyRing};

use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use tatami_core::Entropy;
use zeroize::Zeroizing;

/// A value that this key did not seal, or that was changed since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value was not sealed with a key that is at hand")]
pub struct NotOurs;

/// A key text that is not 32 bytes of base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an installation key must be 43 base64url characters")]
pub struct BadKey;

/// The 256-bit key of an installation. It does not print.
#[derive(Clone)]
pub struct InstallationKey(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for InstallationKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InstallationKey(****)")
    }
}

impl InstallationKey {
    /// A key of those bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads the form that [`InstallationKey::text`] writes.
    ///
    /// # Errors
    /// If the text is not 32 bytes of base64url.
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        let bytes = Zeroizing::new(BASE64.decode(text.trim()).map_err(|_| BadKey)?);
        Ok(Self::new(bytes.as_slice().try_into().map_err(|_| BadKey)?))
    }

    /// The key as text, for its file.
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64.encode(*self.0))
    }

    /// A key for one purpose.
    fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(mac(&*self.0, purpose.as_bytes()))
    }

    /// Bytes that follow from the key, a purpose and a place.
    pub fn bytes(&self, purpose: &str, place: &str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(mac(&*self.derive(purpose), place.as_bytes()))
    }

    /// Seals a value for one purpose and one place: it opens only there. The
    /// nonce comes from the caller; a repeated one only shows which values are equal.
    pub fn seal(&self, purpose: &str, place: &str, nonce: [u8; 12], value: &[u8]) -> Vec<u8> {
        encrypt(&self.derive(purpose), place, nonce, value)
    }

    /// Opens what [`InstallationKey::seal`] sealed for the same purpose and place.
    ///
    /// # Errors
    /// If another key, purpose or place sealed it, or it was changed.
    pub fn open(
        &self,
        purpose: &str,
        place: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, NotOurs> {
        open_with(&self.derive(purpose), place, sealed)
    }

    /// A token that carries `content` and proves that we made it. The content
    /// can be read by the holder of the token.
    pub fn token(&self, purpose: &str, content: &str) -> String {
        let tag = mac(&*self.derive(purpose), content.as_bytes());
        let mut bytes = tag.to_vec();
        bytes.extend(content.as_bytes());
        BASE64.encode(bytes)
    }

    /// The content of a token of ours.
    ///
    /// # Errors
    /// If we did not make it for this purpose.
    pub fn read_token(&self, purpose: &str, token: &str) -> Result<String, NotOurs> {
        let bytes = BASE64
            .decode(token.trim_end_matches('='))
            .map_err(|_| NotOurs)?;
        let (tag, content) = bytes.split_first_chunk::<32>().ok_or(NotOurs)?;
        let mut check = hasher(&*self.derive(purpose));
        check.update(content);
        check.verify_slice(tag).map_err(|_| NotOurs)?;
        String::from_utf8(content.to_vec()).map_err(|_| NotOurs)
    }
}

/// Seals a value for one place under a key, with a nonce of its own.
fn seal_with(key: &[u8; 32], place: &str, entropy: &mut dyn Entropy, value: &[u8]) -> Vec<u8> {
    let mut nonce = [0; 12];
    entropy.fill(&mut nonce);
    encrypt(key, place, nonce, value)
}

fn encrypt(key: &[u8; 32], place: &str, nonce: [u8; 12], value: &[u8]) -> Vec<u8> {
    let cipher = Aes256GcmSiv::new(&(*key).into());
    let payload = Payload {
        msg: value,
        aad: place.as_bytes(),
    };
    let mut sealed = nonce.to_vec();
    #[expect(clippy::expect_used, reason = "it fails only beyond 64 GiB")]
    sealed.extend(
        cipher
            .encrypt(&Nonce::from(nonce), payload)
            .expect("fits the cipher"),
    );
    sealed
}

/// Opens what was sealed under the key for that place.
fn open_with(key: &[u8; 32], place: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotOurs> {
    let (nonce, body) = sealed.split_first_chunk::<12>().ok_or(NotOurs)?;
    let cipher = Aes256GcmSiv::new(&(*key).into());
    let payload = Payload {
        msg: body,
        aad: place.as_bytes(),
    };
    cipher
        .decrypt(&Nonce::from(*nonce), payload)
        .map(Zeroizing::new)
        .map_err(|_| NotOurs)
}

fn hasher(key: &[u8]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).expect("any length")
}

fn mac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = hasher(key);
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_only_in_its_place() {
        let key = InstallationKey::new([7; 32]);
        let sealed = key.seal("webhook", "sc_1", [1; 12], b"a secret");
        assert!(!sealed.windows(8).any(|w| w == b"a secret"));
        assert_eq!(
            key.open("webhook", "sc_1", &sealed)
                .expect("ours")
                .as_slice(),
            b"a secret"
        );
        assert_eq!(key.open("webhook", "sc_2", &sealed), Err(NotOurs));
        assert_eq!(key.open("answer", "sc_1", &sealed), Err(NotOurs));
        assert_eq!(
            InstallationKey::new([8; 32]).open("webhook", "sc_1", &sealed),
            Err(NotOurs)
        );
        let mut changed = sealed;
        *changed.last_mut().expect("not empty") ^= 1;
        assert_eq!(key.open("webhook", "sc_1", &changed), Err(NotOurs));
    }

    #[test]
    fn tokens_are_ours_or_nothing() {
        let key = InstallationKey::new([7; 32]);
        let token = key.token("session", "pi_1.nonce");
        assert_eq!(
            key.read_token("session", &token).as_deref(),
            Ok("pi_1.nonce")
        );
        assert_eq!(key.read_token("other", &token), Err(NotOurs));
        assert_eq!(key.read_token("session", &token[1..]), Err(NotOurs));
        assert_eq!(key.read_token("session", ""), Err(NotOurs));
        assert_eq!(format!("{key:?}"), "InstallationKey(****)");
        assert_eq!(
            InstallationKey::parse(&key.text()).map(|k| *k.0),
            Ok([7; 32])
        );
    }
}
