//! What a POS says when it refuses.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// The kinds of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum FaultKind {
    /// What it is about is not there, or not any more.
    NotFound,
    /// Something is wrong at the POS.
    UnexpectedError,
    /// The request is not valid.
    InvalidRequest,
    /// The state does not allow it.
    Conflict,
}

impl FaultKind {
    const ALL: [(&'static str, Self); 4] = [
        ("NotFound", Self::NotFound),
        ("UnexpectedError", Self::UnexpectedError),
        ("InvalidRequest", Self::InvalidRequest),
        ("Conflict", Self::Conflict),
    ];

    fn from_word(word: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find_map(|(known, kind)| known.eq_ignore_ascii_case(word).then_some(kind))
    }
}

/// The longest sentence of a POS that is kept, in characters.
const MAX_MESSAGE: usize = 500;

/// A refusal of a POS.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PosFault {
    /// Its kind, if it has a known one.
    pub kind: Option<FaultKind>,
    /// What the POS says, for staff.
    pub message: Option<String>,
    /// Whether the transport says that the request will never be accepted.
    pub is_final: bool,
}

impl PosFault {
    /// The refusal that a value holds.
    pub fn read(value: &Value) -> Self {
        let text = |name: &str| value[name].as_str().filter(|text| !text.is_empty());
        let message = text("debugMessage").or_else(|| text("message"));
        Self {
            kind: text("errorType").and_then(FaultKind::from_word),
            message: message.map(|text| text.chars().take(MAX_MESSAGE).collect()),
            is_final: false,
        }
    }

    /// The refusal, if a result is one: some POS systems send refusals as results.
    pub fn in_result(value: &Value) -> Option<Self> {
        value["errorType"].is_string().then(|| Self::read(value))
    }

    /// Whether the same request would be refused again, so that a payment which could
    /// not be recorded is to be given back. The kind decides; without one the status.
    pub fn is_for_good(&self, status: Option<u16>) -> bool {
        match (self.kind, status) {
            (Some(FaultKind::UnexpectedError), _) => false,
            (Some(_), _) => true,
            (None, Some(401 | 403 | 408 | 425 | 429)) => false,
            (None, Some(status)) => (400..500).contains(&status),
            (None, None) => self.is_final,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_kind_decides_and_without_one_the_status() {
        let of = |kind: Option<&str>, status| {
            let fault = kind.map_or(PosFault::default(), |kind| {
                PosFault::read(&json!({ "errorType": kind }))
            });
            fault.is_for_good(status)
        };
        for kind in ["Conflict", "NotFound", "InvalidRequest", "conflict"] {
            assert!(of(Some(kind), Some(500)), "{kind}");
            assert!(of(Some(kind), None), "{kind}");
        }
        assert!(!of(Some("UnexpectedError"), Some(409)));
        for status in [400, 404, 409, 410, 422] {
            assert!(of(None, Some(status)), "{status}");
            assert!(of(Some("Unheard"), Some(status)), "{status}");
        }
        for status in [401, 403, 408, 425, 429, 500, 503, 302] {
            assert!(!of(None, Some(status)), "{status}");
        }
        assert!(!of(None, None));
    }

    #[test]
    fn words_of_a_pos_are_bounded() {
        let fault = PosFault::read(&json!({ "debugMessage": "ä".repeat(5000) }));
        let message = fault.message.expect("a message");
        assert_eq!(message.chars().count(), MAX_MESSAGE);
    }
}
