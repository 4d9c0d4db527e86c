//! Virtual card machines as the sandbox shows them.

use serde::{Deserialize, Serialize};
use tatami_api::wire::money::Money;
use tatami_api::wire::terminal::{TerminalSessionReceipt, TerminalSessionReceiptLine};
use tatami_api::wire::terminal_session::{TerminalSessionStatus, TerminalSessionType};
use tatami_core::secret::SecretText;
use tatami_core::terminal::TerminalStatus;
use tatami_core::terminal_session::{Session, Verification};
use tatami_core::time::ticks;
use tatami_epos::paper::PaperLine;
use utoipa::ToSchema;

use super::controls::MachineView;
use super::integration::wire::CardMachineIntegration;
use super::{Action, Ending, Pace, PrintedBill, Reading, Screen, Script, WalletCard};

/// A virtual card machine of the sandbox.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachine {
    /// Number that is printed on the device: eight characters. Its last four say what
    /// it does by itself.
    pub tid: String,
    /// Id of the same machine as a terminal, beginning with `tm_`.
    pub terminal_id: String,
    /// `Available`, `Busy` (a session is running) or `Offline`.
    pub status: String,
    /// `true` if the machine is switched on.
    pub power: bool,
    /// `true` if the machine has a network connection.
    pub line: bool,
    /// Speed of its steps: `readable` for people, `immediate` for tests.
    pub pace: String,
    /// What it does with a payment by itself; left out if it waits for somebody to use
    /// it.
    pub script: Option<CardMachineScript>,
    /// What it does with the next payment in place of its script.
    pub next_outcome: Option<CardMachineScript>,
    /// What the display shows.
    pub screen: CardMachineScreen,
    /// Actions that are possible in the current state, such as `insert` or `cancel`.
    pub actions: Vec<String>,
    /// The terminal session that it shows; left out if there is none.
    pub session: Option<CardMachineSession>,
    /// What the Integration screen shows; left out if it is not open.
    pub integration: Option<CardMachineIntegration>,
    /// Receipts that it printed last.
    pub receipts: Vec<CardMachineReceipt>,
    /// Bills of orders that it printed last.
    pub papers: Vec<CardMachinePaper>,
    /// Number of changes so far; it grows with each change of the machine.
    #[schema(value_type = i64)]
    pub changes: u64,
}

/// What a card machine does with a payment by itself.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachineScript {
    /// How the payment ends: `success`, `declined`, `timedOut`, `cancelled` or
    /// `unsuccessful`.
    pub outcome: String,
    /// How the card is read: `inserted` or `contactless`.
    pub entry: String,
    /// How the card holder is verified: `pin`, `signature`, `device` or `none`.
    pub verification: String,
    /// `true` if the customer adds a tip of 10 %.
    pub tip: bool,
    /// The same in words.
    pub description: String,
}

/// What the display of a card machine shows.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachineScreen {
    /// Name of the screen, such as `idle`, `presentCard` or `enterPin`.
    pub name: String,
    /// Heading on the display.
    pub title: String,
    /// Text below the heading.
    pub text: String,
    /// Amount on the display, if there is one.
    pub amount: Option<Money>,
    /// Masked number of the card that was read.
    pub masked: Option<String>,
    /// Number of PIN attempts that are left; only while the PIN is entered.
    #[schema(value_type = Option<i32>)]
    pub pin_tries_left: Option<u8>,
}

/// The terminal session that a card machine shows.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachineSession {
    /// Unique id of the terminal session.
    pub id: String,
    /// Current status of the session.
    pub status: TerminalSessionStatus,
    /// Type of the session.
    #[serde(rename = "type")]
    pub session_type: TerminalSessionType,
    /// Id of the payment intent that is paid or refunded; left out for unlinked
    /// refunds.
    pub payment_intent_id: Option<String>,
    /// The merchant's reference of the payment intent.
    pub reference: Option<String>,
}

/// A receipt that a card machine printed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachineReceipt {
    /// Who the receipt is for: `customer` or `merchant`.
    pub copy: String,
    /// Lines of the receipt, from top to bottom.
    pub lines: Vec<TerminalSessionReceiptLine>,
    /// When the receipt was printed (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub at: String,
}

/// A bill of an order that a card machine printed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachinePaper {
    /// Id of the order at the POS.
    pub order_id: String,
    /// When the bill was printed (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub at: String,
    /// Lines of the bill, from top to bottom.
    pub lines: Vec<PaperLine>,
}

/// A test card that can be presented to a card machine.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachineWalletCard {
    /// Name of the card for people.
    pub name: String,
    /// Card scheme, such as `VISA` or `MASTERCARD`.
    pub scheme: String,
    /// Card number with only the first and last digits visible.
    pub masked: String,
    /// Name of the card in requests: the value of `card` in an action.
    pub card: String,
    /// Ways to present the card: `chip`, `contactless`, `swipe`, `device`.
    pub features: Vec<String>,
    /// How its chip verifies the card holder: `pin` or `signature`.
    pub verification: String,
    /// What a payment with this card does.
    pub says: String,
}

/// Data of an action. Which properties are needed depends on the action.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachineActionRequest {
    /// Test card to present: `card` of an entry of the wallet.
    #[schema(value_type = Option<String>, max_length = 100, format = Password)]
    pub card: Option<SecretText>,
    /// Card number to type in, for `key-in`.
    #[schema(value_type = Option<String>, max_length = 40, format = Password)]
    pub number: Option<SecretText>,
    /// Expiry of the typed card, as `MM/YY`, for `key-in`.
    #[schema(value_type = Option<String>, max_length = 10, format = Password)]
    pub expiry: Option<SecretText>,
    /// Security code of the typed card, for `key-in`.
    #[schema(value_type = Option<String>, max_length = 4, format = Password)]
    pub cv2: Option<SecretText>,
    /// PIN to enter, for `pin`. The test cards have `1234`.
    #[schema(value_type = Option<String>, max_length = 12, format = Password)]
    pub digits: Option<SecretText>,
    /// Tip in minor units of the currency, for `tip`; 0 for no tip.
    pub amount: Option<i64>,
    /// Whether the signature is accepted, for `signature`.
    pub accepted: Option<bool>,
}

/// How a payment on a virtual card machine ends.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum CardMachineOutcome {
    Success,
    Declined,
    TimedOut,
    Cancelled,
    Unsuccessful,
}

/// How a virtual card machine reads the card.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum CardMachineEntry {
    Inserted,
    Contactless,
}

/// How a virtual card machine verifies the card holder.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum CardMachineVerification {
    Pin,
    Signature,
    Device,
    None,
}

/// What a card machine does with its next payment.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachineNextOutcomeRequest {
    /// How the payment ends.
    #[schema(required, value_type = CardMachineOutcome)]
    pub outcome: Option<CardMachineOutcome>,
    /// How the card is read; `inserted` if left out.
    pub entry: Option<CardMachineEntry>,
    /// How the card holder is verified; `pin` if left out.
    pub verification: Option<CardMachineVerification>,
    /// `true` if the customer adds a tip of 10 %; `false` if left out.
    pub tip: Option<bool>,
}

/// Speed of the steps of virtual card machines.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum CardMachinePaceName {
    Readable,
    Immediate,
}

/// The speed of the account's virtual card machines.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachinePaceRequest {
    /// `readable` shows each step long enough to be read; `immediate` takes no time,
    /// for tests.
    #[schema(required, value_type = CardMachinePaceName)]
    pub pace: Option<CardMachinePaceName>,
}

impl From<CardMachinePaceName> for Pace {
    fn from(name: CardMachinePaceName) -> Self {
        match name {
            CardMachinePaceName::Readable => Self::Readable,
            CardMachinePaceName::Immediate => Self::Immediate,
        }
    }
}

impl CardMachineNextOutcomeRequest {
    /// The script that is meant.
    pub(crate) fn script(&self) -> Option<Script> {
        Some(Script {
            outcome: match self.outcome? {
                CardMachineOutcome::Success => Ending::Success,
                CardMachineOutcome::Declined => Ending::Declined,
                CardMachineOutcome::TimedOut => Ending::TimedOut,
                CardMachineOutcome::Cancelled => Ending::Cancelled,
                CardMachineOutcome::Unsuccessful => Ending::Unsuccessful,
            },
            entry: match self.entry {
                None | Some(CardMachineEntry::Inserted) => Reading::Inserted,
                Some(CardMachineEntry::Contactless) => Reading::Contactless,
            },
            verification: match self.verification {
                None | Some(CardMachineVerification::Pin) => Verification::Pin,
                Some(CardMachineVerification::Signature) => Verification::Signature,
                Some(CardMachineVerification::Device) => Verification::Device,
                Some(CardMachineVerification::None) => Verification::None,
            },
            tip: self.tip.unwrap_or(false),
        })
    }
}

impl From<Script> for CardMachineScript {
    fn from(script: Script) -> Self {
        Self {
            outcome: match script.outcome {
                Ending::Success => "success",
                Ending::Declined => "declined",
                Ending::TimedOut => "timedOut",
                Ending::Cancelled => "cancelled",
                Ending::Unsuccessful => "unsuccessful",
            }
            .to_owned(),
            entry: match script.entry {
                Reading::Inserted => "inserted",
                Reading::Contactless => "contactless",
            }
            .to_owned(),
            verification: script.verification.name().to_ascii_lowercase(),
            tip: script.tip,
            description: script.description(),
        }
    }
}

impl From<&PrintedBill> for CardMachinePaper {
    fn from(bill: &PrintedBill) -> Self {
        Self {
            order_id: bill.order_id.clone(),
            at: ticks(bill.at),
            lines: bill.paper.lines.clone(),
        }
    }
}

impl From<&WalletCard> for CardMachineWalletCard {
    fn from(card: &WalletCard) -> Self {
        let features = card.features.iter();
        Self {
            name: card.name.to_owned(),
            scheme: card.card.number.scheme().name().to_owned(),
            masked: card.card.number.masked(),
            card: card.handle.to_owned(),
            features: features.map(|feature| feature.word().to_owned()).collect(),
            verification: card.verification.name().to_ascii_lowercase(),
            says: card.says.to_owned(),
        }
    }
}

impl From<&Session> for CardMachineSession {
    fn from(session: &Session) -> Self {
        use tatami_core::terminal_session::Purpose;
        let purpose = &session.story.purpose;
        Self {
            id: session.story.id.to_string(),
            status: session.story.status.into(),
            session_type: match purpose {
                Purpose::Sale { .. } => TerminalSessionType::Sale,
                Purpose::MatchedRefund { .. } => TerminalSessionType::MatchedRefund,
                Purpose::UnlinkedRefund { .. } => TerminalSessionType::UnlinkedRefund,
            },
            payment_intent_id: purpose.payment_intent().map(ToString::to_string),
            reference: session.reference.clone(),
        }
    }
}

impl From<Screen> for CardMachineScreen {
    fn from(screen: Screen) -> Self {
        Self {
            name: screen.name.word().to_owned(),
            title: screen.title.to_owned(),
            text: screen.text.to_owned(),
            amount: screen.amount.map(Into::into),
            masked: screen.masked,
            pin_tries_left: screen.pin_tries_left,
        }
    }
}

impl From<&MachineView> for CardMachine {
    fn from(view: &MachineView) -> Self {
        let MachineView {
            terminal,
            machine,
            session,
            receipts,
            visit,
        } = view;
        let session = session.as_ref();
        let possible = Action::possible(machine, session);
        let printed = receipts.iter().flat_map(|printed| {
            let copies = [
                ("customer", &printed.customer),
                ("merchant", &printed.merchant),
            ];
            copies.map(|(copy, lines)| CardMachineReceipt {
                copy: copy.to_owned(),
                lines: TerminalSessionReceipt::from(lines.as_slice()).lines,
                at: ticks(printed.at),
            })
        });
        Self {
            tid: terminal.tid.clone(),
            terminal_id: terminal.id.to_string(),
            status: match terminal.status() {
                TerminalStatus::Available => "Available",
                TerminalStatus::Offline => "Offline",
                TerminalStatus::InUse => "Busy",
            }
            .to_owned(),
            power: machine.power,
            line: machine.line,
            pace: match machine.pace {
                Pace::Readable => "readable",
                Pace::Immediate => "immediate",
            }
            .to_owned(),
            script: machine.script.map(Into::into),
            next_outcome: machine.next.map(Into::into),
            screen: Screen::showing(machine, session).into(),
            actions: possible.iter().map(|a| a.word().to_owned()).collect(),
            session: session.map(Into::into),
            integration: visit.as_ref().map(Into::into),
            receipts: printed.collect(),
            papers: machine.bill.iter().map(Into::into).collect(),
            changes: machine.changes,
        }
    }
}
