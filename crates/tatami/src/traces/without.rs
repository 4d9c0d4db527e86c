//! A build without the feature `otlp`: it says so when a collector is named.

use tracing_subscriber::layer::Identity;
use url::Url;

use crate::Fault;

/// Traces that this build cannot send.
pub enum Traces {}

impl Traces {
    /// Refuses a collector.
    ///
    /// # Errors
    /// Always.
    pub fn to(_: &Url) -> Result<(Self, Identity), Fault> {
        Err(Fault(
            "This build cannot send traces: build it with --features otlp.".to_owned(),
        ))
    }

    /// There is nothing left to send.
    pub async fn end(self) {
        match self {}
    }
}
