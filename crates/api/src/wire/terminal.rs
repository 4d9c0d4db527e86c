//! Card machines and their sessions.

use serde::{Deserialize, Serialize};
use tatami_core::id::PaymentIntentId;
use tatami_core::problem::Violation;
use tatami_core::terminal;
use tatami_core::terminal_session as core;
use tatami_core::time::ticks;
use utoipa::ToSchema;

use super::money::Money;
use super::payment_story::{Card, PaymentDetails};
use super::terminal_session::{
    TerminalSessionDetails, TerminalSessionNotification, TerminalSessionStatus,
    TerminalSessionStatusEvent, TerminalSessionType, notifications, statuses,
};

/// A card machine of the account.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Terminal {
    /// Unique id of the terminal, beginning with `tm_`.
    pub id: String,
    /// Properties of the device.
    pub properties: TerminalProperties,
    /// Whether the terminal can start a session.
    pub status: TerminalStatus,
    /// When the terminal was last changed (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// Properties of a card machine.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalProperties {
    /// Number that is printed on the device and its receipts: eight characters.
    pub tid: String,
}

/// Whether a terminal can start a session: `Available`, `InUse` (a session is running)
/// or `Offline`.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the published names say it")]
pub enum TerminalStatus {
    Available,
    Offline,
    InUse,
}

impl From<terminal::TerminalStatus> for TerminalStatus {
    fn from(status: terminal::TerminalStatus) -> Self {
        match status {
            terminal::TerminalStatus::Available => Self::Available,
            terminal::TerminalStatus::Offline => Self::Offline,
            terminal::TerminalStatus::InUse => Self::InUse,
        }
    }
}

impl From<&terminal::Terminal> for Terminal {
    fn from(machine: &terminal::Terminal) -> Self {
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

/// The session to start on a terminal.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateTerminalSessionRequest {
    /// Id of the terminal.
    #[schema(required, value_type = String, max_length = 2000)]
    pub terminal_id: Option<String>,
    /// Type of the session and its data.
    #[schema(required, value_type = TerminalSessionWish)]
    pub details: Option<TerminalSessionWish>,
}

/// Type of the session to start, with the data of that type only.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSessionWish {
    /// Type of the session; the property of the same name is required.
    #[schema(required, value_type = TerminalSessionType)]
    pub session_type: Option<String>,
    /// Data of a `Sale`: the payment intent to pay.
    pub sale: Option<SaleWish>,
    /// Data of a `MatchedRefund`: the payment intent to refund.
    pub matched_refund: Option<MatchedRefundWish>,
    /// Data of an `UnlinkedRefund`: the amount to refund.
    pub unlinked_refund: Option<UnlinkedRefundWish>,
}

/// A payment on a card machine.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SaleWish {
    /// Id of the payment intent to pay; its status must be `Created`.
    #[schema(required, value_type = String, max_length = 2000)]
    pub payment_intent_id: Option<String>,
}

/// A refund of an earlier payment.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MatchedRefundWish {
    /// Id of the payment intent to refund.
    #[schema(required, value_type = String, max_length = 2000)]
    pub payment_intent_id: Option<String>,
    /// Amount to refund; everything that is left of the captured amount if left out.
    pub amount: Option<Money>,
}

/// A refund that is not linked to an earlier payment.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnlinkedRefundWish {
    /// Amount to refund to the card that is presented.
    #[schema(required, value_type = Money)]
    pub amount: Option<Money>,
    /// `true` if the card number is typed in because the card holder is absent.
    #[serde(rename = "cardholderNotPresent")]
    pub cardholder_not_present: Option<bool>,
}

/// The decision about a signature.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignatureVerificationRequest {
    /// `true` if the signature matches the card; `false` rejects it and reverses the
    /// payment.
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
    /// Id of the terminal.
    pub terminal_id: String,
    /// When the session was created (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When the session was last changed (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// Unique id of the session, beginning with `ts_`.
    pub id: String,
    /// Current status of the session.
    pub status: TerminalSessionStatus,
    /// When the current status expires if nothing happens (ISO 8601, UTC). It is set
    /// again each time the status changes, until the session is over.
    #[schema(format = DateTime)]
    pub expire_at: String,
    /// Notifications that the card machine showed, oldest first.
    pub notification_events: Vec<TerminalSessionNotification>,
    /// Statuses that the session had, oldest first.
    pub status_events: Vec<TerminalSessionStatusEvent>,
    /// The customer's receipt; the same as `customerReceipt`.
    pub receipt: Option<TerminalSessionReceipt>,
    /// The customer's receipt, once it was printed.
    pub customer_receipt: Option<TerminalSessionReceipt>,
    /// The merchant's receipt, once it was printed.
    pub merchant_receipt: Option<TerminalSessionReceipt>,
    /// Type of the session and its data.
    pub details: Option<TerminalSessionDetails>,
    /// The payment or refund that was made; left out until the session is over.
    pub payment_details: Option<PaymentDetails<'a>>,
}

/// A receipt that a card machine printed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSessionReceipt {
    /// Lines of the receipt, from top to bottom.
    pub lines: Vec<TerminalSessionReceiptLine>,
}

/// A line of a receipt.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSessionReceiptLine {
    /// What the line consists of.
    pub line_type: TerminalSessionReceiptLineType,
    /// Text of the line, if it is a `Text` line.
    pub text: Option<TerminalSessionReceiptText>,
    /// Logo of the line, if it is a `LogoImage` line.
    pub image_logo: Option<TerminalSessionReceiptImageLogo>,
}

/// What a line of a receipt consists of: text, a logo, an empty line or a separator.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the published names say it")]
pub enum TerminalSessionReceiptLineType {
    Text,
    LogoImage,
    NewLine,
    SingleLineSeperator,
    DoubleLineSeperator,
}

/// The text of a receipt line and its format.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSessionReceiptText {
    /// Text to print on the line.
    pub value: String,
    /// Size of the text.
    pub size: TerminalSessionReceiptTextSize,
    /// Alignment of the text on the line.
    pub align: TerminalSessionReceiptAlign,
    /// `true` if the text is bold.
    pub emphasis_bold: bool,
}

/// A logo on a receipt.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSessionReceiptImageLogo {
    /// Data of the image.
    pub value: String,
    /// Alignment of the image on the line.
    pub align: TerminalSessionReceiptAlign,
}

/// Size of a text on a receipt, from the largest heading to body text.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the published names say it")]
pub enum TerminalSessionReceiptTextSize {
    SizeHeader1,
    SizeHeader2,
    SizeBody,
}

/// Alignment of text or an image on a receipt line.
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

/// A secret that turns a phone into a card machine.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateTerminalSecretResponse {
    /// Secret to pass to the Tap to Pay software on the phone.
    #[schema(format = Password)]
    pub secret: String,
    /// When the secret expires (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub expiration_date: String,
}
