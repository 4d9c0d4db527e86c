//! What an account did lately.

use std::collections::HashMap;

use tatami_core::account::Scope;
use tatami_core::pay_at_table::{TableOrder, TablePayment, TableVisit};
use tatami_core::payment_intent::{PaymentIntent, Status};
use tatami_core::terminal_session::Session;
use tatami_core::time::Timestamp;
use tatami_engine::{Engine, Failure, IntentQuery};
use tatami_epos::{FlowRun, Integration};

use super::requests;
use crate::Shared;

/// How many documents of each kind are read, newest first.
pub(crate) const RECENT: usize = 300;

/// What an account did lately.
#[derive(Default)]
pub(crate) struct Traffic {
    pub(crate) intents: Vec<PaymentIntent>,
    /// Sessions of card machines.
    pub(crate) sessions: Vec<Session>,
    pub(crate) visits: Vec<TableVisit>,
    pub(crate) orders: Vec<TableOrder>,
    /// Parts of orders.
    pub(crate) parts: Vec<TablePayment>,
    pub(crate) integrations: Vec<Integration>,
    /// Tests of the POS.
    pub(crate) flows: Vec<FlowRun>,
    /// When its newest webhook was registered.
    pub(crate) subscribed: Option<Timestamp>,
    /// When the event of its newest delivered webhook happened.
    pub(crate) delivered: Option<Timestamp>,
    /// When its newest real payment was made.
    pub(crate) live: Option<Timestamp>,
    /// What was seen in the log of requests.
    pub(crate) requests: HashMap<&'static str, Timestamp>,
}

impl Traffic {
    /// What happened in a sandbox, and whether there was a payment in production.
    pub(crate) async fn read(docs: &Shared, test: &Scope, live: &Scope) -> Result<Self, Failure> {
        let engine = &docs.engine;
        let documents = engine.documents();
        let webhooks = engine.webhooks();
        let subscriptions = webhooks.list(test).await?;
        let subscribed = subscriptions.iter().map(|(it, _)| it.created_at).max();
        let deliveries = webhooks.deliveries(test, RECENT).await?;
        let delivered = deliveries
            .iter()
            .filter(|it| it.is_webhook() && it.state == "delivered");
        Ok(Self {
            intents: documents.list(test, RECENT).await?,
            sessions: documents.list(test, RECENT).await?,
            visits: documents.list(test, RECENT).await?,
            orders: documents.list(test, RECENT).await?,
            parts: documents.list(test, RECENT).await?,
            integrations: documents.list(test, RECENT).await?,
            flows: documents.list(test, RECENT).await?,
            subscribed,
            delivered: delivered.map(|it| it.created_at).max(),
            live: newest_payment(engine, live).await?,
            requests: requests::seen(docs.requests.as_ref(), test).await?,
        })
    }
}

async fn newest_payment(engine: &Engine, scope: &Scope) -> Result<Option<Timestamp>, Failure> {
    let query = IntentQuery {
        statuses: vec![
            Status::Authorized,
            Status::Captured,
            Status::Refunded,
            Status::Reversed,
        ],
        limit: 1,
        ..IntentQuery::default()
    };
    let page = engine.payment_intents().search(scope, query).await?;
    Ok(page.views.first().map(|view| view.intent.updated_at))
}
