//! The program is killed again and again.

use std::time::{Duration, Instant};

use serde_json::json;
use tatami_tests::{App, Kind, Receiver, Seeded, Tatami};

use crate::checks;
use crate::trading::{self, Trading};

/// How often it is killed, unless `TATAMI_KILLS` says otherwise.
const KILLS: usize = 50;
/// The most answers that are given before the kill.
const MOST_ANSWERS: u64 = 120;
/// The longest a run lasts before the kill.
const LONGEST_RUN_MS: u64 = 900;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_kills_on_sqlite() {
    survives(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_kills_on_postgres() {
    survives(Kind::Postgres).await;
}

/// How often a program is killed.
pub fn kills() -> usize {
    match std::env::var("TATAMI_KILLS") {
        Ok(text) => text.parse().expect("TATAMI_KILLS is a number"),
        Err(_) => KILLS,
    }
}

/// Everything that happens to an intent, but for receipts.
const EVENTS: [&str; 2] = ["payment_intent.created", "payment_intent.status_updated"];

async fn survives(kind: Kind) {
    let (seed, mut chance) = Seeded::from_environment();
    println!("TATAMI_SEED={seed} on {kind:?}");
    let started = Instant::now();
    let mut server = Tatami::start_on_kind(kind, &[]);
    let account = App::on(&server);
    // Reversals are for the same day: midnight must not fall into the run.
    account.next_day().await;
    let receiver = Receiver::open().await;
    if kind == Kind::Sqlite {
        // On PostgreSQL each kill would leave claims that last for a while.
        let all = json!({ "events": EVENTS, "url": receiver.url("/") });
        account.send("/webhooks", all).await.expect(200);
    }
    let mut shops = trading::shops(&mut chance);
    let mut slowest = Duration::ZERO;
    for _ in 0..kills() {
        let trading = Trading::open(&mut shops, &account.moved_to(&server));
        // A random number of answers, or a random time, whichever is first: so
        // the kills fall into every part of a request.
        let answers = chance.below(MOST_ANSWERS);
        let longest = Duration::from_millis(1 + chance.below(LONGEST_RUN_MS));
        trading.wait(answers, longest).await;
        server.kill9();
        trading.close(&mut shops).await;
        let down = Instant::now();
        server.again();
        slowest = slowest.max(down.elapsed());
        if kind == Kind::Postgres {
            // Others could be at work on what was open: it is settled by its
            // timer, not by a start.
            account.moved_to(&server).advance("00:00:31").await;
        }
    }
    println!("{} kills; up again after {slowest:?} at most", kills());
    let ledgers = trading::settle(shops, &account.moved_to(&server), started).await;
    if kind == Kind::Sqlite {
        checks::every_event_arrived(&ledgers, &receiver.got());
    }
}
