//! Searching payment intents.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tatami_core::payment_intent::Status;
use utoipa::ToSchema;

use super::payment_intent::{PaymentIntent, PaymentIntentStatus};

/// Which payment intents are wanted.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchPaymentIntentRequest {
    /// Any of these; all if left out.
    /// Any of these; all if left out.
    #[schema(value_type = Option<Vec<PaymentIntentStatus>>, max_items = 20)]
    pub statuses: Option<Vec<Status>>,
    /// Created at or after that time.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub start_date: Option<Timestamp>,
    /// Created at or before that time.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub end_date: Option<Timestamp>,
    /// Which page.
    pub cursor: Option<Cursor>,
}

/// A page of a listing: the first, or the one next to a cursor of an answer.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Cursor {
    /// At most so many; 50 if left out.
    #[schema(required = false, value_type = i32, minimum = 1, maximum = 100, default = 50)]
    pub limit: Option<usize>,
    /// The page that ends right before that cursor.
    #[schema(max_length = 200)]
    pub before: Option<String>,
    /// The page that begins right after that cursor.
    #[schema(max_length = 200)]
    pub after: Option<String>,
}

/// A page of payment intents, newest first.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PagedPaymentIntent<'a> {
    /// The payment intents.
    pub data: Option<Vec<PaymentIntent<'a>>>,
    /// Cursor of the page before; left out on the first.
    pub before: Option<String>,
    /// Cursor of the page after; left out on the last.
    pub after: Option<String>,
}
