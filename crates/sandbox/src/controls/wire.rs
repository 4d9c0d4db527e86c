//! The sandbox controls.

use serde::{Deserialize, Serialize};
use tatami_core::time::{TimeSpan, ticks};
use tatami_engine::ports::mail::Mail;
use tatami_engine::ports::store as port;
use utoipa::ToSchema;

/// The time of an account's sandbox.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClockResponse {
    /// Current time of the sandbox (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub now: String,
}

/// The time by which the sandbox's clock is moved ahead.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdvanceClockRequest {
    /// Time span to add, as `dd.hh:MM:ss`; greater than zero.
    #[schema(required, value_type = String, format = "timespan")]
    pub by: Option<TimeSpan>,
}

/// An event on its way to a webhook subscription or a POS, with its delivery attempts.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookDelivery {
    /// Unique id of the event; also sent in the payload.
    pub event_id: String,
    /// Name of the event, such as `payment_intent.status_updated`.
    pub event: String,
    /// Id of what receives it: a webhook subscription, or the registrations of a POS.
    pub subscription_id: String,
    /// URL that the event is sent to; empty for a POS.
    pub url: String,
    /// State of the delivery: `pending`, `delivered` or `gave-up`.
    pub state: String,
    /// When the event happened (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When the next attempt is due (ISO 8601, UTC); left out if there will be none.
    #[schema(format = DateTime)]
    pub next_attempt_at: Option<String>,
    /// Body of the request, byte for byte.
    pub payload: String,
    /// Attempts so far, oldest first.
    pub attempts: Vec<WebhookAttempt>,
}

/// One attempt to deliver a webhook.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookAttempt {
    /// When the attempt was made (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub at: String,
    /// HTTP status that the receiver answered; left out if it did not answer.
    #[schema(value_type = Option<i32>)]
    pub status: Option<u16>,
    /// First 512 bytes of the receiver's answer, or the reason why there was none.
    pub answer: String,
    /// Duration of the attempt in milliseconds.
    #[schema(value_type = i64)]
    pub took_ms: u32,
}

/// A mail in the sandbox's local mailbox.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MailboxMail {
    /// Unique id of the mail.
    pub id: String,
    /// E-mail address of the recipient.
    pub to: String,
    /// Subject line of the mail.
    pub subject: String,
    /// Body of the mail as plain text.
    pub text: String,
    /// Body of the mail as HTML.
    pub html: String,
    /// When the mail was written (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When the mail was sent by SMTP (ISO 8601, UTC); left out if it was not sent.
    #[schema(format = DateTime)]
    pub sent_at: Option<String>,
}

impl From<port::DeliveryReport> for WebhookDelivery {
    fn from(report: port::DeliveryReport) -> Self {
        Self {
            event_id: report.event.to_string(),
            event: report.event_type,
            subscription_id: report.endpoint,
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
