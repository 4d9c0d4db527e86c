//! A process that serves the store, alone or beside another.

use std::sync::Arc;

use tatami_engine::Engine;
use tokio::sync::watch;

use crate::power::Power;

/// A process.
#[derive(Clone)]
pub struct Node {
    /// Its engine.
    pub engine: Engine,
    power: Power,
    died: Arc<watch::Sender<bool>>,
}

impl Node {
    /// A process of that engine and power.
    pub fn new(engine: Engine, power: Power) -> Self {
        Self {
            engine,
            power,
            died: Arc::new(watch::Sender::new(false)),
        }
    }

    /// Kills it wherever it is.
    pub fn kill(&self) {
        self.power.switch_off();
        self.died.send_replace(true);
    }

    /// Whether it was killed.
    pub fn is_dead(&self) -> bool {
        self.power.is_off()
    }

    /// Returns when it was killed.
    pub async fn dies(&self) {
        // The sender is there as long as this is.
        let _ = self.died.subscribe().wait_for(|died| *died).await;
    }
}
