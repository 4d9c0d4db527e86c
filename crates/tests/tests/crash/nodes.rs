//! One of two programs on one database is killed, by turns; its shops go on at
//! the other.

use std::time::{Duration, Instant};

use tatami_tests::{App, PATIENCE, Seeded, Tatami, cluster};

use crate::kills::kills;
use crate::trading::{self, Trading};

/// The most answers before a kill, and after it.
const MOST_ANSWERS: u64 = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_kills_of_either_program() {
    let (seed, mut chance) = Seeded::from_environment();
    println!("TATAMI_SEED={seed}");
    let started = Instant::now();
    let url = cluster().new_database();
    let arguments = ["--public-url", "https://pay.example"];
    let one = Tatami::start_on_database(&url, &arguments);
    let keys = one.keys();
    let with_keys: Vec<&str> = keys.iter().map(String::as_str).chain(arguments).collect();
    let other = Tatami::start_on_database(&url, &with_keys);
    let mut nodes = [one, other];
    let account = App::on(&nodes[0]);
    account.next_day().await;
    follows(&account.moved_to(&nodes[1]), &account).await;
    let mut shops = trading::shops(&mut chance);
    let kills = kills() / 2;
    for kill in 0..kills {
        let dies = kill % 2;
        // The shops of the one that died are now at the other.
        let apps = [&nodes[dies], &nodes[1 - dies]].map(|node| account.moved_to(node));
        let trading = Trading::open_at(&mut shops, &apps);
        let longest = Duration::from_millis(1 + chance.below(600));
        let before = chance.below(MOST_ANSWERS);
        trading.wait(before, longest).await;
        nodes[dies].kill9();
        // The other does not notice.
        trading
            .wait(before + chance.below(MOST_ANSWERS), longest)
            .await;
        trading::until(&apps[1], 200).await;
        trading.close(&mut shops).await;
        nodes[dies].again();
        apps[1].advance("00:00:31").await;
        // A payment at a program whose clock is still behind would begin when it is
        // already over.
        follows(&account.moved_to(&nodes[dies]), &apps[1]).await;
    }
    println!("{kills} kills of two programs by turns");
    let app = account.moved_to(&nodes[0]);
    follows(&app, &account.moved_to(&nodes[1])).await;
    trading::settle(shops, &app, started).await;
}

/// Waits until one program's clock is where the other's was moved to.
async fn follows(one: &App, other: &App) {
    let (moved, deadline) = (other.now().await, Instant::now() + PATIENCE);
    while one.now().await < moved {
        assert!(Instant::now() < deadline, "the clock stays behind");
    }
}
