//! Fills an empty installation: intents as the program's own rules make them,
//! written through its own storage, only without HTTP in between.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use tatami_core::Facts;
use tatami_core::account::Scope;
use tatami_core::payment_intent::{AmountDraft, Details, Draft, create};
use tatami_engine::DOCUMENTED_KEY;
use tatami_engine::ports::clock::{Clock, SystemClock, SystemEntropy};
use tatami_engine::ports::records::RecordWrite;
use tatami_engine::ports::store::{Commit, Store};
use tatami_store::{PostgresStore, SqliteStore};
use tokio::task::JoinSet;

use crate::fault::{Result, fault};
use crate::shop::Known;

/// Commits under way at a time; they share transactions.
const IN_FLIGHT: usize = 512;
/// Intents that are remembered for reading, spread over all.
const REMEMBERED: usize = 20_000;

/// What a seeding did.
pub struct Seeded {
    /// How many intents are there.
    pub count: usize,
    /// Some of them.
    pub known: Vec<Known>,
    /// How long it took.
    pub took: Duration,
}

/// Opens the storage of an installation: the database at that URL, or else the
/// folder's own.
///
/// # Errors
/// If it cannot be opened.
pub async fn storage(folder: &Path, database: Option<&str>) -> Result<Arc<dyn Store>> {
    let clock = Arc::new(SystemClock);
    Ok(match database {
        Some(url) => Arc::new(PostgresStore::connect(url, clock).await?),
        None => Arc::new(SqliteStore::open(&folder.join("tatami.db"), clock)?),
    })
}

/// Writes intents into an installation that has its development account and is
/// not running, until there are so many or the time is up.
///
/// # Errors
/// If a commit fails.
pub async fn fill(store: Arc<dyn Store>, count: usize, at_most: Duration) -> Result<Seeded> {
    let digest: [u8; 32] = Sha256::digest(DOCUMENTED_KEY.as_bytes()).into();
    let Some(key) = store.key_by_digest(&digest).await? else {
        return fault("the installation has no development account");
    };
    let started = Instant::now();
    let step = count.div_ceil(REMEMBERED).max(1);
    let mut known = Vec::new();
    let mut running = JoinSet::new();
    let mut made = 0;
    while made < count && started.elapsed() < at_most {
        if running.len() >= IN_FLIGHT
            && let Some(done) = running.join_next().await
        {
            done??;
        }
        let (commit, new) = commit(&key.scope, made)?;
        if made % step == 0 {
            known.push(new);
        }
        let store = store.clone();
        running.spawn(async move { store.commit(commit).await });
        made += 1;
    }
    while let Some(done) = running.join_next().await {
        done??;
    }
    Ok(Seeded {
        count: made,
        known,
        took: started.elapsed(),
    })
}

fn commit(scope: &Scope, n: usize) -> Result<(Commit, Known)> {
    let amount = 100 + i64::try_from(n % 99_900)?;
    let draft = Draft {
        amount: Some(AmountDraft {
            value: amount,
            currency_code: "GBP".to_owned(),
        }),
        details: Box::new(Details {
            reference: format!("Order-{n}"),
            description: Some("Two coffees and a cake".to_owned()),
            ..Details::default()
        }),
        ..Draft::default()
    };
    let now = SystemClock.now();
    let mut entropy = SystemEntropy;
    let mut facts = Facts {
        now,
        entropy: &mut entropy,
    };
    let decision = match create(scope.clone(), draft, &mut facts) {
        Ok(decision) => decision,
        Err(refusal) => return fault(format!("{refusal:?}")),
    };
    let known = Known {
        id: decision.intent.id.to_string(),
        amount: u64::try_from(amount)?,
    };
    let commit = Commit {
        records: vec![RecordWrite::put(&*decision.intent, None)?],
        scope: scope.clone().into(),
        at: now,
        claims: Vec::new(),
        events: decision.events,
        mails: Vec::new(),
        idempotency: None,
    };
    Ok((commit, known))
}
