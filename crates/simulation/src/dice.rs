//! One seeded stream of chance for a whole run.

use std::sync::{Arc, Mutex, PoisonError};

use tatami_core::Entropy;

/// The dice of a run; every copy draws from the same stream.
#[derive(Clone)]
pub struct Dice(Arc<Mutex<u64>>);

impl Dice {
    /// Dice that fall the same way for the same seed.
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(seed ^ 0x9E37_79B9_7F4A_7C15)))
    }

    fn next(&self) -> u64 {
        // SplitMix64: small, and every seed gives a good stream.
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `sides`.
    pub fn roll(&self, sides: u64) -> u64 {
        self.next() % sides.max(1)
    }

    /// True `of` times in `in_all`.
    pub fn chance(&self, of: u64, in_all: u64) -> bool {
        self.roll(in_all) < of
    }

    /// One of them.
    pub fn pick<'a, T>(&self, from: &'a [T]) -> Option<&'a T> {
        from.get(usize::try_from(self.roll(from.len() as u64)).unwrap_or(0))
    }
}

impl Entropy for Dice {
    fn fill(&mut self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            let bytes = self.next().to_le_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
    }
}
