//! Proof of work: a page computes for a moment before it may submit a card. A payer does
//! not notice; a program that tries out thousands of cards pays for each with a processor's time.
//!
//! It asks nothing of the payer and nobody else, and keeps nothing: the challenge is signed
//! and says which client session it is for and until when.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_engine::ports::clock::Clock;
use tatami_vault::InstallationKey;

use super::Captcha;

const PURPOSE: &str = "proof of work";
/// How long a challenge is good for: as long as a client session.
const LIFE: SignedDuration = SignedDuration::from_mins(30);
/// Many small puzzles take about as long each time; one large one is solved now at once
/// and now after many times as long.
const PUZZLES: u8 = 16;
/// The zero bits that the digest of a solved puzzle begins with. All of them take some
/// 260 000 digests: a few tenths of a second in a browser, and some seconds in a slow one.
const BITS: u32 = 14;

/// The check that pages solve by computing.
pub struct ProofOfWork {
    key: InstallationKey,
    clock: Arc<dyn Clock>,
}

impl ProofOfWork {
    /// Signs its challenges with that key: programs that share it accept each other's.
    pub fn new(key: InstallationKey, clock: Arc<dyn Clock>) -> Self {
        Self { key, clock }
    }

    fn is_good(&self, secret: &str, proof: &str, now: Timestamp) -> Option<()> {
        let mut parts = proof.split('.');
        let challenge = parts.next()?;
        let content = self.key.read_token(PURPOSE, challenge).ok()?;
        let (until, session) = content.split_once(' ')?;
        let is_in_time = until.parse::<i64>().ok()? > now.as_second();
        (is_in_time && session == digest_of(secret)).then_some(())?;
        let base = Sha256::digest(challenge);
        for puzzle in 0..PUZZLES {
            let nonce: u32 = parts.next()?.parse().ok()?;
            is_solved(&base, puzzle, nonce).then_some(())?;
        }
        parts.next().is_none().then_some(())
    }
}

#[async_trait]
impl Captcha for ProofOfWork {
    fn script(&self) -> &'static str {
        "proof-of-work.js"
    }

    fn challenge(&self, secret: &str) -> Value {
        let until = (self.clock.now() + LIFE).as_second();
        let content = format!("{until} {}", digest_of(secret));
        json!({
            "challenge": self.key.token(PURPOSE, &content),
            "puzzles": PUZZLES,
            "bits": BITS,
        })
    }

    async fn accepts(&self, secret: &str, proof: &str) -> bool {
        self.is_good(secret, proof, self.clock.now()).is_some()
    }
}

/// A secret as it stands in a challenge, which its holder can read.
fn digest_of(secret: &str) -> String {
    base16ct::lower::encode_string(&Sha256::digest(secret)[..16])
}

fn is_solved(base: &[u8], puzzle: u8, nonce: u32) -> bool {
    let mut digest = Sha256::new();
    digest.update(base);
    digest.update(u32::from(puzzle).to_be_bytes());
    digest.update(nonce.to_be_bytes());
    let digest: [u8; 32] = digest.finalize().into();
    let [a, b, c, d, ..] = digest;
    u32::from_be_bytes([a, b, c, d]).leading_zeros() >= BITS
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    struct Hand(Mutex<Timestamp>);

    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            *self.0.lock().expect("not poisoned")
        }
    }

    fn solve(challenge: &str) -> Vec<String> {
        let base = Sha256::digest(challenge);
        let solved = |puzzle| (0..).find(|nonce| is_solved(&base, puzzle, *nonce));
        let nonces = (0..PUZZLES).filter_map(solved);
        nonces.map(|nonce| nonce.to_string()).collect()
    }

    #[tokio::test]
    async fn a_proof_is_good_for_its_session_and_its_time_alone() {
        let clock = Arc::new(Hand(Mutex::new(Timestamp::UNIX_EPOCH)));
        let work = ProofOfWork::new(InstallationKey::new([7; 32]), clock.clone());
        let asked = work.challenge("secret-1");
        let challenge = asked["challenge"].as_str().expect("a text");
        assert!(!challenge.contains("secret-1"));
        let nonces = solve(challenge);
        let proof =
            |challenge: &str, nonces: &[String]| format!("{challenge}.{}", nonces.join("."));
        let good = proof(challenge, &nonces);
        assert!(work.accepts("secret-1", &good).await);
        assert!(!work.accepts("secret-2", &good).await, "of another session");
        let of_other = ProofOfWork::new(InstallationKey::new([8; 32]), clock.clone());
        assert!(
            !of_other.accepts("secret-1", &good).await,
            "signed by another"
        );

        let mut fewer = nonces.clone();
        fewer.pop();
        let mut more = nonces.clone();
        more.push("0".to_owned());
        let mut guessed = nonces.clone();
        // The one before the first that solves it does not.
        let before = guessed[0].parse::<u32>().expect("a number").wrapping_sub(1);
        guessed[0] = before.to_string();
        let mut endless = nonces.clone();
        endless[1] = "99999999999".to_owned();
        for wrong in [fewer, more, guessed, endless, Vec::new()] {
            let wrong = proof(challenge, &wrong);
            assert!(!work.accepts("secret-1", &wrong).await, "{wrong}");
        }
        assert!(!work.accepts("secret-1", &proof("nonsense", &nonces)).await);
        assert!(!work.accepts("secret-1", "").await);

        *clock.0.lock().expect("not poisoned") += LIFE;
        assert!(!work.accepts("secret-1", &good).await, "its time is over");
    }
}
