//! Makes tokens as the wallets do, with keys and roots of its own. The sandbox's wallet
//! sheet and the tests pay with them; the numbers in them are those of test cards.

pub(crate) mod apple;
mod certificate;
mod google;
pub(crate) mod signature;

pub use apple::AppleIssuer;
pub use google::GoogleIssuer;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tatami_core::Entropy;
use tatami_core::card::{CardEntry, Scheme};
use tatami_core::money::Money;

/// A token cannot be made of these values: a time that no certificate can hold, or a
/// recipient without a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no wallet token can be made of these values")]
pub struct NotMade;

impl From<der::Error> for NotMade {
    fn from(_: der::Error) -> Self {
        Self
    }
}

impl From<serde_json::Error> for NotMade {
    fn from(_: serde_json::Error) -> Self {
        Self
    }
}

/// What a payer agreed to on the sheet of a wallet.
#[derive(Clone, Debug)]
pub struct Payment<'a> {
    /// The card that was chosen.
    pub card: &'a CardEntry,
    /// What the sheet showed.
    pub amount: Money,
}

/// A cryptogram that an issuer would have made.
fn cryptogram(entropy: &mut dyn Entropy) -> String {
    STANDARD.encode(random::<20>(entropy))
}

/// The indicator of a payment whose holder proved who they are, as schemes write it.
fn eci(card: &CardEntry) -> &'static str {
    match card.number.scheme() {
        Scheme::Mastercard | Scheme::Maestro => "02",
        _ => "05",
    }
}

fn random<const N: usize>(entropy: &mut dyn Entropy) -> [u8; N] {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    bytes
}
