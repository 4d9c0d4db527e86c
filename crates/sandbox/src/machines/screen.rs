//! What a machine shows.

use tatami_core::money::Money;
use tatami_core::terminal_session::{PIN_TRIES, Session, Stage, Status};

use super::{Machine, Prompt};

/// The screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ScreenName {
    Off,
    NoLine,
    Menu,
    Idle,
    Tip,
    PresentCard,
    RefundPresentCard,
    KeyIn,
    EnterPin,
    WrongPin,
    PleaseWait,
    Signature,
    RemoveCard,
    Approved,
    Refunded,
    Declined,
    Cancelled,
    TimedOut,
}

impl ScreenName {
    /// The name in the machine's JSON.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::NoLine => "noLine",
            Self::Menu => "menu",
            Self::Idle => "idle",
            Self::Tip => "tip",
            Self::PresentCard => "presentCard",
            Self::RefundPresentCard => "refundPresentCard",
            Self::KeyIn => "keyIn",
            Self::EnterPin => "enterPin",
            Self::WrongPin => "wrongPin",
            Self::PleaseWait => "pleaseWait",
            Self::Signature => "signature",
            Self::RemoveCard => "removeCard",
            Self::Approved => "approved",
            Self::Refunded => "refunded",
            Self::Declined => "declined",
            Self::Cancelled => "cancelled",
            Self::TimedOut => "timedOut",
        }
    }
}

/// What a machine shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Screen {
    /// Which screen it is.
    pub(crate) name: ScreenName,
    /// The large words.
    pub(crate) title: &'static str,
    /// The small ones.
    pub(crate) text: &'static str,
    /// The amount.
    pub(crate) amount: Option<Money>,
    /// The masked card.
    pub(crate) masked: Option<String>,
    /// How often the PIN may be typed still.
    pub(crate) pin_tries_left: Option<u8>,
}

impl Screen {
    fn of(name: ScreenName, title: &'static str, text: &'static str) -> Self {
        Self {
            name,
            title,
            text,
            amount: None,
            masked: None,
            pin_tries_left: None,
        }
    }

    /// What a machine with that session on it shows.
    pub(crate) fn showing(machine: &Machine, session: Option<&Session>) -> Self {
        if !machine.power {
            return Self::of(ScreenName::Off, "", "The machine is switched off.");
        }
        if machine.menu {
            return Self::of(ScreenName::Menu, "Menu", "No payment can start from here.");
        }
        let screen = session.map(|session| Self::session(machine.prompt(), session));
        // A result stays readable without a line.
        let over = session.is_some_and(|session| session.stage == Stage::Ended);
        if !machine.line && !over {
            let text = match session {
                None => "The machine cannot be reached.",
                Some(_) => "The connection is lost. Nothing can be sent or received.",
            };
            return Self {
                amount: session.map(|session| session.bill.total()),
                ..Self::of(ScreenName::NoLine, "No line", text)
            };
        }
        screen.unwrap_or_else(|| Self::of(ScreenName::Idle, "Ready", "Waiting for a payment."))
    }

    fn session(prompt: Prompt, session: &Session) -> Self {
        let mut screen = match session.stage {
            Stage::Requested | Stage::Asking { .. } => Self::wait(""),
            Stage::Canceling => Self::wait("Canceling."),
            Stage::Closing if session.card_in => {
                Self::of(ScreenName::RemoveCard, "Remove card", "")
            }
            Stage::Closing => Self::wait("Printing."),
            Stage::Rejecting => Self::wait("Signature rejected. The payment is being reversed."),
            Stage::Started | Stage::Verifying | Stage::Signing => {
                Self::prompted(prompt, session.is_refund())
            }
            Stage::Unknown => Self::of(
                ScreenName::TimedOut,
                "No answer",
                "The result is unknown. Check it before you try again.",
            ),
            Stage::Ended => Self::ended(session),
        };
        screen.amount = Some(session.bill.total());
        screen.masked = session.card.as_ref().map(|card| card.card.masked.clone());
        screen
    }

    fn wait(text: &'static str) -> Self {
        Self::of(ScreenName::PleaseWait, "Please wait", text)
    }

    fn prompted(prompt: Prompt, is_refund: bool) -> Self {
        match prompt {
            Prompt::Wait => Self::wait(""),
            Prompt::Tip => Self::of(ScreenName::Tip, "Add a tip?", "Green key for no tip."),
            Prompt::Present { chip } => Self::present(is_refund, chip),
            Prompt::KeyIn => Self::of(ScreenName::KeyIn, "Key card number", ""),
            Prompt::Pin { tries_left } => Self::pin(tries_left),
            Prompt::Sign { signed } => Self::of(
                ScreenName::Signature,
                "Signature",
                match signed {
                    false => "Ask the customer to sign the receipt.",
                    true => "Compare the signature with the card.",
                },
            ),
        }
    }

    fn present(refund: bool, chip: bool) -> Self {
        match (refund, chip) {
            (true, false) => Self::of(ScreenName::RefundPresentCard, "Refund", "Present card."),
            (true, true) => Self::of(
                ScreenName::RefundPresentCard,
                "Refund",
                "Insert card, or use a phone.",
            ),
            (false, false) => Self::of(ScreenName::PresentCard, "Present card", ""),
            (false, true) => Self::of(
                ScreenName::PresentCard,
                "Insert card",
                "The amount is too high for a tap. Insert the card, or use a phone.",
            ),
        }
    }

    fn pin(tries_left: u8) -> Self {
        let mut screen = match tries_left {
            PIN_TRIES => Self::of(ScreenName::EnterPin, "Enter PIN", ""),
            1 => Self::of(ScreenName::WrongPin, "Wrong PIN", "Last try."),
            _ => Self::of(ScreenName::WrongPin, "Wrong PIN", "Try again."),
        };
        screen.pin_tries_left = Some(tries_left);
        screen
    }

    fn ended(session: &Session) -> Self {
        if session.card_in {
            return Self::of(ScreenName::RemoveCard, "Remove card", "");
        }
        let moved = session.story.payment.is_some();
        match session.story.status {
            Status::SignatureVerificationRejected => Self::of(
                ScreenName::Declined,
                "Declined",
                "The signature was rejected.",
            ),
            Status::Authorized | Status::Captured => Self::done(session, ""),
            Status::Expired if moved => Self::done(session, "The answer arrived late."),
            Status::Declined => Self::of(ScreenName::Declined, "Declined", ""),
            Status::Expired => Self::of(ScreenName::TimedOut, "Timed out", "No money was moved."),
            _ => Self::of(ScreenName::Cancelled, "Cancelled", "No money was moved."),
        }
    }

    fn done(session: &Session, text: &'static str) -> Self {
        match session.is_refund() {
            true => Self::of(ScreenName::Refunded, "Refunded", text),
            false => Self::of(ScreenName::Approved, "Approved", text),
        }
    }
}
