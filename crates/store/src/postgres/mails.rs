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
        (account, environment, id, recipient, subject, text, html, created_at, sent_at)
    SELECT account, environment, id, recipient, subject, text, html, created_at, sent_at
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                $7::text[], $8::bigint[], $9::bigint[])
         AS new (account, environment, id, recipient, subject, text, html, created_at, sent_at)";

/// Writes mails that are owed.
pub async fn insert(db: &Session, mails: &[&Mail]) -> Result<(), Failure> {
    if mails.is_empty() {
        return Ok(());
    }
    let parameters = (
        column(mails, |m| m.scope.account.as_str()),
        column(mails, |m| m.scope.environment.word()),
        column(mails, |m| m.id.as_str()),
        column(mails, |m| text(&m.to)),
        column(mails, |m| text(&m.subject)),
        column(mails, |m| text(&m.text)),
        column(mails, |m| text(&m.html)),
        column(mails, |m| ticks(m.created_at)),
        column(mails, |m| m.sent_at.map(ticks)),
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
                       WHERE account = $1 AND environment = $2
                       ORDER BY seq DESC LIMIT $3) latest
             )
             SELECT m.account, m.environment, m.id, m.recipient, m.subject, m.text, m.html,
                    m.created_at, m.sent_at
             FROM sized s JOIN mails m ON m.seq = s.seq
             WHERE s.size_so_far - s.size < $4 ORDER BY m.seq DESC",
            &[
                &scope.account.as_str(),
                &scope.environment.word(),
                &rows(limit),
                &rows(PAGE_BYTES),
            ],
        )
        .await?;
    found.iter().map(read).collect()
}

/// Claims mails that are not sent, until that machine time. New ones first, so
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
                 WHERE sent_at IS NULL AND leased_until <= $1
                   AND ($4 OR environment <> 'sandbox')
                 ORDER BY leased_until, seq LIMIT $3
                 FOR UPDATE SKIP LOCKED
             ), claimed AS (
                 UPDATE mails m SET leased_until = $2 FROM owed WHERE m.seq = owed.seq
                 RETURNING m.account, m.environment, m.id, m.recipient, m.subject, m.text,
                           m.html, m.created_at, m.sent_at, owed.leased_until AS before, m.seq
             )
             SELECT account, environment, id, recipient, subject, text, html, created_at, sent_at
             FROM claimed ORDER BY before, seq",
            &[&now, &until, &rows(limit), &sandboxes],
        )
        .await?;
    found.iter().map(read).collect()
}

/// Marks a mail as sent.
pub async fn sent(db: &Session, scope: &Scope, id: &MailId, at: Timestamp) -> Result<(), Failure> {
    db.execute(
        "UPDATE mails SET sent_at = $4
         WHERE account = $1 AND environment = $2 AND id = $3 AND sent_at IS NULL",
        &[
            &scope.account.as_str(),
            &scope.environment.word(),
            &id.as_str(),
            &ticks(at),
        ],
    )
    .await?;
    Ok(())
}

fn read(row: &Row) -> Result<Mail, Failure> {
    let sent_at: Option<i64> = get(row, 8)?;
    Ok(Mail {
        scope: read_scope(row, 0)?,
        id: parsed(row, 2, MailId::parse)?,
        to: get(row, 3)?,
        subject: get(row, 4)?,
        text: get(row, 5)?,
        html: get(row, 6)?,
        created_at: moment(get(row, 7)?),
        sent_at: sent_at.map(moment),
    })
}
