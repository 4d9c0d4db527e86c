//! The vault's keys: the one that wraps now, and older ones that still unwrap.

use base64::Engine as _;
use tatami_core::Entropy;
use zeroize::Zeroizing;

use crate::{BASE64, NotOurs, hasher, open_with, seal_with};

/// A text that is not a list of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "vault keys must be 43 base64url characters each, separated by commas, the current key first"
)]
pub struct BadRing;

/// A key that wraps the keys of cards. It does not print.
#[derive(Clone)]
struct WrappingKey {
    id: String,
    bytes: Zeroizing<[u8; 32]>,
}

impl WrappingKey {
    fn new(bytes: Zeroizing<[u8; 32]>) -> Self {
        let digest = {
            use hmac::Mac;
            let mut mac = hasher(&*bytes);
            mac.update(b"the id of a vault key");
            mac.finalize().into_bytes()
        };
        let id = base16ct::lower::encode_string(&digest[..6]);
        Self { id, bytes }
    }
}

/// The vault's keys, the current one first. Each has an id, which reveals nothing
/// about it.
#[derive(Clone)]
pub struct KeyRing(Vec<WrappingKey>);

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|key| &key.id))
            .finish()
    }
}

/// A key wrapped by one of a ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrapped {
    pub(crate) key: String,
    pub(crate) sealed: Vec<u8>,
}

impl KeyRing {
    /// A ring of one key.
    pub fn new(key: [u8; 32]) -> Self {
        Self(vec![WrappingKey::new(Zeroizing::new(key))])
    }

    /// A ring of one key that is new.
    pub fn fresh(entropy: &mut dyn Entropy) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        entropy.fill(&mut *key);
        Self(vec![WrappingKey::new(key)])
    }

    /// Reads keys that stand on lines, or with commas between them.
    ///
    /// # Errors
    /// If one of them is none, or there is none at all.
    pub fn parse(text: &str) -> Result<Self, BadRing> {
        let mut keys: Vec<WrappingKey> = Vec::new();
        for word in text.split(|c: char| c == ',' || c.is_whitespace()) {
            if word.is_empty() {
                continue;
            }
            let bytes = Zeroizing::new(BASE64.decode(word).map_err(|_| BadRing)?);
            let bytes: [u8; 32] = bytes.as_slice().try_into().map_err(|_| BadRing)?;
            let key = WrappingKey::new(Zeroizing::new(bytes));
            if !keys.iter().any(|k| k.id == key.id) {
                keys.push(key);
            }
        }
        if keys.is_empty() {
            return Err(BadRing);
        }
        Ok(Self(keys))
    }

    /// The keys as text, for their file: one a line.
    pub fn text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(self.0.len() * 44));
        for key in &self.0 {
            text.push_str(&Zeroizing::new(BASE64.encode(*key.bytes)));
            text.push('\n');
        }
        text
    }

    /// The ring with a new current key.
    #[must_use]
    pub fn with_fresh(&self, entropy: &mut dyn Entropy) -> Self {
        let mut ring = Self::fresh(entropy);
        ring.0.extend(self.0.iter().cloned());
        ring
    }

    /// The current key alone.
    #[must_use]
    pub fn current_alone(&self) -> Self {
        Self(self.0[..1].to_vec())
    }

    /// The id of the current key.
    pub fn current(&self) -> &str {
        &self.0[0].id
    }

    /// The ids of the others.
    pub fn old(&self) -> impl Iterator<Item = &str> {
        self.0[1..].iter().map(|key| key.id.as_str())
    }

    pub(crate) fn wrap(&self, place: &str, key: &[u8; 32], entropy: &mut dyn Entropy) -> Wrapped {
        let current = &self.0[0];
        Wrapped {
            key: current.id.clone(),
            sealed: seal_with(&current.bytes, place, entropy, key),
        }
    }

    pub(crate) fn unwrap(
        &self,
        place: &str,
        wrapped: &Wrapped,
    ) -> Result<Zeroizing<[u8; 32]>, NotOurs> {
        let key = self.0.iter().find(|k| k.id == wrapped.key).ok_or(NotOurs)?;
        let opened = open_with(&key.bytes, place, &wrapped.sealed)?;
        let bytes: [u8; 32] = opened.as_slice().try_into().map_err(|_| NotOurs)?;
        Ok(Zeroizing::new(bytes))
    }
}
