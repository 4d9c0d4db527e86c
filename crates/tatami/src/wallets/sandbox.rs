//! The keys of the sandbox's wallets: made of the installation's key, so that nothing is
//! stored and all programs of an installation have the same.

use std::sync::Arc;

use tatami_core::Entropy;
use tatami_core::time::Timestamp;
use tatami_sandbox::SandboxWallets;
use tatami_vault::InstallationKey;

use crate::Fault;

/// Bytes that follow from the installation's key.
struct Derived<'k> {
    key: &'k InstallationKey,
    drawn: u32,
}

impl Entropy for Derived<'_> {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes.chunks_mut(32) {
            let place = self.drawn.to_string();
            byte.copy_from_slice(&self.key.bytes("sandbox wallets", &place)[..byte.len()]);
            self.drawn += 1;
        }
    }
}

/// The wallets of the sandboxes.
///
/// # Errors
/// If no certificate can be made at that time.
pub fn of_sandboxes(key: &InstallationKey, now: Timestamp) -> Result<Arc<SandboxWallets>, Fault> {
    let wallets = SandboxWallets::new(&mut Derived { key, drawn: 0 }, now);
    let wallets = wallets.map_err(|error| Fault(format!("the sandbox's wallets: {error}.")))?;
    Ok(Arc::new(wallets))
}
