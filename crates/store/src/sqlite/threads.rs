//! The end of a thread that storage has started.

use std::thread::JoinHandle;

/// Joins a thread that was asked to end; logs if it panicked.
pub fn join(thread: &mut Option<JoinHandle<()>>, name: &str) {
    if let Some(thread) = thread.take()
        && thread.join().is_err()
    {
        tracing::error!("the thread {name} had panicked");
    }
}
