//! The program is killed again and again while shops are busy. Whatever it had
//! acknowledged must still be true, and no card may have been charged twice.
//!
//! Each shop works through orders with idempotency keys and keeps its own
//! ledger of what was acknowledged. A request without an answer is sent again
//! under its key after the next start, as a careful client would. The moments
//! come from a seed; `TATAMI_SEED` repeats one.

mod checks;
mod ledger;
mod shop;

use std::time::{Duration, Instant};

use tatami_tests::{App, Seeded, Tatami};
use tokio::sync::watch;

use crate::ledger::Ledger;
use crate::shop::Shop;

/// How often it is killed.
const KILLS: usize = 60;
/// How many shops are busy at a time.
const SHOPS: usize = 4;
/// The most answers that are given before the kill.
const MOST_ANSWERS: u64 = 120;
/// The longest a run lasts before the kill.
const LONGEST_RUN_MS: u64 = 900;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_and_nobody_is_charged_twice() {
    let (seed, mut chance) = Seeded::from_environment();
    println!("TATAMI_SEED={seed}");
    let started = Instant::now();
    let mut server = Tatami::start();
    let account = App::on(&server);
    // Reversals are for the same day: midnight must not fall into the run.
    account.next_day().await;
    let mut shops: Vec<Shop> = (0..SHOPS)
        .map(|number| Shop::new(number, chance.fork()))
        .collect();

    for kill in 0..KILLS {
        let app = account.moved_to(&server);
        let (close, closing) = watch::channel(false);
        let progress = watch::Sender::new(0_u64);
        let busy: Vec<_> = shops
            .drain(..)
            .map(|shop| tokio::spawn(shop.trade(app.clone(), closing.clone(), progress.clone())))
            .collect();
        // A random number of answers, or a random time, whichever is first: so
        // the kills fall into every part of a request.
        let answers = chance.below(MOST_ANSWERS);
        let longest = Duration::from_millis(1 + chance.below(LONGEST_RUN_MS));
        let mut seen = progress.subscribe();
        let enough = seen.wait_for(|so_far| *so_far >= answers);
        let _ = tokio::time::timeout(longest, enough).await;
        server.kill9();
        close.send_replace(true);
        for one in busy {
            shops.push(
                one.await
                    .unwrap_or_else(|error| panic!("kill {kill}, seed {seed}: {error}")),
            );
        }
        server.again();
    }

    let app = account.moved_to(&server);
    let (_open, closing) = watch::channel(false);
    let mut ledgers = Vec::new();
    for shop in shops {
        let shop = shop.settle(app.clone(), closing.clone()).await;
        ledgers.push(shop.ledger);
    }
    let sums: Vec<usize> = ledgers.iter().map(Ledger::acknowledged).collect();
    println!(
        "{KILLS} kills in {:?}; acknowledged {sums:?}",
        started.elapsed()
    );
    // Attempts nobody waits for are settled by their timers.
    app.advance("00:05:00").await;
    checks::everything_holds(&app, &ledgers).await;
    println!("everything holds after {:?}", started.elapsed());
}
