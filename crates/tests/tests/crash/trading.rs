//! Shops that trade side by side.

use std::time::{Duration, Instant};

use serde_json::json;
use tatami_tests::{App, PATIENCE, Seeded};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::checks;
use crate::ledger::Ledger;
use crate::shop::Shop;

/// How many shops are busy at a time.
const SHOPS: usize = 4;

/// How many answers the shops have had, but for those that say that the program
/// cannot serve now.
pub type Progress = u64;

/// Shops that have not opened yet.
pub fn shops(chance: &mut Seeded) -> Vec<Shop> {
    (0..SHOPS)
        .map(|number| Shop::new(number, chance.fork()))
        .collect()
}

/// Shops that are open.
pub struct Trading {
    close: watch::Sender<bool>,
    progress: watch::Sender<Progress>,
    running: Vec<JoinHandle<Shop>>,
}

impl Trading {
    /// Opens the shops.
    pub fn open(shops: &mut Vec<Shop>, app: &App) -> Self {
        Self::open_at(shops, std::slice::from_ref(app))
    }

    /// Opens the shops at several programs by turns.
    pub fn open_at(shops: &mut Vec<Shop>, apps: &[App]) -> Self {
        let (close, closing) = watch::channel(false);
        let progress = watch::Sender::default();
        let running = shops
            .drain(..)
            .zip(apps.iter().cycle().cloned())
            .map(|(shop, app)| tokio::spawn(shop.trade(app, closing.clone(), progress.clone())))
            .collect();
        Self {
            close,
            progress,
            running,
        }
    }

    /// Waits until they have had so many answers, or the time is over. Whether
    /// they have.
    pub async fn wait(&self, answers: Progress, longest: Duration) -> bool {
        let mut progress = self.progress.subscribe();
        let enough = progress.wait_for(|so_far| *so_far >= answers);
        tokio::time::timeout(longest, enough).await.is_ok()
    }

    /// Closes them, each after the request that it waits for.
    pub async fn close(self, shops: &mut Vec<Shop>) {
        self.close.send_replace(true);
        for one in self.running {
            shops.push(one.await.unwrap_or_else(|error| panic!("a shop: {error}")));
        }
    }
}

/// Sends orders until one gets that status; how long it took.
pub async fn until(app: &App, status: u16) -> Duration {
    let started = Instant::now();
    let order = json!({
        "amount": { "value": 1000, "currencyCode": "GBP" },
        "reference": "nobody pays it",
    });
    loop {
        let reply = app.send("/payment-intents", order.clone()).await;
        if reply.status == status {
            return started.elapsed();
        }
        let at_last = started.elapsed() < PATIENCE;
        assert!(at_last, "no {status}: {}: {}", reply.status, reply.text());
    }
}

/// Lets the shops finish their orders, and checks everything; what they were
/// told.
pub async fn settle(shops: Vec<Shop>, app: &App, started: Instant) -> Vec<Ledger> {
    let (_open, closing) = watch::channel(false);
    let mut ledgers = Vec::new();
    for shop in shops {
        let shop = shop.settle(app.clone(), closing.clone()).await;
        ledgers.push(shop.ledger);
    }
    let sums: Vec<usize> = ledgers.iter().map(Ledger::acknowledged).collect();
    println!("acknowledged {sums:?} in {:?}", started.elapsed());
    // Attempts nobody waits for are settled by their timers.
    app.advance("00:05:00").await;
    checks::everything_holds(app, &ledgers).await;
    println!("everything holds after {:?}", started.elapsed());
    ledgers
}
