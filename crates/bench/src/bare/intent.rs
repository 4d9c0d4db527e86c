//! The request, and rows that hold what the program's hold.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use tatami_core::time::Timestamp;
use tatami_engine::ports::clock::{Clock, SystemClock};

/// How long an intent can be paid, in seconds.
const LIFE_SECONDS: i64 = 30 * 24 * 3600;
/// How long its first session lasts, in seconds.
const SESSION_SECONDS: i64 = 30 * 60;
/// Ticks of a millisecond: times are stored in 100 ns.
const TICKS_OF_MS: i64 = 10_000;

/// Whose intents they are. There is one scope.
pub const ACCOUNT: &str = "acc_0123456789012345678901";
/// Its environment.
pub const ENVIRONMENT: &str = "sandbox";
/// What has happened to a new intent.
pub const CREATED: &str = "payment_intent.created";

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
    payment_methods: [&'static str; 1],
    client_session_secret_expiration_date: String,
    capture_mode: String,
    amount: Money,
    total_amount: Money,
    refunded_amount: i64,
    reference: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    created_at: String,
    updated_at: String,
    expire_at: String,
    payment_link: String,
}

/// The rows of a new intent: the columns of the program's rows, and about as many
/// bytes in them.
pub struct Rows {
    /// The intent's id.
    pub id: String,
    /// Its status.
    pub status: &'static str,
    /// The intent as JSON.
    pub body: String,
    /// The event's id.
    pub event: String,
    /// The event's payload.
    pub payload: String,
    /// When it was created, in ticks since 1970.
    pub created_at: i64,
    /// When it expires, in ticks since 1970.
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

/// The intent of an order, when it was created and when it expires.
pub fn intent(order: Order) -> (Intent, Timestamp, Timestamp) {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let now = SystemClock.now();
    let n = MADE.fetch_add(1, Ordering::Relaxed);
    let id = format!("pi_sandbox_{:011x}{n:011x}", now.as_millisecond());
    let after = |seconds| Timestamp::from_second(now.as_second() + seconds).unwrap_or(now);
    let expires = after(LIFE_SECONDS);
    let intent = Intent {
        payment_link: format!("http://127.0.0.1/checkout/{id}"),
        id,
        status: "Created",
        payment_methods: ["Card"],
        client_session_secret_expiration_date: after(SESSION_SECONDS).to_string(),
        capture_mode: order.capture_mode.unwrap_or_else(|| "Auto".to_owned()),
        total_amount: order.amount.clone(),
        amount: order.amount,
        refunded_amount: 0,
        reference: order.reference,
        description: order.description,
        created_at: now.to_string(),
        updated_at: now.to_string(),
        expire_at: expires.to_string(),
    };
    (intent, now, expires)
}

/// The rows of an order's intent.
///
/// # Errors
/// If JSON cannot be written.
pub fn rows(order: Order) -> serde_json::Result<Rows> {
    let (intent, created, expires) = intent(order);
    let event = intent.id.replacen("pi_", "evt_", 1);
    let payload = format!(
        r#"{{"id":"{event}","event":"{CREATED}","accountId":"{ACCOUNT}","createdAt":"{at}","data":{{"paymentIntentId":"{id}","paymentStatus":"{status}","captureMode":"{mode}"}}}}"#,
        at = intent.created_at,
        id = intent.id,
        status = intent.status,
        mode = intent.capture_mode,
    );
    Ok(Rows {
        body: serde_json::to_string(&intent)?,
        id: intent.id,
        status: intent.status,
        event,
        payload,
        created_at: created.as_millisecond() * TICKS_OF_MS,
        due_at: expires.as_millisecond() * TICKS_OF_MS,
    })
}
