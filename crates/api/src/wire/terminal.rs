//! Card machines and their sessions.

use serde::{Deserialize, Serialize};
use tatami_core::card_machine::{Machine, MachineStatus};
use tatami_core::id::PaymentIntentId;
use tatami_core::problem::Violation;
use tatami_core::terminal_session as core;
use tatami_core::time::ticks;
use utoipa::ToSchema;

use super::money::Money;
use super::payment_story::{Card, PaymentDetails};
use super::terminal_session::{
    TerminalSessionDetails, TerminalSessionNotification, TerminalSessionStatus,
    TerminalSessionStatusEvent, TerminalSessionType, notifications, statuses,
};

/// A card machine.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Terminal {
    /// Its id.
    pub id: String,
    /// What it is known by.
    pub properties: TerminalProperties,
    /// Whether it can take a session.
    pub status: TerminalStatus,
    /// When it last changed.
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// What a card machine is known by.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalProperties {
    /// The number that is printed on it and on its receipts.
    pub tid: String,
}

/// Whether a card machine can take a session.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the published names say it")]
pub enum TerminalStatus {
    Available,
    Offline,
    InUse,
}

impl From<MachineStatus> for TerminalStatus {
    fn from(status: MachineStatus) -> Self {
        match status {
            MachineStatus::Available => Self::Available,
            MachineStatus::Offline => Self::Offline,
            MachineStatus::InUse => Self::InUse,
        }
    }
}

impl From<&Machine> for Terminal {
    fn from(machine: &Machine) -> Self {
        Self {
            id: machine.id.to_string(),
            properties: TerminalProperties {
                tid: machine.tid.clone(),
            },
            status: machine.status().into(),
            updated_at: ticks(machine.updated_at),
        }
    }
}

/// A session to start.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateTerminalSessionRequest {
    /// The card machine.
    #[schema(required, value_type = String, max_length = 2000)]
    pub terminal_id: Option<String>,
    /// What it is for.
    #[schema(required, value_type = TerminalSessionWish)]
    pub details: Option<TerminalSessionWish>,
}

/// What a session is to be for.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSessionWish {
    /// Which of the three it is.
    #[schema(required, value_type = TerminalSessionType)]
    pub session_type: Option<String>,
    /// A sale.
    pub sale: Option<SaleWish>,
    /// A refund of an earlier payment.
    pub matched_refund: Option<MatchedRefundWish>,
    /// A refund of no payment here.
    pub unlinked_refund: Option<UnlinkedRefundWish>,
}

/// A sale.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SaleWish {
    /// The payment intent that is paid.
    #[schema(required, value_type = String, max_length = 2000)]
    pub payment_intent_id: Option<String>,
}

/// A refund of an earlier payment.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MatchedRefundWish {
    /// The payment intent that is refunded.
    #[schema(required, value_type = String, max_length = 2000)]
    pub payment_intent_id: Option<String>,
    /// How much; all that is left if left out.
    pub amount: Option<Money>,
}

/// A refund of no payment here.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnlinkedRefundWish {
    /// How much.
    #[schema(required, value_type = Money)]
    pub amount: Option<Money>,
    /// Whether the card is typed in.
    #[serde(rename = "cardholderNotPresent")]
    pub cardholder_not_present: Option<bool>,
}

/// The verdict on a signature.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignatureVerificationRequest {
    /// Whether it is accepted.
    #[schema(required, value_type = bool)]
    pub accepted: Option<bool>,
}

impl TerminalSessionWish {
    /// What is wanted, as the rules know it; what breaks rules is noted.
    pub fn purpose(self, broken: &mut Vec<Violation>) -> Option<core::Purpose> {
        let kind = self.session_type.clone().unwrap_or_default();
        let given = [
            self.sale.is_some(),
            self.matched_refund.is_some(),
            self.unlinked_refund.is_some(),
        ];
        if given.into_iter().filter(|given| *given).count() > 1 {
            broken.push(Violation::new(
                "Details",
                "Only one of sale, matchedRefund and unlinkedRefund can be given.",
            ));
            return None;
        }
        match kind.to_ascii_lowercase().as_str() {
            "sale" => {
                let sale = given_as(self.sale, "Sale", broken)?;
                Some(core::Purpose::Sale {
                    payment_intent: intent(sale.payment_intent_id, "Sale", broken)?,
                })
            }
            "matchedrefund" => {
                let refund = given_as(self.matched_refund, "MatchedRefund", broken)?;
                let amount = refund
                    .amount
                    .map(|amount| amount.known("Details.MatchedRefund.Amount", broken));
                Some(core::Purpose::MatchedRefund {
                    payment_intent: intent(refund.payment_intent_id, "MatchedRefund", broken)?,
                    amount: amount.flatten(),
                })
            }
            "unlinkedrefund" => {
                let refund = given_as(self.unlinked_refund, "UnlinkedRefund", broken)?;
                let amount = given_as(refund.amount, "UnlinkedRefund.Amount", broken)?;
                Some(core::Purpose::UnlinkedRefund {
                    amount: amount.known("Details.UnlinkedRefund.Amount", broken)?,
                    card_holder_not_present: refund.cardholder_not_present,
                })
            }
            // Its absence, or what else it may say, is noted by the reader.
            _ => None,
        }
    }
}

fn given_as<T>(part: Option<T>, name: &str, broken: &mut Vec<Violation>) -> Option<T> {
    if part.is_none() {
        broken.push(Violation::new(
            format!("Details.{name}"),
            format!("The {name} field is required."),
        ));
    }
    part
}

fn intent(id: Option<String>, of: &str, broken: &mut Vec<Violation>) -> Option<PaymentIntentId> {
    let parsed = PaymentIntentId::parse(id.as_deref().unwrap_or_default());
    match parsed {
        Ok(id) => Some(id),
        Err(malformed) => {
            broken.push(Violation::new(
                format!("Details.{of}.PaymentIntentId"),
                format!("{malformed}."),
            ));
            None
        }
    }
}

/// A session on a card machine.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSession<'a> {
    /// The machine's id.
    pub terminal_id: String,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it last changed.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// The session's id.
    pub id: String,
    /// Where it stands.
    pub status: TerminalSessionStatus,
    /// When this status is given up.
    #[schema(format = DateTime)]
    pub expire_at: String,
    /// What the machine showed, oldest first.
    pub notification_events: Vec<TerminalSessionNotification>,
    /// The statuses it went through, oldest first.
    pub status_events: Vec<TerminalSessionStatusEvent>,
    /// What was printed for the customer.
    pub receipt: Option<TerminalSessionReceipt>,
    /// What was printed for the customer.
    pub customer_receipt: Option<TerminalSessionReceipt>,
    /// What was printed for the merchant.
    pub merchant_receipt: Option<TerminalSessionReceipt>,
    /// What it is for.
    pub details: Option<TerminalSessionDetails>,
    /// What it brought, once it is over.
    pub payment_details: Option<PaymentDetails<'a>>,
}

/// What a machine printed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSessionReceipt {
    /// Its lines.
    pub lines: Vec<TerminalSessionReceiptLine>,
}

/// A line of a receipt.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSessionReceiptLine {
    /// What is on it.
    pub line_type: TerminalSessionReceiptLineType,
    /// The text, if there is one.
    pub text: Option<TerminalSessionReceiptText>,
    /// The logo, if there is one.
    pub image_logo: Option<TerminalSessionReceiptImageLogo>,
}

/// What is on a line of a receipt.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the published names say it")]
pub enum TerminalSessionReceiptLineType {
    Text,
    LogoImage,
    NewLine,
    SingleLineSeperator,
    DoubleLineSeperator,
}

/// The text of a line.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSessionReceiptText {
    /// The text.
    pub value: String,
    /// How large it is.
    pub size: TerminalSessionReceiptTextSize,
    /// Where it stands.
    pub align: TerminalSessionReceiptAlign,
    /// Whether it is bold.
    pub emphasis_bold: bool,
}

/// A logo on a receipt.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSessionReceiptImageLogo {
    /// The image.
    pub value: String,
    /// Where it stands.
    pub align: TerminalSessionReceiptAlign,
}

/// How large text is.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the published names say it")]
pub enum TerminalSessionReceiptTextSize {
    SizeHeader1,
    SizeHeader2,
    SizeBody,
}

/// Where something stands on a line.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the published names say it")]
pub enum TerminalSessionReceiptAlign {
    AlignLeft,
    AlignCenter,
    AlignRight,
}

impl From<&[core::Line]> for TerminalSessionReceipt {
    fn from(lines: &[core::Line]) -> Self {
        let line = |line: &core::Line| match line.text.is_empty() {
            true => TerminalSessionReceiptLine {
                line_type: TerminalSessionReceiptLineType::NewLine,
                text: None,
                image_logo: None,
            },
            false => TerminalSessionReceiptLine {
                line_type: TerminalSessionReceiptLineType::Text,
                text: Some(TerminalSessionReceiptText {
                    value: line.text.clone(),
                    size: match line.heading {
                        true => TerminalSessionReceiptTextSize::SizeHeader1,
                        false => TerminalSessionReceiptTextSize::SizeBody,
                    },
                    align: TerminalSessionReceiptAlign::AlignLeft,
                    emphasis_bold: line.bold,
                }),
                image_logo: None,
            },
        };
        Self {
            lines: lines.iter().map(line).collect(),
        }
    }
}

impl<'a> From<&'a core::Session> for TerminalSession<'a> {
    fn from(session: &'a core::Session) -> Self {
        let story = &session.story;
        let printed = session.receipts.as_ref();
        let customer = printed.map(|printed| printed.customer.as_slice().into());
        Self {
            terminal_id: story.terminal.to_string(),
            created_at: ticks(story.created_at),
            updated_at: ticks(story.updated_at),
            id: story.id.to_string(),
            status: story.status.into(),
            expire_at: ticks(story.expire_at),
            notification_events: notifications(story),
            status_events: statuses(story),
            receipt: customer.clone(),
            customer_receipt: customer,
            merchant_receipt: printed.map(|printed| printed.merchant.as_slice().into()),
            details: Some((&story.purpose).into()),
            payment_details: story
                .payment
                .as_ref()
                .filter(|_| story.status.is_final())
                .map(Into::into),
        }
    }
}

impl<'a> From<&'a core::Payment> for PaymentDetails<'a> {
    fn from(payment: &'a core::Payment) -> Self {
        Self {
            transaction_id: Some(&payment.transaction_id),
            transaction_date_time: Some(ticks(payment.at)),
            message: Some(&payment.message),
            payment_method_id: None,
            auth_code: Some(&payment.auth_code),
            card: Some(Card {
                entry_mode: Some(payment.entry.name()),
                verification_method: Some(payment.verification.name()),
                ..(&payment.card).into()
            }),
            avs_result: None,
        }
    }
}

/// A secret that makes a phone a card machine.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateTerminalSecretResponse {
    /// The secret.
    pub secret: String,
    /// Until when it can be used.
    #[schema(format = DateTime)]
    pub expiration_date: String,
}
