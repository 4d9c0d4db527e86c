//! Many seeds. `SIMULATION_SEEDS=100000` runs more of them, `SIMULATION_SEED=7`
//! just one.

#![allow(
    clippy::expect_used,
    reason = "a failed expectation is how a test fails"
)]

use tatami_simulation::Story;

/// Seeds of an ordinary run.
const DEFAULT_SEEDS: u64 = 10_000;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn no_money_is_lost_or_doubled_whatever_fails() {
    let (first, count) = match number("SIMULATION_SEED") {
        Some(seed) => (seed, 1),
        None => (1, number("SIMULATION_SEEDS").unwrap_or(DEFAULT_SEEDS)),
    };
    let workers = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let stories = std::thread::scope(|scope| {
        let worker = |start: u64| {
            scope.spawn(move || -> Vec<Story> {
                let mine = (first + start..first + count).step_by(workers as usize);
                mine.map(run).collect()
            })
        };
        let threads: Vec<_> = (0..workers.min(count)).map(worker).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("every seed holds"))
            .collect::<Vec<_>>()
    });
    let sum = |of: fn(&Story) -> u64| stories.iter().map(of).sum::<u64>();
    let (paid, acknowledged) = (sum(|s| s.paid as u64), sum(|s| s.acknowledged as u64));
    println!(
        "{count} seeds: {} crashes, {} intents, {paid} paid, {acknowledged} answers",
        sum(|s| s.lives),
        sum(|s| s.intents as u64),
    );
    let charged = sum(|s| s.charged as u64);
    assert!(count == 1 || charged > 0, "nothing is ever charged");
    assert!(
        count == 1 || (paid > 0 && acknowledged > paid),
        "the simulation does nothing"
    );
}

fn run(seed: u64) -> Story {
    tatami_simulation::run(seed).unwrap_or_else(|why| {
        panic!(
            "seed {seed}: {why}\nto see it again: SIMULATION_SEED={seed} cargo test -p tatami-simulation"
        )
    })
}
