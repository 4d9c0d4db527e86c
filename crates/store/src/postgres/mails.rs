//! Table `mails`: the outbox and the local mailbox.

use tatami_core::account::Scope;
use tatami_core::id::MailId;
use tatami_core::time::Timestamp;
use tatami_engine::ports::mail::Mail;
use tatami_engine::ports::store::PAGE_BYTES;
use tokio_postgres::Row;

use super::rows::{column, get, parsed, scope as read_scope, text};
use super::session::Session;
use crate::failure::Failure;
use crate::values::{moment, rows, ticks};

pub const INSERT: &str = "
    INSERT INTO mails
        (scope, id, recipient, subject, text, html, created_at, sent_at, waits)
    SELECT scope, id, recipient, subject, text, html, created_at, sent_at, waits
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                $7::bigint[], $8::bigint[], $9::boolean[])
         AS new (scope, id, recipient, subject, text, html, created_at, sent_at, waits)";

/// Writes mails that are owed.
pub async fn insert(db: &Session, mails: &[&Mail]) -> Result<(), Failure> {
    if mails.is_empty() {
        return Ok(());
    }
    let parameters = (
        column(mails, |m| m.scope.to_string()),
        column(mails, |m| m.id.as_str()),
        column(mails, |m| text(&m.to)),
        column(mails, |m| text(&m.subject)),
        column(mails, |m| text(&m.text)),
        column(mails, |m| text(&m.html)),
        column(mails, |m| ticks(m.created_at)),
        column(mails, |m| m.sent_at.map(ticks)),
        column(mails, |m| m.waits),
    );
    let (a, b, c, d, e, f, g, h, i) = &parameters;
    db.execute(INSERT, &[a, b, c, d, e, f, g, h, i]).await?;
    Ok(())
}

/// A scope's latest mails, newest first, as many as a page holds.
pub async fn list(db: &Session, scope: &Scope, limit: usize) -> Result<Vec<Mail>, Failure> {
    let found = db
        .query(
            "WITH sized AS (
                 SELECT seq, octet_length(text) + octet_length(html) AS size,
                        sum(octet_length(text) + octet_length(html))
                            OVER (ORDER BY seq DESC) AS size_so_far
                 FROM (SELECT seq, text, html FROM mails
                       WHERE scope = $1
                       ORDER BY seq DESC LIMIT $2) latest
             )
             SELECT m.scope, m.id, m.recipient, m.subject, m.text, m.html,
                    m.created_at, m.sent_at, m.waits
             FROM sized s JOIN mails m ON m.seq = s.seq
             WHERE s.size_so_far - s.size < $3 ORDER BY m.seq DESC",
            &[&scope.to_string(), &rows(limit), &rows(PAGE_BYTES)],
        )
        .await?;
    found.iter().map(read).collect()
}

/// Claims mails that wait, until that machine time. New ones first, so
/// that they do not wait for those that failed before.
pub async fn claim(
    db: &Session,
    (now, until): (i64, i64),
    sandboxes: bool,
    limit: usize,
) -> Result<Vec<Mail>, Failure> {
    let found = db
        .query(
            "WITH owed AS (
                 SELECT seq, leased_until FROM mails
                 WHERE waits AND leased_until <= $1
                   AND ($4 OR scope NOT LIKE '%/sandbox')
                 ORDER BY leased_until, seq LIMIT $3
                 FOR UPDATE SKIP LOCKED
             ), claimed AS (
                 UPDATE mails m SET leased_until = $2 FROM owed WHERE m.seq = owed.seq
                 RETURNING m.scope, m.id, m.recipient, m.subject, m.text,
                           m.html, m.created_at, m.sent_at, m.waits, owed.leased_until AS before, m.seq
             )
             SELECT scope, id, recipient, subject, text, html, created_at, sent_at, waits
             FROM claimed ORDER BY before, seq",
            &[&now, &until, &rows(limit), &sandboxes],
        )
        .await?;
    found.iter().map(read).collect()
}

/// Marks a mail as sent.
pub async fn sent(db: &Session, scope: &Scope, id: &MailId, at: Timestamp) -> Result<(), Failure> {
    db.execute(
        "UPDATE mails SET sent_at = $3, waits = false, last_error = NULL
         WHERE id = $2 AND scope = $1 AND sent_at IS NULL",
        &[&scope.to_string(), &id.as_str(), &ticks(at)],
    )
    .await?;
    Ok(())
}

/// Gives a mail up.
pub async fn fail(db: &Session, scope: &Scope, id: &MailId, error: &str) -> Result<(), Failure> {
    db.execute(
        "UPDATE mails SET waits = false, last_error = $3
         WHERE id = $2 AND scope = $1 AND sent_at IS NULL",
        &[&scope.to_string(), &id.as_str(), &text(error)],
    )
    .await?;
    Ok(())
}

/// Lets a mail that was given up be tried anew; whether there was one.
pub async fn restart(db: &Session, id: &str) -> Result<bool, Failure> {
    let sql = "UPDATE mails SET waits = true, last_error = NULL, leased_until = 0
               WHERE id = $1 AND NOT waits AND last_error IS NOT NULL";
    Ok(db.execute(sql, &[&id]).await? > 0)
}

fn read(row: &Row) -> Result<Mail, Failure> {
    let sent_at: Option<i64> = get(row, 7)?;
    Ok(Mail {
        scope: read_scope(row, 0)?,
        id: parsed(row, 1, MailId::parse)?,
        to: get(row, 2)?,
        subject: get(row, 3)?,
        text: get(row, 4)?,
        html: get(row, 5)?,
        created_at: moment(get(row, 6)?),
        sent_at: sent_at.map(moment),
        waits: get(row, 8)?,
    })
}
