//! Challenges whose payment is not concluded yet.

use rusqlite::{Connection, OptionalExtension as _, Params, Row, named_params};
use serde::{Deserialize, Serialize};
use tatami_core::account::Scope;
use tatami_core::id::{AccountId, AttemptId, Environment};

use super::rows;
use crate::cards::Outcome;

/// How a challenge ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Ending {
    Passed,
    Refused,
    Cancelled,
    Failed,
    Abandoned,
}

/// A challenge.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    /// What the payer's browser brings to the issuer's page.
    pub(crate) payload: String,
    pub(crate) scope: Scope,
    pub(crate) reference: AttemptId,
    /// What the issuer does once the holder has proved who they are.
    pub(crate) outcome: Outcome,
    pub(crate) funding: String,
    /// How it ends whatever the payer does.
    pub(crate) forced: Option<Ending>,
    pub(crate) tries_left: u8,
    /// How it ended, with the proof of it, once the payer has decided.
    pub(crate) ended: Option<(Ending, String)>,
}

/// The challenge that a browser names.
pub(crate) fn by_payload(conn: &Connection, payload: &str) -> rusqlite::Result<Option<Pending>> {
    one(
        conn,
        "SELECT * FROM challenges WHERE payload = :payload",
        named_params! { ":payload": payload },
    )
}

/// The challenge of a reference.
pub(crate) fn by_reference(
    conn: &Connection,
    scope: &Scope,
    reference: &AttemptId,
) -> rusqlite::Result<Option<Pending>> {
    one(
        conn,
        "SELECT * FROM challenges
         WHERE account = :account AND environment = :environment AND reference = :reference",
        named_params! {
            ":account": scope.account.as_str(),
            ":environment": scope.environment.word(),
            ":reference": reference.as_str(),
        },
    )
}

/// Writes a challenge, new or changed.
pub(crate) fn save(conn: &Connection, pending: &Pending) -> rusqlite::Result<()> {
    let forced = pending.forced.map(|f| rows::json(&f)).transpose()?;
    let result = pending.ended.as_ref().map(|(ending, _)| rows::json(ending));
    conn.prepare_cached(
        "INSERT OR REPLACE INTO challenges (payload, account, environment, reference, outcome,
            funding, forced, tries_left, result, proof)
         VALUES (:payload, :account, :environment, :reference, :outcome,
            :funding, :forced, :tries_left, :result, :proof)",
    )?
    .execute(named_params! {
        ":payload": pending.payload,
        ":account": pending.scope.account.as_str(),
        ":environment": pending.scope.environment.word(),
        ":reference": pending.reference.as_str(),
        ":outcome": rows::json(&pending.outcome)?,
        ":funding": pending.funding,
        ":forced": forced,
        ":tries_left": pending.tries_left,
        ":result": result.transpose()?,
        ":proof": pending.ended.as_ref().map(|(_, proof)| proof),
    })?;
    Ok(())
}

/// Forgets a challenge: its payment is concluded.
pub(crate) fn delete(conn: &Connection, payload: &str) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM challenges WHERE payload = :payload")?
        .execute(named_params! { ":payload": payload })?;
    Ok(())
}

fn one(conn: &Connection, sql: &str, params: impl Params) -> rusqlite::Result<Option<Pending>> {
    conn.prepare_cached(sql)?.query_row(params, read).optional()
}

fn read(row: &Row<'_>) -> rusqlite::Result<Pending> {
    let proof: Option<String> = row.get("proof")?;
    let forced: Option<String> = row.get("forced")?;
    Ok(Pending {
        payload: row.get("payload")?,
        scope: Scope {
            account: rows::parsed(row, "account", AccountId::parse)?,
            environment: rows::parsed(row, "environment", |word| {
                Environment::from_word(word).ok_or("no environment")
            })?,
        },
        reference: rows::parsed(row, "reference", AttemptId::parse)?,
        outcome: rows::from_json(row, "outcome")?,
        funding: row.get("funding")?,
        forced: match forced {
            Some(_) => Some(rows::from_json(row, "forced")?),
            None => None,
        },
        tries_left: row.get("tries_left")?,
        ended: match proof {
            Some(proof) => Some((rows::from_json(row, "result")?, proof)),
            None => None,
        },
    })
}
