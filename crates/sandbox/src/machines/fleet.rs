//! The machines that every sandbox has.

use sha2::{Digest, Sha256};
use tatami_core::account::{Account, Scope};
use tatami_core::id::TerminalId;
use tatami_core::terminal::Terminal;
use tatami_core::time::Timestamp;
use tatami_core::{Entropy, Facts};

/// The endings of their numbers, in the order in which they are listed. The last one
/// does nothing by itself.
pub(crate) const FLEET: [&str; 12] = [
    "SIP0", "SIP1", "SCN0", "SCD0", "SIS0", "DIP0", "DIS0", "TIP0", "CIP0", "UIP0", "SCP0", "MAN0",
];

/// Bytes that are the same for the same machine in every program.
struct Fixed(std::vec::IntoIter<u8>);

impl Fixed {
    fn of(account: &Account, ending: &str) -> Self {
        let mut digest = Sha256::new();
        for part in ["card machine", account.id.as_str(), ending] {
            digest.update(part.len().to_be_bytes());
            digest.update(part);
        }
        Self(digest.finalize().to_vec().into_iter())
    }
}

impl Entropy for Fixed {
    fn fill(&mut self, out: &mut [u8]) {
        out.fill_with(|| self.0.next().unwrap_or_default());
    }
}

/// The machines of an account's sandbox.
pub(crate) fn of(account: &Account, scope: &Scope, now: Timestamp) -> Vec<Terminal> {
    let mark = mark_of(account);
    let machine = |(number, ending): (u16, &str)| {
        let mut facts = Facts {
            now: account.created_at,
            entropy: &mut Fixed::of(account, ending),
        };
        let id = TerminalId::mint(scope.environment, &mut facts);
        let tid = format!("VCM{mark}{ending}");
        Terminal::new(id, scope.clone(), number, tid, now)
    };
    (0..).zip(FLEET).map(machine).collect()
}

/// Four characters that tell the machines of one account from another's.
fn mark_of(account: &Account) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut bytes = [0; 4];
    Fixed::of(account, "place").fill(&mut bytes);
    bytes
        .iter()
        .map(|byte| char::from(LETTERS[usize::from(byte % 32)]))
        .collect()
}
