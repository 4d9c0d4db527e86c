//! Parties at tables, and reservations of them.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;
use utoipa::ToSchema;

use super::{Amount, lenient};

/// Guests who sit at a table, or did.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Party {
    /// Its id at the POS.
    #[serde(deserialize_with = "lenient::some_text")]
    pub id: String,
    /// The name of a guest.
    pub name: Option<String>,
    /// How many they are.
    pub covers: Option<i64>,
    /// The tables.
    #[serde(default, deserialize_with = "lenient::list")]
    pub table_ids: Vec<String>,
    /// Where in their visit they are, in the words of the POS.
    #[serde(default, deserialize_with = "lenient::text")]
    pub status: Option<String>,
    /// When they came.
    pub start_time: Option<String>,
    /// When they are expected to leave.
    pub expected_end_time: Option<String>,
    /// When they left.
    pub end_time: Option<String>,
    /// Notes of the staff, which guests do not see.
    pub host_notes: Option<String>,
    /// What the guests asked for.
    pub guest_requests: Option<String>,
    /// The reservation that they came with.
    #[serde(default, deserialize_with = "lenient::text")]
    pub reservation_id: Option<String>,
    /// What was paid before they came.
    pub deposit: Option<Deposit>,
}

/// A deposit of a party.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Deposit {
    /// How much it is.
    pub total_amount: Amount,
    /// What it is for.
    pub description: Option<String>,
    /// The payments that it was made by.
    #[serde(default, deserialize_with = "lenient::list")]
    pub payment_intent_ids: Vec<String>,
}

/// A new party.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateParty {
    /// The name of a guest.
    pub name: Option<String>,
    /// How many they are.
    pub covers: Option<i64>,
    /// The tables.
    pub table_ids: Vec<String>,
    /// Where in their visit they are.
    pub status: Option<String>,
    /// When they came.
    pub start_time: String,
    /// When they are expected to leave.
    pub expected_end_time: Option<String>,
    /// Notes of the staff.
    pub host_notes: Option<String>,
    /// What the guests asked for.
    pub guest_requests: Option<String>,
    /// The reservation at the POS that they came with.
    pub reservation_id: Option<String>,
    /// What was paid before they came.
    pub deposit: Option<Deposit>,
    /// Its id here.
    pub dojo_party_id: String,
    /// The id of the reservation here.
    pub dojo_reservation_id: Option<String>,
}

/// A party as it is to be from now on.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateParty {
    /// Its id here.
    pub dojo_party_id: String,
    /// The name of a guest.
    pub name: Option<String>,
    /// How many they are.
    pub covers: Option<i64>,
    /// The tables.
    pub table_ids: Vec<String>,
    /// Where in their visit they are.
    pub status: String,
    /// When they came.
    pub start_time: String,
    /// When they are expected to leave.
    pub expected_end_time: Option<String>,
    /// When they left.
    pub end_time: Option<String>,
    /// Notes of the staff.
    pub host_notes: Option<String>,
    /// What the guests asked for.
    pub guest_requests: Option<String>,
    /// What was paid before they came.
    pub deposit: Option<Deposit>,
}

/// A table that is kept for guests.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reservation {
    /// Its id at the POS.
    #[serde(deserialize_with = "lenient::some_text")]
    pub id: String,
    /// The name of a guest.
    #[serde(default, deserialize_with = "lenient::some_text")]
    pub name: String,
    /// How many they are.
    pub covers: Option<i64>,
    /// When they are expected.
    pub start_time: Option<String>,
    /// When they are expected to leave.
    pub end_time: Option<String>,
    /// The tables.
    #[serde(default, deserialize_with = "lenient::list")]
    pub table_ids: Vec<String>,
    /// Notes of the staff, which guests do not see.
    pub host_notes: Option<String>,
    /// What the guests asked for.
    pub guest_requests: Option<String>,
}

/// A new reservation.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateReservation {
    /// Its id here.
    pub dojo_reservation_id: String,
    /// The name of a guest.
    pub name: String,
    /// How many they are.
    pub covers: i64,
    /// When they are expected.
    pub start_time: String,
    /// When they are expected to leave.
    pub end_time: String,
    /// The tables.
    pub table_ids: Vec<String>,
    /// Notes of the staff.
    pub host_notes: Option<String>,
    /// What the guests asked for.
    pub guest_requests: Option<String>,
}

/// A reservation as it is to be from now on.
pub type UpdateReservation = CreateReservation;
