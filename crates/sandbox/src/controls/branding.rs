//! How the pages of an account's sandbox look.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tatami_core::branding::{Branding, Picture, Wanted};
use tatami_http::input::{AsDocumented, Input};
use tatami_http::openapi::{BadRequest, Forbidden, Unauthorized};
use tatami_http::problem::Problem;
use tatami_http::reply::reply_json;
use utoipa::ToSchema;

use super::key::Sandbox;
use crate::SandboxState;

/// Logo, icon and colours of the checkout pages of an account.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BrandingSettings {
    /// Logo beside the merchant's name, as a `data:` URL in base64: PNG, or SVG without
    /// scripts; at most 64 KB.
    #[schema(max_length = 90_000)]
    pub logo: Option<String>,
    /// Icon in the browser's tab, as a `data:` URL in base64: PNG, or SVG without scripts;
    /// at most 64 KB.
    #[schema(max_length = 90_000)]
    pub favicon: Option<String>,
    /// Colour of buttons and links, as `#rrggbb`. Its contrast with `backgroundColour`
    /// must be at least 4.5.
    #[schema(max_length = 7)]
    pub primary_colour: Option<String>,
    /// Colour behind everything, as `#rrggbb`; white for the contrast if left out.
    #[schema(max_length = 7)]
    pub background_colour: Option<String>,
}

impl From<BrandingSettings> for Wanted {
    fn from(from: BrandingSettings) -> Self {
        Self {
            logo: from.logo,
            favicon: from.favicon,
            primary: from.primary_colour,
            background: from.background_colour,
        }
    }
}

impl From<Branding> for BrandingSettings {
    fn from(set: Branding) -> Self {
        Self {
            logo: set.logo.as_ref().map(Picture::data_url),
            favicon: set.favicon.as_ref().map(Picture::data_url),
            primary_colour: set.primary.map(|colour| colour.to_string()),
            background_colour: set.background.map(|colour| colour.to_string()),
        }
    }
}

/// Retrieve the branding of the sandbox
///
/// Returns what was set; an empty object if nothing is.
#[utoipa::path(
    get,
    path = "/sandbox/branding",
    operation_id = "Sandbox_GetBranding",
    tag = "Sandbox",
    responses(
        (status = 200, description = "The branding of the checkout pages.", body = BrandingSettings),
        Unauthorized, Forbidden,
    )
)]
pub async fn get_branding(
    State(state): State<SandboxState>,
    Sandbox(scope): Sandbox,
) -> Result<Response, Problem> {
    let set = state.engine.accounts().branding(&scope).await?;
    let set = set.map(BrandingSettings::from).unwrap_or_default();
    Ok(reply_json(&set))
}

/// Set the branding of the sandbox
///
/// Replaces what was set before. In production, use `tatami accounts brand`.
#[utoipa::path(
    put,
    path = "/sandbox/branding",
    operation_id = "Sandbox_SetBranding",
    tag = "Sandbox",
    request_body = BrandingSettings,
    responses(
        (status = 200, description = "The branding of the checkout pages after the change.", body = BrandingSettings),
        BadRequest, Unauthorized, Forbidden,
    )
)]
pub async fn set_branding(
    State(state): State<SandboxState>,
    Sandbox(scope): Sandbox,
    input: Input,
) -> Result<Response, Problem> {
    let wanted: BrandingSettings = input.valid(&AsDocumented)?;
    let set = state
        .engine
        .accounts()
        .set_branding(&scope, &wanted.into())
        .await?;
    Ok(reply_json(&BrandingSettings::from(set)))
}

/// Remove the branding of the sandbox
///
/// The checkout pages look as they do without one.
#[utoipa::path(
    delete,
    path = "/sandbox/branding",
    operation_id = "Sandbox_DeleteBranding",
    tag = "Sandbox",
    responses(
        (status = 204, description = "The branding was removed, or there was none."),
        Unauthorized, Forbidden,
    )
)]
pub async fn clear_branding(
    State(state): State<SandboxState>,
    Sandbox(scope): Sandbox,
) -> Result<Response, Problem> {
    state.engine.accounts().clear_branding(&scope).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
