//! The audit at the end of a run: our records, the acquirer's books and what
//! callers were answered, side by side.

use std::collections::{BTreeMap, BTreeSet};

use tatami_core::event::{Event, EventType};
use tatami_core::id::{AttemptId, SavedCardId};
use tatami_core::payment_intent::{CaptureMode, PaymentIntent, Status};
use tatami_core::saved_card::{SavedCard, SavedCardState};
use tatami_core::setup_intent::SetupIntent;
use tatami_engine::OpenAttempt;

use crate::acquirer::{Book, SimulatedAcquirer};
use crate::callers::{Memory, Wish};
use crate::deliveries::Receiver;
use crate::setups;
use crate::store::SimulatedStore;

/// Compares everything with everything.
///
/// # Errors
/// With what does not agree.
pub fn check(
    store: &SimulatedStore,
    acquirer: &SimulatedAcquirer,
    memory: &Memory,
) -> Result<(), String> {
    let (intents, mut books) = (store.intents(), acquirer.books());
    for intent in &intents {
        settled(intent)?;
        agrees(intent, &mut books)?;
    }
    if let Some((reference, book)) = books.first_key_value() {
        return Err(format!(
            "the acquirer has a payment that no intent knows: {reference} {book:?}"
        ));
    }
    kept(&store.saved_cards(), &intents)?;
    if let Some(reference) = acquirer.sent_twice() {
        return Err(format!("{reference} was sent to the acquirer twice"));
    }
    if acquirer.credited() != 0 {
        return Err("the acquirer gave money that no refund asked for".to_owned());
    }
    taken_as_asked(&intents, memory)?;
    told_in_order(store, &intents)?;
    setups::check(store, &intents, memory)?;
    acknowledged(&intents, memory)?;
    match memory.contradictions().first() {
        Some(why) => Err(why.clone()),
        None => Ok(()),
    }
}

/// Whatever is open is listed, and nothing else is.
///
/// # Errors
/// With both, if they differ.
pub fn listed(store: &SimulatedStore, open: &[OpenAttempt]) -> Result<(), String> {
    let listed: BTreeSet<_> = open.iter().map(|attempt| &attempt.reference).collect();
    let (intents, setups) = (store.intents(), store.aggregates::<SetupIntent>());
    let setups = setups.map_err(|e| e.to_string())?;
    let paying = intents.iter().filter_map(|intent| intent.attempt.as_ref());
    let verifying = setups.iter().filter_map(|setup| setup.attempt.as_ref());
    let there: BTreeSet<_> = paying
        .map(|attempt| &attempt.id)
        .chain(verifying.map(|attempt| &attempt.id))
        .collect();
    if listed == there {
        return Ok(());
    }
    Err(format!("{there:?} are open, {listed:?} are listed"))
}

/// After forty days nothing is left open.
fn settled(intent: &PaymentIntent) -> Result<(), String> {
    if intent.attempt.is_some() || matches!(intent.status, Status::Created | Status::Authorized) {
        return Err(format!(
            "{} is still {:?} with {:?}",
            intent.id, intent.status, intent.attempt
        ));
    }
    Ok(())
}

/// Every card that a payment was said to be saved as is in the vault, once, and
/// no other is.
fn kept(cards: &[SavedCard], intents: &[PaymentIntent]) -> Result<(), String> {
    let named: BTreeSet<&SavedCardId> = intents
        .iter()
        .filter_map(|i| i.authorization.as_ref()?.payment_method.as_ref())
        .collect();
    let there: BTreeSet<&SavedCardId> = cards.iter().map(|card| &card.id).collect();
    let numbers: BTreeSet<&str> = cards.iter().map(|c| c.fingerprint.as_str()).collect();
    let pending = cards.iter().any(|c| c.state != SavedCardState::Saved);
    if named == there && numbers.len() == cards.len() && !pending {
        return Ok(());
    }
    Err(format!("payments saved {named:?}, the vault has {cards:?}"))
}

fn agrees(intent: &PaymentIntent, books: &mut BTreeMap<AttemptId, Book>) -> Result<(), String> {
    let Some(authorization) = &intent.authorization else {
        return Ok(());
    };
    let book = books.remove(&authorization.reference).ok_or_else(|| {
        format!(
            "{} is paid, but the acquirer does not know of it",
            intent.id
        )
    })?;
    let reversed = intent.status == Status::Reversed;
    let captured = if reversed {
        book.captured
    } else {
        intent.captured()
    };
    let ours = Book {
        authorized: authorization.amount.minor,
        captured,
        refunded: intent.refunded(),
        reversed,
        released: authorization.released,
    };
    if ours == book {
        return Ok(());
    }
    Err(format!(
        "{}: ours {ours:?}, the acquirer's {book:?}",
        intent.id
    ))
}

/// The end of a hold captures an intent of which nothing was captured: every one of
/// several captures was asked for.
fn taken_as_asked(intents: &[PaymentIntent], memory: &Memory) -> Result<(), String> {
    let memory = memory.lock();
    let asked: BTreeSet<_> = memory
        .requests
        .values()
        .filter_map(|(wish, _)| match wish {
            Wish::Capture(id, amount) => Some((id, *amount)),
            _ => None,
        })
        .collect();
    for intent in intents.iter().filter(|i| i.captures.len() > 1) {
        let mut captures = intent.captures.iter();
        if let Some(unasked) = captures.find(|c| !asked.contains(&(&intent.id, c.amount))) {
            return Err(format!("{}: no caller asked for {unasked:?}", intent.id));
        }
    }
    Ok(())
}

/// Each intent's events: created first, then each status once, the last being
/// the one it has.
fn told_in_order(store: &SimulatedStore, intents: &[PaymentIntent]) -> Result<(), String> {
    let mut stories: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    for event in store.events() {
        if !ids.insert(event.id.clone()) {
            return Err(format!("{} was appended twice", event.id));
        }
        if event.kind != EventType::PAYMENT_INTENT_SEND_RECEIPT {
            stories
                .entry(event.subject.id.clone())
                .or_default()
                .push((status_told(&event)?, event.kind));
        }
    }
    for intent in intents {
        let story = stories.remove(intent.id.as_str()).unwrap_or_default();
        let statuses: Vec<_> = story.iter().map(|(status, _)| *status).collect();
        if !possible(&statuses, intent)
            || story.first().map(|(_, kind)| kind) != Some(&EventType::PAYMENT_INTENT_CREATED)
        {
            return Err(format!(
                "{} is {:?}, but its events say {story:?}",
                intent.id, intent.status
            ));
        }
    }
    match stories.first_key_value() {
        Some((id, story)) => Err(format!("{id} has events {story:?}, but is not there")),
        None => Ok(()),
    }
}

/// The events of each subject were received in their order, all of them, some of
/// them more than once.
///
/// # Errors
/// With what was not.
pub fn received(store: &SimulatedStore, receiver: &Receiver) -> Result<(), String> {
    let mut happened: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for event in store.events() {
        let of_subject = happened.entry(event.subject).or_default();
        of_subject.push(event.id);
    }
    let mut received: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for event in receiver.received() {
        let of_subject = received.entry(event.subject).or_default();
        of_subject.push(event.id);
        of_subject.dedup();
    }
    if happened == received {
        return Ok(());
    }
    let wrong = happened
        .iter()
        .find(|(subject, events)| received.get(subject) != Some(events));
    Err(format!("received otherwise than it happened: {wrong:?}"))
}

/// The status that an event carries.
fn status_told(event: &Event) -> Result<Status, String> {
    let data: serde_json::Value = serde_json::from_str(&event.data).map_err(|e| e.to_string())?;
    serde_json::from_value(data["paymentStatus"].clone()).map_err(|e| e.to_string())
}

fn possible(statuses: &[Status], intent: &PaymentIntent) -> bool {
    use Status::{Authorized, Canceled, Captured, Created, Refunded, Reversed};
    let paths: &[&[Status]] = match intent.capture_mode {
        CaptureMode::Auto => &[
            &[Created, Canceled],
            &[Created, Captured],
            &[Created, Captured, Reversed],
            &[Created, Captured, Refunded],
        ],
        CaptureMode::Manual => &[
            &[Created, Canceled],
            &[Created, Authorized, Captured],
            &[Created, Authorized, Reversed],
            &[Created, Authorized, Captured, Refunded],
        ],
    };
    paths.contains(&statuses) && statuses.last() == Some(&intent.status)
}

/// Everything that a caller was answered is there, once.
fn acknowledged(intents: &[PaymentIntent], memory: &Memory) -> Result<(), String> {
    let by_id: BTreeMap<_, _> = intents.iter().map(|i| (i.id.clone(), i)).collect();
    let memory = memory.lock();
    for id in memory
        .intents
        .keys()
        .chain(&memory.paid)
        .chain(&memory.canceled)
    {
        if !by_id.contains_key(id) {
            return Err(format!("{id} was acknowledged, but is not there"));
        }
    }
    for id in &memory.paid {
        if by_id.get(id).is_none_or(|i| i.authorization.is_none()) {
            return Err(format!("{id} was acknowledged as paid, but is not"));
        }
    }
    for id in &memory.canceled {
        if by_id.get(id).is_none_or(|i| i.status != Status::Canceled) {
            return Err(format!("{id} was acknowledged as canceled, but is not"));
        }
    }
    let mut seen = BTreeSet::new();
    for (key, (wish, answer)) in &memory.requests {
        let Some(answer) = answer.as_ref().filter(|a| a.status == 200) else {
            continue;
        };
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let there = match wish {
            Wish::Create(..) | Wish::Amount(..) | Wish::SetUp(_) | Wish::Bill(_) => true,
            // A decline is an answer, and may be given again.
            Wish::Charge(_) if text.starts_with("declined") => continue,
            Wish::Charge(id) => by_id
                .get(id)
                .is_some_and(|i| i.authorization.is_some() && i.details.setup_intent_id.is_some()),
            Wish::Capture(id, amount) => by_id.get(id).is_some_and(|i| {
                i.captures
                    .iter()
                    .any(|c| text == format!("capture {}", c.id) && c.amount == *amount)
            }),
            Wish::Refund(id, amount) => by_id.get(id).is_some_and(|i| {
                i.refunds
                    .iter()
                    .any(|r| text == format!("refund {}", r.id) && r.amount == *amount)
            }),
            Wish::Reverse(id) => by_id.get(id).is_some_and(|i| i.status == Status::Reversed),
        };
        if !there {
            return Err(format!(
                "{key} ({wish:?}) was acknowledged with '{text}', but is not there"
            ));
        }
        if !seen.insert(text.clone()) {
            return Err(format!("'{text}' answers two requests"));
        }
    }
    Ok(())
}
