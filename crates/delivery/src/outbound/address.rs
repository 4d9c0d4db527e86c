//! Name resolution for production: every address a name has is checked, and
//! the connection goes to a checked address, so that a name that changes its
//! mind between check and connection gains nothing.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tatami_core::webhook_url::is_public;

type Found = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// How a name is looked up.
pub(crate) type Lookup = Arc<dyn Fn(String) -> Found + Send + Sync>;

/// A name none of whose addresses is public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the host has only private or local addresses")]
pub(crate) struct PrivateHost;

/// The machine's own lookup.
pub(crate) fn system_lookup() -> Lookup {
    Arc::new(|name| {
        Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) })
    })
}

/// Resolves to public addresses only.
pub(crate) struct PublicOnly(pub(crate) Lookup);

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let found = (self.0)(name.as_str().to_owned());
        Box::pin(async move {
            let mut addresses = found.await?;
            addresses.retain(|address| is_public(address.ip()));
            if addresses.is_empty() {
                return Err(PrivateHost.into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knows(addresses: &'static [&'static str]) -> PublicOnly {
        PublicOnly(Arc::new(move |_| {
            let found = addresses
                .iter()
                .map(|a| SocketAddr::new(a.parse().expect("an address"), 0));
            let found = found.collect();
            Box::pin(async move { Ok(found) })
        }))
    }

    async fn resolve(by: &PublicOnly) -> Result<Vec<String>, String> {
        let name = "receiver.example".parse().expect("a name");
        match by.resolve(name).await {
            Ok(found) => Ok(found.map(|a| a.ip().to_string()).collect()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[tokio::test]
    async fn only_public_addresses_are_connected_to() {
        let mixed = knows(&["10.0.0.1", "93.184.215.14", "::1", "2606:4700::1"]);
        assert_eq!(
            resolve(&mixed).await,
            Ok(vec!["93.184.215.14".to_owned(), "2606:4700::1".to_owned()])
        );
        let private = knows(&["127.0.0.1", "fd00::1", "::ffff:169.254.169.254"]);
        assert_eq!(resolve(&private).await, Err(PrivateHost.to_string()));
        assert_eq!(resolve(&knows(&[])).await, Err(PrivateHost.to_string()));
    }
}
