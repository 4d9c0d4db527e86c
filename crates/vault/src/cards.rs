//! The vault of cards: the one place that turns a sealed card into a number.
//!
//! Each number is encrypted with a data key of its own, bound to the card's id.
//! The data key is wrapped by the current key of the ring, so that changing that
//! key means to wrap data keys again, and no number is touched.

use std::sync::Arc;

use base64::Engine as _;
use hmac::Mac;
use tatami_core::Entropy;
use tatami_core::account::Scope;
use tatami_core::card::CardNumber;
use tatami_core::id::SavedCardId;
use tatami_core::saved_card::SealedCard;
use zeroize::Zeroizing;

use crate::ring::{KeyRing, Wrapped};
use crate::{BASE64, NotOurs, hasher, open_with, seal_with};

/// Where the key of fingerprints is wrapped for.
const FINGERPRINTS: &str = "the key of fingerprints";

/// Seals card numbers, opens them for the acquirer, and says whether two are
/// the same. It prints nothing of its keys.
pub struct Vault {
    ring: Box<dyn Fn() -> Arc<KeyRing> + Send + Sync>,
    fingerprints: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Vault").field(&(self.ring)()).finish()
    }
}

impl Vault {
    /// A key of fingerprints for a new vault, wrapped for storage. It stays the
    /// same when the ring's keys change.
    pub fn found(ring: &KeyRing, entropy: &mut dyn Entropy) -> String {
        let mut key = Zeroizing::new([0; 32]);
        entropy.fill(&mut *key);
        text(&ring.wrap(FINGERPRINTS, &key, entropy))
    }

    /// The vault of a ring, which may change while it is in use, and the key of
    /// fingerprints that [`Vault::found`] wrapped.
    ///
    /// # Errors
    /// If no key of the ring wrapped it.
    pub fn open_with(
        ring: impl Fn() -> Arc<KeyRing> + Send + Sync + 'static,
        fingerprints: &str,
    ) -> Result<Self, NotOurs> {
        Ok(Self {
            fingerprints: ring().unwrap(FINGERPRINTS, &read(fingerprints)?)?,
            ring: Box::new(ring),
        })
    }

    /// A vault of its own, for tests and simulations: nothing else opens what it
    /// seals.
    pub fn fresh(entropy: &mut dyn Entropy) -> Self {
        let mut fingerprints = Zeroizing::new([0; 32]);
        entropy.fill(&mut *fingerprints);
        let ring = Arc::new(KeyRing::fresh(entropy));
        Self {
            ring: Box::new(move || ring.clone()),
            fingerprints,
        }
    }

    /// Wraps the key of fingerprints with the current key; `None` if it is.
    ///
    /// # Errors
    /// If no key of the ring wrapped it.
    pub fn rewrap_fingerprints(
        &self,
        wrapped: &str,
        entropy: &mut dyn Entropy,
    ) -> Result<Option<String>, NotOurs> {
        let ring = (self.ring)();
        let wrapped = read(wrapped)?;
        if wrapped.key == ring.current() {
            return Ok(None);
        }
        let key = ring.unwrap(FINGERPRINTS, &wrapped)?;
        Ok(Some(text(&ring.wrap(FINGERPRINTS, &key, entropy))))
    }

    /// Seals a number for the card of that id.
    pub fn seal(
        &self,
        id: &SavedCardId,
        number: &CardNumber,
        entropy: &mut dyn Entropy,
    ) -> SealedCard {
        let mut key = Zeroizing::new([0; 32]);
        entropy.fill(&mut *key);
        let number = seal_with(&key, id.as_str(), entropy, number.reveal().as_bytes());
        let wrapped = (self.ring)().wrap(id.as_str(), &key, entropy);
        SealedCard {
            key: wrapped.key,
            wrapped: BASE64.encode(wrapped.sealed),
            number: BASE64.encode(number),
        }
    }

    /// The number of the card of that id, for the acquirer's connection alone.
    ///
    /// # Errors
    /// If it was sealed for another card, by a key that is not in the ring, or
    /// was changed.
    pub fn open(&self, id: &SavedCardId, sealed: &SealedCard) -> Result<CardNumber, NotOurs> {
        let key = (self.ring)().unwrap(id.as_str(), &wrapped(sealed)?)?;
        let number = BASE64.decode(&sealed.number).map_err(|_| NotOurs)?;
        let digits = open_with(&key, id.as_str(), &number)?;
        let digits = std::str::from_utf8(&digits).map_err(|_| NotOurs)?;
        CardNumber::parse(digits).ok_or(NotOurs)
    }

    /// Wraps a card's data key with the current key; `None` if it is. The number
    /// stays as it is.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub fn rewrap(
        &self,
        id: &SavedCardId,
        sealed: &SealedCard,
        entropy: &mut dyn Entropy,
    ) -> Result<Option<SealedCard>, NotOurs> {
        let ring = (self.ring)();
        if sealed.key == ring.current() {
            return Ok(None);
        }
        let key = ring.unwrap(id.as_str(), &wrapped(sealed)?)?;
        let wrapped = ring.wrap(id.as_str(), &key, entropy);
        Ok(Some(SealedCard {
            key: wrapped.key,
            wrapped: BASE64.encode(wrapped.sealed),
            number: sealed.number.clone(),
        }))
    }

    /// What is the same for the same number in the same scope, and reveals nothing
    /// else about it.
    pub fn fingerprint(&self, scope: &Scope, number: &CardNumber) -> String {
        let mut mac = hasher(&*self.fingerprints);
        for part in [
            scope.account.as_str(),
            scope.environment.word(),
            number.reveal(),
        ] {
            mac.update(part.as_bytes());
            mac.update(b"/");
        }
        BASE64.encode(mac.finalize().into_bytes())
    }

    /// The id of the key that wraps now.
    pub fn current_key(&self) -> String {
        (self.ring)().current().to_owned()
    }
}

fn wrapped(sealed: &SealedCard) -> Result<Wrapped, NotOurs> {
    Ok(Wrapped {
        key: sealed.key.clone(),
        sealed: BASE64.decode(&sealed.wrapped).map_err(|_| NotOurs)?,
    })
}

fn text(wrapped: &Wrapped) -> String {
    format!("{}.{}", wrapped.key, BASE64.encode(&wrapped.sealed))
}

fn read(text: &str) -> Result<Wrapped, NotOurs> {
    let (key, sealed) = text.split_once('.').ok_or(NotOurs)?;
    Ok(Wrapped {
        key: key.to_owned(),
        sealed: BASE64.decode(sealed).map_err(|_| NotOurs)?,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::RwLock;

    use tatami_core::Facts;
    use tatami_core::id::{AccountId, Environment};

    use super::*;

    struct Counting(u64);
    impl Entropy for Counting {
        fn fill(&mut self, out: &mut [u8]) {
            for byte in out {
                self.0 = self
                    .0
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                *byte = (self.0 >> 56) as u8;
            }
        }
    }

    const NUMBER: &str = "4456530000001096";

    fn number(digits: &str) -> CardNumber {
        CardNumber::parse(digits).expect("a test card")
    }

    fn id(entropy: &mut Counting) -> SavedCardId {
        let now = tatami_core::time::Timestamp::UNIX_EPOCH;
        SavedCardId::mint(Environment::Sandbox, &mut Facts { now, entropy })
    }

    fn scope(environment: Environment) -> Scope {
        let account = AccountId::parse("acc_RBMHTJ4fIkmSppDILZVCGw").expect("an id");
        Scope {
            account,
            environment,
        }
    }

    #[test]
    fn a_card_opens_under_its_own_id_alone() {
        let mut entropy = Counting(1);
        let vault = Vault::fresh(&mut entropy);
        let (one, two) = (id(&mut entropy), id(&mut entropy));
        let sealed = vault.seal(&one, &number(NUMBER), &mut entropy);
        assert_eq!(vault.open(&one, &sealed), Ok(number(NUMBER)));
        assert_eq!(vault.open(&two, &sealed), Err(NotOurs));
        let other = vault.seal(&one, &number(NUMBER), &mut entropy);
        assert_ne!(sealed.number, other.number, "each has a key of its own");
        let mixed = SealedCard {
            wrapped: other.wrapped,
            ..sealed.clone()
        };
        assert_eq!(vault.open(&one, &mixed), Err(NotOurs));
        let elsewhere = Vault::fresh(&mut entropy);
        assert_eq!(elsewhere.open(&one, &sealed), Err(NotOurs));
    }

    #[test]
    fn nothing_prints_a_number_or_a_key() {
        let mut entropy = Counting(2);
        let vault = Vault::fresh(&mut entropy);
        let id = id(&mut entropy);
        let sealed = vault.seal(&id, &number(NUMBER), &mut entropy);
        let printed = format!("{vault:?} {sealed:?}");
        assert!(!printed.contains(NUMBER) && !printed.contains(&sealed.wrapped));
        let text = (vault.ring)().text();
        assert!(!printed.contains(text.trim()));
        let stored = serde_json::to_string(&sealed).expect("JSON");
        assert!(!stored.contains(NUMBER));
    }

    #[test]
    fn rotation_changes_the_wrapping_alone_and_the_old_key_can_go() {
        let mut entropy = Counting(3);
        let ring = KeyRing::fresh(&mut entropy);
        let founded = Vault::found(&ring, &mut entropy);
        let held = Arc::new(RwLock::new(Arc::new(ring.clone())));
        let reads = held.clone();
        let vault = Vault::open_with(move || reads.read().expect("a lock").clone(), &founded)
            .expect("its own key");
        let id = id(&mut entropy);
        let sealed = vault.seal(&id, &number(NUMBER), &mut entropy);
        let print = vault.fingerprint(&scope(Environment::Sandbox), &number(NUMBER));
        assert_eq!(vault.rewrap(&id, &sealed, &mut entropy), Ok(None));

        let both = ring.with_fresh(&mut entropy);
        *held.write().expect("a lock") = Arc::new(both.clone());
        assert_eq!(vault.open(&id, &sealed), Ok(number(NUMBER)));
        let anew = vault.rewrap(&id, &sealed, &mut entropy).expect("ours");
        let anew = anew.expect("wrapped anew");
        assert_eq!(
            (&anew.key[..], &anew.number),
            (both.current(), &sealed.number)
        );
        let founded = vault.rewrap_fingerprints(&founded, &mut entropy);
        let founded = founded.expect("ours").expect("wrapped anew");

        let alone = Arc::new(both.current_alone());
        let vault = Vault::open_with(move || alone.clone(), &founded).expect("its own key");
        assert_eq!(vault.open(&id, &anew), Ok(number(NUMBER)));
        assert_eq!(vault.open(&id, &sealed), Err(NotOurs));
        let again = vault.fingerprint(&scope(Environment::Sandbox), &number(NUMBER));
        assert_eq!(again, print);
    }

    #[test]
    fn a_fingerprint_is_of_a_number_in_a_scope() {
        let vault = Vault::fresh(&mut Counting(4));
        let sandbox = scope(Environment::Sandbox);
        let print = vault.fingerprint(&sandbox, &number(NUMBER));
        assert_eq!(
            print,
            vault.fingerprint(&sandbox, &number("4456 5300 0000 1096"))
        );
        assert_ne!(
            print,
            vault.fingerprint(&sandbox, &number("4456530000001005"))
        );
        let production = scope(Environment::Production);
        assert_ne!(print, vault.fingerprint(&production, &number(NUMBER)));
    }

    #[test]
    fn a_ring_is_read_as_it_is_written() {
        let ring = KeyRing::new([7; 32]).with_fresh(&mut Counting(5));
        let read = KeyRing::parse(&ring.text()).expect("a ring");
        assert_eq!(format!("{read:?}"), format!("{ring:?}"));
        let commas = ring.text().trim().replace('\n', ",");
        let read = KeyRing::parse(&commas).expect("a ring");
        assert_eq!(
            read.old().collect::<Vec<_>>(),
            ring.old().collect::<Vec<_>>()
        );
        for bad in ["", " , ", "short", "not base64 at all!"] {
            assert!(KeyRing::parse(bad).is_err(), "{bad}");
        }
    }
}
