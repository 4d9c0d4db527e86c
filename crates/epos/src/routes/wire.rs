//! Registrations as they are written.

use serde::{Deserialize, Serialize};
use tatami_core::time::ticks;
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use zeroize::Zeroizing;

use crate::capability::VERSION;
use crate::integration::{Integration, Link, RestWish, Wanted};

/// A capability to register.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CapabilityRequest {
    /// Name of the capability, such as `SearchOrders` or
    /// `HandleEvent:payment_intent.created`.
    #[schema(required, value_type = String, max_length = 200)]
    pub name: Option<String>,
    /// Version of the capability: `v1`.
    #[schema(required, value_type = String, max_length = 200)]
    pub version: Option<String>,
}

/// The REST integration to register.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestIntegrationRequest {
    /// HTTPS URL of the POS: a base that the path of each capability is added to, or the
    /// URL of one capability with the names of its ids in braces. Plain HTTP is allowed in the
    /// sandbox, for loopback addresses only.
    #[schema(required, value_type = String, max_length = 2048)]
    pub url: Option<String>,
    /// Capabilities that are called over REST; they replace the earlier ones.
    #[schema(required, value_type = Vec<CapabilityRequest>, max_items = 64)]
    pub capabilities: Option<Vec<CapabilityRequest>>,
    /// How the requests to the POS are authenticated.
    #[schema(required, value_type = RestAuthRequest)]
    pub auth: Option<RestAuthRequest>,
}

/// How the requests to a POS are authenticated.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestAuthRequest {
    /// Kind of authentication.
    #[schema(required, schema_with = auth_type)]
    pub auth_type: Option<String>,
    /// User name and password for basic authentication.
    pub basic: Option<RestBasicAuthRequest>,
}

/// The only kind of authentication.
const BASIC: &str = "basic";

/// The kinds of authentication.
fn auth_type() -> Schema {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("Kind of authentication: user name and password."))
        .enum_values(Some([BASIC]))
        .into()
}

/// User name and password for basic authentication.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestBasicAuthRequest {
    /// User name that the POS expects.
    #[schema(required, value_type = String, max_length = 512)]
    pub username: Option<String>,
    /// Password that the POS expects. It is stored encrypted and never returned.
    #[schema(required, value_type = String, max_length = 512, format = Password)]
    pub password: Option<String>,
}

/// The WebSocket integration to register.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WsIntegrationRequest {
    /// Capabilities that are called over the WebSocket; they replace the earlier ones.
    #[schema(required, value_type = Vec<CapabilityRequest>, max_items = 64)]
    pub capabilities: Option<Vec<CapabilityRequest>>,
}

/// A registered capability.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CapabilityResponse {
    /// Name of the capability, as it was registered.
    pub name: String,
    /// Version of the capability.
    pub version: &'static str,
    /// When the capability was registered (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// How the requests to a POS are authenticated.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestAuthResponse {
    /// Kind of authentication.
    #[schema(schema_with = auth_type)]
    pub auth_type: &'static str,
    /// User name for basic authentication.
    #[schema(value_type = Option<RestBasicAuthResponse>)]
    pub basic: RestBasicAuthResponse,
}

/// User name for basic authentication.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestBasicAuthResponse {
    /// User name that the POS expects.
    pub username: String,
}

/// A registered REST integration.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestIntegrationResponse {
    /// URL at which the POS is called.
    pub url: String,
    /// Capabilities that are called over REST.
    pub capabilities: Vec<CapabilityResponse>,
    /// How the requests are authenticated.
    pub auth: RestAuthResponse,
    /// When the integration was registered (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// A registered WebSocket integration.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WsIntegrationResponse {
    /// Capabilities that are called over the WebSocket.
    pub capabilities: Vec<CapabilityResponse>,
    /// When the integration was registered (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// An integration that the platform hosts.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DojoManagedIntegrationResponse {
    /// Capabilities of the integration.
    pub capabilities: Vec<CapabilityResponse>,
    /// When the integration was created (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// All registered integrations of an account.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AllIntegrationsResponse {
    /// Registered WebSocket integrations.
    pub ws_integrations: Vec<WsIntegrationResponse>,
    /// Registered REST integrations.
    pub rest_integrations: Vec<RestIntegrationResponse>,
    /// Integrations that the platform hosts; left out if there are none.
    pub dojo_managed_integrations: Option<Vec<DojoManagedIntegrationResponse>>,
}

fn wanted(capabilities: Option<Vec<CapabilityRequest>>) -> Vec<Wanted> {
    let all = capabilities.unwrap_or_default().into_iter();
    all.map(|capability| Wanted {
        name: capability.name.unwrap_or_default(),
        version: capability.version.unwrap_or_default(),
    })
    .collect()
}

impl WsIntegrationRequest {
    /// What is to be registered.
    pub fn wanted(self) -> Vec<Wanted> {
        wanted(self.capabilities)
    }
}

impl From<RestIntegrationRequest> for RestWish {
    fn from(request: RestIntegrationRequest) -> Self {
        let basic = request.auth.and_then(|auth| auth.basic);
        let (username, password) = basic.map_or((None, None), |b| (b.username, b.password));
        Self {
            capabilities: wanted(request.capabilities),
            url: request.url.unwrap_or_default(),
            username: username.unwrap_or_default(),
            password: Zeroizing::new(password.unwrap_or_default()),
        }
    }
}

fn capabilities(link: &Link) -> Vec<CapabilityResponse> {
    let names = link.names.iter();
    names
        .map(|name| CapabilityResponse {
            name: name.clone(),
            version: VERSION,
            updated_at: ticks(link.registered_at),
        })
        .collect()
}

/// What is registered over REST.
pub fn rest_of(integrations: &[Integration]) -> Vec<RestIntegrationResponse> {
    let all = integrations.iter().filter_map(|i| i.rest.as_ref());
    all.map(|rest| RestIntegrationResponse {
        url: rest.url.clone(),
        capabilities: capabilities(&rest.link),
        auth: RestAuthResponse {
            auth_type: BASIC,
            basic: RestBasicAuthResponse {
                username: rest.username.clone(),
            },
        },
        created_at: ticks(rest.link.registered_at),
    })
    .collect()
}

/// What is registered over a WebSocket.
pub fn ws_of(integrations: &[Integration]) -> Vec<WsIntegrationResponse> {
    let all = integrations.iter().filter_map(|i| i.ws.as_ref());
    all.map(|link| WsIntegrationResponse {
        capabilities: capabilities(link),
        created_at: ticks(link.registered_at),
    })
    .collect()
}
