//! When a POS that did not answer is asked again.

use crate::time::{DAY, SignedDuration};

/// A payment that a POS has not recorded after so long is given back.
pub const GIVEN_BACK_AFTER: SignedDuration = DAY;
const LONGEST_FIRST: SignedDuration = SignedDuration::from_mins(1);
const LATER: SignedDuration = SignedDuration::from_mins(5);
/// Tries after which the wait is [`LATER`].
const FIRST_TRIES: u32 = 7;

/// How long to wait after so many tries: 1, 2, 4 … 60 seconds, then 5 minutes.
pub fn wait_after(tries: u32) -> SignedDuration {
    match tries {
        0 => SignedDuration::ZERO,
        1..=FIRST_TRIES => LONGEST_FIRST.min(SignedDuration::from_secs(1 << (tries - 1))),
        _ => LATER,
    }
}
