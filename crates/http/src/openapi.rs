//! What operations of all HTTP crates say of themselves in an OpenAPI document: the
//! headers that extractors read and the answers of problems.

use utoipa::{IntoParams, IntoResponses};

use crate::problem::ProblemDetails;

/// The version header of every operation with a key.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "documents what the extractor of callers reads")]
pub struct VersionHeader {
    /// Version of the API as a date. The newest version published on or before it is used.
    #[param(format = Date, example = "2026-02-27")]
    version: String,
}

/// The version header of operations without a key.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "documents what the extractor of versions reads")]
pub struct OptionalVersionHeader {
    /// Version of the API as a date. The newest version published on or before it is used.
    #[param(value_type = Option<String>, format = Date, example = "2026-02-27")]
    version: Option<String>,
}

/// The idempotency header of every `POST`.
#[derive(IntoParams)]
#[into_params(parameter_in = Header, rename_all = "camelCase")]
#[expect(dead_code, reason = "documents what the extractor of bodies reads")]
pub struct IdempotencyHeader {
    /// Key that identifies this request. The same request sent again with the same key is
    /// not carried out twice; the first answer is returned. Keys are kept for 48 hours.
    #[param(min_length = 1, max_length = 255)]
    idempotency_key: Option<String>,
}

/// The idempotency header of refunds.
#[derive(IntoParams)]
#[into_params(parameter_in = Header, rename_all = "camelCase")]
#[expect(dead_code, reason = "documents what the extractor of bodies reads")]
pub struct RequiredIdempotencyHeader {
    /// Key that identifies this request. The same request sent again with the same key is
    /// not carried out twice; the first answer is returned. Keys are kept for 48 hours.
    #[param(min_length = 1, max_length = 255)]
    idempotency_key: String,
}

macro_rules! problems {
    ($($name:ident = $status:literal, $description:literal;)*) => {$(
        #[doc = $description]
        #[derive(IntoResponses)]
        #[response(
            status = $status,
            description = $description,
            content_type = "application/problem+json"
        )]
        #[expect(dead_code, reason = "documents an answer")]
        pub struct $name(ProblemDetails);
    )*};
}

problems! {
    BadRequest = 400, "The request is not valid. `errors` names each field and the rules that it breaks.";
    BadVersion = 400, "The `version` header is missing or not valid.";
    NotNow = 400, "The `version` header is missing or not valid, or the state of the resource does not allow this.";
    Unauthorized = 401, "The API key is missing or not valid.";
    Forbidden = 403, "The API key has no access to this operation or resource.";
    NotFound = 404, "There is no resource with this id.";
    MethodNotAllowed = 405, "The resource does not support this operation.";
    Conflict = 409, "The state of the resource does not allow this, or an earlier request is still running.";
    Unfinished = 409, "An earlier request is still running, or the idempotency key was used for another request. Try again if the answer has `Retry-After`.";
    TooLarge = 413, "The body is larger than 1 MiB.";
    UnsupportedMediaType = 415, "The content type of the body is not JSON.";
    Unprocessable = 422, "What was asked to do it refused it. `detail` has its words.";
    TooManyRequests = 429, "Too many requests were sent with this key. Wait for the time in `Retry-After`.";
    Broken = 500, "An internal error occurred.";
    BadGateway = 502, "What was asked to do it gave an answer that cannot be read.";
    GatewayTimeout = 504, "What was asked to do it cannot be reached, or did not answer in time.";
    Unavailable = 503, "The service is not available at the moment. Try again later.";
}
