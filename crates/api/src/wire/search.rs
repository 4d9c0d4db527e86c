//! Searching payment intents.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tatami_core::payment_intent::Status;
use utoipa::ToSchema;

use super::payment_intent::{PaymentIntent, PaymentIntentStatus};

/// Filters and page of a search for payment intents.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchPaymentIntentRequest {
    /// Only payment intents with one of these statuses; all statuses if left out.
    #[schema(value_type = Option<Vec<PaymentIntentStatus>>, max_items = 20)]
    pub statuses: Option<Vec<Status>>,
    /// Only payment intents created at or after this time (ISO 8601).
    #[schema(value_type = Option<String>, format = DateTime)]
    pub start_date: Option<Timestamp>,
    /// Only payment intents created at or before this time (ISO 8601).
    #[schema(value_type = Option<String>, format = DateTime)]
    pub end_date: Option<Timestamp>,
    /// The page to return; the first page if left out.
    pub cursor: Option<Cursor>,
}

/// The page of a list: its size, and where it begins or ends. Send `before` or `after`,
/// not both.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Cursor {
    /// Maximum number of results in the page; 50 if left out.
    #[schema(required = false, value_type = i32, minimum = 1, maximum = 100, default = 50)]
    pub limit: Option<usize>,
    /// Cursor from an earlier answer; returns the page that precedes it.
    #[schema(max_length = 200)]
    pub before: Option<String>,
    /// Cursor from an earlier answer; returns the page that follows it.
    #[schema(max_length = 200)]
    pub after: Option<String>,
}

/// A page of payment intents, newest first.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PagedPaymentIntent<'a> {
    /// The payment intents of this page, newest first.
    pub data: Option<Vec<PaymentIntent<'a>>>,
    /// Cursor of the previous page; left out on the first page.
    pub before: Option<String>,
    /// Cursor of the next page; left out on the last page.
    pub after: Option<String>,
}
