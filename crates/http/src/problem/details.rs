//! Problem details: what every refusal looks like.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Why a request failed (RFC 9457).
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemDetails {
    /// The fields that were refused, each with the rules that it breaks.
    pub errors: Option<BTreeMap<String, Vec<String>>>,
    /// URI that identifies the kind of problem.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Short summary of the kind of problem.
    pub title: Option<String>,
    /// HTTP status code of the answer.
    #[schema(value_type = Option<i32>)]
    pub status: Option<u16>,
    /// Text that explains this problem.
    pub detail: Option<String>,
    /// Never returned; part of the published contract.
    pub instance: Option<String>,
    /// Never returned; part of the published contract.
    #[schema(value_type = Option<BTreeMap<String, Value>>)]
    pub extensions: Option<BTreeMap<String, Value>>,
    /// Id of the request in the form of a W3C `traceparent`. Quote it when you ask for
    /// support.
    pub trace_id: Option<String>,
}

/// A problem with a machine-usable code, the form of operations on terminals.
#[derive(Clone, Debug, Serialize)]
pub struct TerminalProblem<'a> {
    /// The code.
    pub code: &'a str,
    /// The rest.
    #[serde(flatten)]
    pub details: ProblemDetails,
}
