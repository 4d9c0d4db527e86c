//! Calls of the pages' scripts: operations of the API, for a user who is signed in in
//! place of a key. Only those are here that a page needs.

use axum::Router;
use axum::extract::{Extension, Request};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tatami_api::ApiState;
use tatami_http::auth::Granted;
use tatami_portal::{Here, failed};
use tower::ServiceExt as _;

use crate::{SandboxState, routes};

/// What the paths of calls begin with, after that of the location.
const PATH: &str = "/calls/";

/// The operations that can be called.
#[derive(Clone)]
pub(super) struct Calls(Router);

impl Calls {
    pub(super) fn new(state: &SandboxState) -> Self {
        let api = ApiState {
            app: state.app.clone(),
            also: &[],
        };
        let machines = routes::machine_operations().with_state(state.clone());
        Self(machines.merge(tatami_api::till(api)))
    }
}

/// Answers as the API does to a key of the location's sandbox.
pub(super) async fn forward(
    here: Here,
    Extension(Calls(calls)): Extension<Calls>,
    request: Request,
) -> Response {
    let scope = match here.location() {
        Ok(place) => place.scope.clone(),
        Err(failure) => return failed(&failure),
    };
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("", |path| path.as_str());
    let path = path.split_once(PATH).map_or("", |(_, path)| path);
    // A new request, so that its path parameters are only those of the operation.
    let mut call = Request::new(body);
    let Ok(uri) = format!("/{path}").parse() else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    *call.uri_mut() = uri;
    *call.method_mut() = parts.method;
    *call.headers_mut() = parts.headers;
    call.extensions_mut().insert(Granted(scope));
    calls.oneshot(call).await.into_response()
}
