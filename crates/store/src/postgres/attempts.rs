//! Table `delivery_attempts`: the report of deliveries for people.

use tatami_core::account::Scope;
use tatami_core::id::{EventId, SubscriptionId};
use tatami_engine::ports::records::RecordKind;
use tatami_engine::ports::store::{AfterAttempt, DeliveryAttempt, DeliveryReport};
use tokio_postgres::Row;

use super::rows::{get, number, parsed};
use super::session::Session;
use crate::failure::Failure;
use crate::values::{moment, rows};

/// A row for each attempt, and one for a delivery without any.
const REPORT: &str = "
    SELECT d.id, e.id, e.type, d.subscription, coalesce(s.body::json ->> 'url', ''), d.state,
           e.created_at,
           CASE d.state WHEN 'pending' THEN d.due_at END, e.payload,
           a.at, coalesce(a.status, -1), a.answer, a.took_ms, a.next, a.retry_at
    FROM (SELECT * FROM deliveries
          WHERE scope = $1
          ORDER BY id DESC LIMIT $3) d
    JOIN events e ON e.seq = d.event
    LEFT JOIN documents s ON s.kind = $2 AND s.id = d.subscription
    LEFT JOIN delivery_attempts a ON a.delivery = d.id
    ORDER BY d.id DESC, a.n";

/// The latest deliveries of a scope with their attempts.
pub async fn report(
    db: &Session,
    scope: &Scope,
    limit: usize,
) -> Result<Vec<DeliveryReport>, Failure> {
    let found = db
        .query(
            REPORT,
            &[
                &scope.to_string(),
                &RecordKind::Subscription.word(),
                &rows(limit),
            ],
        )
        .await?;
    let mut reports: Vec<DeliveryReport> = Vec::new();
    let mut last = None;
    for row in &found {
        let id: i64 = get(row, 0)?;
        if last.replace(id) != Some(id) {
            reports.push(read(row)?);
        }
        if let (Some(at), Some(report)) = (get::<Option<i64>>(row, 9)?, reports.last_mut()) {
            report.attempts.push(read_attempt(row, at)?);
        }
    }
    Ok(reports)
}

fn read(row: &Row) -> Result<DeliveryReport, Failure> {
    let next_at: Option<i64> = get(row, 7)?;
    Ok(DeliveryReport {
        event: parsed(row, 1, EventId::parse)?,
        event_type: get(row, 2)?,
        subscription: parsed(row, 3, SubscriptionId::parse)?,
        url: get(row, 4)?,
        state: get(row, 5)?,
        created_at: moment(get(row, 6)?),
        next_at: next_at.map(moment),
        payload: get(row, 8)?,
        attempts: Vec::new(),
    })
}

fn read_attempt(row: &Row, at: i64) -> Result<DeliveryAttempt, Failure> {
    let next: &str = get(row, 13)?;
    Ok(DeliveryAttempt {
        at: moment(at),
        status: number::<i64>(row, 10)?.try_into().ok(),
        answer: get(row, 11)?,
        took_ms: number(row, 12)?,
        next: match (next, get::<Option<i64>>(row, 14)?) {
            ("delivered", None) => AfterAttempt::Delivered,
            ("gave-up", None) => AfterAttempt::GaveUp,
            ("retry", Some(at)) => AfterAttempt::RetryAt(moment(at)),
            _ => {
                return Err(Failure::Store(format!(
                    "'{next}' does not follow an attempt"
                )));
            }
        },
    })
}
