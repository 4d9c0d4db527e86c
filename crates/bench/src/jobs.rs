//! Many due jobs with a slow acquirer: payments of many accounts are held with a
//! card whose captures take five seconds, and the holds all end at one moment. The
//! holds of another account, with an ordinary card, end in the seconds after that;
//! what is measured is how late these are captured.
//!
//! No clock is moved: the call that moves it would run the jobs itself.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde::Deserialize;
use tokio::task::JoinSet;

use crate::client::{Connection, KEY, Result};
use crate::operation::{APPROVED, Intent, pay};
use crate::server::Server;
use crate::subject::Target;

/// A test card whose payment is approved at once, and all that follows it (captures,
/// releases, refunds) five seconds later.
const SLOW_LATER: &str = "4456530000002201";
/// The shortest hold that the API takes.
const SHORTEST_HOLD: Duration = Duration::from_secs(31);
/// Payments that are made a second, at the least, while the holds run.
const PREPARED_PER_SECOND: usize = 200;
/// Payments of the other account, a second apart.
const PROBES: u32 = 5;
/// A payment that is captured later than this counts as this late.
const LATEST: Duration = Duration::from_secs(20);
/// Before the slow acquirer answers the first call.
const BEFORE_FIRST_ANSWER: Duration = Duration::from_secs(4);
/// Until some of the slow calls must have been answered.
const SOME_ANSWERED: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(10);

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    data: Vec<Intent<'a>>,
}

/// How many seconds the latest of the other account's payments was captured after
/// the end of its hold.
pub async fn lateness(target: &Target<'_>) -> Result<f64> {
    let installation = target.installation();
    let server = installation.serve(target.program, None)?;
    let mut keys = Vec::new();
    for n in 0..target.plan.accounts {
        let command = |words: &[&str]| installation.command(target.program, words);
        let name = format!("Account {n}");
        let account = word(command(&["accounts", "create", &name]), "account ")?;
        let of = ["keys", "create", "--environment", "sandbox", "--account"];
        let create = [&of[..], &[&account]].concat();
        keys.push(word(command(&create), "key ")?);
    }
    let count = target.plan.jobs;
    let preparation = Duration::from_secs((count / PREPARED_PER_SECOND) as u64 + 1);
    let due = Instant::now() + preparation + SHORTEST_HOLD;
    prepare(&server, target.plan.connections, &keys, count, due).await?;

    let mut over = Connection::open(server.address).await?;
    let mut probes = Vec::new();
    for n in 1..=PROBES {
        let wanted = due + Duration::from_secs(n.into());
        probes.push(held(&mut over, KEY, wanted, APPROVED).await?);
    }
    let slow = async {
        tokio::time::sleep_until((due + BEFORE_FIRST_ANSWER).into()).await;
        if any_captured(&server, &keys).await? {
            return Err("this build's sandbox answers captures of the slow card at once".into());
        }
        while !any_captured(&server, &keys).await? {
            if due.elapsed() > SOME_ANSWERED {
                return Err("none of the slow payments was captured".into());
            }
            tokio::time::sleep(POLL).await;
        }
        Result::Ok(())
    };
    let (latest, slow) = tokio::join!(latest(&server, probes), slow);
    slow.and(latest)
}

/// The word after a label in what a command prints.
fn word(mut command: Command, label: &str) -> Result<String> {
    let output = command.output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let found = text.lines().find_map(|line| line.strip_prefix(label));
    let found = found.ok_or_else(|| {
        let printed = String::from_utf8_lossy(&output.stderr);
        format!("{command:?} printed no {label}: {printed}")
    })?;
    Ok(found.to_owned())
}

/// Holds so many payments of the accounts in turn, until that moment.
async fn prepare(
    server: &Server,
    connections: usize,
    keys: &[String],
    count: usize,
    due: Instant,
) -> Result<()> {
    let next = Arc::new(AtomicUsize::new(0));
    let keys: Arc<[String]> = keys.into();
    let mut callers = JoinSet::new();
    for _ in 0..connections {
        let mut over = Connection::open(server.address).await?;
        let (next, keys) = (next.clone(), keys.clone());
        callers.spawn(async move {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= count {
                    return Result::Ok(());
                }
                held(&mut over, &keys[n % keys.len()], due, SLOW_LATER).await?;
            }
        });
    }
    while let Some(ended) = callers.join_next().await {
        ended??;
    }
    Ok(())
}

/// Holds a payment until about that moment; its id and the exact moment.
async fn held(
    over: &mut Connection,
    key: &str,
    until: Instant,
    card: &str,
) -> Result<(String, Instant)> {
    key.clone_into(&mut over.key);
    let now = Instant::now();
    let hold = until.saturating_duration_since(now).as_secs();
    if hold < SHORTEST_HOLD.as_secs() {
        return Err("the payments could not be made in time".into());
    }
    let (hours, minutes, seconds) = (hold / 3600, hold / 60 % 60, hold % 60);
    let terms = format!(
        r#","captureMode":"Manual","autoExpireAction":"Capture","autoExpireIn":"{hours:02}:{minutes:02}:{seconds:02}""#
    );
    let id = pay(over, 0, &terms, card).await?;
    Ok((id, now + Duration::from_secs(hold)))
}

/// How late the latest of some payments, in the order of their ends, is captured.
async fn latest(server: &Server, probes: Vec<(String, Instant)>) -> Result<f64> {
    let mut latest = Duration::ZERO;
    for (id, due) in probes {
        tokio::time::sleep_until(due.into()).await;
        // The server has closed one that was not used meanwhile.
        let mut over = Connection::open(server.address).await?;
        let path = format!("/payment-intents/{id}");
        loop {
            let late = due.elapsed().min(LATEST);
            let intent: Intent<'_> = serde_json::from_slice(over.get(&path).await?)?;
            if intent.status == "Captured" || late == LATEST {
                latest = latest.max(late);
                break;
            }
            tokio::time::sleep(POLL).await;
        }
    }
    Ok(latest.as_secs_f64())
}

/// Whether any payment of these accounts is captured.
async fn any_captured(server: &Server, keys: &[String]) -> Result<bool> {
    let mut over = Connection::open(server.address).await?;
    for key in keys {
        key.clone_into(&mut over.key);
        let body = r#"{"cursor":{"limit":1},"statuses":["Captured"]}"#;
        let page = over.post("/payment-intents/search", body).await?;
        let page: Page<'_> = serde_json::from_slice(page)?;
        if !page.data.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}
