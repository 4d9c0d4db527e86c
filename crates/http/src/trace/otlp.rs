//! Spans that are sent to an OpenTelemetry collector.

use http::{HeaderMap, Method};
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TraceContextExt;
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// What the span of a request is to a collector.
pub const SPAN_KIND: Option<&str> = Some("server");

/// The trace of a request as a W3C trace parent: its span's, continued from its
/// caller's if the headers name one. Nothing if there is no collector.
pub fn identify(span: &Span, headers: &HeaderMap) -> Option<String> {
    let parent = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
    // Without a valid parent it is a trace of its own.
    let _ = span.set_parent(parent);
    let context = span.context();
    let ids = context.span().span_context().clone();
    let (trace, own) = (ids.trace_id(), ids.span_id());
    ids.is_valid().then(|| format!("00-{trace}-{own}-01"))
}

/// Names the span of a request as a collector shows it.
pub fn name_span(span: &Span, method: &Method, route: &str) {
    span.context()
        .span()
        .update_name(format!("{method} {route}"));
}
