//! Ids: one prefixed type per resource.
//!
//! An id is its prefix, `sandbox_` in the sandbox, and 22 base64url characters
//! of 128 bits: 42 bits of milliseconds, 10 bits of microseconds within one,
//! then 76 random bits. The alphabet is in ASCII order, so ids sort as text by
//! the time they were made: what one caller makes after another is listed after
//! it, and rows that are made together lie together on disk.

use std::fmt::Write as _;

use arrayvec::ArrayString;
use base64::alphabet::Alphabet;
use base64::engine::general_purpose::NO_PAD;
use base64::engine::{Engine as _, GeneralPurpose};
use serde::{Deserialize, Serialize};

use crate::time::Timestamp;
use crate::{Entropy, Facts};

/// The two environments of an account, chosen by the prefix of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// Test cards and a clock that can be moved; no money.
    Sandbox,
    /// A real acquirer and real money.
    Production,
}

impl Environment {
    /// What ids of this environment carry after their prefix.
    pub const fn infix(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox_",
            Self::Production => "",
        }
    }

    /// The word for it on the command line and in storage.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Production => "production",
        }
    }

    /// Reads [`Environment::word`].
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "sandbox" => Some(Self::Sandbox),
            "production" => Some(Self::Production),
            _ => None,
        }
    }
}

/// The longest tail that is read. Those that are made have 22 or 24 characters.
const MAX_TAIL: usize = 31;
/// The longest id: prefix, infix and tail.
const MAX_ID: usize = "cust_sandbox_".len() + MAX_TAIL;

/// The text of an id. It is in place: an id is copied a dozen times on its way
/// through a request, and text of its own would be a piece of memory each time.
type Text = ArrayString<MAX_ID>;
type Tail = ArrayString<MAX_TAIL>;

/// Puts the parts of an id together, which fit.
fn joined(parts: [&str; 3]) -> Text {
    let mut text = Text::new();
    for part in parts {
        text.push_str(part);
    }
    text
}

/// A text that is not an id of the wanted kind. The text itself is not repeated: it may
/// be a card number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("This is not a valid {0} id")]
pub struct MalformedId(pub &'static str);

const ORDERED: &str = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

fn coder() -> &'static GeneralPurpose {
    static CODER: std::sync::LazyLock<GeneralPurpose> = std::sync::LazyLock::new(|| {
        #[expect(clippy::expect_used, reason = "a constant of 64 distinct characters")]
        let alphabet = Alphabet::new(ORDERED).expect("64 distinct characters");
        GeneralPurpose::new(&alphabet, NO_PAD)
    });
    &CODER
}

struct Zeros;
impl Entropy for Zeros {
    fn fill(&mut self, out: &mut [u8]) {
        out.fill(0);
    }
}

fn tail(at: Timestamp, entropy: &mut dyn Entropy) -> Tail {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    let random = u128::from_be_bytes(bytes) >> 52;
    let micros = at.as_microsecond().max(0).unsigned_abs();
    let millis = u128::from((micros / 1000) & ((1 << 42) - 1));
    let number = millis << 86 | u128::from(micros % 1000) << 76 | random;
    let mut text = [0; 22];
    let coded = coder().encode_slice(number.to_be_bytes(), &mut text).ok();
    let coded = coded.and_then(|_| std::str::from_utf8(&text).ok());
    // An id without it would be that of others.
    #[expect(clippy::expect_used, reason = "16 bytes are 22 characters of ASCII")]
    coded
        .and_then(|text| Tail::from(text).ok())
        .expect("22 characters")
}

/// The tail of ids that are base16: 32 bits of seconds, then 64 random bits.
fn hex_tail(at: Timestamp, entropy: &mut dyn Entropy) -> Tail {
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes);
    let seconds = at.as_second().max(0) & 0xffff_ffff;
    let mut text = Tail::new();
    // 24 characters fit.
    let _ = write!(text, "{seconds:08x}{:016x}", u64::from_be_bytes(bytes));
    text
}

/// Whether a text could be the random part of an id.
fn is_tail(text: &str) -> bool {
    (16..=MAX_TAIL).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

macro_rules! ids {
    ($all:ident, $tail:ident: $($(#[$doc:meta])* $name:ident = $prefix:literal, $what:literal;)*) => {
        /// Prefixes of ids, each with the object that has it.
        pub const $all: &[(&str, &str)] = &[$(($prefix, $what)),*];

    $(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Text);

        const _: () = assert!($prefix.len() + "sandbox_".len() + MAX_TAIL <= MAX_ID);

        impl $name {
            /// The prefix of every id of this kind.
            pub const PREFIX: &'static str = $prefix;

            /// A new id.
            pub fn mint(environment: Environment, facts: &mut Facts<'_>) -> Self {
                let tail = $tail(facts.now, facts.entropy);
                Self(joined([$prefix, environment.infix(), &tail]))
            }

            /// The smallest id of a moment in an environment.
            pub fn floor(environment: Environment, at: Timestamp) -> Self {
                Self(joined([$prefix, environment.infix(), &$tail(at, &mut Zeros)]))
            }

            /// Reads an id.
            ///
            /// # Errors
            /// If the prefix or the characters after it are not those of an id.
            pub fn parse(text: &str) -> Result<Self, MalformedId> {
                let rest = text.strip_prefix($prefix).map(|r| r.strip_prefix("sandbox_").unwrap_or(r));
                match rest {
                    Some(rest) if is_tail(rest) => Ok(Self(joined([text, "", ""]))),
                    _ => Err(MalformedId($what)),
                }
            }

            /// The environment that the id names.
            pub fn environment(&self) -> Environment {
                if self.0[$prefix.len()..].starts_with("sandbox_") { Environment::Sandbox } else { Environment::Production }
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = MalformedId;

            fn from_str(text: &str) -> Result<Self, MalformedId> {
                Self::parse(text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

ids! { ORDERED_IDS, tail:
    PaymentIntentId = "pi_", "payment intent";
    CaptureId = "cp_", "capture";
    RefundId = "rfnd_", "refund";
    ReversalId = "rvs_", "reversal";
    /// An event, and with it each delivery's payload.
    EventId = "evt_", "event";
    /// A webhook subscription.
    SubscriptionId = "ws_", "subscription";
    /// A secret of a webhook subscription.
    SecretId = "sc_", "secret";
    /// One call to the acquirer, named before it is made.
    AttemptId = "att_", "attempt";
    /// A message in the outbox or the local mailbox.
    MailId = "mail_", "mail";
    /// An API key (the id that is listed, never the key).
    KeyId = "key_", "key";
    /// A location account.
    AccountId = "acc_", "account";
    SetupIntentId = "si_", "setup intent";
    CustomerId = "cust_", "customer";
    /// A card in the vault.
    SavedCardId = "pm_", "payment method";
    CompanyId = "co_", "company";
    /// A user of the portal.
    UserId = "usr_", "user";
    /// An entry of the audit trail.
    AuditId = "aud_", "audit entry";
}

ids! { HEX_IDS, hex_tail:
    /// A card machine.
    TerminalId = "tm_", "terminal";
    /// A session of a card machine.
    TerminalSessionId = "ts_", "terminal session";
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A small seeded stream for tests.
    pub(crate) struct Seeded(pub u64);
    impl Entropy for Seeded {
        fn fill(&mut self, out: &mut [u8]) {
            for byte in out {
                self.0 = self
                    .0
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                *byte = (self.0 >> 56) as u8;
            }
        }
    }

    #[test]
    fn ids_have_the_published_form_and_sort_by_time() {
        let mut entropy = Seeded(7);
        let mut last = String::new();
        for micros in [
            1_600_000_000_000_000,
            1_792_000_000_000_000,
            1_792_000_000_000_001,
            1_792_000_000_000_999,
            1_792_000_000_001_000,
            1_792_000_001_000_000,
            4_000_000_000_000_000,
        ] {
            let now = Timestamp::from_microsecond(micros).expect("in range");
            let id = PaymentIntentId::mint(
                Environment::Sandbox,
                &mut Facts {
                    now,
                    entropy: &mut entropy,
                },
            );
            let tail = id.as_str().strip_prefix("pi_sandbox_").expect("prefix");
            assert_eq!(tail.len(), 22);
            assert!(
                tail.bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            );
            assert!(id.as_str() > last.as_str(), "{id} after {last}");
            assert!(PaymentIntentId::floor(Environment::Sandbox, now) <= id);
            assert_eq!(PaymentIntentId::parse(id.as_str()), Ok(id.clone()));
            assert_eq!(id.environment(), Environment::Sandbox);
            last = id.to_string();
        }
    }

    #[test]
    fn malformed_ids_are_refused() {
        for bad in [
            "pi_sandbox_T",
            "pi_",
            "",
            "rfnd_sandbox_RBMHTJ4fIkmSppDILZVCGw",
            "pi_sandbox_RBMHTJ4fIkmSppDILZVC!w",
        ] {
            assert!(PaymentIntentId::parse(bad).is_err(), "{bad}");
        }
        let of_length = |tail: usize| SavedCardId::parse(&format!("pm_{}", "a".repeat(tail)));
        for (tail, is_id) in [(15, false), (16, true), (MAX_TAIL, true), (32, false)] {
            assert_eq!(of_length(tail).is_ok(), is_id, "{tail}");
        }
        let published =
            PaymentIntentId::parse("pi_pT08VyWG3EC_HQB4NBVliA").expect("a published id");
        assert_eq!(published.environment(), Environment::Production);
    }
}
