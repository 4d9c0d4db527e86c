//! What is asked of a session of a card machine.

use tatami_core::terminal_session::{
    CONTACTLESS_LIMIT, EntryMode, NotificationKind, Purpose, SIGNATURE_WITHIN, Session, Status,
    Verification,
};
use tatami_core::time::Timestamp;

use super::traffic::Traffic;

pub(super) fn is_sale(session: &Session) -> bool {
    matches!(session.story.purpose, Purpose::Sale { .. })
}

pub(super) fn ended(session: &Session, status: Status) -> bool {
    session.story.status == status
}

pub(super) fn captured(session: &Session) -> bool {
    ended(session, Status::Captured)
}

pub(super) fn authorized(session: &Session) -> bool {
    ended(session, Status::Authorized)
}

pub(super) fn came_to(session: &Session, status: Status) -> bool {
    session
        .story
        .statuses
        .iter()
        .any(|event| event.status == status)
}

pub(super) fn entered(session: &Session, mode: EntryMode) -> bool {
    session.card.as_ref().is_some_and(|card| card.entry == mode)
}

pub(super) fn by_pin(session: &Session) -> bool {
    let card = session.card.as_ref();
    card.is_some_and(|card| card.verification == Verification::Pin)
}

pub(super) fn was_signed(session: &Session) -> bool {
    came_to(session, Status::SignatureVerificationRequired)
}

/// Whether the signature was accepted because the time to decide ran out.
pub(super) fn signature_timed_out(session: &Session) -> bool {
    session.story.statuses.windows(2).any(|pair| {
        pair[0].status == Status::SignatureVerificationRequired
            && pair[1].at.duration_since(pair[0].at) >= SIGNATURE_WITHIN
    })
}

pub(super) fn pin_timed_out(session: &Session) -> bool {
    let shown = &session.story.notifications;
    let asked = shown.iter().any(|it| it.kind == NotificationKind::EnterPin);
    let is_given_up = ended(session, Status::Canceled) || ended(session, Status::Expired);
    asked && is_given_up && !came_to(session, Status::CancelRequested)
}

pub(super) fn no_card_came(session: &Session) -> bool {
    let is_given_up = ended(session, Status::Canceled) || ended(session, Status::Expired);
    session.card.is_none() && is_given_up && !came_to(session, Status::CancelRequested)
}

pub(super) fn is_small(session: &Session) -> bool {
    session.bill.total().minor <= CONTACTLESS_LIMIT
}

pub(super) fn two_schemes_were_held(traffic: &Traffic) -> Option<Timestamp> {
    let held = |s: &&Session| is_sale(s) && s.manual && authorized(s);
    let first = traffic.sessions.iter().find(held)?.card.as_ref()?;
    traffic.hold(|s| {
        let card = s.card.as_ref();
        authorized(s) && card.is_some_and(|card| card.card.scheme != first.card.scheme)
    })
}
