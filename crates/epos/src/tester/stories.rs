//! Flows that take several capabilities, or look at a POS closely. Those that need a POS
//! to be asked for something wrong ask for it: a POS that is right ends each in success.

use std::time::Duration;

use serde_json::json;
use tatami_core::time::{SignedDuration, ticks};

use super::calls::event;
use super::catalog::Story;
use super::run::Status;
use super::runner::{Ended, Runner};
use crate::capability::Capability;
use crate::contract::FaultKind;
use crate::gateway::ANSWER_WITHIN;
use crate::integration::Transport;

/// How long the locks of flows last.
const LOCKED_FOR: SignedDuration = SignedDuration::from_mins(2);
/// How often the speed of answers is measured.
const MEASURED: usize = 3;
/// Answers that take longer are remarked on.
const SLOW: Duration = Duration::from_secs(2);
/// How long a POS may take to connect again.
const BACK_WITHIN: Duration = Duration::from_secs(60);

const GET: Capability = Capability::GetOrderById;
const LOCK: Capability = Capability::CreateOrderLock;
const EXTEND: Capability = Capability::ExtendOrderLock;
const UNLOCK: Capability = Capability::DeleteOrderLock;

/// Carries out a story.
pub async fn tell(runner: &mut Runner, story: Story) -> Result<(), Ended> {
    match story {
        Story::LockAndExtend => {
            for capability in [LOCK, EXTEND, UNLOCK] {
                runner.registered(capability).await?;
            }
            locked(runner, Meanwhile::Extend).await
        }
        Story::LockRefused => {
            for capability in [LOCK, UNLOCK] {
                runner.registered(capability).await?;
            }
            locked(runner, Meanwhile::LockAgain).await
        }
        Story::PrintBill => {
            let bill = Capability::GetOrderBillById;
            runner.registered(bill).await?;
            let request = runner.request(bill, &[("orderId", runner.param("orderId"))]);
            runner.ask("Read the bill", request).await.map(|_| ())
        }
        Story::UnknownOrder => {
            runner.registered(GET).await?;
            let unknown = runner.tester().engine().documents().new_uuid();
            let request = runner.request(GET, &[("orderId", &unknown)]);
            let name = "Ask for an order that does not exist";
            runner.ask_in_vain(name, request, FaultKind::NotFound).await
        }
        Story::SlowPos => slow(runner).await,
        Story::LineLost => line_lost(runner).await,
        Story::DuplicateEvent => twice(runner).await,
    }
}

/// What is done while an order is locked.
#[derive(Clone, Copy, Debug)]
pub enum Meanwhile {
    Nothing,
    /// It is kept locked for longer.
    Extend,
    /// Another lock is asked for in vain.
    LockAgain,
}

/// Locks the order, does something, and deletes the lock whatever came of that.
pub async fn locked(runner: &mut Runner, meanwhile: Meanwhile) -> Result<(), Ended> {
    let order = runner.param("orderId").to_owned();
    let lock = runner.tester().engine().documents().new_uuid();
    let expiry = ticks(runner.now() + LOCKED_FOR);
    let request = runner.request(LOCK, &[("orderId", &order)]);
    let request = request.with(&json!({ "lockId": lock, "expiry": expiry }));
    runner.ask("Lock the order", request).await?;
    let done = match meanwhile {
        Meanwhile::Nothing => Ok(()),
        Meanwhile::Extend => extend(runner, &lock).await,
        Meanwhile::LockAgain => lock_again(runner).await,
    };
    if runner.serving(UNLOCK).await.is_none() {
        return done;
    }
    let request = runner.request(UNLOCK, &[("orderId", &order), ("lockId", &lock)]);
    let unlocked = runner.ask("Unlock the order", request).await;
    done.and(unlocked.map(|_| ()))
}

async fn extend(runner: &mut Runner, lock: &str) -> Result<(), Ended> {
    let order = runner.param("orderId").to_owned();
    let expiry = ticks(runner.now() + LOCKED_FOR + LOCKED_FOR);
    let request = runner.request(EXTEND, &[("orderId", &order), ("lockId", lock)]);
    let request = request.with(&json!({ "expiry": expiry }));
    runner.ask("Extend the lock", request).await.map(|_| ())
}

async fn lock_again(runner: &mut Runner) -> Result<(), Ended> {
    let order = runner.param("orderId").to_owned();
    let another = runner.tester().engine().documents().new_uuid();
    let expiry = ticks(runner.now() + LOCKED_FOR);
    let request = runner.request(LOCK, &[("orderId", &order)]);
    let request = request.with(&json!({ "lockId": another, "expiry": expiry }));
    let name = "Lock the order again, under another id";
    runner.ask_in_vain(name, request, FaultKind::Conflict).await
}

async fn slow(runner: &mut Runner) -> Result<(), Ended> {
    runner.registered(GET).await?;
    let order = runner.param("orderId").to_owned();
    let mut slowest = Duration::ZERO;
    for n in 1..=MEASURED {
        let request = runner.request(GET, &[("orderId", &order)]);
        let name = format!("Measure an answer, {n} of {MEASURED}");
        slowest = slowest.max(runner.ask(&name, request).await?.took);
    }
    let millis = slowest.as_millis();
    let mut notes = vec![format!("The slowest answer took {millis} ms")];
    if slowest > SLOW {
        let most = ANSWER_WITHIN.as_secs();
        notes.push("Waiters and guests wait for these answers: please make them faster".to_owned());
        notes.push(format!(
            "Requests without an answer within {most} seconds fail"
        ));
    }
    let judged = std::future::ready((Ok(()), notes));
    runner.step("Judge the answers", SLOW, judged).await
}

async fn line_lost(runner: &mut Runner) -> Result<(), Ended> {
    let by = runner.registered(GET).await?;
    let order = runner.param("orderId").to_owned();
    let request = runner.request(GET, &[("orderId", &order)]);
    runner.ask("Ask for the order", request.clone()).await?;
    let Some(integration) = runner.serving(GET).await else {
        return Err(Ended);
    };
    let name = "Break the connection and wait for the POS to connect again";
    if by == Transport::Rest {
        let notes = vec!["Not applicable: over REST there is no connection to keep".to_owned()];
        return runner
            .step(name, BACK_WITHIN, std::future::ready((Ok(()), notes)))
            .await;
    }
    let gateway = runner.tester().links.gateway.clone();
    let cut = async move {
        match gateway.cut(&(&integration).into(), BACK_WITHIN).await {
            Some(took) => {
                let millis = took.as_millis();
                (Ok(()), vec![format!("It was back after {millis} ms")])
            }
            None => {
                let why = "It did not connect again within 60 seconds".to_owned();
                let advice = "Please reconnect when the connection is closed, after 1, 2, 4 … at most 30 seconds";
                (Err(Status::Failure), vec![why, advice.to_owned()])
            }
        }
    };
    runner.step(name, BACK_WITHIN + SLOW, cut).await?;
    let name = "Send the request again, under the same id";
    runner.ask(name, request).await.map(|_| ())
}

async fn twice(runner: &mut Runner) -> Result<(), Ended> {
    let capability = match runner.serving(Capability::PaymentIntentCreated).await {
        Some(_) => Capability::PaymentIntentCreated,
        None => Capability::PaymentIntentStatusUpdated,
    };
    runner.registered(capability).await?;
    let request = event(runner, capability);
    runner.ask("Send an event", request.clone()).await?;
    let name = "Send the same event again, under the same id";
    runner.ask(name, request).await.map(|_| ())
}
