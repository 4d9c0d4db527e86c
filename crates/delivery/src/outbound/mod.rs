//! HTTP to addresses that others name: no proxy, no redirect, a bounded time,
//! and where it must, public addresses only, whatever a name resolves to.

mod address;

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, redirect};
use rustls::{ClientConfig, RootCertStore};
use tatami_core::id::Environment;
use tatami_core::webhook_url::{Reach, check_registration};

use self::address::{Lookup, PublicOnly, system_lookup};

/// Connections to others could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("nothing can be sent: {0}")]
pub struct SetupError(String);

/// Makes requests to addresses that others name. Cheap to clone.
#[derive(Clone)]
pub struct Outbound {
    /// Connects to any address.
    everywhere: Client,
    /// Connects to public addresses only.
    public: Client,
    public_only: bool,
    timeout: Duration,
}

impl Outbound {
    /// A client whose exchanges end within `timeout`, name lookup and answer
    /// included. `public_only`: sandboxes, too, reach public addresses only.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new(timeout: Duration, public_only: bool) -> Result<Self, SetupError> {
        Self::with_lookup(timeout, public_only, system_lookup())
    }

    fn with_lookup(
        timeout: Duration,
        public_only: bool,
        lookup: Lookup,
    ) -> Result<Self, SetupError> {
        let tls = trusted()?;
        let client = || {
            Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .redirect(redirect::Policy::none())
                .no_proxy()
                .referer(false)
                .timeout(timeout)
                .http1_title_case_headers()
                .user_agent(concat!("Tatami/", env!("CARGO_PKG_VERSION")))
        };
        let failed = |error: reqwest::Error| SetupError(error.to_string());
        Ok(Self {
            everywhere: client().build().map_err(failed)?,
            public: client()
                .dns_resolver(PublicOnly(lookup))
                .build()
                .map_err(failed)?,
            public_only,
            timeout,
        })
    }

    /// The client for a URL of that environment.
    ///
    /// # Errors
    /// With the rule that the URL breaks. Literal addresses never reach the resolver,
    /// and the operator may have said since that they are not to be called.
    pub fn client(&self, environment: Environment, url: &str) -> Result<&Client, String> {
        let reach = Reach::of(environment, self.public_only);
        check_registration(url, reach)?;
        Ok(match reach {
            Reach::Everywhere => &self.everywhere,
            Reach::Public => &self.public,
        })
    }

    /// What went wrong, for the owner of the address: the cause, never the URL.
    pub fn explain(&self, error: &reqwest::Error) -> String {
        if error.is_timeout() {
            return format!("No answer within {:?}.", self.timeout);
        }
        let mut cause = error.source();
        while let Some(deeper) = cause.and_then(|c| c.source()) {
            cause = Some(deeper);
        }
        let what = match error.is_connect() {
            true => "No connection",
            false => "The exchange failed",
        };
        match cause {
            Some(cause) => format!("{what}: {cause}."),
            None => format!("{what}."),
        }
    }
}

/// Trusts Mozilla's roots, so that a bare container works, and the machine's,
/// so that an operator's own authority does.
///
/// # Errors
/// If the provider does not know the protocol's versions.
pub fn trusted() -> Result<ClientConfig, SetupError> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| SetupError(e.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_public_name_with_a_private_address_is_not_connected_to() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let here = listener.local_addr().expect("an address");
        listener.set_nonblocking(true).expect("a socket");
        let lookup: Lookup = Arc::new(move |_| Box::pin(async move { Ok(vec![here]) }));
        let outbound = Outbound::with_lookup(Duration::from_secs(10), false, lookup);
        let outbound = outbound.expect("a client");
        let url = format!("https://receiver.example:{}/", here.port());
        let client = outbound.client(Environment::Production, &url);
        let sent = client.expect("allowed").post(url).send().await;
        assert_eq!(
            outbound.explain(&sent.expect_err("no")),
            "No connection: the host has only private or local addresses."
        );
        assert!(listener.accept().is_err(), "nobody called");
    }
}
