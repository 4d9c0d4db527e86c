//! Table `mails`: the outbox and the local mailbox.

use rusqlite::{Connection, Row};
use tatami_core::account::Scope;
use tatami_core::id::MailId;
use tatami_core::time::Timestamp;
use tatami_engine::ports::mail::Mail;
use tatami_engine::ports::store::PAGE_BYTES;

use crate::failure::Failure;
use crate::values::{moment, parsed, rows, scope as read_scope, ticks};

/// Writes a mail that is owed.
pub fn insert(db: &Connection, scope: &str, mail: &Mail) -> Result<(), Failure> {
    db.prepare_cached(
        "INSERT INTO mails
             (scope, id, recipient, subject, text, html, created_at, sent_at, waits)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute((
        scope,
        mail.id.as_str(),
        &mail.to,
        &mail.subject,
        &mail.text,
        &mail.html,
        ticks(mail.created_at),
        mail.sent_at.map(ticks),
        mail.waits,
    ))?;
    Ok(())
}

/// A scope's latest mails, newest first, as many as a page holds.
pub fn list(db: &Connection, scope: &Scope, limit: usize) -> Result<Vec<Mail>, Failure> {
    let mut statement = db.prepare_cached(
        "SELECT scope, id, recipient, subject, text, html, created_at, sent_at, waits
         FROM mails WHERE scope = ?1 ORDER BY seq DESC LIMIT ?2",
    )?;
    let mut found = statement.query((scope.to_string(), rows(limit)))?;
    let (mut mails, mut bytes) = (Vec::new(), 0);
    while bytes < PAGE_BYTES
        && let Some(row) = found.next()?
    {
        let mail = read(row)?;
        bytes += mail.text.len() + mail.html.len();
        mails.push(mail);
    }
    Ok(mails)
}

/// Ends all leases.
pub fn release(db: &Connection) -> Result<(), Failure> {
    db.execute(
        "UPDATE mails SET leased_until = 0 WHERE waits = 1 AND leased_until > 0",
        (),
    )?;
    Ok(())
}

/// Claims mails that wait, until that machine time. New ones first, so
/// that they do not wait for those that failed before.
pub fn claim(
    db: &Connection,
    (now, until): (i64, i64),
    sandboxes: bool,
    limit: usize,
) -> Result<Vec<Mail>, Failure> {
    let mails: Vec<Mail> = db
        .prepare_cached(
            "SELECT scope, id, recipient, subject, text, html, created_at, sent_at, waits
             FROM mails WHERE waits = 1 AND leased_until <= ?1
               AND (?3 OR scope NOT LIKE '%/sandbox')
             ORDER BY leased_until, seq LIMIT ?2",
        )?
        .query_map((now, rows(limit), sandboxes), read)?
        .collect::<rusqlite::Result<_>>()?;
    let mut lease = db.prepare_cached("UPDATE mails SET leased_until = ?2 WHERE id = ?1")?;
    for mail in &mails {
        lease.execute((mail.id.as_str(), until))?;
    }
    Ok(mails)
}

/// Marks a mail as sent.
pub fn sent(db: &Connection, scope: &Scope, id: &MailId, at: Timestamp) -> Result<(), Failure> {
    db.prepare_cached(
        "UPDATE mails SET sent_at = ?3, waits = 0, last_error = NULL
         WHERE id = ?2 AND scope = ?1 AND sent_at IS NULL",
    )?
    .execute((scope.to_string(), id.as_str(), ticks(at)))?;
    Ok(())
}

/// Gives a mail up.
pub fn fail(db: &Connection, scope: &Scope, id: &MailId, error: &str) -> Result<(), Failure> {
    db.prepare_cached(
        "UPDATE mails SET waits = 0, last_error = ?3
         WHERE id = ?2 AND scope = ?1 AND sent_at IS NULL",
    )?
    .execute((scope.to_string(), id.as_str(), error))?;
    Ok(())
}

/// Lets a mail that was given up be tried anew; whether there was one.
pub fn restart(db: &Connection, id: &str) -> Result<bool, Failure> {
    let restarted = db.execute(
        "UPDATE mails SET waits = 1, last_error = NULL, leased_until = 0
         WHERE id = ?1 AND waits = 0 AND last_error IS NOT NULL",
        [id],
    )?;
    Ok(restarted > 0)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Mail> {
    Ok(Mail {
        scope: read_scope(row, 0)?,
        id: parsed(row, 1, MailId::parse)?,
        to: row.get(2)?,
        subject: row.get(3)?,
        text: row.get(4)?,
        html: row.get(5)?,
        created_at: moment(row.get(6)?),
        sent_at: row.get::<_, Option<i64>>(7)?.map(moment),
        waits: row.get(8)?,
    })
}
