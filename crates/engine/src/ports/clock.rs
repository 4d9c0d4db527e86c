//! The machine's clock and random numbers, as ports.

use std::cell::RefCell;

use tatami_core::Entropy;
use tatami_core::time::Timestamp;

/// Tells the time of the machine. Accounts' own clocks are this one plus their
/// offset.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one adapter that asks the machine"
    )]
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        // Stored and shown to 100 ns, the contract's seven digits.
        Timestamp::new(now.as_second(), now.subsec_nanosecond() / 100 * 100).unwrap_or(now)
    }
}

/// The machine's random numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&mut self, out: &mut [u8]) {
        POOL.with_borrow_mut(|pool| pool.fill(out));
    }
}

/// Random bytes of the machine that were fetched together: ids and nonces are
/// small, and a call to the system for each costs more than they do.
struct Pool {
    bytes: [u8; 512],
    used: usize,
}

thread_local! {
    static POOL: RefCell<Pool> = const { RefCell::new(Pool { bytes: [0; 512], used: 512 }) };
}

impl Pool {
    fn fill(&mut self, out: &mut [u8]) {
        for part in out.chunks_mut(self.bytes.len()) {
            if self.bytes.len() - self.used < part.len() {
                fetch(&mut self.bytes);
                self.used = 0;
            }
            let own = &mut self.bytes[self.used..self.used + part.len()];
            part.copy_from_slice(own);
            // What was given out is nobody else's.
            own.fill(0);
            self.used += part.len();
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "the one adapter that asks the machine"
)]
fn fetch(out: &mut [u8]) {
    // A machine without random numbers can make neither keys nor ids.
    getrandom::fill(out).expect("the operating system gives random bytes");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_bytes_come_in_any_number_and_never_twice() {
        let mut seen = std::collections::HashSet::new();
        for _ in 0..200 {
            let mut bytes = [0; 16];
            SystemEntropy.fill(&mut bytes);
            assert!(seen.insert(bytes));
        }
        let mut many = vec![0; 2_000];
        SystemEntropy.fill(&mut many);
        assert!(many.chunks(16).all(|part| part.iter().any(|b| *b != 0)));
    }
}
