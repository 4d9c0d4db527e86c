//! A payment intent with what is needed to show it.

use std::sync::Arc;

use tatami_core::account::Account;
use tatami_core::branding::Branding;
use tatami_core::payment_intent::PaymentIntent;

use super::PaymentIntents;
use crate::sessions::Sessions;
use crate::{Engine, Failure};

/// A payment intent with what is needed to show it.
#[derive(Clone, Debug)]
pub struct View {
    pub intent: Arc<PaymentIntent>,
    pub account: Arc<Account>,
    /// The version that the intent was read at, if it was read for this view.
    pub version: Option<i64>,
    /// Makes the secret of its client session.
    pub sessions: Sessions,
    /// The secret of its customer, for its merchant alone.
    pub customer_secret: Option<String>,
    /// How its merchant's pages look, for its payer alone.
    pub branding: Option<Branding>,
}

impl View {
    /// The secret of the intent's current client session.
    pub fn secret(&self) -> String {
        self.sessions.secret(&self.intent)
    }
}

/// A page of a search.
#[derive(Clone, Debug)]
pub struct ViewPage {
    /// The intents, newest first.
    pub views: Vec<View>,
    /// Whether the listing goes on before the first.
    pub more_before: bool,
    /// Whether the listing goes on after the last.
    pub more_after: bool,
}

impl View {
    /// The view for the intent's payer, with the looks of its merchant's pages.
    pub(super) async fn with_branding(self, engine: &Engine) -> Result<Self, Failure> {
        let branding = engine.accounts().branding(&self.intent.scope).await?;
        Ok(Self { branding, ..self })
    }
}

impl PaymentIntents<'_> {
    pub(super) fn view(self, account: Arc<Account>, intent: impl Into<Arc<PaymentIntent>>) -> View {
        let intent = intent.into();
        View {
            customer_secret: self.0.customers().secret_of(&intent),
            branding: None,
            intent,
            version: None,
            account,
            sessions: self.0.sessions(),
        }
    }
}
