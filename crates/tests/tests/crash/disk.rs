//! No file of the data folder may grow any more, as when the disk is full.

use std::time::{Duration, Instant};

use tatami_tests::{App, Kind, PATIENCE, Seeded, Tatami};

use crate::trading::{self, Trading};

const ROUNDS: usize = 8;
/// The least that a file may grow to: less, and what is there could not be
/// opened.
const LEAST_BYTES: u64 = 256 * 1024;
/// The most answers before there is no room.
const MOST_ANSWERS: u64 = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_a_full_disk() {
    let (seed, mut chance) = Seeded::from_environment();
    println!("TATAMI_SEED={seed}");
    let started = Instant::now();
    let mut server = Tatami::start_on_kind(Kind::Sqlite, &[]);
    let account = App::on(&server);
    account.next_day().await;
    let mut shops = trading::shops(&mut chance);
    let mut slowest = Duration::ZERO;
    for round in 0..ROUNDS {
        let app = account.moved_to(&server);
        let kept = app.create(serde_json::json!({})).await;
        let trading = Trading::open(&mut shops, &app);
        let answers = 1 + chance.below(MOST_ANSWERS);
        let busy = trading.wait(answers, PATIENCE).await;
        assert!(busy, "the shops stand still: {}", server.output());
        server.limit_files(Some(LEAST_BYTES + chance.below(LEAST_BYTES)));
        trading::until(&app, 503).await;
        // What needs no room is answered.
        let id = kept["id"].as_str().expect("an id");
        assert_eq!(app.status(id).await, "Created");
        if round % 2 == 0 {
            server.kill9();
            trading.close(&mut shops).await;
            server.again();
        } else {
            server.limit_files(None);
            // It goes on by itself.
            slowest = slowest.max(trading::until(&app, 200).await);
            trading.close(&mut shops).await;
        }
        account.moved_to(&server).advance("00:00:31").await;
    }
    println!("{ROUNDS} times no room; served again after {slowest:?} at most");
    trading::settle(shops, &account.moved_to(&server), started).await;
}
