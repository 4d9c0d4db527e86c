//! What can be done with a machine as it stands.

use tatami_core::terminal_session::{Session, Stage};

use super::{Machine, Prompt};

/// Something a person does to a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    Insert,
    Tap,
    Swipe,
    TapDevice,
    KeyIn,
    Pin,
    RemoveCard,
    Cancel,
    Ok,
    Tip,
    Sign,
    Signature,
    Menu,
    LeaveMenu,
    PowerOff,
    PowerOn,
    LoseLine,
    RestoreLine,
}

impl Action {
    /// All of them.
    pub(crate) const ALL: [Self; 18] = [
        Self::Insert,
        Self::Tap,
        Self::Swipe,
        Self::TapDevice,
        Self::KeyIn,
        Self::Pin,
        Self::RemoveCard,
        Self::Cancel,
        Self::Ok,
        Self::Tip,
        Self::Sign,
        Self::Signature,
        Self::Menu,
        Self::LeaveMenu,
        Self::PowerOff,
        Self::PowerOn,
        Self::LoseLine,
        Self::RestoreLine,
    ];

    /// The word for it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Tap => "tap",
            Self::Swipe => "swipe",
            Self::TapDevice => "tap-device",
            Self::KeyIn => "key-in",
            Self::Pin => "pin",
            Self::RemoveCard => "remove-card",
            Self::Cancel => "cancel",
            Self::Ok => "ok",
            Self::Tip => "tip",
            Self::Sign => "sign",
            Self::Signature => "signature",
            Self::Menu => "menu",
            Self::LeaveMenu => "leave-menu",
            Self::PowerOff => "power-off",
            Self::PowerOn => "power-on",
            Self::LoseLine => "lose-line",
            Self::RestoreLine => "restore-line",
        }
    }

    /// Reads [`Action::word`].
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.word() == word)
    }

    /// What can be done with a machine; `session` is the one that it shows.
    pub(crate) fn possible(machine: &Machine, session: Option<&Session>) -> Vec<Self> {
        if !machine.power {
            return vec![Self::PowerOn];
        }
        let over = session.is_none_or(|session| session.stage == Stage::Ended);
        let mut possible = match session {
            _ if machine.menu => vec![Self::LeaveMenu],
            // Nothing can be sent; what is on the machine waits for its line.
            _ if !machine.line && !over => Vec::new(),
            None => vec![Self::Menu],
            Some(session) => at(machine.prompt(), session),
        };
        possible.push(Self::PowerOff);
        possible.push(match machine.line {
            true => Self::LoseLine,
            false => Self::RestoreLine,
        });
        possible
    }
}

fn at(prompt: Prompt, session: &Session) -> Vec<Action> {
    match session.stage {
        Stage::Requested | Stage::Canceling | Stage::Asking { .. } | Stage::Rejecting => Vec::new(),
        Stage::Closing | Stage::Ended if session.card_in => vec![Action::RemoveCard],
        Stage::Closing => Vec::new(),
        Stage::Unknown => vec![Action::Menu],
        Stage::Ended => vec![Action::Ok, Action::Menu],
        Stage::Started | Stage::Verifying | Stage::Signing => prompted(prompt),
    }
}

fn prompted(prompt: Prompt) -> Vec<Action> {
    match prompt {
        Prompt::Wait => Vec::new(),
        Prompt::Tip => vec![Action::Tip, Action::Ok, Action::Cancel],
        Prompt::Present { chip: false } => vec![
            Action::Insert,
            Action::Tap,
            Action::TapDevice,
            Action::Swipe,
            Action::KeyIn,
            Action::Cancel,
        ],
        Prompt::Present { chip: true } => vec![Action::Insert, Action::TapDevice, Action::Cancel],
        Prompt::KeyIn => vec![Action::KeyIn, Action::Cancel],
        Prompt::Pin { .. } => vec![Action::Pin, Action::Cancel],
        Prompt::Sign { signed: false } => vec![Action::Sign, Action::Signature],
        Prompt::Sign { signed: true } => vec![Action::Signature],
    }
}
