//! Many seeds. `SIMULATION_SEEDS=100000` runs more of them, `SIMULATION_SEED=7`
//! just one.

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn no_money_is_lost_or_doubled_whatever_fails() {
    let (first, count) = match number("SIMULATION_SEED") {
        Some(seed) => (seed, 1),
        None => (1, number("SIMULATION_SEEDS").unwrap_or(200)),
    };
    let (mut paid, mut intents, mut acknowledged, mut lives) = (0, 0, 0, 0);
    for seed in first..first + count {
        match tatami_simulation::run(seed) {
            Ok(story) => {
                paid += story.paid;
                intents += story.intents;
                acknowledged += story.acknowledged;
                lives += story.lives;
            }
            Err(why) => panic!(
                "seed {seed}: {why}\nto see it again: SIMULATION_SEED={seed} cargo test -p tatami-simulation"
            ),
        }
    }
    println!(
        "{count} seeds: {lives} crashes, {intents} intents, {paid} paid, {acknowledged} answers"
    );
    assert!(
        count == 1 || (paid > 0 && acknowledged > paid),
        "the simulation does nothing"
    );
}
