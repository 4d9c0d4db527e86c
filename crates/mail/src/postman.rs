//! Takes kept mail to the mail server.

use std::sync::Arc;
use std::time::Duration;

use tatami_core::account::Scope;
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_engine::ports::clock::Clock;
use tatami_engine::ports::mail::{Mail, Mailer};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::outbox::Outbox;

/// Tells the time of an account.
pub type AccountTime = Arc<dyn Fn(&Scope) -> Timestamp + Send + Sync>;

/// How many mails are on their way at the same time.
const BATCH: usize = 16;
/// How long a claim lasts, and so when a mail that did not go is tried again.
const LEASE: SignedDuration = SignedDuration::from_mins(5);
/// How old a mail may grow in its account's time before it is given up when it is
/// not taken: no mail server was away so long, so it is the address.
const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(3 * 24);
/// How often to look for mail without being woken.
const POLL: Duration = Duration::from_secs(5);

/// What a postman is made of.
pub struct Parts {
    /// Where mail waits.
    pub outbox: Arc<dyn Outbox>,
    /// Hands it to the mail server.
    pub mailer: Arc<dyn Mailer>,
    /// The machine's clock: claims are by it.
    pub clock: Arc<dyn Clock>,
    /// The accounts' clocks: mails are dated by them.
    pub account_time: AccountTime,
    /// Rings when mail was committed.
    pub wake: Arc<Notify>,
}

/// Sends mail as it is written.
pub struct Postman(Arc<Parts>);

impl Postman {
    /// A postman of those parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// Sends mail until `shutdown` is done; what is on its way then is let
    /// arrive.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = std::pin::pin!(shutdown);
        let mut more = true;
        loop {
            if more {
                more = self.round().await;
            }
            tokio::select! {
                biased;
                () = &mut shutdown => return,
                () = std::future::ready(()), if more => {}
                () = self.0.wake.notified() => more = true,
                () = tokio::time::sleep(POLL) => more = true,
            }
        }
    }

    /// Sends what is claimed at once. Whether there may be more.
    async fn round(&self) -> bool {
        let Parts { outbox, clock, .. } = self.0.as_ref();
        let mails = match outbox.claim(clock.now(), LEASE, BATCH).await {
            Ok(mails) => mails,
            Err(error) => {
                tracing::error!(%error, "mail could not be claimed");
                return false;
            }
        };
        let full = mails.len() == BATCH;
        let mut running = JoinSet::new();
        for mail in mails {
            running.spawn(send(self.0.clone(), mail));
        }
        while let Some(ended) = running.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "sending a mail broke off");
            }
        }
        full
    }
}

async fn send(parts: Arc<Parts>, mail: Mail) {
    let now = (parts.account_time)(&mail.scope);
    if let Err(error) = parts.mailer.send(&mail).await {
        tracing::warn!(mail.id = %mail.id, error, "a mail was not sent");
        if now.duration_since(mail.created_at) > GIVE_UP_AFTER
            && let Err(error) = parts.outbox.failed(&mail, &error).await
        {
            tracing::error!(mail.id = %mail.id, %error, "a mail could not be given up");
        }
        return;
    }
    if let Err(error) = parts.outbox.sent(&mail, now).await {
        tracing::error!(mail.id = %mail.id, %error, "a sent mail could not be marked");
    }
}
