//! The machine's clock and random numbers, as ports.

use tatami_core::Entropy;
use tatami_core::time::Timestamp;

/// Tells the time of the machine. Accounts' own clocks are this one plus their
/// offset.
pub trait Clock: Send + Sync {
    /// Now.
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
        Timestamp::from_nanosecond(now.as_nanosecond() / 100 * 100).unwrap_or(now)
    }
}

/// The machine's random numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(
        clippy::disallowed_methods,
        clippy::expect_used,
        reason = "the one adapter that asks the machine"
    )]
    fn fill(&mut self, out: &mut [u8]) {
        // A machine without random numbers can make neither keys nor ids.
        getrandom::fill(out).expect("the operating system gives random bytes");
    }
}
