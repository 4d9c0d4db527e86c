//! Callers: they ask at random, hang up at random, ask again with the same key,
//! and remember every answer they got.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tatami_core::account::Scope;
use tatami_core::card::{CardEntry, CardNumber, Expiry};
use tatami_core::id::{CustomerId, PaymentIntentId, SetupIntentId};
use tatami_core::money::{Currency, Money};
use tatami_core::payment_intent::{
    AmountDraft, AutoExpireAction, CaptureMode, CaptureRequest, Config, Customer, Details, Draft,
    PayerDetails, PaymentPermissions, RefundRequest,
};
use tatami_core::time::SignedDuration;
use tatami_engine::ports::answers::Answer;
use tatami_engine::{Call, Engine, Failure, Keep, PaymentResult};

use crate::dice::Dice;
use crate::node::Node;
use crate::setups::{self, Setups};

pub(crate) const CARDS: [&str; 4] = [
    "4111111111111111",
    "4111111111111111",
    "4000000000000002",
    "4456530000001096",
];

/// A request that can be sent again.
#[derive(Clone, Debug)]
pub enum Wish {
    /// Create: amount, manual, capture when the hold ends.
    Create(i64, bool, bool),
    /// Capture minor units.
    Capture(PaymentIntentId, i64),
    /// Refund minor units.
    Refund(PaymentIntentId, i64),
    /// Reverse.
    Reverse(PaymentIntentId),
    /// Change the amount.
    Amount(PaymentIntentId, i64),
    /// Create a setup intent, to be charged once or often.
    SetUp(bool),
    /// Create a payment intent for a setup intent.
    Bill(SetupIntentId),
    /// Charge it.
    Charge(PaymentIntentId),
}

/// What callers remember.
#[derive(Default)]
pub struct Remembered {
    /// Every keyed request, with the answer if one was got.
    pub requests: BTreeMap<String, (Wish, Option<Answer>)>,
    /// Intents that callers know of, with their latest secret.
    pub intents: BTreeMap<PaymentIntentId, String>,
    /// Intents whose payer saw "paid".
    pub paid: Vec<PaymentIntentId>,
    /// Intents whose cancellation was acknowledged.
    pub canceled: Vec<PaymentIntentId>,
    /// Intents that are to be charged to a setup intent's card.
    pub bills: BTreeSet<PaymentIntentId>,
    challenges: Vec<(PaymentIntentId, String, String)>,
    contradictions: Vec<String>,
}

/// The callers' shared memory; it outlives the process they call.
pub struct Memory {
    pub(crate) dice: Dice,
    scope: Scope,
    pub(crate) customer: CustomerId,
    remembered: Mutex<Remembered>,
    setups: Mutex<Setups>,
}

impl Memory {
    /// Callers of one account, who know nothing yet.
    pub fn new(dice: Dice, scope: Scope, customer: CustomerId) -> Self {
        Self {
            dice,
            scope,
            customer,
            remembered: Mutex::default(),
            setups: Mutex::default(),
        }
    }

    /// What they remember.
    pub fn lock(&self) -> MutexGuard<'_, Remembered> {
        self.remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// What they remember of setup intents.
    pub fn setups(&self) -> MutexGuard<'_, Setups> {
        self.setups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many answers they got.
    pub fn acknowledged(&self) -> usize {
        self.lock()
            .requests
            .values()
            .filter(|(_, answer)| answer.is_some())
            .count()
    }

    /// Answers that contradict each other.
    pub fn contradictions(&self) -> Vec<String> {
        self.lock().contradictions.clone()
    }

    fn keyed(&self, key: &str) -> Call {
        Call {
            scope: self.scope.clone(),
            version: "2026-02-27",
            idempotency: Some((key.to_owned(), key.to_owned())),
        }
    }

    pub(crate) fn unkeyed(&self) -> Call {
        Call {
            scope: self.scope.clone(),
            version: "2026-02-27",
            idempotency: None,
        }
    }

    /// Calls any of the nodes that are up, until all are dead.
    pub async fn call(&self, nodes: Vec<Node>) {
        loop {
            tokio::time::sleep(Duration::from_millis(self.dice.roll(30))).await;
            let patience = Duration::from_millis(if self.dice.chance(1, 8) {
                self.dice.roll(60)
            } else {
                60_000
            });
            let up: Vec<&Node> = nodes.iter().filter(|node| !node.is_dead()).collect();
            let Some(node) = self.dice.pick(&up) else {
                return;
            };
            // Running out of patience drops the call wherever it is.
            let call = tokio::time::timeout(patience, self.once(&node.engine));
            tokio::select! {
                _ = call => {}
                () = node.dies() => {}
            }
        }
    }

    async fn once(&self, engine: &Engine) {
        let target = {
            let known: Vec<_> = self.lock().intents.keys().cloned().collect();
            self.dice.pick(&known).cloned()
        };
        let amount = 1 + i64::try_from(self.dice.roll(1_500)).unwrap_or(0);
        match (self.dice.roll(26), target) {
            (20..26, _) => self.set_up(engine).await,
            (0..=2, _) | (_, None) => {
                let wish = Wish::Create(1_000, self.dice.chance(1, 2), self.dice.chance(1, 2));
                self.ask(engine, wish).await;
            }
            (3..=7, Some(id)) => self.pay(engine, &id).await,
            (8, _) => self.pass_challenge(engine).await,
            (9..=10, Some(id)) => self.ask(engine, Wish::Capture(id, amount)).await,
            (11..=12, Some(id)) => self.ask(engine, Wish::Refund(id, amount)).await,
            (13, Some(id)) => self.ask(engine, Wish::Reverse(id)).await,
            (14, Some(id)) => self.ask(engine, Wish::Amount(id, amount + 700)).await,
            (15, Some(id)) => {
                if engine
                    .payment_intents()
                    .cancel(&self.unkeyed(), &id)
                    .await
                    .is_ok()
                {
                    self.lock().canceled.push(id);
                }
            }
            (16, _) => {
                let by = SignedDuration::from_secs(
                    i64::try_from(self.dice.roll(200_000)).unwrap_or(0) + 1,
                );
                // How far it got shows in the audit.
                let _ = engine.clocks().advance(&self.scope, by).await;
            }
            _ => self.ask_again(engine).await,
        }
    }

    pub(crate) async fn ask(&self, engine: &Engine, wish: Wish) {
        let key = format!("key-{:x}", self.dice.roll(u64::MAX));
        self.lock()
            .requests
            .insert(key.clone(), (wish.clone(), None));
        self.send(engine, &key, &wish).await;
    }

    async fn ask_again(&self, engine: &Engine) {
        let all: Vec<_> = self
            .lock()
            .requests
            .iter()
            .map(|(key, (wish, _))| (key.clone(), wish.clone()))
            .collect();
        if let Some((key, wish)) = self.dice.pick(&all) {
            self.send(engine, key, wish).await;
        }
    }

    async fn send(&self, engine: &Engine, key: &str, wish: &Wish) {
        if let Ok(answer) = self.carry_out(engine, key, wish).await {
            self.note(key, answer);
        }
    }

    fn note(&self, key: &str, answer: Answer) {
        let mut memory = self.lock();
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let words = text.strip_prefix("intent ").and_then(|t| t.split_once(' '));
        let intent = words.and_then(|(id, rest)| {
            Some((PaymentIntentId::parse(id).ok()?, rest.rsplit(' ').next()?))
        });
        self.setups().note(&text);
        if let Some((id, secret)) = intent {
            if matches!(memory.requests.get(key), Some((Wish::Bill(_), _))) {
                memory.bills.insert(id.clone());
            }
            memory.intents.insert(id, secret.to_owned());
        }
        let Some((wish, before)) = memory.requests.get_mut(key) else {
            return;
        };
        match before {
            Some(before) if *before != answer => {
                let both = format!("{key} ({wish:?}) was answered {before:?} and then {answer:?}");
                memory.contradictions.push(both);
            }
            _ => *before = Some(answer),
        }
    }

    async fn carry_out(&self, engine: &Engine, key: &str, wish: &Wish) -> Result<Answer, Failure> {
        let call = self.keyed(key);
        match wish {
            Wish::Create(amount, manual, capture) => {
                engine
                    .payment_intents()
                    .create(&call, draft(&self.customer, *amount, *manual, *capture))
                    .await
            }
            Wish::Capture(id, amount) => {
                engine
                    .payment_intents()
                    .capture(
                        &call,
                        id,
                        CaptureRequest {
                            amount: *amount,
                            tips: None,
                        },
                    )
                    .await
            }
            Wish::Refund(id, amount) => {
                engine
                    .payment_intents()
                    .refund(
                        &call,
                        id,
                        RefundRequest {
                            amount: *amount,
                            reason: None,
                            notes: None,
                        },
                    )
                    .await
            }
            Wish::Reverse(id) => engine.payment_intents().reverse(&call, id).await,
            Wish::SetUp(often) => {
                engine
                    .setup_intents()
                    .create(&call, setups::draft(*often))
                    .await
            }
            Wish::Bill(setup) => {
                let mut draft = draft(&self.customer, 1_000, false, false);
                draft.details.setup_intent_id = Some(setup.to_string());
                engine.payment_intents().create(&call, draft).await
            }
            Wish::Charge(id) => engine.charges().charge(&call, id).await,
            Wish::Amount(id, amount) => {
                engine
                    .payment_intents()
                    .set_amount(&call, id, Money::new(*amount, Currency::Gbp), (None, None))
                    .await
            }
        }
    }

    async fn pay(&self, engine: &Engine, id: &PaymentIntentId) {
        // The card of its setup intent pays, or nobody.
        if self.lock().bills.contains(id) {
            return;
        }
        let Ok(view) = engine.payers().refresh_session(id).await else {
            return;
        };
        let Some(card) = self.dice.pick(&CARDS).and_then(|n| CardNumber::parse(n)) else {
            return;
        };
        let card = CardEntry {
            number: card,
            expiry: Expiry {
                year: 2030,
                month: 1,
            },
            cv2: None,
            holder: "P".to_owned(),
        };
        let secret = view.secret();
        let keep = self.dice.chance(1, 2).then_some(Keep {
            merchant_initiated: false,
        });
        let paid = engine
            .payers()
            .pay(&view, card, PayerDetails::default(), keep)
            .await;
        self.heard(id, &secret, paid);
    }

    async fn pass_challenge(&self, engine: &Engine) {
        let waiting = self.lock().challenges.clone();
        let Some((id, secret, transaction)) = self.dice.pick(&waiting) else {
            return;
        };
        let proof = if self.dice.chance(3, 4) {
            "passed"
        } else {
            "failed"
        };
        let paid = engine
            .payers()
            .complete_challenge(secret, transaction, proof)
            .await;
        self.heard(id, secret, paid);
    }

    fn heard(&self, id: &PaymentIntentId, secret: &str, paid: Result<PaymentResult, Failure>) {
        match paid {
            Ok(PaymentResult::Approved { .. }) => self.lock().paid.push(id.clone()),
            Ok(PaymentResult::Challenge { challenge, .. }) => {
                self.lock().challenges.push((
                    id.clone(),
                    secret.to_owned(),
                    challenge.transaction_id,
                ));
            }
            Ok(PaymentResult::Declined { .. } | PaymentResult::Unknown { .. }) | Err(_) => {}
        }
    }

    /// Sends every acknowledged request once more: it must be answered as it
    /// was.
    ///
    /// # Errors
    /// With the first that is not.
    pub async fn replay(&self, engine: &Engine) -> Result<(), String> {
        let all: Vec<_> = self.lock().requests.clone().into_iter().collect();
        for (key, (wish, answer)) in all {
            let Some(before) = answer else { continue };
            let now = self
                .carry_out(engine, &key, &wish)
                .await
                .map_err(|e| format!("{key} ({wish:?}): {e}"))?;
            if now != before {
                return Err(format!(
                    "{key} ({wish:?}) was answered {before:?}, and at the end {now:?}"
                ));
            }
        }
        Ok(())
    }
}

pub(crate) fn draft(customer: &CustomerId, amount: i64, manual: bool, capture: bool) -> Draft {
    let permissions = PaymentPermissions {
        custom_amount_allowed: true,
        tips_allowed: true,
    };
    Draft {
        capture_mode: manual.then_some(CaptureMode::Manual),
        amount: Some(AmountDraft {
            value: amount,
            currency_code: "GBP".to_owned(),
        }),
        auto_expire_action: manual.then_some(match capture {
            true => AutoExpireAction::Capture,
            false => AutoExpireAction::Release,
        }),
        details: Box::new(Details {
            reference: "Order".to_owned(),
            customer: Some(Customer {
                id: Some(customer.to_string()),
                ..Customer::default()
            }),
            config: Some(Config {
                payment: Some(permissions),
                ..Config::default()
            }),
            ..Details::default()
        }),
        ..Draft::default()
    }
}
