//! What stands before every page behind the sign-in.

use std::sync::Arc;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{RawPathParams, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::MethodRouter;
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use subtle::ConstantTimeEq as _;
use tatami_core::account::{Account, Scope};
use tatami_core::branding::MAX_PICTURE_BYTES;
use tatami_core::id::{AccountId, Environment};
use tatami_core::people::Right;
use tatami_engine::{Failure, Noted, Visitor};
use tatami_http::{is_of_own_page, session_token};

use crate::PortalState;
use crate::fields::{CSRF, Fields};
use crate::live::within_session;
use crate::pages::{failed, refused};
use crate::sign_in::encoded;
use crate::visit::{Place, Visit};

/// What carries the token of a form in calls of scripts.
const CSRF_HEADER: &str = "csrf";

/// The largest form: two pictures of a branding, and what else is in it.
const FORM_BYTES: usize = 2 * MAX_PICTURE_BYTES + 64 * 1024;

/// What a user needs for a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// To be signed in.
    SignedIn,
    /// A right over the whole company.
    Company(Right),
    /// A right at the location that the path names.
    Location(Right),
    /// The same, in test mode alone.
    Sandbox(Right),
}

impl Need {
    /// Whether there is such a page in an environment.
    fn is_met_in(self, environment: Environment) -> bool {
        !matches!(self, Self::Sandbox(_)) || environment == Environment::Sandbox
    }
}

/// A page, as tests see it.
#[derive(Clone, Debug)]
pub struct Listed {
    pub method: &'static str,
    pub path: String,
    pub need: Need,
}

/// Routes that are all guarded, with handlers of the state `S`.
pub struct Guarded<S> {
    pub router: Router<S>,
    pub listed: Vec<Listed>,
    /// None where the pages are only listed.
    state: Option<PortalState>,
}

/// What pages of a location begin with.
const PLACE: &str = "/portal/{account}/{mode}";

impl<S: Clone + Send + Sync + 'static> Guarded<S> {
    /// No routes yet. Without a state, routes are only listed.
    pub fn new(state: Option<&PortalState>) -> Self {
        Self {
            router: Router::new(),
            listed: Vec::new(),
            state: state.cloned(),
        }
    }

    /// A page that is read.
    #[must_use]
    pub fn page(self, need: Need, path: &str, page: MethodRouter<S>) -> Self {
        self.route("GET", need, path, page)
    }

    /// A change that a form makes.
    #[must_use]
    pub fn form(self, need: Need, path: &str, form: MethodRouter<S>) -> Self {
        self.route("POST", need, path, form)
    }

    fn route(
        mut self,
        method: &'static str,
        need: Need,
        path: &str,
        route: MethodRouter<S>,
    ) -> Self {
        let path = match need {
            Need::Location(_) | Need::Sandbox(_) => format!("{PLACE}{path}"),
            Need::SignedIn | Need::Company(_) => format!("/portal{path}"),
        };
        if let Some(state) = &self.state {
            let guard = from_fn_with_state((state.clone(), need), admit);
            self.router = self.router.route(&path, route.layer(guard));
        }
        self.listed.push(Listed { method, path, need });
        self
    }
}

/// Lets those pass to a page who may see it, with their [`Visit`].
async fn admit(
    State((state, need)): State<(PortalState, Need)>,
    params: RawPathParams,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, FORM_BYTES).await else {
        return refused(StatusCode::PAYLOAD_TOO_LARGE, "The form is too large.");
    };
    let visitor = match visitor(&state, &parts).await {
        Ok(Some(visitor)) => visitor,
        Ok(None) => return signed_out(&parts),
        Err(failure) => return failed(&failure),
    };
    let fields = match parts.method.is_safe() {
        true => Fields::read(parts.uri.query().unwrap_or_default().as_bytes()),
        false => Fields::of_body(&parts.headers, &body),
    };
    if !parts.method.is_safe() && !is_own_form(&state, &parts, &visitor, &fields) {
        return refused(
            StatusCode::FORBIDDEN,
            "This form is not of your present session. Go back, load the page anew, and send it again.",
        );
    }
    let visit = match visit(&state, visitor, fields, need, &params).await {
        Ok(visit) => visit,
        Err(response) => return response,
    };
    let mut request = Request::from_parts(parts, body.into());
    let visit = Arc::new(visit);
    request.extensions_mut().insert(visit.clone());
    let response = noting(&state, next.run(request)).await;
    within_session(&state, visit, need, response)
}

/// The answer to a request whose commits carry what its page notes in the audit trail. What
/// went with none is written down if it was carried out.
async fn noting(state: &PortalState, answer: impl Future<Output = Response>) -> Response {
    let noted = Noted::default();
    let response = noted.carry(answer).await;
    let status = response.status();
    if status.is_client_error() || status.is_server_error() {
        return response;
    }
    match state.app.engine.people().write_noted(&noted).await {
        Ok(()) => response,
        Err(failure) => failed(&failure),
    }
}

/// Who sent a request.
pub(crate) async fn visitor(
    state: &PortalState,
    parts: &Parts,
) -> Result<Option<Visitor>, Failure> {
    let Some(token) = session_token(parts, &state.app.public_url) else {
        return Ok(None);
    };
    let origin = state.origin(parts);
    state
        .app
        .engine
        .people()
        .authentication()
        .visitor(token, origin)
        .await
}

/// Whether a form, or a call of a script, came from a page of this very session.
fn is_own_form(state: &PortalState, parts: &Parts, visitor: &Visitor, fields: &Fields) -> bool {
    let header = parts.headers.get(CSRF_HEADER);
    let given = header.map_or(fields.get(CSRF).as_bytes(), HeaderValue::as_bytes);
    let is_right: bool = given.ct_eq(visitor.session.csrf.as_bytes()).into();
    is_right && is_of_own_page(parts, &state.app.public_url)
}

fn signed_out(parts: &Parts) -> Response {
    if !parts.method.is_safe() {
        return refused(
            StatusCode::UNAUTHORIZED,
            "You are not signed in any more. Sign in, and do it again.",
        );
    }
    let path = parts
        .uri
        .path_and_query()
        .map_or("/portal", |path| path.as_str());
    Redirect::to(&format!("/portal/sign-in?next={}", encoded(path))).into_response()
}

/// A visit of a page, if the visitor has what it needs.
async fn visit(
    state: &PortalState,
    visitor: Visitor,
    fields: Fields,
    need: Need,
    params: &RawPathParams,
) -> Result<Visit, Response> {
    let people = state.app.engine.people();
    let locations = people.locations(&visitor.company, &visitor.user).await;
    let locations = locations.map_err(|failure| failed(&failure))?;
    let place = match need {
        Need::SignedIn => None,
        Need::Company(right) => {
            if !visitor.may_everywhere(right) {
                return Err(not_allowed(&visitor));
            }
            None
        }
        Need::Location(right) | Need::Sandbox(right) => {
            let place = place(state, &locations, params);
            let place = place.filter(|place| need.is_met_in(place.scope.environment));
            let place = place.ok_or_else(nowhere)?;
            if !visitor.may(right, &place.scope) {
                return Err(not_allowed(&visitor));
            }
            Some(place)
        }
    };
    Ok(Visit {
        visitor,
        locations,
        place,
        fields,
        has_sandbox: state.has_sandbox,
        has_terms: state.has_terms,
        added: state.added,
    })
}

/// The location that a path names, if it is one of the visitor's.
fn place(state: &PortalState, locations: &[Arc<Account>], params: &RawPathParams) -> Option<Place> {
    let named = |name: &str| {
        params
            .iter()
            .find(|(param, _)| *param == name)
            .map(|(_, value)| value)
    };
    let id = AccountId::parse(named("account")?).ok()?;
    let environment = match named("mode")? {
        "test" if state.has_sandbox => Environment::Sandbox,
        "live" => Environment::Production,
        _ => return None,
    };
    let account = locations.iter().find(|account| account.id == id)?;
    Some(Place {
        account: account.clone(),
        scope: Scope {
            account: id,
            environment,
        },
    })
}

fn nowhere() -> Response {
    refused(
        StatusCode::NOT_FOUND,
        "There is no such page, or it is not your company's.",
    )
}

fn not_allowed(visitor: &Visitor) -> Response {
    if visitor.lacks_second_factor() {
        return Redirect::to("/portal/profile?done=required").into_response();
    }
    refused(
        StatusCode::FORBIDDEN,
        "Your role does not allow this. Ask an owner of your company.",
    )
}
