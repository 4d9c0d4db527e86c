//! Answers as a version writes them.

use std::sync::Arc;

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use tatami_core::account::Account;
use tatami_core::payment_intent as core;
use tatami_core::problem::Refusal;
use tatami_engine::ports::answers::{Answer, Answers, Done};
use tatami_engine::{SetupView, View};
use tatami_http::problem::Problem;
use tatami_http::reply::{json, written};
use url::Url;
use utoipa::ToSchema;

use crate::versions::{self, Version};
use crate::wire::config::{Branding, PaymentIntentConfigResponse};
use crate::wire::customer::CustomerFull;
use crate::wire::payment_intent::{PaymentIntent, Secrets};
use crate::wire::payment_story::CaptureStatus;
use crate::wire::public_payment_intent::PublicPaymentIntent;
use crate::wire::settlement::{Capture, ChargeResponse, Refund, Reversal};
use crate::wire::setup_intent::{SetupIntentPublicResponse, SetupIntentResponse};
use crate::wire::terminal::TerminalSession;
use crate::wire::webhook::{SecretsResponse, Subscription};

/// Writes the answers to operations, for the caller and for storage.
#[derive(Clone, Debug)]
pub struct JsonAnswers {
    /// Where payers reach this installation.
    pub public_url: Arc<Url>,
}

impl Answers for JsonAnswers {
    fn write(&self, account: &Account, done: &Done, version: &str) -> Answer {
        let version = versions::named(version);
        match done {
            Done::Intent {
                intent,
                sessions,
                customer_secret,
                show_secret,
            } => {
                let show = *show_secret || shows_secret(intent, version);
                let session = show.then(|| sessions.secret(intent));
                let secrets = Secrets {
                    session: session.as_deref(),
                    customer: customer_secret.as_deref(),
                };
                ok(self.intent(intent, account, secrets, version))
            }
            Done::Captured(intent, id) => ok(json(&Capture {
                message: Some(format!("Capture of {}", intent.details.reference)),
                capture_id: Some(id.to_string()),
            })),
            Done::Refunded(intent, id) => {
                let refund = intent.refunds.iter().find(|r| r.id == *id);
                ok(json(&Refund {
                    payment_intent_id: Some(intent.id.to_string()),
                    refund_id: Some(id.to_string()),
                    refund_reason: refund.and_then(|r| r.reason.clone()),
                    notes: refund.and_then(|r| r.notes.clone()),
                    message: Some(refund_message(intent)),
                }))
            }
            Done::Reversed(intent, id) => ok(json(&Reversal {
                message: Some(format!("Reversal of {}", intent.details.reference)),
                reversal_id: Some(id.to_string()),
            })),
            Done::Charged(intent, approval) => ok(json(&ChargeResponse {
                payment_intent_id: Some(intent.id.to_string()),
                status: CaptureStatus::Successful,
                message: Some(approval.message.clone()),
            })),
            Done::ChargeDeclined(intent, decline) => ok(json(&ChargeResponse {
                payment_intent_id: Some(intent.id.to_string()),
                status: CaptureStatus::Declined,
                message: Some(decline.message.clone()),
            })),
            Done::SetupIntent(intent, secret) => ok(in_version(
                &SetupIntentResponse::of(intent, account, secret),
                version,
            )),
            Done::ReceiptSent => Answer {
                status: StatusCode::NO_CONTENT.as_u16(),
                body: Vec::new(),
            },
            Done::Subscription(subscription, values) => {
                ok(json(&Subscription::of(subscription, values)))
            }
            Done::Secrets(subscription, values) => {
                ok(json(&SecretsResponse::of(subscription, values)))
            }
            Done::Customer(customer) => ok(json(&CustomerFull::from(&**customer))),
            Done::TerminalSession(session) => ok(in_version(
                &TerminalSession::from(session.as_ref()),
                version,
            )),
            Done::Refused(refusal) => refused(refusal),
        }
    }
}

impl JsonAnswers {
    fn intent(
        &self,
        intent: &core::PaymentIntent,
        account: &Account,
        secrets: Secrets<'_>,
        version: &Version,
    ) -> Vec<u8> {
        let wire = PaymentIntent::of(intent, account, &self.public_url, secrets);
        in_version(&wire, version)
    }

    /// An intent as its merchant reads it.
    pub fn view(&self, view: &View, version: &Version) -> Vec<u8> {
        let show = shows_secret(&view.intent, version);
        let session = show.then(|| view.secret());
        let secrets = Secrets {
            session: session.as_deref(),
            customer: view.customer_secret.as_deref(),
        };
        self.intent(&view.intent, &view.account, secrets, version)
    }

    /// A setup intent as its merchant reads it.
    pub fn setup_view(&self, view: &SetupView, version: &Version) -> Vec<u8> {
        let wire = SetupIntentResponse::of(&view.intent, &view.account, &view.secret);
        in_version(&wire, version)
    }

    /// A setup intent as its payer reads it.
    pub fn public_setup_view(&self, view: &SetupView, version: &Version) -> Vec<u8> {
        let mut wire = SetupIntentPublicResponse::of(&view.intent, &view.account, &view.secret);
        wire.config = Some(PaymentIntentConfigResponse::for_payer(
            view.intent.details.config.as_ref(),
            &view.account,
            Branding::of(view.branding.as_ref(), &self.public_url),
        ));
        in_version(&wire, version)
    }

    /// An intent as its payer reads it.
    pub fn public_view(&self, view: &View, version: &Version) -> Vec<u8> {
        let secret = view.secret();
        let (intent, account, url) = (&view.intent, &view.account, &self.public_url);
        let branding = Branding::of(view.branding.as_ref(), url);
        let wire = PublicPaymentIntent::of(intent, account, branding, url, &secret);
        in_version(&wire, version)
    }
}

/// What a refund says of itself.
pub fn refund_message(intent: &core::PaymentIntent) -> String {
    format!("Refund of {}", intent.details.reference)
}

fn shows_secret(intent: &core::PaymentIntent, version: &Version) -> bool {
    version.always_shows_secret || intent.details.generate_remote_token
}

/// A wire type as that version writes it, in JSON.
fn in_version<T: Serialize + ToSchema>(wire: &T, version: &Version) -> Vec<u8> {
    match version.step_down(wire) {
        None => json(wire),
        Some(older) => older.to_string().into_bytes(),
    }
}

fn ok(body: Vec<u8>) -> Answer {
    Answer {
        status: StatusCode::OK.as_u16(),
        body,
    }
}

fn refused(refusal: &Refusal) -> Answer {
    let problem = Problem::from(refusal.clone());
    Answer {
        status: problem.status().as_u16(),
        body: problem.body(None),
    }
}

/// A `200` with a wire type as that version writes it.
pub fn reply_in<T: Serialize + ToSchema>(version: &Version, wire: &T) -> Response {
    written(in_version(wire, version))
}
