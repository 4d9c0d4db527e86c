//! Traces for an OpenTelemetry collector.

use std::time::Duration;

use async_trait::async_trait;
use axum::http::{Request, Response};
use bytes::Bytes;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::{Layer, Registry};
use url::Url;

use crate::Fault;

/// How long a collector may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Sends spans to a collector, in the background.
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Sends spans there, and the layer that makes them of what is traced.
    ///
    /// # Errors
    /// If the exporter cannot be made.
    pub fn to(collector: &Url) -> Result<(Self, impl Layer<Registry> + Send + Sync), Fault> {
        let provider = provider(collector)?;
        let layer = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("tatami"))
            .with_location(false)
            .with_threads(false)
            .with_filter(filter_fn(|metadata| {
                metadata.is_span() && metadata.target().starts_with("tatami")
            }));
        Ok((Self(provider), layer))
    }

    /// Sends what is left.
    pub async fn end(self) {
        let ended = tokio::task::spawn_blocking(move || self.0.shutdown()).await;
        if !matches!(ended, Ok(Ok(()))) {
            tracing::warn!("the last traces could not be sent");
        }
    }
}

fn provider(collector: &Url) -> Result<SdkTracerProvider, Fault> {
    let endpoint = format!("{}/v1/traces", collector.as_str().trim_end_matches('/'));
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(OnRuntime::new()?)
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(endpoint)
        .with_timeout(TIMEOUT)
        .build()?;
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(Resource::builder().with_service_name("tatami").build())
        .build())
}

/// The exporter's thread has no runtime; what it sends is sent on ours.
#[derive(Debug)]
struct OnRuntime {
    runtime: Handle,
    client: reqwest::Client,
}

impl OnRuntime {
    fn new() -> Result<Self, Fault> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tatami_delivery::trusted()?)
            .no_proxy()
            .timeout(TIMEOUT)
            .build()?;
        Ok(Self {
            runtime: Handle::current(),
            client,
        })
    }
}

#[async_trait]
impl HttpClient for OnRuntime {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let sent = self.runtime.spawn(async move {
            let (parts, body) = request.into_parts();
            let answer = client
                .request(parts.method, parts.uri.to_string())
                .headers(parts.headers)
                .body(body)
                .send()
                .await?
                .error_for_status()?;
            let mut response = Response::new(Bytes::new());
            *response.status_mut() = answer.status();
            *response.body_mut() = answer.bytes().await?;
            Ok(response)
        });
        sent.await?
    }
}
