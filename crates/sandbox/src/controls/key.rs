//! Whose sandbox a call is about.

use axum::extract::{FromRef, FromRequestParts};
use http::StatusCode;
use http::request::Parts;
use tatami_core::account::Scope;
use tatami_core::id::Environment;
use tatami_http::AppState;
use tatami_http::auth::scope_of;
use tatami_http::problem::Problem;

/// The sandbox of the account whose key was sent, or that a page was granted.
pub struct Sandbox(pub Scope);

impl<S> FromRequestParts<S> for Sandbox
where
    AppState: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let scope = scope_of(parts, state).await?;
        match scope.environment {
            Environment::Sandbox => Ok(Self(scope)),
            Environment::Production => Err(Problem::new(
                StatusCode::FORBIDDEN,
                "The sandbox controls need a sandbox key.",
            )),
        }
    }
}
