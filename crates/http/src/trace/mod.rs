//! Trace ids in the form of a W3C trace parent.

#[cfg(feature = "otlp")]
mod otlp;
#[cfg(not(feature = "otlp"))]
#[path = "without.rs"]
mod otlp;

use arrayvec::ArrayString;
use http::HeaderMap;
use tatami_core::Entropy;
use tatami_engine::ports::clock::SystemEntropy;
use tracing::Span;

pub(crate) use otlp::{SPAN_KIND, name_span};

/// How long all of them are.
const LENGTH: usize = "00-".len() + 32 + "-".len() + 16 + "-01".len();

/// The id of a request: the caller's trace, if it named one, and a span of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceId(ArrayString<LENGTH>);

impl TraceId {
    /// The id of a request: its span's if that is sent to a collector.
    pub(crate) fn of_request(span: &Span, headers: &HeaderMap) -> Self {
        let sent = otlp::identify(span, headers);
        let sent = sent.and_then(|text| ArrayString::from(&text).ok());
        sent.map(Self).unwrap_or_else(|| {
            let parent = headers.get("traceparent").and_then(|p| p.to_str().ok());
            Self::of(parent, &mut SystemEntropy)
        })
    }

    /// The id of a request that came with that `traceparent` header.
    fn of(parent: Option<&str>, entropy: &mut dyn Entropy) -> Self {
        // One question for both: each is a call of the system.
        let mut bytes = [0; 24];
        entropy.fill(&mut bytes);
        let (made_up, own) = bytes.split_at_mut(16);
        let (mut trace, mut span) = ([0; 32], [0; 16]);
        let made_up = hex(made_up, &mut trace);
        let trace = parent.and_then(trace_of).unwrap_or(made_up);
        let mut text = ArrayString::new();
        for part in ["00-", trace, "-", hex(own, &mut span), "-01"] {
            text.push_str(part);
        }
        Self(text)
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn hex<'a>(bytes: &mut [u8], text: &'a mut [u8]) -> &'a str {
    // All zeros would mean "none".
    if let Some(last) = bytes.last_mut() {
        *last |= 1;
    }
    // The text is made for these bytes.
    base16ct::lower::encode_str(bytes, text).unwrap_or_default()
}

/// The trace of a valid parent.
fn trace_of(parent: &str) -> Option<&str> {
    let mut parts = parent.trim().split('-');
    let (version, trace, span, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let some = |text: &str| text.bytes().any(|b| b != b'0');
    let known = version != "ff" && (version != "00" || parts.next().is_none());
    let valid = hex(version, 2) && hex(trace, 32) && hex(span, 16) && hex(flags, 2);
    (known && valid && some(trace) && some(span)).then_some(trace)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Ones;
    impl Entropy for Ones {
        fn fill(&mut self, out: &mut [u8]) {
            out.fill(0x11);
        }
    }

    #[test]
    fn a_valid_parent_is_taken_over() {
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let id = TraceId::of(Some(parent), &mut Ones);
        assert_eq!(
            id.as_str(),
            "00-0af7651916cd43dd8448eb211c80319c-1111111111111111-01"
        );
    }

    #[test]
    fn any_other_parent_is_not() {
        let own = "00-11111111111111111111111111111111-1111111111111111-01";
        for parent in [
            None,
            Some(""),
            Some("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"),
            Some("00-00000000000000000000000000000000-b7ad6b7169203331-01"),
            Some("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"),
            Some("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
            Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x"),
            Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331"),
        ] {
            assert_eq!(TraceId::of(parent, &mut Ones).as_str(), own, "{parent:?}");
        }
    }
}
