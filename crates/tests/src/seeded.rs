//! Chance that can be repeated.

/// A small seeded stream of numbers (SplitMix64): the same seed, the same run.
#[derive(Clone, Debug)]
pub struct Seeded(u64);

impl Seeded {
    /// The stream of a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The seed that `TATAMI_SEED` names, else one from the machine's own
    /// randomness.
    pub fn from_environment() -> (u64, Self) {
        use std::hash::{BuildHasher, Hasher, RandomState};
        let seed = std::env::var("TATAMI_SEED")
            .ok()
            .and_then(|seed| seed.parse().ok())
            .unwrap_or_else(|| RandomState::new().build_hasher().finish());
        (seed, Self(seed))
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.number() % end.max(1)
    }

    /// A stream of its own for somebody else.
    pub fn fork(&mut self) -> Self {
        Self(self.number())
    }
}
