//! Calls of use cases in the name of a visitor.

use tatami_core::account::Scope;
use tatami_engine::ports::answers::Answer;
use tatami_engine::{Call, Failure};

use crate::payments::VERSION;
use crate::visit::Here;

/// A call at a location.
pub(crate) fn call(scope: &Scope) -> Call {
    Call {
        scope: scope.clone(),
        version: VERSION,
        idempotency: None,
    }
}

/// A call that is carried out once, however often its form is sent. The digest is of what
/// is asked for.
///
/// # Errors
/// If the page is no location's.
pub(crate) fn once(here: &Here, what: &str, digest: String) -> Result<Call, Failure> {
    let once = here.fields.get("once");
    let key = format!("portal {} {what} {once}", here.visitor.user.id);
    Ok(Call {
        idempotency: (!once.is_empty()).then_some((key, digest)),
        ..call(&here.location()?.scope)
    })
}

/// The id of what was created.
///
/// # Errors
/// If the answer has none.
pub(crate) fn created_id(answer: &Answer) -> Result<String, Failure> {
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let id = body["id"].as_str().map(str::to_owned);
    id.ok_or_else(|| Failure::Unavailable("what was created has no id".to_owned()))
}
