//! `/epos-tester-tool/flows`

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use tatami_core::time::ticks;
use tatami_http::input::{AsDocumented, Input};
use tatami_http::openapi::{
    BadRequest, Forbidden, NotFound, TooLarge, Unauthorized, UnsupportedMediaType,
};
use tatami_http::problem::Problem;
use tatami_http::reply::reply_json;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, SchemaType, Type};

use super::partner::{HouseHeader, Partner};
use crate::EposState;
use crate::tester::{Flow, FlowRun, Param, Status, flows};

/// The most parameters of a flow, and characters of a name and a value.
const MAX_PARAMS: usize = 20;
const MAX_CHARS: usize = 200;

/// A parameter of a flow.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FlowParam {
    /// Name of the parameter, as it is sent in `params`.
    name: &'static str,
    /// Type of the parameter: `string`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Whether the flow cannot be started without it.
    required: bool,
    /// What the parameter means.
    description: &'static str,
    /// Value that is used if it is left out.
    default: Option<&'static str>,
}

/// A flow that can be started.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FlowDescription {
    /// Name by which the flow is started.
    name: String,
    /// Parameters of the flow.
    params: Vec<FlowParam>,
}

/// The flow to start.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct RunFlowRequest {
    /// Name of the flow, as the list of flows returns it.
    #[schema(required, value_type = String, max_length = 200)]
    flow: Option<String>,
    /// Parameters of the flow, by their names.
    #[schema(schema_with = given_params)]
    params: Option<BTreeMap<String, String>>,
}

/// A step of a flow.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepResult {
    /// What the step does.
    name: String,
    /// Status of the step.
    #[schema(schema_with = statuses)]
    status: &'static str,
    /// What was sent and received, whether it obeys the schema, and what to do about it.
    additional_information: Vec<String>,
    /// When the step began (ISO 8601, UTC).
    #[schema(format = DateTime)]
    started_at: String,
    /// When the step ended (ISO 8601, UTC); left out until then.
    #[schema(format = DateTime)]
    finished_at: Option<String>,
}

/// A flow that was started.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FlowResult {
    /// UUID of the flow.
    #[serde(rename = "flowID")]
    #[schema(format = "uuid")]
    flow_id: String,
    /// What the flow does.
    flow_name: String,
    /// Status of the flow.
    #[schema(schema_with = statuses)]
    status: &'static str,
    /// When the flow began (ISO 8601, UTC).
    #[schema(format = DateTime)]
    started_at: String,
    /// When the flow ended (ISO 8601, UTC); left out until then.
    #[schema(format = DateTime)]
    finished_at: Option<String>,
    /// Steps that began so far.
    steps: Vec<StepResult>,
}

fn text() -> Object {
    let text = ObjectBuilder::new().schema_type(Type::String);
    text.max_length(Some(MAX_CHARS)).build()
}

fn given_params() -> Schema {
    let description = format!(
        "Parameters of the flow, by their names: at most {MAX_PARAMS}, of at most {MAX_CHARS} characters each."
    );
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Object, Type::Null]))
        .description(Some(description))
        .max_properties(Some(MAX_PARAMS))
        .property_names(Some(text()))
        .additional_properties(Some(Schema::Object(text())))
        .into()
}

fn statuses() -> Schema {
    let all = [
        Status::Success,
        Status::Failure,
        Status::TimedOut,
        Status::InProgress,
    ];
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("How it ended, or that it has not ended yet."))
        .enum_values(Some(all.map(Status::word)))
        .into()
}

impl From<Flow> for FlowDescription {
    fn from(flow: Flow) -> Self {
        let param = |param: Param| FlowParam {
            name: param.name,
            kind: "string",
            required: param.is_required,
            description: param.description,
            default: param.default,
        };
        Self {
            name: flow.name,
            params: flow.params.into_iter().map(param).collect(),
        }
    }
}

impl From<FlowRun> for FlowResult {
    fn from(run: FlowRun) -> Self {
        let steps = run.steps.into_iter().map(|step| StepResult {
            name: step.name,
            status: step.status.word(),
            additional_information: step.notes,
            started_at: ticks(step.started_at),
            finished_at: step.finished_at.map(ticks),
        });
        Self {
            flow_id: run.id,
            flow_name: run.name,
            status: run.status.word(),
            started_at: ticks(run.started_at),
            finished_at: run.finished_at.map(ticks),
            steps: steps.collect(),
        }
    }
}

/// List the flows of the tester tool
///
/// A flow calls the POS of the account as products do, and tells what came of it.
#[utoipa::path(
    get,
    path = "/epos-tester-tool/flows",
    operation_id = "EposTesterTool_ListFlows",
    tag = "EPOS tester tool",
    params(HouseHeader),
    responses(
        (status = 200, description = "The flows that can be started.", body = Vec<FlowDescription>),
        BadRequest, Unauthorized, Forbidden,
    )
)]
pub async fn list(_: Partner) -> Response {
    let all: Vec<_> = flows().into_iter().map(FlowDescription::from).collect();
    reply_json(&all)
}

/// Start a flow
///
/// Returns the id of the flow as a JSON string. The flow runs by itself; at most four of an
/// account run at the same time.
#[utoipa::path(
    post,
    path = "/epos-tester-tool/flows",
    operation_id = "EposTesterTool_RunFlow",
    tag = "EPOS tester tool",
    params(HouseHeader),
    request_body = RunFlowRequest,
    responses(
        (status = 200, description = "The id of the flow, a UUID.", body = String, content_type = "application/json"),
        BadRequest, Unauthorized, Forbidden, TooLarge, UnsupportedMediaType,
    )
)]
pub async fn start(
    State(state): State<EposState>,
    partner: Partner,
    input: Input,
) -> Result<Response, Problem> {
    let request: RunFlowRequest = input.valid(&AsDocumented)?;
    let (flow, params) = (request.flow.unwrap_or_default(), request.params);
    let params = params.unwrap_or_default();
    let Partner { scope, house, .. } = partner;
    let id = state.tester.start(&scope, house, &flow, &params).await?;
    Ok(reply_json(&id))
}

/// Get a flow
///
/// Returns the steps so far. A flow can be read for a week, as long as it is among the last 50
/// of the account.
#[utoipa::path(
    get,
    path = "/epos-tester-tool/flows/{flowId}",
    operation_id = "EposTesterTool_GetFlow",
    tag = "EPOS tester tool",
    params(("flowId" = String, Path, description = "Id of the flow, a UUID."), HouseHeader),
    responses(
        (status = 200, description = "The flow.", body = FlowResult),
        BadRequest, Unauthorized, Forbidden, NotFound,
    )
)]
pub async fn read(
    State(state): State<EposState>,
    partner: Partner,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let run = state.tester.read(&partner.scope, &uuid(&id)).await?;
    Ok(reply_json(&FlowResult::from(run)))
}

/// A UUID in its usual form: the hyphens may be left out.
fn uuid(text: &str) -> String {
    let digits: Vec<char> = text.chars().filter(|c| *c != '-').collect();
    if digits.len() != 32 {
        return text.to_owned();
    }
    let part = |from: usize, to: usize| digits[from..to].iter().collect::<String>();
    let parts = [
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32),
    ];
    parts.join("-").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::uuid;

    #[test]
    fn an_id_is_read_with_and_without_hyphens() {
        let id = "d00aa12a-7fb8-46a2-a22d-f4b560298353";
        for text in [
            id,
            "d00aa12a7fb846a2a22df4b560298353",
            "D00AA12A-7FB8-46A2-A22D-F4B560298353",
        ] {
            assert_eq!(uuid(text), id);
        }
        assert_eq!(uuid("x"), "x");
    }
}
