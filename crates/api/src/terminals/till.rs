//! Who calls about card machines: the software of a till.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use tatami_http::problem::Problem;
use utoipa::{IntoParams, IntoResponses};

use crate::ApiState;
use crate::auth::Caller;
use crate::wire::problem::{Error, ProblemDetailsTerminals};

/// The first version that has card machines.
const FIRST: &str = "2024-02-05";
/// The longest name of a software house or reseller.
const MAX_NAME_CHARS: usize = 255;

/// A caller that names its software house.
#[derive(Clone, Debug)]
pub struct Till {
    /// The caller.
    pub caller: Caller,
    /// Whose software it is.
    pub software_house: String,
    /// Who sold that software.
    pub reseller: Option<String>,
}

impl FromRequestParts<ApiState> for Till {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, state).await?;
        if caller.version.date < FIRST {
            return Err(Problem::new(
                StatusCode::NOT_FOUND,
                format!("Terminals are available from version {FIRST}."),
            ));
        }
        let software_house = name(parts, "software-house-id", "SoftwareHouseId")?;
        Ok(Self {
            caller,
            software_house: software_house.ok_or_else(|| {
                let rule = "A software house ID header is required.";
                Problem::field("SoftwareHouseId", rule)
            })?,
            reseller: name(parts, "reseller-id", "ResellerId")?,
        })
    }
}

fn name(parts: &Parts, header: &'static str, field: &str) -> Result<Option<String>, Problem> {
    let Some(value) = parts.headers.get(header) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim();
    if text.chars().count() > MAX_NAME_CHARS {
        let rule = format!("The {header} header must be at most {MAX_NAME_CHARS} characters long.");
        return Err(Problem::field(field, rule));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// Tells problems as operations on terminals do.
pub(crate) async fn coded(response: Response) -> Response {
    match response.extensions().get::<Problem>() {
        Some(problem) => problem.clone().for_terminals().into_response(),
        None => response,
    }
}

/// The headers of tills.
#[derive(IntoParams)]
#[into_params(parameter_in = Header, rename_all = "kebab-case")]
#[expect(dead_code, reason = "documents what the extractor of tills reads")]
pub struct TillHeaders {
    /// Id of the company that made the software of the till.
    #[param(max_length = 255, example = "softwareHouse1")]
    software_house_id: String,
    /// Id of the company that sold the software of the till.
    #[param(max_length = 255, example = "reseller1")]
    reseller_id: Option<String>,
}

macro_rules! problems {
    ($($name:ident($body:ident) = $status:literal, $description:literal;)*) => {$(
        #[doc = $description]
        #[derive(IntoResponses)]
        #[response(
            status = $status,
            description = $description,
            content_type = "application/problem+json"
        )]
        #[expect(dead_code, reason = "documents an answer")]
        pub struct $name($body);
    )*};
}

problems! {
    TerminalBadRequest(Error) = 400, "The request is not valid. `errors` names each field and the rules that it breaks.";
    TerminalBadHeader(Error) = 400, "A header is missing or not valid.";
    TerminalUnauthorized(Error) = 401, "The API key is missing or not valid.";
    TerminalForbidden(Error) = 403, "The API key has no access to this operation or resource.";
    TerminalNotFound(Error) = 404, "The account has no such terminal.";
    SessionBadRequest(ProblemDetailsTerminals) = 400, "The request is not valid. `errors` names each field and the rules that it breaks.";
    SessionUnauthorized(ProblemDetailsTerminals) = 401, "The API key is missing or not valid.";
    SessionForbidden(ProblemDetailsTerminals) = 403, "The API key has no access to this operation or resource.";
    SessionNotFound(ProblemDetailsTerminals) = 404, "There is no resource with this id, or the terminal is offline or switched off.";
    SessionConflict(ProblemDetailsTerminals) = 409, "The terminal is in use, or an earlier request is still running.";
    SessionTooLate(ProblemDetailsTerminals) = 422, "The status of the session no longer allows this. Nothing is changed.";
}
