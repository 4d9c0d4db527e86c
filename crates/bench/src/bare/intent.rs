//! The request and the answer, as small as they can be.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use tatami_core::time::Timestamp;
use tatami_engine::ports::clock::{Clock, SystemClock};

/// How long an intent can be paid, in seconds.
const LIFE_SECONDS: i64 = 30 * 24 * 3600;

/// An amount of money.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Money {
    value: i64,
    currency_code: String,
}

/// A request to create a payment intent.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    amount: Money,
    reference: String,
    description: Option<String>,
    capture_mode: Option<String>,
}

/// A payment intent.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Intent {
    /// Its id, which sorts by time.
    pub id: String,
    status: &'static str,
    capture_mode: String,
    amount: Money,
    total_amount: Money,
    refunded_amount: i64,
    reference: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    created_at: String,
    expire_at: String,
    payment_link: String,
}

/// The rows of a new intent.
pub struct Rows {
    /// The intent's id.
    pub id: String,
    /// The intent as JSON, which is also the answer.
    pub body: String,
    /// The event's payload.
    pub event: String,
    /// When it expires, in milliseconds since 1970.
    pub due_at: i64,
}

/// What a search asks for.
#[derive(Debug, Deserialize)]
pub struct Search {
    cursor: Cursor,
}

#[derive(Debug, Deserialize)]
struct Cursor {
    limit: usize,
}

impl Search {
    /// The size of the page.
    pub fn limit(&self) -> usize {
        self.cursor.limit.min(100)
    }
}

/// The intent of an order.
pub fn intent(order: Order) -> (Intent, Timestamp) {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let now = SystemClock.now();
    let n = MADE.fetch_add(1, Ordering::Relaxed);
    let id = format!("pi_sandbox_{:011x}{n:011x}", now.as_millisecond());
    let expires = Timestamp::from_second(now.as_second() + LIFE_SECONDS).unwrap_or(now);
    let intent = Intent {
        payment_link: format!("http://127.0.0.1/checkout/{id}"),
        id,
        status: "Created",
        capture_mode: order.capture_mode.unwrap_or_else(|| "Auto".to_owned()),
        total_amount: order.amount.clone(),
        amount: order.amount,
        refunded_amount: 0,
        reference: order.reference,
        description: order.description,
        created_at: now.to_string(),
        expire_at: expires.to_string(),
    };
    (intent, expires)
}

/// The rows of an order's intent.
///
/// # Errors
/// If JSON cannot be written.
pub fn rows(order: Order) -> serde_json::Result<Rows> {
    let (intent, expires) = intent(order);
    let event = format!(
        r#"{{"id":"evt_{id}","event":"payment_intent.created","createdAt":"{at}","data":{{"paymentIntentId":"{id}","paymentStatus":"Created"}}}}"#,
        id = intent.id,
        at = intent.created_at,
    );
    Ok(Rows {
        body: serde_json::to_string(&intent)?,
        id: intent.id,
        event,
        due_at: expires.as_millisecond(),
    })
}
