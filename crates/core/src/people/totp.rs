//! One-time passwords by the clock (RFC 6238), in the form that all authenticator apps
//! know: HMAC-SHA-1, 30 seconds, six digits.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

use crate::time::Timestamp;

/// How long a code is shown, in seconds.
pub const STEP_SECONDS: i64 = 30;
/// How many digits a code has.
pub const CODE_DIGITS: usize = 6;
/// How many steps a clock may be ahead or behind.
const DRIFT_STEPS: i64 = 1;

/// The code of a step.
pub fn totp(secret: &[u8], step: u64) -> String {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).expect("any length");
    mac.update(&step.to_be_bytes());
    let tag = mac.finalize().into_bytes();
    let at = usize::from(tag[tag.len() - 1] & 0xf);
    let part: [u8; 4] = std::array::from_fn(|n| tag[at + n]);
    let number = u32::from_be_bytes(part) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

/// The step that a code is of, if it is one around this moment and after the last that
/// was used: a code is good once.
pub fn matching_step(secret: &[u8], code: &str, now: Timestamp, last_used: u64) -> Option<u64> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let current = now.as_second().div_euclid(STEP_SECONDS);
    let around = current - DRIFT_STEPS..=current + DRIFT_STEPS;
    around
        .filter_map(|step| u64::try_from(step).ok())
        .rfind(|step| *step > last_used && same(totp(secret, *step).as_bytes(), code.as_bytes()))
}

/// Whether two texts are the same, in a time that does not tell where they differ.
fn same(one: &[u8], other: &[u8]) -> bool {
    let differ = one.iter().zip(other).fold(0, |sum, (a, b)| sum | (a ^ b));
    one.len() == other.len() && differ == 0
}

/// Bytes in the alphabet that people type secrets in (RFC 4648, without padding).
pub fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut text, mut held, mut bits) = (String::new(), 0_u32, 0);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(ALPHABET[(held >> bits & 31) as usize]));
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        text.push(char::from(ALPHABET[(held << (5 - bits) & 31) as usize]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a moment")
    }

    /// The last six digits of the values in appendix B of RFC 6238.
    #[test]
    fn codes_are_those_of_the_rfc() {
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(totp(SECRET, second / 30), code, "{second}");
        }
    }

    #[test]
    fn a_code_is_good_around_its_time_and_once() {
        let code = totp(SECRET, 100);
        for (second, good) in [
            (2969, false),
            (2970, true),
            (3000, true),
            (3059, true),
            (3060, false),
        ] {
            let step = matching_step(SECRET, &code, at(second), 0);
            assert_eq!(step, good.then_some(100), "{second}");
        }
        assert_eq!(matching_step(SECRET, &code, at(3000), 99), Some(100));
        assert_eq!(matching_step(SECRET, &code, at(3000), 100), None);
        let spaced = format!(" {} {} ", &code[..3], &code[3..]);
        assert_eq!(matching_step(SECRET, &spaced, at(3000), 0), Some(100));
        for bad in ["", "12345", "0000000", "abcdef"] {
            assert_eq!(matching_step(SECRET, bad, at(3000), 0), None, "{bad}");
        }
    }

    #[test]
    fn secrets_are_written_in_base32() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
    }
}
