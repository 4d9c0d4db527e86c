//! The sandbox controls.

use serde::{Deserialize, Serialize};
use tatami_core::time::{TimeSpan, ticks};
use tatami_engine::ports::mail::Mail;
use tatami_engine::ports::store as port;
use utoipa::ToSchema;

/// The time of the sandbox.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClockResponse {
    /// Now.
    #[schema(format = DateTime)]
    pub now: String,
}

/// How far the clock is to be moved ahead.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdvanceClockRequest {
    /// More than nothing (`dd.hh:MM:ss`).
    #[schema(required, value_type = String, format = "timespan")]
    pub by: Option<TimeSpan>,
}

/// A webhook delivery with its attempts.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookDelivery {
    /// The event's id.
    pub event_id: String,
    /// The event's name.
    pub event: String,
    /// The subscription it is for.
    pub subscription_id: String,
    /// Where it goes.
    pub url: String,
    /// `pending`, `delivered` or `gave-up`.
    pub state: String,
    /// When the event happened.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When the next try is due.
    #[schema(format = DateTime)]
    pub next_attempt_at: Option<String>,
    /// The exact body.
    pub payload: String,
    /// The tries so far, oldest first.
    pub attempts: Vec<WebhookAttempt>,
}

/// One try to deliver.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookAttempt {
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// The receiver's HTTP status, if it answered.
    #[schema(value_type = Option<i32>)]
    pub status: Option<u16>,
    /// The first bytes of its answer, or what went wrong.
    pub answer: String,
    /// How long it took, in milliseconds.
    #[schema(value_type = i64)]
    pub took_ms: u32,
}

/// A mail in the local mailbox.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MailboxMail {
    /// Its id.
    pub id: String,
    /// The address it goes to.
    pub to: String,
    /// The subject line.
    pub subject: String,
    /// The plain-text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// When it was written.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it went out by SMTP.
    #[schema(format = DateTime)]
    pub sent_at: Option<String>,
}

impl From<port::DeliveryReport> for WebhookDelivery {
    fn from(report: port::DeliveryReport) -> Self {
        Self {
            event_id: report.event.to_string(),
            event: report.event_type,
            subscription_id: report.subscription.to_string(),
            url: report.url,
            state: report.state,
            created_at: ticks(report.created_at),
            next_attempt_at: report.next_at.map(ticks),
            payload: report.payload,
            attempts: report.attempts.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<port::DeliveryAttempt> for WebhookAttempt {
    fn from(attempt: port::DeliveryAttempt) -> Self {
        Self {
            at: ticks(attempt.at),
            status: attempt.status,
            answer: attempt.answer,
            took_ms: attempt.took_ms,
        }
    }
}

impl From<&Mail> for MailboxMail {
    fn from(mail: &Mail) -> Self {
        Self {
            id: mail.id.to_string(),
            to: mail.to.clone(),
            subject: mail.subject.clone(),
            text: mail.text.clone(),
            html: mail.html.clone(),
            created_at: ticks(mail.created_at),
            sent_at: mail.sent_at.map(ticks),
        }
    }
}
