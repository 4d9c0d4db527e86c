//! Problem details as operations on terminals document them.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

/// Why a request about terminals failed.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Error {
    /// Code of the problem: `INVALID_REQUEST`, `TERMINAL_UNAVAILABLE` or
    /// `INTERNAL_ERROR`.
    pub code: String,
    /// Short summary of the kind of problem.
    pub title: String,
    /// URI that identifies the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// HTTP status code of the answer.
    #[schema(value_type = i32)]
    pub status: u16,
    /// Text that explains this problem.
    pub detail: Option<String>,
    /// Id of the request in the form of a W3C `traceparent`. Quote it when you ask for
    /// support.
    pub trace_id: String,
    /// The fields that were refused, each with the rules that it breaks.
    pub errors: BTreeMap<String, Vec<String>>,
}

/// Why a request about terminal sessions failed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemDetailsTerminals {
    /// Code of the problem: `INVALID_REQUEST`, `TERMINAL_UNAVAILABLE` or
    /// `INTERNAL_ERROR`.
    pub code: String,
    /// URI that identifies the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// Short summary of the kind of problem.
    pub title: String,
    /// HTTP status code of the answer.
    #[schema(value_type = i32)]
    pub status: u16,
    /// Text that explains this problem.
    pub detail: String,
    /// Id of the request in the form of a W3C `traceparent`. Quote it when you ask for
    /// support.
    pub trace_id: String,
    /// The fields that were refused, each with the rules that it breaks.
    pub errors: BTreeMap<String, Vec<String>>,
}
