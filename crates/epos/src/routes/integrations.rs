//! `/epos/integrations`

use axum::extract::State;
use axum::response::Response;
use tatami_core::problem::Violation;
use tatami_http::input::{AsDocumented, Input, concerns, refuse};
use tatami_http::openapi::{BadRequest, Forbidden, TooLarge, Unauthorized, UnsupportedMediaType};
use tatami_http::problem::Problem;
use tatami_http::reply::reply_json;

use super::partner::{HouseHeader, Partner, PartnerOfHouse, RequiredHouseHeader};
use super::wire::{
    AllIntegrationsResponse, DojoManagedIntegrationResponse, RestIntegrationRequest,
    RestIntegrationResponse, WsIntegrationRequest, WsIntegrationResponse, rest_of, ws_of,
};
use crate::EposState;

/// List all registered integrations
///
/// Returns what was registered over both transports.
#[utoipa::path(
    get,
    path = "/epos/integrations",
    operation_id = "Capabilities_ListIntegrations",
    tag = "Capabilities",
    params(HouseHeader),
    responses(
        (status = 200, description = "The registered integrations.", body = AllIntegrationsResponse),
        BadRequest, Unauthorized, Forbidden,
    )
)]
pub async fn all(State(state): State<EposState>, partner: Partner) -> Result<Response, Problem> {
    let all = state.registered(&partner).await?;
    Ok(reply_json(&AllIntegrationsResponse {
        ws_integrations: ws_of(&all),
        rest_integrations: rest_of(&all),
        dojo_managed_integrations: None,
    }))
}

/// List registered REST integrations
///
/// Passwords are never returned.
#[utoipa::path(
    get,
    path = "/epos/integrations/rest",
    operation_id = "Capabilities_ListRestIntegrations",
    tag = "Capabilities",
    params(HouseHeader),
    responses(
        (status = 200, description = "The registered REST integrations.", body = Vec<RestIntegrationResponse>),
        BadRequest, Unauthorized, Forbidden,
    )
)]
pub async fn rest(State(state): State<EposState>, partner: Partner) -> Result<Response, Problem> {
    Ok(reply_json(&rest_of(&state.registered(&partner).await?)))
}

/// Register a REST integration
///
/// Replaces the REST integration of the software house. An empty list of capabilities
/// removes it; `url` and `auth` may be left out then.
#[utoipa::path(
    put,
    path = "/epos/integrations/rest",
    operation_id = "Capabilities_RegisterRestIntegration",
    tag = "Capabilities",
    params(RequiredHouseHeader),
    request_body = RestIntegrationRequest,
    responses(
        (status = 200, description = "The REST integrations of the software house.", body = Vec<RestIntegrationResponse>),
        BadRequest, Unauthorized, Forbidden, TooLarge, UnsupportedMediaType,
    )
)]
pub async fn put_rest(
    State(state): State<EposState>,
    partner: PartnerOfHouse,
    input: Input,
) -> Result<Response, Problem> {
    let (request, broken) = input.read::<RestIntegrationRequest>(&AsDocumented)?;
    let removes = request.capabilities.as_ref().is_some_and(Vec::is_empty);
    let is_needed = |v: &Violation| !concerns(&v.field, "Url") && !concerns(&v.field, "Auth");
    let mut broken: Vec<_> = broken
        .into_iter()
        .filter(|v| !removes || is_needed(v))
        .collect();
    let basic = request.auth.as_ref().map(|auth| auth.basic.is_some());
    if !removes && basic == Some(false) {
        broken.push(Violation::new("Auth.Basic", "The Basic field is required."));
    }
    refuse(broken)?;
    let (PartnerOfHouse { scope, house, .. }, wish) = (partner, request.into());
    let put = state.registry.put_rest(&scope, &house, &wish).await?;
    Ok(reply_json(&rest_of(put.as_slice())))
}

/// List registered WebSocket integrations
///
/// A POS can be registered without being connected.
#[utoipa::path(
    get,
    path = "/epos/integrations/ws",
    operation_id = "Capabilities_ListWsIntegrations",
    tag = "Capabilities",
    params(HouseHeader),
    responses(
        (status = 200, description = "The registered WebSocket integrations.", body = Vec<WsIntegrationResponse>),
        BadRequest, Unauthorized, Forbidden,
    )
)]
pub async fn ws(State(state): State<EposState>, partner: Partner) -> Result<Response, Problem> {
    Ok(reply_json(&ws_of(&state.registered(&partner).await?)))
}

/// Register a WebSocket integration
///
/// Replaces the WebSocket integration of the software house. An empty list of capabilities
/// removes it.
#[utoipa::path(
    put,
    path = "/epos/integrations/ws",
    operation_id = "Capabilities_RegisterWsIntegration",
    tag = "Capabilities",
    params(RequiredHouseHeader),
    request_body = WsIntegrationRequest,
    responses(
        (status = 200, description = "The WebSocket integrations of the software house.", body = Vec<WsIntegrationResponse>),
        BadRequest, Unauthorized, Forbidden, TooLarge, UnsupportedMediaType,
    )
)]
pub async fn put_ws(
    State(state): State<EposState>,
    partner: PartnerOfHouse,
    input: Input,
) -> Result<Response, Problem> {
    let request: WsIntegrationRequest = input.valid(&AsDocumented)?;
    let (PartnerOfHouse { scope, house, .. }, wanted) = (partner, request.wanted());
    let put = state.registry.put_ws(&scope, &house, &wanted).await?;
    Ok(reply_json(&ws_of(put.as_slice())))
}

/// List managed integrations
///
/// Integrations that the platform itself hosts; there are none.
#[utoipa::path(
    get,
    path = "/epos/integrations/dojo",
    operation_id = "Capabilities_ListManagedIntegrations",
    tag = "Capabilities",
    params(HouseHeader),
    responses(
        (status = 200, description = "The managed integrations.", body = Vec<DojoManagedIntegrationResponse>),
        BadRequest, Unauthorized, Forbidden,
    )
)]
pub async fn managed(_: Partner) -> Response {
    reply_json(&Vec::<DojoManagedIntegrationResponse>::new())
}
