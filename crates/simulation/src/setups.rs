//! Callers of setup intents: they give cards, and shops charge them. And what must
//! be true of those at the end.

use std::collections::{BTreeMap, BTreeSet};

use tatami_core::card::{CardEntry, CardNumber, Expiry};
use tatami_core::id::{PaymentIntentId, SetupIntentId};
use tatami_core::payment_intent::{Details, PayerDetails, PaymentIntent};
use tatami_core::saved_card::{SavedCard, SavedCardState};
use tatami_core::setup_intent::{Draft, SetupIntent, Status, TransactionType};
use tatami_engine::{Engine, SetupResult};

use crate::callers::{CARDS, Memory, Wish};
use crate::store::SimulatedStore;

/// What callers remember of setup intents.
#[derive(Default)]
pub struct Setups {
    /// Those they know of, with their latest secret.
    known: BTreeMap<SetupIntentId, String>,
    challenges: Vec<(SetupIntentId, String, String)>,
    /// Those whose payer saw "saved".
    saved: BTreeSet<SetupIntentId>,
    /// Those whose end was acknowledged.
    ended: BTreeSet<SetupIntentId>,
}

impl Setups {
    /// Notes an answer.
    pub fn note(&mut self, text: &str) {
        let words = text.strip_prefix("setup ").and_then(|t| t.split_once(' '));
        let known = words.and_then(|(id, secret)| Some((SetupIntentId::parse(id).ok()?, secret)));
        if let Some((id, secret)) = known {
            self.known.insert(id, secret.to_owned());
        }
    }
}

/// A setup intent to create.
pub fn draft(unscheduled: bool) -> Draft {
    Draft {
        kind: Some(if unscheduled {
            TransactionType::Unscheduled
        } else {
            TransactionType::NoShow
        }),
        terms: "As agreed.".to_owned(),
        details: Details {
            reference: "Booking".to_owned(),
            ..Details::default()
        },
        ..Draft::default()
    }
}

impl Memory {
    /// One thing that payers or shops do with setup intents.
    pub async fn set_up(&self, engine: &Engine) {
        let known: Vec<_> = self.setups().known.keys().cloned().collect();
        let Some(id) = self.dice.pick(&known).cloned() else {
            return self.ask(engine, Wish::SetUp(self.dice.chance(1, 2))).await;
        };
        match self.dice.roll(12) {
            0 => self.ask(engine, Wish::SetUp(self.dice.chance(1, 2))).await,
            1..=4 => self.give(engine, &id).await,
            5 => self.prove(engine).await,
            6..=8 => self.ask(engine, Wish::Bill(id)).await,
            9 if self.dice.chance(1, 4) => {
                let ended = engine
                    .setup_intents()
                    .delete(&self.unkeyed(), &id, true)
                    .await;
                if ended.is_ok() {
                    self.setups().ended.insert(id);
                }
            }
            _ => self.charge(engine).await,
        }
    }

    async fn charge(&self, engine: &Engine) {
        let bills: Vec<PaymentIntentId> = self.lock().bills.iter().cloned().collect();
        if let Some(bill) = self.dice.pick(&bills) {
            self.ask(engine, Wish::Charge(bill.clone())).await;
        }
    }

    async fn give(&self, engine: &Engine, id: &SetupIntentId) {
        let Ok(view) = engine.setup_intents().refresh_public_session(id).await else {
            return;
        };
        let Some(number) = self.dice.pick(&CARDS).and_then(|n| CardNumber::parse(n)) else {
            return;
        };
        let card = CardEntry {
            number,
            expiry: Expiry {
                year: 2030,
                month: 1,
            },
            cv2: None,
            holder: "P".to_owned(),
        };
        let given = engine
            .setup_payers()
            .authorize(&view.secret, card, true, PayerDetails::default())
            .await;
        match given {
            Ok(SetupResult::Authorized { .. }) => {
                self.setups().saved.insert(id.clone());
            }
            Ok(SetupResult::Challenge { challenge, .. }) => {
                let waiting = (id.clone(), view.secret, challenge.transaction_id);
                self.setups().challenges.push(waiting);
            }
            Ok(SetupResult::Declined { .. } | SetupResult::Unknown { .. }) | Err(_) => {}
        }
    }

    async fn prove(&self, engine: &Engine) {
        let waiting = self.setups().challenges.clone();
        let Some((id, secret, transaction)) = self.dice.pick(&waiting) else {
            return;
        };
        let done = engine
            .setup_payers()
            .complete_challenge(secret, transaction, "passed")
            .await;
        if matches!(done, Ok(SetupResult::Authorized { .. })) {
            self.setups().saved.insert(id.clone());
        }
    }
}

/// Compares setup intents with the payments that charged them, with the vault,
/// and with the answers that callers got.
///
/// # Errors
/// With what does not agree.
pub fn check(
    store: &SimulatedStore,
    intents: &[PaymentIntent],
    memory: &Memory,
) -> Result<(), String> {
    let setups: Vec<SetupIntent> = store.aggregates().map_err(|e| e.to_string())?;
    let cards: Vec<SavedCard> = store.aggregates().map_err(|e| e.to_string())?;
    let mut kept: BTreeSet<_> = cards
        .iter()
        .filter(|card| card.state == SavedCardState::Saved)
        // Those of customers are looked at with the payments that saved them.
        .filter(|card| card.owner.starts_with(SetupIntentId::PREFIX))
        .map(|card| card.id.clone())
        .collect();
    for setup in &setups {
        let charged = intents
            .iter()
            .filter(|intent| intent.authorization.is_some())
            .filter(|intent| intent.details.setup_intent_id.as_deref() == Some(setup.id.as_str()))
            .count();
        agrees(setup, charged)?;
        for card in setup.saved_cards() {
            if !kept.remove(card) {
                return Err(format!("{} names a card that is not kept", setup.id));
            }
        }
    }
    if let Some(card) = kept.first() {
        return Err(format!("{card} is kept, and nothing names it"));
    }
    agree(&setups, &memory.setups())
}

fn agrees(setup: &SetupIntent, charged: usize) -> Result<(), String> {
    let open = setup.attempt.is_some() || setup.charge.is_some();
    let once = setup.kind == TransactionType::NoShow;
    let completed = setup.status == Status::Completed;
    let right = match setup.status {
        Status::Created => false,
        Status::Completed => charged > 0 && !(once && charged > 1),
        Status::Closed => charged == 0 || !once,
        _ => charged == 0,
    };
    if open || !right || (once && completed && setup.saved_card().is_some()) {
        return Err(format!(
            "{} is {:?} after {charged} charges, with {:?} and {:?} open",
            setup.id, setup.status, setup.attempt, setup.charge
        ));
    }
    Ok(())
}

fn agree(setups: &[SetupIntent], heard: &Setups) -> Result<(), String> {
    let by_id: BTreeMap<_, _> = setups.iter().map(|s| (&s.id, s)).collect();
    for id in heard.known.keys().chain(&heard.saved).chain(&heard.ended) {
        if !by_id.contains_key(id) {
            return Err(format!("{id} was acknowledged, but is not there"));
        }
    }
    for id in &heard.saved {
        if by_id.get(id).is_none_or(|s| s.verification.is_none()) {
            return Err(format!("{id} was acknowledged as saved, but is not"));
        }
    }
    for id in &heard.ended {
        let over = |s: &&SetupIntent| matches!(s.status, Status::Canceled | Status::Closed);
        if !by_id.get(id).is_some_and(over) {
            return Err(format!("{id} was acknowledged as given up, but is not"));
        }
    }
    Ok(())
}
