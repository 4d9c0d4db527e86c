//! The programs that share the storage, if any do.

use crate::ports::store::Woken;
use crate::{Engine, Failure};

/// The programs on the storage.
#[derive(Clone, Copy)]
pub struct Nodes<'a>(&'a Engine);

impl<'a> Nodes<'a> {
    /// Those on the storage of an engine.
    pub const fn of(engine: &'a Engine) -> Self {
        Self(engine)
    }

    /// Makes this program known to the others by that name for ever, and passes what it
    /// is woken with to `woken`.
    pub async fn be(self, name: &str, woken: &Woken<'_>) {
        self.0.store().be_node(name, woken).await;
    }

    /// Wakes a program with a word. It may be lost.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn wake(self, name: &str, word: &str) -> Result<(), Failure> {
        Ok(self.0.store().wake_node(name, word).await?)
    }

    /// Whether a program of that name is there.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn is_there(self, name: &str) -> Result<bool, Failure> {
        Ok(self.0.store().is_node_there(name).await?)
    }
}
