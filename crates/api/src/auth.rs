//! Who calls the Dojo API: a key, and the version that is spoken.

use axum::extract::FromRequestParts;
use http::request::Parts;
use tatami_core::account::Scope;
use tatami_core::id::Environment;
use tatami_engine::Call;
use tatami_http::auth::scope_of;
use tatami_http::problem::{Problem, no_acquirer};

use crate::ApiState;
use crate::versions::{self, Version};

/// A caller of the Dojo API: a key whose environment can take payments, and the
/// version it speaks.
#[derive(Clone, Debug)]
pub struct Caller {
    /// What the key opens.
    pub scope: Scope,
    /// The published version its answers are written in.
    pub version: &'static Version,
}

impl Caller {
    /// The call as the use cases know it.
    pub fn call(&self, idempotency: Option<(String, String)>) -> Call {
        Call {
            scope: self.scope.clone(),
            version: self.version.date,
            idempotency,
        }
    }
}

impl FromRequestParts<ApiState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let scope = scope_of(parts, state).await?;
        let version = versions::required(&parts.headers)?;
        let production = scope.environment == Environment::Production;
        if production && !state.engine.acquirer_ready(Environment::Production) {
            return Err(no_acquirer());
        }
        Ok(Self { scope, version })
    }
}

/// The version of somebody who needs no key: the newest if none is named.
#[derive(Clone, Copy, Debug)]
pub struct PublicVersion(pub &'static Version);

impl FromRequestParts<ApiState> for PublicVersion {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &ApiState) -> Result<Self, Problem> {
        versions::optional(&parts.headers).map(Self)
    }
}
