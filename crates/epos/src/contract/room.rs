//! Areas and tables.

use serde::Deserialize;
use utoipa::ToSchema;

use super::lenient;

/// A part of a location, such as the garden.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Area {
    /// Its id.
    #[serde(deserialize_with = "lenient::some_text")]
    pub id: String,
    /// Its name, for people.
    #[serde(default, deserialize_with = "lenient::some_text")]
    pub name: String,
    /// The waiters who serve it.
    #[serde(default, deserialize_with = "lenient::list")]
    pub waiter_ids: Vec<String>,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Table {
    /// Its id.
    #[serde(deserialize_with = "lenient::some_text")]
    pub id: String,
    /// Its name, for people.
    #[serde(default, deserialize_with = "lenient::some_text")]
    pub name: String,
    /// How many people can sit at it.
    pub max_covers: Option<i64>,
    /// The area that it is in.
    #[serde(default, deserialize_with = "lenient::text")]
    pub area_id: Option<String>,
    /// The waiters who serve it.
    #[serde(default, deserialize_with = "lenient::list")]
    pub waiter_ids: Vec<String>,
}
