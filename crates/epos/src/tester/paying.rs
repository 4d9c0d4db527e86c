//! Flows that pay: through the same use cases as guests at a table, with a test card. The
//! payment is reversed at the end unless it is to be kept.

use std::time::Duration;

use tatami_core::account::Scope;
use tatami_core::card::{CardEntry, CardNumber, Cv2, Expiry, Scheme};
use tatami_core::id::{Environment, PaymentIntentId};
use tatami_core::money::Money;
use tatami_core::pay_at_table::{PartStage, PartWish, Split, TablePayment, Tip};
use tatami_core::payment_intent::{AmountDraft, Draft, PayerDetails};
use tatami_engine::{Call, Engine, PaymentResult};
use tokio::time::sleep;

use super::catalog::Paying;
use super::run::Status;
use super::runner::{Ended, Outcome, Runner, STEP_WITHIN};
use crate::capability::Capability;
use crate::contract::{FaultKind, Order, RecordPayment};

/// A card of the sandbox's acquirer that is approved.
const CARD: &str = "4456530000001005";
/// The version that answers are written in; nobody reads them.
const VERSION: &str = "2026-02-27";
/// How often is looked whether a payment is recorded.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How much more than is due is recorded to be refused.
const TOO_MUCH: i64 = 100;

const GET: Capability = Capability::GetOrderById;
const RECORD: Capability = Capability::RecordOrderPaymentById;

/// Pays an order in one of the ways.
pub async fn pay(runner: &mut Runner, way: Paying) -> Result<(), Ended> {
    for capability in [GET, RECORD] {
        runner.registered(capability).await?;
    }
    in_sandbox(runner).await?;
    let due = due(runner, "Read the order").await?;
    let (mut paid, mut left) = (Vec::new(), due);
    let (parts, percent) = (runner.number("parts"), runner.number("tip"));
    let wishes: Vec<PartWish> = match way {
        Paying::InFull => vec![wish(Split::Full, None)],
        Paying::WithTip => vec![wish(Split::Full, Some(Tip::Percent(100 * percent)))],
        Paying::Partly => vec![wish(Split::Amount(half(due)), None)],
        Paying::InParts => (0..parts)
            .map(|_| wish(Split::Equal { parts }, None))
            .collect(),
        Paying::TooMuch => return too_much(runner, due).await,
    };
    let mut done = Ok(());
    for wish in wishes {
        match part(runner, wish).await {
            Ok(part) => {
                left.minor -= part.amount.minor;
                paid.push(part.intent);
            }
            Err(ended) => {
                done = Err(ended);
                break;
            }
        }
    }
    if done.is_ok() {
        done = is_known(runner, &paid, left).await;
    }
    if runner.param("keep") != "true" {
        for intent in &paid {
            done = done.and(reversed(runner, intent).await);
        }
    }
    done
}

const fn wish(split: Split, tip: Option<Tip>) -> PartWish {
    PartWish { split, tip }
}

const fn half(due: Money) -> Money {
    Money {
        minor: (due.minor + 1) / 2,
        ..due
    }
}

async fn in_sandbox(runner: &mut Runner) -> Result<(), Ended> {
    if runner.scope().environment == Environment::Sandbox {
        return Ok(());
    }
    let why = "Flows that pay use a test card: start them with a sandbox key".to_owned();
    let refused: Outcome<()> = (Err(Status::Failure), vec![why]);
    let name = "Check the environment";
    runner
        .step(name, STEP_WITHIN, std::future::ready(refused))
        .await
}

/// The step that reads the order; what is due of it.
async fn due(runner: &mut Runner, name: &str) -> Result<Money, Ended> {
    let order = read(runner, name).await?;
    let due = order
        .as_ref()
        .and_then(Order::due)
        .filter(|due| due.minor > 0);
    let checked = match due {
        Some(due) => (
            Ok(due),
            vec![format!("{} {} are due", due.minor, due.currency.code())],
        ),
        None => {
            let why = "Nothing of the order is due, or it has no totalAmount".to_owned();
            let advice = "Please give the id of an order that can be paid".to_owned();
            (Err(Status::Failure), vec![why, advice])
        }
    };
    let name = "Check that the order can be paid";
    runner
        .step(name, STEP_WITHIN, std::future::ready(checked))
        .await
}

async fn read(runner: &mut Runner, name: &str) -> Result<Option<Order>, Ended> {
    let request = runner.request(GET, &[("orderId", runner.param("orderId"))]);
    let answer = runner.ask(name, request).await?;
    Ok(serde_json::from_value(answer.result).ok())
}

/// Pays a part, and waits until the POS has recorded it.
async fn part(runner: &mut Runner, wish: PartWish) -> Result<TablePayment, Ended> {
    let (engine, scope) = (runner.tester().engine().clone(), runner.scope().clone());
    let order = runner.param("orderId").to_owned();
    let paying = async move {
        let begun = engine
            .tables()
            .pay_as_guest(&scope, &order, wish, None)
            .await;
        let intent = match begun {
            Ok(intent) => intent,
            Err(failure) => return failed(failure.to_string()),
        };
        match pay_with_card(&engine, &scope, &intent).await {
            Ok(()) => {
                let note = format!("{intent} is paid");
                (Ok(intent), vec![note])
            }
            Err(why) => failed(why),
        }
    };
    let name = "Pay with a test card";
    let intent = runner.step(name, STEP_WITHIN, paying).await?;
    let (engine, scope) = (runner.tester().engine().clone(), runner.scope().clone());
    let recording = async move {
        loop {
            let part = match engine.tables().guest_part(&scope, &intent).await {
                Ok(Some(part)) => part,
                Ok(None) => return failed("The payment is not one of an order".to_owned()),
                Err(failure) => return failed(failure.to_string()),
            };
            match part.stage {
                PartStage::Waiting | PartStage::Recording => sleep(LOOK_EVERY).await,
                PartStage::Recorded => {
                    let tip = part.tip.map_or(0, |tip| tip.minor);
                    let note = format!("paidAmount {}, tipsAmount {tip}", part.amount.minor);
                    return (Ok(part), vec![note]);
                }
                PartStage::GivingBack
                | PartStage::GivenBack
                | PartStage::Dropped
                | PartStage::Uncertain => {
                    let mut notes =
                        vec!["The POS refused the payment: it is given back".to_owned()];
                    notes.extend(part.message);
                    notes.push("Please record a payment of at most what is due".to_owned());
                    return (Err(Status::Failure), notes);
                }
            }
        }
    };
    runner
        .step("Wait until the payment is recorded", STEP_WITHIN, recording)
        .await
}

fn failed<T>(why: String) -> Outcome<T> {
    (Err(Status::Failure), vec![why])
}

/// Pays a payment intent with the test card.
async fn pay_with_card(
    engine: &Engine,
    scope: &Scope,
    intent: &PaymentIntentId,
) -> Result<(), String> {
    let said = |failure: tatami_engine::Failure| failure.to_string();
    let view = engine
        .payment_intents()
        .get(scope, intent)
        .await
        .map_err(said)?;
    let view = engine
        .payers()
        .session(&view.secret())
        .await
        .map_err(said)?;
    let card = card().ok_or("There is no test card")?;
    let paid = engine
        .payers()
        .pay(&view, card, PayerDetails::default(), None);
    match paid.await.map_err(said)? {
        PaymentResult::Approved { .. } => Ok(()),
        _ => Err("The test card was not approved".to_owned()),
    }
}

fn card() -> Option<CardEntry> {
    Some(CardEntry {
        number: CardNumber::parse(CARD)?,
        expiry: Expiry::parse("12/39")?,
        cv2: Cv2::parse("123", Scheme::Visa),
        holder: "EPOS Tester".to_owned(),
    })
}

/// The step that looks whether the order at the POS shows the payments, and what is left.
async fn is_known(runner: &mut Runner, paid: &[PaymentIntentId], left: Money) -> Result<(), Ended> {
    let order = read(runner, "Read the order again").await?;
    let order = order.unwrap_or_default();
    let mut notes = Vec::new();
    for intent in paid {
        if !order.has_payment(intent.as_str()) {
            notes.push(format!("payments has no {intent}"));
        }
    }
    let due = order.due().map(|due| due.minor);
    if due != Some(left.minor) {
        let due = due.map_or("nothing".to_owned(), |due| due.to_string());
        notes.push(format!("{} should be due and {due} is", left.minor));
    }
    let checked = match notes.is_empty() {
        true => (Ok(()), vec!["The order has the payments".to_owned()]),
        false => {
            notes.push("Please add each recorded payment to payments and paidAmount".to_owned());
            (Err(Status::Failure), notes)
        }
    };
    let name = "Check the payments of the order";
    runner
        .step(name, STEP_WITHIN, std::future::ready(checked))
        .await
}

/// The step that reverses a payment.
async fn reversed(runner: &mut Runner, intent: &PaymentIntentId) -> Result<(), Ended> {
    let (engine, intent) = (runner.tester().engine().clone(), intent.clone());
    let call = call(runner);
    let reversing = async move {
        match engine.payment_intents().reverse(&call, &intent).await {
            Ok(_) => (Ok(()), vec![format!("{intent} is reversed")]),
            Err(failure) => failed(failure.to_string()),
        }
    };
    runner
        .step("Reverse the payment", STEP_WITHIN, reversing)
        .await
}

fn call(runner: &Runner) -> Call {
    Call {
        scope: runner.scope().clone(),
        version: VERSION,
        idempotency: None,
    }
}

/// Records more than is due, which the POS has to refuse, and gives the payment back.
async fn too_much(runner: &mut Runner, due: Money) -> Result<(), Ended> {
    let amount = Money {
        minor: due.minor + TOO_MUCH,
        ..due
    };
    let (engine, call) = (runner.tester().engine().clone(), call(runner));
    let paying = async move {
        let draft = Draft {
            amount: Some(AmountDraft {
                value: amount.minor,
                currency_code: amount.currency.code().to_owned(),
            }),
            details: Box::new(tatami_core::payment_intent::Details {
                reference: "EPOS Tester".to_owned(),
                ..Default::default()
            }),
            ..Draft::default()
        };
        let made = engine.payment_intents().create(&call, draft).await;
        let made = made.map_err(|failure| failure.to_string());
        let id = made.and_then(|answer| id_of(&answer.body));
        let id = match id {
            Ok(id) => id,
            Err(why) => return failed(why),
        };
        match pay_with_card(&engine, &call.scope, &id).await {
            Ok(()) => (Ok(id.clone()), vec![format!("{id} is paid")]),
            Err(why) => failed(why),
        }
    };
    let name = "Pay more than is due with a test card";
    let intent = runner.step(name, STEP_WITHIN, paying).await?;
    let order = runner.param("orderId").to_owned();
    let request = runner
        .request(RECORD, &[("orderId", &order)])
        .with(&RecordPayment {
            payment_intent_id: intent.to_string(),
            paid_amount: amount.into(),
            tips_amount: None,
            lock_id: None,
        });
    let name = "Record more than is due";
    let refused = runner.ask_in_vain(name, request, FaultKind::Conflict).await;
    let reversed = reversed(runner, &intent).await;
    refused.and(reversed)
}

fn id_of(body: &[u8]) -> Result<PaymentIntentId, String> {
    let body: serde_json::Value = serde_json::from_slice(body).map_err(|e| e.to_string())?;
    let id = body["id"].as_str().unwrap_or_default();
    PaymentIntentId::parse(id).map_err(|error| error.to_string())
}
