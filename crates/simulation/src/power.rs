//! Whether a process runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The power of a process: once it is off, nothing that the process waits for comes.
#[derive(Clone, Default)]
pub struct Power(Arc<AtomicBool>);

impl Power {
    /// Stops the process wherever it is.
    pub fn switch_off(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether the process was stopped.
    pub fn is_off(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// Goes on if the process runs.
    pub async fn is_on(&self) {
        if self.is_off() {
            std::future::pending::<()>().await;
        }
    }
}
