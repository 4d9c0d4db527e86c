//! Problem details: what every refusal looks like.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Why a request was not carried out.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemDetails {
    /// The fields that break rules, each with the rules it breaks.
    pub errors: Option<BTreeMap<String, Vec<String>>>,
    /// A URI that names the kind of problem.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The kind of problem, for people.
    pub title: Option<String>,
    /// The HTTP status.
    #[schema(value_type = Option<i32>)]
    pub status: Option<u16>,
    /// This problem, for people.
    pub detail: Option<String>,
    /// Not used.
    pub instance: Option<String>,
    /// Not used.
    #[schema(value_type = Option<BTreeMap<String, Value>>)]
    pub extensions: Option<BTreeMap<String, Value>>,
    /// The request, in the form of a W3C trace parent.
    pub trace_id: Option<String>,
}

/// A problem with a machine-usable code, as operations on terminals tell it.
#[derive(Clone, Debug, Serialize)]
pub struct TerminalProblem<'a> {
    /// The code.
    pub code: &'a str,
    /// The rest.
    #[serde(flatten)]
    pub details: ProblemDetails,
}

/// What went wrong with a terminal.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Error {
    /// `INVALID_REQUEST`, `TERMINAL_UNAVAILABLE` or `INTERNAL_ERROR`.
    pub code: String,
    /// The kind of problem, for people.
    pub title: String,
    /// A URI that names the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The HTTP status.
    #[schema(value_type = i32)]
    pub status: u16,
    /// This problem, for people.
    pub detail: Option<String>,
    /// The request, in the form of a W3C trace parent.
    pub trace_id: String,
    /// The fields that break rules, each with the rules it breaks.
    pub errors: BTreeMap<String, Vec<String>>,
}

/// What went wrong with a terminal session.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemDetailsTerminals {
    /// `INVALID_REQUEST`, `TERMINAL_UNAVAILABLE` or `INTERNAL_ERROR`.
    pub code: String,
    /// A URI that names the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem, for people.
    pub title: String,
    /// The HTTP status.
    #[schema(value_type = i32)]
    pub status: u16,
    /// This problem, for people.
    pub detail: String,
    /// The request, in the form of a W3C trace parent.
    pub trace_id: String,
    /// The fields that break rules, each with the rules it breaks.
    pub errors: BTreeMap<String, Vec<String>>,
}
