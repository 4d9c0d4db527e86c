//! HTTP to addresses that others name: no proxy, no redirect, a bounded time,
//! and where it must, public addresses only, whatever a name resolves to.

mod address;

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, redirect};
use rustls::client::WantsClientCert;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore};
use tatami_core::id::Environment;
use tatami_core::webhook_url::{Reach, check_registration};

use self::address::{Lookup, PublicOnly, system_lookup};

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

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
        Self::with(timeout, public_only, system_lookup(), trusted()?)
    }

    /// The same with a TLS client certificate: `pem` holds the certificate, those above it
    /// if there are any, and its private key.
    ///
    /// # Errors
    /// If TLS cannot be set up, or the text is no such pair.
    pub fn identified(timeout: Duration, pem: &str) -> Result<Self, SetupError> {
        let tls = with_identity(trusted_roots(), pem)?;
        Self::with(timeout, false, system_lookup(), tls)
    }

    fn with(
        timeout: Duration,
        public_only: bool,
        lookup: Lookup,
        tls: ClientConfig,
    ) -> Result<Self, SetupError> {
        let client = || {
            Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .redirect(redirect::Policy::none())
                .no_proxy()
                .referer(false)
                .connect_timeout(CONNECT_TIMEOUT)
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

    /// Posts JSON, or gets what is at a URL if there is none. The body of a successful
    /// answer of at most `most` bytes.
    ///
    /// # Errors
    /// With the sentence to log.
    pub async fn exchange(
        &self,
        environment: Environment,
        url: &str,
        json: Option<String>,
        most: usize,
    ) -> Result<Vec<u8>, String> {
        let client = self.client(environment, url)?;
        let request = match json {
            Some(json) => client
                .post(url)
                .header("content-type", "application/json")
                .body(json),
            None => client.get(url),
        };
        let explained = |error: reqwest::Error| self.explain(&error);
        let mut response = request.send().await.map_err(explained)?;
        if !response.status().is_success() {
            return Err(format!("The answer was {}.", response.status()));
        }
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(explained)? {
            if body.len() + part.len() > most {
                return Err(format!("The answer is longer than {most} bytes."));
            }
            body.extend_from_slice(&part);
        }
        Ok(body)
    }

    /// What went wrong, for the owner of the address: the cause, never the URL.
    pub fn explain(&self, error: &reqwest::Error) -> String {
        if error.is_timeout() {
            return match error.is_connect() {
                true => format!("No connection within {CONNECT_TIMEOUT:?}."),
                false => format!("No answer within {:?}.", self.timeout),
            };
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
    Ok(trusting(trusted_roots())?.with_no_client_auth())
}

fn trusted_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

fn trusting(
    roots: RootCertStore,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, SetupError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions();
    let builder = builder.map_err(|e| SetupError(e.to_string()))?;
    Ok(builder.with_root_certificates(roots))
}

/// The library's own errors are left out: they could quote the key.
fn with_identity(roots: RootCertStore, pem: &str) -> Result<ClientConfig, SetupError> {
    let chain = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    let chain = chain.ok_or_else(|| SetupError("there is no certificate in PEM".to_owned()))?;
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes())
        .map_err(|_| SetupError("there is no private key in PEM".to_owned()))?;
    let identified = trusting(roots)?.with_client_auth_cert(chain, key);
    identified.map_err(|_| SetupError("the private key is not that of the certificate".to_owned()))
}

#[cfg(test)]
mod identity_tests;
#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_public_name_with_a_private_address_is_not_connected_to() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let here = listener.local_addr().expect("an address");
        listener.set_nonblocking(true).expect("a socket");
        let lookup: Lookup = Arc::new(move |_| Box::pin(async move { Ok(vec![here]) }));
        let tls = trusted().expect("TLS");
        let outbound = Outbound::with(Duration::from_secs(10), false, lookup, tls);
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
