//! Flows of one capability.

use serde_json::{Value, json};
use tatami_core::id::PaymentIntentId;
use tatami_core::payment_intent::Status;
use tatami_core::time::{SignedDuration, ticks};

use super::run::Status as Ends;
use super::runner::{Ended, Runner, STEP_WITHIN};
use super::stories::{Meanwhile, locked};
use crate::capability::Capability;
use crate::request::Request;

/// How long what is created lasts.
const VISIT: SignedDuration = SignedDuration::from_hours(2);

/// Calls a capability.
pub async fn call(runner: &mut Runner, capability: Capability) -> Result<(), Ended> {
    runner.registered(capability).await?;
    if capability.rest().is_none() {
        // Its contract is not published: there is nothing to hold an answer against.
        return Ok(());
    }
    match capability {
        // A lock is created in any case, and deleted if that is registered.
        Capability::CreateOrderLock | Capability::DeleteOrderLock => {
            locked(runner, Meanwhile::Nothing).await
        }
        Capability::ExtendOrderLock => locked(runner, Meanwhile::Extend).await,
        _ => {
            if capability == Capability::RecordOrderPaymentById {
                is_paid(runner).await?;
            }
            let name = format!("Call {}", capability.name());
            let request = request(runner, capability);
            runner.ask(&name, request).await.map(|_| ())
        }
    }
}

/// The step that looks whether the payment to record was made.
async fn is_paid(runner: &mut Runner) -> Result<(), Ended> {
    let (engine, scope) = (runner.tester().engine().clone(), runner.scope().clone());
    let given = runner.param("paymentIntentId").to_owned();
    let work = async move {
        let found = match PaymentIntentId::parse(&given) {
            Ok(id) => engine.payment_intents().get(&scope, &id).await.ok(),
            Err(_) => None,
        };
        let status = found.map(|view| view.intent.status);
        match status {
            Some(Status::Authorized | Status::Captured) => (Ok(()), Vec::new()),
            Some(status) => {
                let why = format!("The payment intent is {status:?}");
                let advice = "Please give one that is authorized or captured".to_owned();
                (Err(Ends::Failure), vec![why, advice])
            }
            None => {
                let why = "There is no payment intent of this id".to_owned();
                let advice = "Please create one and pay it with a test card".to_owned();
                (Err(Ends::Failure), vec![why, advice])
            }
        }
    };
    let name = "Check the payment intent";
    runner.step(name, STEP_WITHIN, work).await
}

fn request(runner: &Runner, capability: Capability) -> Request {
    let id = |name: &'static str| [(name, runner.param(name))];
    let new = |ids: &[(&'static str, &str)]| runner.request(capability, ids);
    match capability {
        Capability::CreateOrder => new(&[]).with(&new_order(runner)),
        Capability::SearchOrders => new(&[]).with(&json!({
            "payableOnly": true,
            "dineIn": given(runner, &["tableId", "waiterId"]),
        })),
        Capability::RecordOrderPaymentById => new(&id("orderId")).with(&json!({
            "paymentIntentId": runner.param("paymentIntentId"),
            "paidAmount": amount(runner),
        })),
        Capability::GetOrderById | Capability::CancelOrderById | Capability::GetOrderBillById => {
            new(&id("orderId"))
        }
        Capability::CreateParty => new(&[]).with(&party(runner)),
        Capability::UpdateParty => {
            let mut party = party(runner);
            party["status"] = "Seated".into();
            new(&id("partyId")).with(&party)
        }
        Capability::GetPartyById | Capability::DeletePartyById => new(&id("partyId")),
        Capability::CreateReservation => new(&[]).with(&reservation(runner)),
        Capability::UpdateReservation => new(&id("reservationId")).with(&reservation(runner)),
        Capability::GetReservationById | Capability::DeleteReservationById => {
            new(&id("reservationId"))
        }
        Capability::SearchParties | Capability::SearchReservations => {
            new(&[]).with(&given(runner, &["tableId"]))
        }
        Capability::SearchTables => new(&[]).with(&given(runner, &["waiterId"])),
        Capability::PaymentIntentCreated | Capability::PaymentIntentStatusUpdated => {
            event(runner, capability)
        }
        _ => new(&[]),
    }
}

/// The parameters that were given, by their names.
fn given(runner: &Runner, names: &[&str]) -> Value {
    let given = names.iter().filter_map(|name| {
        let value = runner.given(name)?;
        Some(((*name).to_owned(), Value::from(value)))
    });
    Value::Object(given.collect())
}

fn amount(runner: &Runner) -> Value {
    let value = runner.number("amount");
    json!({ "value": value, "currencyCode": runner.param("currencyCode") })
}

fn new_order(runner: &Runner) -> Value {
    let amount = amount(runner);
    let item = json!({
        "plu": "epos-tester",
        "name": "EPOS Tester",
        "quantity": 1,
        "amountPerItem": amount,
    });
    json!({
        "dojoOrderId": runner.tester().engine().documents().new_uuid(),
        "items": [item],
        "totalAmount": amount,
        "payments": [],
        "details": {
            "orderType": "DineIn",
            "dineIn": given(runner, &["tableId", "waiterId"]),
        },
    })
}

fn party(runner: &Runner) -> Value {
    json!({
        "dojoPartyId": runner.tester().engine().documents().new_uuid(),
        "name": runner.param("name"),
        "covers": runner.number("covers"),
        "tableIds": [runner.param("tableId")],
        "startTime": ticks(runner.now()),
        "expectedEndTime": ticks(runner.now() + VISIT),
    })
}

fn reservation(runner: &Runner) -> Value {
    json!({
        "dojoReservationId": runner.tester().engine().documents().new_uuid(),
        "name": runner.param("name"),
        "covers": runner.number("covers"),
        "tableIds": [runner.param("tableId")],
        "startTime": ticks(runner.now()),
        "endTime": ticks(runner.now() + VISIT),
    })
}

/// An event about a payment intent.
pub fn event(runner: &Runner, capability: Capability) -> Request {
    let status = match capability {
        Capability::PaymentIntentCreated => "Created",
        _ => "Captured",
    };
    let payload = json!({
        "id": format!("evt_{}", runner.tester().engine().documents().new_id()),
        "event": capability.event(),
        "accountId": runner.account(),
        "createdAt": ticks(runner.now()),
        "data": {
            "paymentIntentId": runner.param("paymentIntentId"),
            "paymentStatus": status,
            "captureMode": "Auto",
        },
    });
    runner.request(capability, &[]).with(&payload)
}
