//! Two processes on one store, as on PostgreSQL.

use std::time::Duration;

use tatami_core::card::{CardEntry, CardNumber, Expiry};
use tatami_engine::ports::documents::Document;
use tatami_engine::ports::store::Stored;
use tatami_engine::{PaymentResult, View};

use crate::callers::{CARDS, draft};
use crate::dice::Dice;
use crate::{Engine, World};

/// Rounds: which of two calls is quicker is a matter of chance.
const SEEDS: u64 = 40;

/// A world without faults, in its first process.
pub(crate) fn calm(seed: u64) -> World {
    let mut world = World::new(Dice::new(seed)).expect("a world");
    world.store = world.store.reboot(false);
    world.acquirer = world.acquirer.calm();
    world.clock.boot();
    world
}

async fn pay(engine: Engine, view: View) -> PaymentResult {
    let card = CardEntry {
        number: CardNumber::parse(CARDS[0]).expect("a number"),
        expiry: Expiry {
            year: 2030,
            month: 1,
        },
        cv2: None,
        holder: "P".to_owned(),
    };
    let paid = engine
        .payers()
        .pay(&view, card, Default::default(), None)
        .await;
    paid.expect("an answer")
}

#[tokio::test(start_paused = true)]
async fn an_attempt_is_not_settled_for_the_timer_of_an_earlier_one() {
    for seed in 0..SEEDS {
        let world = calm(seed);
        let one = world.engine().await.expect("an engine");
        let other = world.engine().await.expect("an engine");
        let order = draft(&world.memory.customer, 1_000, false, false);
        let call = world.memory.unkeyed();
        one.payment_intents()
            .create(&call, order)
            .await
            .expect("made");
        let id = world.store.intents()[0].id.clone();
        let view = one.payers().refresh_session(&id).await.expect("open");
        let mut paying = tokio::spawn(pay(one, view));
        while world.store.intents()[0].attempt.is_none() {
            tokio::time::advance(Duration::from_micros(50)).await;
        }
        // What the other process has read a moment ago, when an earlier attempt
        // was due.
        let mut intent = world.store.intents()[0].clone();
        if let Some(attempt) = &mut intent.attempt {
            attempt.settle_at = intent.created_at;
        }
        world.store.was_due(Stored {
            value: Document::of(&intent).expect("a record"),
            version: 1,
        });
        let mut paid = None;
        let until_paid = async { paid = (&mut paying).await.ok() };
        other.jobs().run(until_paid).await;
        assert!(
            matches!(paid, Some(PaymentResult::Approved { .. })),
            "seed {seed}: {paid:?}"
        );
    }
}
