//! Virtual card machines as the sandbox shows them.

use serde::{Deserialize, Serialize};
use tatami_core::card_machine as core;
use tatami_core::secret::SecretText;
use tatami_core::terminal_session::{Session, Verification};
use tatami_core::time::ticks;
use tatami_engine::MachineView;
use utoipa::ToSchema;

use super::money::Money;
use super::terminal::TerminalSessionReceiptLine;
use super::terminal_session::{TerminalSessionStatus, TerminalSessionType};

/// A virtual card machine.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachine {
    /// The number that is printed on it.
    pub tid: String,
    /// Its id among the terminals.
    pub terminal_id: String,
    /// `Available`, `Busy` or `Offline`.
    pub status: String,
    /// Whether it is switched on.
    pub power: bool,
    /// Whether it can reach anybody.
    pub line: bool,
    /// `readable` or `immediate`.
    pub pace: String,
    /// What it does by itself; left out if somebody drives it.
    pub script: Option<CardMachineScript>,
    /// What it does with the next payment in place of that.
    pub next_outcome: Option<CardMachineScript>,
    /// What it shows.
    pub screen: CardMachineScreen,
    /// What makes sense now.
    pub actions: Vec<String>,
    /// The session that it shows.
    pub session: Option<CardMachineSession>,
    /// What it printed last.
    pub receipts: Vec<CardMachineReceipt>,
    /// How often it changed.
    #[schema(value_type = i64)]
    pub changes: u64,
}

/// What a machine does with a payment by itself.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachineScript {
    /// `success`, `declined`, `timedOut`, `cancelled` or `unsuccessful`.
    pub outcome: String,
    /// `inserted` or `contactless`.
    pub entry: String,
    /// `pin`, `signature`, `device` or `none`.
    pub verification: String,
    /// Whether a tip of 10 % is added.
    pub tip: bool,
}

/// What a machine shows.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachineScreen {
    /// Which screen it is.
    pub name: String,
    /// The large words.
    pub title: String,
    /// The small ones.
    pub text: String,
    /// The amount.
    pub amount: Option<Money>,
    /// The masked card number.
    pub masked: Option<String>,
    /// How often the PIN may be typed still.
    #[schema(value_type = Option<i32>)]
    pub pin_tries_left: Option<u8>,
}

/// The session that a machine shows.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachineSession {
    /// Its id.
    pub id: String,
    /// Where it stands.
    pub status: TerminalSessionStatus,
    /// What it is for.
    #[serde(rename = "type")]
    pub session_type: TerminalSessionType,
    /// The payment intent it is about.
    pub payment_intent_id: Option<String>,
    /// The merchant's reference.
    pub reference: Option<String>,
}

/// What a machine printed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachineReceipt {
    /// `customer` or `merchant`.
    pub copy: String,
    /// Its lines.
    pub lines: Vec<TerminalSessionReceiptLine>,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
}

/// A card that can be presented.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachineWalletCard {
    /// What people call it.
    pub name: String,
    /// Its scheme.
    pub scheme: String,
    /// The masked number.
    pub masked: String,
    /// What it is asked for by.
    pub card: String,
    /// `chip`, `contactless`, `swipe`, `device`.
    pub features: Vec<String>,
    /// How its chip verifies its holder: `pin` or `signature`.
    pub verification: String,
    /// What it does.
    pub says: String,
}

/// What an action needs; which of these depends on the action.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachineActionRequest {
    /// A card of the wallet.
    #[schema(value_type = Option<String>, max_length = 100)]
    pub card: Option<SecretText>,
    /// A card number that is typed.
    #[schema(value_type = Option<String>, max_length = 40)]
    pub number: Option<SecretText>,
    /// Its expiry (`MM/YY`).
    #[schema(value_type = Option<String>, max_length = 10)]
    pub expiry: Option<SecretText>,
    /// Its verification value.
    #[schema(value_type = Option<String>, max_length = 4)]
    pub cv2: Option<SecretText>,
    /// The PIN.
    #[schema(value_type = Option<String>, max_length = 12)]
    pub digits: Option<SecretText>,
    /// A tip, in minor units.
    pub amount: Option<i64>,
    /// Whether a signature is accepted.
    pub accepted: Option<bool>,
}

/// How a payment ends.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum CardMachineOutcome {
    Success,
    Declined,
    TimedOut,
    Cancelled,
    Unsuccessful,
}

/// How a card is read.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum CardMachineEntry {
    Inserted,
    Contactless,
}

/// How a holder is verified.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum CardMachineVerification {
    Pin,
    Signature,
    Device,
    None,
}

/// What the next payment on a machine does.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachineNextOutcomeRequest {
    /// How it ends.
    #[schema(required, value_type = CardMachineOutcome)]
    pub outcome: Option<CardMachineOutcome>,
    /// How the card is read; inserted if left out.
    pub entry: Option<CardMachineEntry>,
    /// How its holder is verified; by PIN if left out.
    pub verification: Option<CardMachineVerification>,
    /// Whether a tip of 10 % is added.
    pub tip: Option<bool>,
}

/// How fast machines play.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum CardMachinePaceName {
    Readable,
    Immediate,
}

/// How fast the account's machines play.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardMachinePaceRequest {
    /// So that people can read, or at once.
    #[schema(required, value_type = CardMachinePaceName)]
    pub pace: Option<CardMachinePaceName>,
}

impl From<CardMachinePaceName> for core::Pace {
    fn from(name: CardMachinePaceName) -> Self {
        match name {
            CardMachinePaceName::Readable => Self::Readable,
            CardMachinePaceName::Immediate => Self::Immediate,
        }
    }
}

impl CardMachineNextOutcomeRequest {
    /// The script that is meant.
    pub fn script(&self) -> Option<core::Script> {
        Some(core::Script {
            outcome: match self.outcome? {
                CardMachineOutcome::Success => core::Ending::Success,
                CardMachineOutcome::Declined => core::Ending::Declined,
                CardMachineOutcome::TimedOut => core::Ending::TimedOut,
                CardMachineOutcome::Cancelled => core::Ending::Cancelled,
                CardMachineOutcome::Unsuccessful => core::Ending::Unsuccessful,
            },
            entry: match self.entry {
                None | Some(CardMachineEntry::Inserted) => core::Reading::Inserted,
                Some(CardMachineEntry::Contactless) => core::Reading::Contactless,
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

impl From<core::Script> for CardMachineScript {
    fn from(script: core::Script) -> Self {
        Self {
            outcome: match script.outcome {
                core::Ending::Success => "success",
                core::Ending::Declined => "declined",
                core::Ending::TimedOut => "timedOut",
                core::Ending::Cancelled => "cancelled",
                core::Ending::Unsuccessful => "unsuccessful",
            }
            .to_owned(),
            entry: match script.entry {
                core::Reading::Inserted => "inserted",
                core::Reading::Contactless => "contactless",
            }
            .to_owned(),
            verification: script.verification.name().to_ascii_lowercase(),
            tip: script.tip,
        }
    }
}

impl From<&core::WalletCard> for CardMachineWalletCard {
    fn from(card: &core::WalletCard) -> Self {
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

impl From<core::Screen> for CardMachineScreen {
    fn from(screen: core::Screen) -> Self {
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
        let MachineView { machine, session } = view;
        let session = session.as_ref();
        let possible = core::Action::possible(machine, session);
        let printed = machine.receipts.iter().flat_map(|printed| {
            let copies = [
                ("customer", &printed.customer),
                ("merchant", &printed.merchant),
            ];
            copies.map(|(copy, lines)| CardMachineReceipt {
                copy: copy.to_owned(),
                lines: super::terminal::TerminalSessionReceipt::from(lines.as_slice()).lines,
                at: ticks(printed.at),
            })
        });
        Self {
            tid: machine.tid.clone(),
            terminal_id: machine.id.to_string(),
            status: match machine.status() {
                core::MachineStatus::Available => "Available",
                core::MachineStatus::Offline => "Offline",
                core::MachineStatus::InUse => "Busy",
            }
            .to_owned(),
            power: machine.power,
            line: machine.line,
            pace: match machine.pace {
                core::Pace::Readable => "readable",
                core::Pace::Immediate => "immediate",
            }
            .to_owned(),
            script: machine.script.map(Into::into),
            next_outcome: machine.next.map(Into::into),
            screen: core::Screen::showing(machine, session).into(),
            actions: possible.iter().map(|a| a.word().to_owned()).collect(),
            session: session.map(Into::into),
            receipts: printed.collect(),
            changes: machine.changes,
        }
    }
}
