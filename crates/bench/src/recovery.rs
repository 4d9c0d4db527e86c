//! How soon a program that was killed under load answers again.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::fault::Result;
use crate::load::{Bounds, closed};
use crate::operation::Operation;
use crate::round::{Full, program};
use crate::shop::Shop;
use crate::{cold, seed};

/// How long payments are taken before each kill.
const BUSY: Duration = Duration::from_secs(1);
/// What the project set itself, from the start to the first answer.
const AT_MOST_MS: f64 = 1000.0;

/// Kills the program so many times while it takes payments, and tells how long
/// each next start took to its first answer.
///
/// # Errors
/// If a server does not come up, or answers wrongly.
pub async fn measure(
    build: &Path,
    full: &Full,
    kills: usize,
    connections: usize,
) -> Result<Vec<f64>> {
    let mut all_ms = Vec::with_capacity(kills);
    let mut server = program(build, &full.folder, full.url.as_deref())?;
    for _ in 0..kills {
        let shop = Arc::new(Shop::new(server.address, full.known.clone()));
        let bounds = Bounds {
            connections,
            time: BUSY * 2,
            requests: usize::MAX,
        };
        tokio::select! {
            ended = closed(&shop, Operation::Pay, bounds) => drop(ended?),
            () = tokio::time::sleep(BUSY) => {}
        }
        // That is SIGKILL.
        drop(server);
        server = program(build, &full.folder, full.url.as_deref())?;
        all_ms.push(cold::measure(&server).await?.p50_ms);
    }
    server.stop()?;
    Ok(all_ms)
}

/// The sentence of what was measured. Whether it is as wanted.
pub fn told(full: &Full, count: usize, mut all_ms: Vec<f64>) -> (String, bool) {
    all_ms.sort_by(f64::total_cmp);
    let median = all_ms.get(all_ms.len() / 2).copied();
    let (median, most) = (median.unwrap_or(f64::NAN), all_ms.last().copied());
    let most = most.unwrap_or(f64::NAN);
    let sentence = format!(
        "{}: {count} open intents, killed {} times while it took payments: first answer after \
         {median:.0} ms (median), {most:.0} ms at most",
        full.database.name(),
        all_ms.len()
    );
    (sentence, most <= AT_MOST_MS)
}

/// Fills an installation of the program with open intents; how many.
///
/// # Errors
/// If the program does not start, or a commit fails.
pub async fn fill(
    build: &Path,
    mut full: Full,
    count: usize,
    at_most: Duration,
) -> Result<(Full, seed::Seeded)> {
    // The first start makes the development account.
    program(build, &full.folder, full.url.as_deref())?.stop()?;
    let store = seed::storage(&full.folder, full.url.as_deref()).await?;
    let seeded = seed::fill(store, count, at_most).await?;
    full.known.clone_from(&seeded.known);
    let (count, seconds) = (seeded.count, seeded.took.as_secs_f64());
    let name = full.database.name();
    eprintln!("{count} intents were stored on {name} in {seconds:.0} seconds");
    Ok((full, seeded))
}
