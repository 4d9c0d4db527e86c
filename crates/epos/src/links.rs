//! The links to POS systems over both transports, and a merchant's POS over them.

use async_trait::async_trait;
use serde_json::Value;
use tatami_core::account::Scope;
use tokio::time::Instant;

use crate::capability::Capability;
use crate::gateway::{Gateway, Patience};
use crate::integration::{Integration, Registry, Transport};
use crate::pos::{Pos, PosError};
use crate::recent::RecentCalls;
use crate::request::Request;
use crate::rest::RestClient;

/// What POS systems are called by. Cheap to clone.
#[derive(Clone)]
pub struct Links {
    /// Over REST.
    pub rest: RestClient,
    /// Over WebSockets.
    pub gateway: Gateway,
    /// What they were asked last.
    pub recent: RecentCalls,
}

impl Links {
    /// Calls the POS of an integration by the transport that the capability was last
    /// registered for.
    ///
    /// # Errors
    /// If it is not registered, or the POS does not do it.
    pub async fn call(
        &self,
        integration: &Integration,
        request: &Request,
        patience: Patience,
    ) -> Result<Value, PosError> {
        let capability = request.capability;
        let (by, _) = integration
            .serves(capability)
            .ok_or(PosError::NotRegistered(capability))?;
        let started = Instant::now();
        let called = match by {
            Transport::Rest => self.rest.call(integration, request).await,
            Transport::Ws => {
                self.gateway
                    .call(&integration.into(), request, patience)
                    .await
            }
        };
        let outcome = match &called {
            Ok(_) => "answered",
            Err(PosError::Refused { .. }) => "refused",
            Err(PosError::NotRegistered(_) | PosError::NotSent(_)) => "not_sent",
            Err(PosError::Unanswered(_)) => "unanswered",
            Err(PosError::Nonsense(_)) => "nonsense",
        };
        metrics::histogram!(
            "tatami_pos_request_seconds", "transport" => by.word(), "outcome" => outcome
        )
        .record(started.elapsed());
        let house = &integration.software_house;
        self.recent.note(
            &integration.scope,
            house,
            (request, by),
            &called,
            started.elapsed(),
        );
        called
    }
}

/// A merchant's POS: for each capability the newest registration, of one software
/// house or of any.
#[derive(Clone)]
pub struct MerchantPos {
    links: Links,
    registry: Registry,
    scope: Scope,
    house: Option<String>,
    patience: Patience,
}

impl MerchantPos {
    /// The POS of a scope.
    pub const fn new(links: Links, registry: Registry, scope: Scope) -> Self {
        Self {
            links,
            registry,
            scope,
            house: None,
            patience: Patience::Reconnect,
        }
    }

    /// The same, without waiting for a POS that is about to connect again.
    #[must_use]
    pub const fn at_once(mut self) -> Self {
        self.patience = Patience::None;
        self
    }

    /// The same, as one software house registered it.
    #[must_use]
    pub fn of_house(mut self, house: &str) -> Self {
        self.house = Some(house.to_owned());
        self
    }

    /// The software house that a capability would be called at.
    ///
    /// # Errors
    /// If it is not registered, or storage fails.
    pub async fn house(&self, capability: Capability) -> Result<String, PosError> {
        Ok(self.serving(capability).await?.software_house)
    }

    async fn serving(&self, capability: Capability) -> Result<Integration, PosError> {
        let house = self.house.as_deref();
        let found = self.registry.serving(&self.scope, house, capability).await;
        let found = found.map_err(|failure| {
            tracing::error!(error = %failure, "the registrations of a POS could not be read");
            PosError::NotSent("The registrations of the POS cannot be read.".to_owned())
        });
        found?.ok_or(PosError::NotRegistered(capability))
    }
}

#[async_trait]
impl Pos for MerchantPos {
    async fn call(&self, request: Request) -> Result<Value, PosError> {
        let integration = self.serving(request.capability).await?;
        self.links.call(&integration, &request, self.patience).await
    }
}
