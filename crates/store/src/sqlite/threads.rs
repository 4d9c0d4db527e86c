//! The end of a thread that storage has started.

use std::thread::JoinHandle;

/// Waits for a thread that was told to end, and tells if it had panicked.
pub fn join(thread: &mut Option<JoinHandle<()>>, name: &str) {
    if let Some(thread) = thread.take()
        && thread.join().is_err()
    {
        tracing::error!("the thread {name} had panicked");
    }
}
