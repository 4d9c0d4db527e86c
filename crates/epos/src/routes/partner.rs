//! Who calls: a key, and the software house that uses it.

use axum::extract::FromRequestParts;
use http::request::Parts;
use tatami_core::account::Scope;
use tatami_core::id::{Environment, KeyId};
use tatami_http::auth::Key;
use tatami_http::problem::{Problem, no_acquirer};
use utoipa::IntoParams;

use crate::EposState;
use crate::integration::check_house;

/// The header that names the software house.
const HEADER: &str = "software-house-id";

/// A caller with a key, and the software house that it names.
pub struct Partner {
    /// The key.
    pub key: KeyId,
    /// What the key opens.
    pub scope: Scope,
    /// The software house, if there is one.
    pub house: Option<String>,
}

/// A caller with a key who has to name the software house.
pub struct PartnerOfHouse {
    /// The key.
    pub key: KeyId,
    /// What the key opens.
    pub scope: Scope,
    /// The software house.
    pub house: String,
}

impl FromRequestParts<EposState> for Partner {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &EposState) -> Result<Self, Problem> {
        let Key { id: key, scope } = Key::from_request_parts(parts, state).await?;
        let production = scope.environment == Environment::Production;
        if production && !state.app.engine.acquirer_ready(Environment::Production) {
            return Err(no_acquirer());
        }
        let house = parts.headers.get(HEADER).map(|header| {
            let text = String::from_utf8_lossy(header.as_bytes());
            text.trim().to_owned()
        });
        if let Some(house) = &house {
            check_house(house).map_err(|broken| Problem::invalid(vec![broken]))?;
        }
        Ok(Self { key, scope, house })
    }
}

impl FromRequestParts<EposState> for PartnerOfHouse {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &EposState) -> Result<Self, Problem> {
        let Partner { key, scope, house } = Partner::from_request_parts(parts, state).await?;
        let house = house.unwrap_or_default();
        check_house(&house).map_err(|broken| Problem::invalid(vec![broken]))?;
        Ok(Self { key, scope, house })
    }
}

/// The header of operations that are about one software house, or all.
#[derive(IntoParams)]
#[into_params(parameter_in = Header, rename_all = "kebab-case")]
#[expect(dead_code, reason = "documents what the extractor of partners reads")]
pub struct HouseHeader {
    /// Identifies the company whose POS software it is. Without it, the registrations of all
    /// of them are returned.
    software_house_id: Option<String>,
}

/// The header of operations that are about one software house.
#[derive(IntoParams)]
#[into_params(parameter_in = Header, rename_all = "kebab-case")]
#[expect(dead_code, reason = "documents what the extractor of partners reads")]
pub struct RequiredHouseHeader {
    /// Identifies the company whose POS software it is.
    software_house_id: String,
}
