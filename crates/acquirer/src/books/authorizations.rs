//! Approved authorizations and where their money is.

use rusqlite::{Connection, OptionalExtension as _, Row, named_params};
use serde::Serialize;
use tatami_core::account::Scope;
use tatami_core::id::AttemptId;

use super::balance::Balance;
use super::rows;
use crate::cards::Outcome;

/// An approved authorization.
#[derive(Clone, Debug)]
pub(crate) struct Authorization {
    pub(crate) scope: Scope,
    pub(crate) reference: AttemptId,
    pub(crate) card: String,
    pub(crate) outcome: Outcome,
    pub(crate) auth_code: String,
    pub(crate) balance: Balance,
}

/// An authorization with its balance, for people and for comparing the
/// acquirer's record with ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BookedAuthorization {
    /// The reference of the authorization.
    pub reference: AttemptId,
    /// The masked card number.
    pub card: String,
    /// Where its money is.
    #[serde(flatten)]
    pub balance: Balance,
}

impl From<Authorization> for BookedAuthorization {
    fn from(authorization: Authorization) -> Self {
        Self {
            reference: authorization.reference,
            card: authorization.card,
            balance: authorization.balance,
        }
    }
}

/// The authorization of a reference, if it is this scope's.
pub(crate) fn find(
    conn: &Connection,
    scope: &Scope,
    reference: &AttemptId,
) -> rusqlite::Result<Option<Authorization>> {
    conn.prepare_cached(
        "SELECT * FROM authorizations
         WHERE account = :account AND environment = :environment AND reference = :reference",
    )?
    .query_row(
        named_params! {
            ":account": scope.account.as_str(),
            ":environment": scope.environment.word(),
            ":reference": reference.as_str(),
        },
        |row| read(scope, row),
    )
    .optional()
}

/// All authorizations of a scope, in the order of their references.
pub(crate) fn all(conn: &Connection, scope: &Scope) -> rusqlite::Result<Vec<Authorization>> {
    conn.prepare_cached(
        "SELECT * FROM authorizations
         WHERE account = :account AND environment = :environment ORDER BY reference",
    )?
    .query_map(
        named_params! {
            ":account": scope.account.as_str(),
            ":environment": scope.environment.word(),
        },
        |row| read(scope, row),
    )?
    .collect()
}

/// Writes an authorization, new or changed.
pub(crate) fn save(conn: &Connection, authorization: &Authorization) -> rusqlite::Result<()> {
    let balance = &authorization.balance;
    conn.prepare_cached(
        "INSERT OR REPLACE INTO authorizations (account, environment, reference, card, outcome,
            auth_code, currency, at_once, authorized, captured, released, refunded, reversed)
         VALUES (:account, :environment, :reference, :card, :outcome,
            :auth_code, :currency, :at_once, :authorized, :captured, :released, :refunded, :reversed)",
    )?
    .execute(named_params! {
        ":account": authorization.scope.account.as_str(),
        ":environment": authorization.scope.environment.word(),
        ":reference": authorization.reference.as_str(),
        ":card": authorization.card,
        ":outcome": rows::json(&authorization.outcome)?,
        ":auth_code": authorization.auth_code,
        ":currency": balance.currency.code(),
        ":at_once": balance.at_once,
        ":authorized": balance.authorized,
        ":captured": balance.captured,
        ":released": balance.released,
        ":refunded": balance.refunded,
        ":reversed": balance.reversed,
    })?;
    Ok(())
}

fn read(scope: &Scope, row: &Row<'_>) -> rusqlite::Result<Authorization> {
    let currency: String = row.get("currency")?;
    Ok(Authorization {
        scope: scope.clone(),
        reference: rows::parsed(row, "reference", AttemptId::parse)?,
        card: row.get("card")?,
        outcome: rows::from_json(row, "outcome")?,
        auth_code: row.get("auth_code")?,
        balance: Balance {
            currency: rows::currency(&currency)?,
            at_once: row.get("at_once")?,
            authorized: row.get("authorized")?,
            captured: row.get("captured")?,
            released: row.get("released")?,
            refunded: row.get("refunded")?,
            reversed: row.get("reversed")?,
        },
    })
}
