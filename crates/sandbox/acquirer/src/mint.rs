//! Ids, codes and tokens from random bytes.

use tatami_core::Entropy;

/// A transaction id: a random (version 4) UUID.
pub(crate) fn transaction_id(entropy: &mut dyn Entropy) -> String {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = base16ct::lower::encode_string(&bytes);
    for at in [20, 16, 12, 8] {
        text.insert(at, '-');
    }
    text
}

/// An approval code: six digits.
pub(crate) fn auth_code(entropy: &mut dyn Entropy) -> String {
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes);
    format!("{:06}", u64::from_be_bytes(bytes) % 1_000_000)
}

/// A card scheme's reference of a payment: fifteen digits.
pub(crate) fn network_reference(entropy: &mut dyn Entropy) -> String {
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes);
    format!("{:015}", u64::from_be_bytes(bytes) % 1_000_000_000_000_000)
}

/// A token nobody can guess: 256 random bits.
pub(crate) fn token(entropy: &mut dyn Entropy) -> String {
    let mut bytes = [0; 32];
    entropy.fill(&mut bytes);
    base16ct::lower::encode_string(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Ones;
    impl Entropy for Ones {
        fn fill(&mut self, out: &mut [u8]) {
            out.fill(0xff);
        }
    }

    #[test]
    fn forms() {
        assert_eq!(
            transaction_id(&mut Ones),
            "ffffffff-ffff-4fff-bfff-ffffffffffff"
        );
        assert_eq!(auth_code(&mut Ones), "551615");
        assert_eq!(network_reference(&mut Ones), "744073709551615");
        assert_eq!(token(&mut Ones).len(), 64);
    }
}
