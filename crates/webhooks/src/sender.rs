//! One attempt: sign, post, and say what came of it.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Response, StatusCode, redirect};
use rustls::{ClientConfig, RootCertStore};
use tatami_core::Entropy;
use tatami_core::account::Scope;
use tatami_core::time::Timestamp;
use tatami_core::webhook_url::{Reach, check_registration};
use tatami_engine::ports::store::{AfterAttempt, ClaimedDelivery, DeliveryAttempt};
use tatami_engine::secrets::open_secret;
use tatami_vault::InstallationKey;
use tokio::time::Instant;
use tracing::Instrument;

use crate::address::{Lookup, PublicOnly};
use crate::backoff::after_failure;
use crate::signature::{SIGNATURE_HEADER, signature};

/// Tells the time of an account.
pub type AccountTime = Arc<dyn Fn(&Scope) -> Timestamp + Send + Sync>;
/// Gives a fresh source of random bytes.
pub type EntropySource = Arc<dyn Fn() -> Box<dyn Entropy> + Send + Sync>;

/// How much of an answer is kept.
const ANSWER_BYTES: usize = 512;

/// The connection to receivers could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("webhooks cannot be sent: {0}")]
pub struct SetupError(String);

/// Makes attempts.
pub(crate) struct Sender {
    /// Connects to whatever it is told.
    everywhere: Client,
    /// Connects to public addresses only.
    public: Client,
    public_only: bool,
    key: InstallationKey,
    account_time: AccountTime,
    entropy: EntropySource,
    timeout: Duration,
}

impl Sender {
    pub(crate) fn new(
        key: InstallationKey,
        account_time: AccountTime,
        entropy: EntropySource,
        (timeout, public_only): (Duration, bool),
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
            key,
            account_time,
            entropy,
            timeout,
        })
    }

    /// Makes one attempt. It ends within the time-out.
    pub(crate) async fn attempt(&self, delivery: &ClaimedDelivery) -> DeliveryAttempt {
        let at = (self.account_time)(&delivery.scope);
        let started = Instant::now();
        let span =
            tracing::debug_span!("webhook", otel.kind = "client", event.id = %delivery.event);
        let (status, answer) = match self.post(delivery).instrument(span).await {
            Ok((status, answer)) => (Some(status), answer),
            Err(reason) => (None, reason),
        };
        let took = started.elapsed();
        let next = match status {
            Some(status) if status.is_success() => AfterAttempt::Delivered,
            _ => self.after_failure(delivery),
        };
        let outcome = match next {
            AfterAttempt::Delivered => "delivered",
            AfterAttempt::RetryAt(_) => "retry",
            AfterAttempt::GaveUp => "gave_up",
        };
        metrics::counter!("tatami_webhook_attempts_total", "outcome" => outcome).increment(1);
        metrics::histogram!("tatami_webhook_attempt_seconds").record(took);
        tracing::debug!(
            event.id = %delivery.event,
            subscription.id = %delivery.subscription.id,
            attempt = delivery.attempts + 1,
            status = status.map(|s| s.as_u16()),
            ?next,
            "webhook attempt"
        );
        DeliveryAttempt {
            at,
            status: status.map(|s| s.as_u16()),
            answer,
            took_ms: u32::try_from(took.as_millis()).unwrap_or(u32::MAX),
            next,
        }
    }

    fn after_failure(&self, delivery: &ClaimedDelivery) -> AfterAttempt {
        let mut chance = [0; 2];
        (self.entropy)().fill(&mut chance);
        match after_failure(delivery.attempts + 1, u16::from_be_bytes(chance)) {
            Some(wait) => AfterAttempt::RetryAt((self.account_time)(&delivery.scope) + wait),
            None => AfterAttempt::GaveUp,
        }
    }

    async fn post(&self, delivery: &ClaimedDelivery) -> Result<(StatusCode, String), String> {
        let reach = Reach::of(delivery.scope.environment, self.public_only);
        // Also here: literal addresses never reach the resolver, and the operator may
        // have said since that they are not to be called.
        check_registration(&delivery.subscription.url, reach)?;
        let client = match reach {
            Reach::Everywhere => &self.everywhere,
            Reach::Public => &self.public,
        };
        let request = client
            .post(&delivery.subscription.url)
            .headers(self.headers(delivery)?)
            .body(delivery.payload.clone());
        let answer = request.send().await.map_err(|e| self.explain(&e))?;
        Ok((answer.status(), first_bytes(answer).await))
    }

    fn headers(&self, delivery: &ClaimedDelivery) -> Result<HeaderMap, String> {
        let secret = delivery
            .subscription
            .active_secret()
            .ok_or("The subscription has no active secret.")?;
        let value = open_secret(&self.key, &secret.id, &secret.sealed).map_err(|error| {
            tracing::error!(secret.id = %secret.id, %error, "a webhook secret cannot be opened");
            "The subscription's secret cannot be opened."
        })?;
        let signed = HeaderValue::try_from(signature(delivery.payload.as_bytes(), &value))
            .map_err(|e| e.to_string())?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(SIGNATURE_HEADER, signed);
        Ok(headers)
    }

    /// What went wrong, for the merchant: the cause, never the URL.
    fn explain(&self, error: &reqwest::Error) -> String {
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

/// The answer's beginning. Whatever goes wrong here, the status has been heard.
async fn first_bytes(mut answer: Response) -> String {
    let mut kept = Vec::new();
    while kept.len() < ANSWER_BYTES {
        match answer.chunk().await {
            Ok(Some(chunk)) => kept.extend_from_slice(&chunk),
            Ok(None) | Err(_) => break,
        }
    }
    kept.truncate(ANSWER_BYTES);
    String::from_utf8_lossy(&kept).into_owned()
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

    struct Zeros;
    impl Entropy for Zeros {
        fn fill(&mut self, out: &mut [u8]) {
            out.fill(0);
        }
    }

    #[tokio::test]
    async fn a_public_name_with_a_private_address_is_not_connected_to() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let here = listener.local_addr().expect("an address");
        listener.set_nonblocking(true).expect("a socket");
        let sender = Sender::new(
            InstallationKey::new([7; 32]),
            Arc::new(|_| Timestamp::UNIX_EPOCH),
            Arc::new(|| Box::new(Zeros)),
            (Duration::from_secs(10), false),
            Arc::new(move |_| Box::pin(async move { Ok(vec![here]) })),
        )
        .expect("a sender");
        let url = format!("https://receiver.example:{}/", here.port());
        let error = sender.public.post(url).send().await.expect_err("no");
        assert_eq!(
            sender.explain(&error),
            "No connection: the host has only private or local addresses."
        );
        assert!(listener.accept().is_err(), "nobody called");
    }
}
