//! PostgreSQL goes away beneath the program, without any goodbye, and comes
//! back.

use std::time::{Duration, Instant};

use tatami_testkit::PostgresCluster;
use tatami_tests::{App, PATIENCE, Seeded, Tatami};

use crate::trading::{self, Trading};

const OUTAGES: usize = 10;
/// The most answers between two outages.
const MOST_ANSWERS: u64 = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_restarts_of_postgres() {
    let (seed, mut chance) = Seeded::from_environment();
    println!("TATAMI_SEED={seed}");
    let started = Instant::now();
    let cluster = PostgresCluster::start();
    let server = Tatami::start_on_database(&cluster.new_database(), &[]);
    let app = App::on(&server);
    app.next_day().await;
    let mut shops = trading::shops(&mut chance);
    let mut slowest = Duration::ZERO;
    for _ in 0..OUTAGES {
        let trading = Trading::open(&mut shops, &app);
        let answers = 1 + chance.below(MOST_ANSWERS);
        let busy = trading.wait(answers, PATIENCE).await;
        assert!(busy, "the shops stand still: {}", server.output());
        tokio::task::block_in_place(|| cluster.stop());
        trading::until(&app, 503).await;
        assert_eq!(app.stranger().get("/readyz").await.status, 503);
        tokio::task::block_in_place(|| cluster.restart());
        // It goes on by itself.
        slowest = slowest.max(trading::until(&app, 200).await);
        trading.close(&mut shops).await;
        // What was open when the database went is settled by its timer.
        app.advance("00:00:31").await;
    }
    println!("{OUTAGES} outages; served again after {slowest:?} at most");
    trading::settle(shops, &app, started).await;
}
