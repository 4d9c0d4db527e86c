//! Limits on attempts to sign in.
//!
//! The counts are documents, so they are shared by all programs on a database and survive
//! a restart. Their number is bounded: a user, a browser or an address is hashed to one of
//! a fixed number of ids with the installation's key, so that no one else can predict
//! which ones share an id.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use tatami_core::account::AnyScope;
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_core::waits::{Rule, Tries};

use crate::command::Decided;
use crate::ports::documents::{Aggregate, DocumentKind, DocumentWrite};
use crate::ports::store::Stored;
use crate::{Engine, Failure};

/// Wrong passwords and codes of one user, or of one browser that the user is known by.
const USER: Rule = Rule {
    free: 5,
    first: SignedDuration::from_secs(30),
    longest: SignedDuration::from_mins(15),
};
/// Tries from one address, of whichever users: an office may share one.
const ADDRESS: Rule = Rule {
    free: 20,
    first: SignedDuration::from_secs(10),
    longest: SignedDuration::from_mins(15),
};
const PURPOSE: &str = "sign-in-tries";
/// Serializes changes of the counts within a program.
const LOCK: &str = "sign-in-tries";

/// What tries are counted for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Of<'k> {
    /// A user, by the address that was given; there may be none.
    User(&'k str),
    /// A browser that a user has signed in with before.
    Browser(&'k str),
    /// Links to choose a new password, by the address that they would be sent to.
    Reset(&'k str),
    /// A link that was mailed. It cannot be guessed, so only the address is counted.
    Link,
}

/// Attempts that failed or are still running.
#[derive(Serialize, Deserialize)]
struct CountedTries {
    id: String,
    since: Timestamp,
    tries: Tries,
}

impl Aggregate for CountedTries {
    const KIND: DocumentKind = DocumentKind::SignInTries;

    fn id(&self) -> &str {
        &self.id
    }

    fn scope(&self) -> AnyScope {
        AnyScope::Installation
    }

    fn status(&self) -> &'static str {
        "counted"
    }

    fn created_at(&self) -> Timestamp {
        self.since
    }

    /// When they are deleted.
    fn due_at(&self) -> Option<Timestamp> {
        Some(self.tries.forgotten_at())
    }
}

/// Something that is counted, with the rule for it.
struct Counter {
    id: String,
    rule: &'static Rule,
    /// How many tries one that was right makes up for.
    forgiven: u32,
}

/// The tries to sign in.
#[derive(Clone, Copy)]
pub(crate) struct SignIns<'a>(pub(crate) &'a Engine);

impl SignIns<'_> {
    /// Counts a try. The time to wait, if too many failed: it was not counted then, and is
    /// not to be made.
    ///
    /// # Errors
    /// If storage fails.
    pub(crate) async fn begin(
        self,
        of: Of<'_>,
        client: Option<IpAddr>,
    ) -> Result<Option<SignedDuration>, Failure> {
        let counters = &self.counters(of, client);
        if counters.is_empty() {
            return Ok(None);
        }
        let (wait, _) = self
            .0
            .change(LOCK, || async move {
                let now = self.0.machine_now();
                let mut writes = Vec::new();
                let mut wait = SignedDuration::ZERO;
                for counter in counters {
                    let found = self.tries(counter).await?;
                    let rule = counter.rule;
                    if let Some(found) = &found {
                        wait = wait.max(found.value.tries.wait(rule, now));
                    }
                    writes.push(counter.counted(found, now)?);
                }
                Ok(match wait > SignedDuration::ZERO {
                    true => Decided::nothing(Some(wait)),
                    false => {
                        let commit = self.0.commit_of(AnyScope::Installation, writes);
                        Decided::change(commit, None)
                    }
                })
            })
            .await?;
        if wait.is_some() {
            metrics::counter!("tatami_sign_ins_refused_total").increment(1);
        }
        Ok(wait)
    }

    /// Notes that a try was right: the earlier ones of the user or the browser are
    /// forgiven, and this one of the address.
    ///
    /// # Errors
    /// If storage fails.
    pub(crate) async fn forgive(self, of: Of<'_>, client: Option<IpAddr>) -> Result<(), Failure> {
        let counters = &self.counters(of, client);
        self.0
            .change(LOCK, || async move {
                let mut writes = Vec::new();
                for counter in counters {
                    let Some(found) = self.tries(counter).await? else {
                        continue;
                    };
                    writes.push(match found.value.tries.forgiven(counter.forgiven) {
                        Some(tries) => DocumentWrite::put(
                            &CountedTries {
                                tries,
                                ..found.value
                            },
                            Some(found.version),
                        )?,
                        None => DocumentWrite::delete(&found),
                    });
                }
                Ok(match writes.is_empty() {
                    true => Decided::nothing(()),
                    false => Decided::change(self.0.commit_of(AnyScope::Installation, writes), ()),
                })
            })
            .await?;
        Ok(())
    }

    /// What a try is counted for, the address last.
    fn counters(self, of: Of<'_>, client: Option<IpAddr>) -> Vec<Counter> {
        let first = match of {
            Of::User(email) => Some(self.counter("user", email, (&USER, u32::MAX))),
            Of::Browser(id) => Some(self.counter("browser", id, (&USER, u32::MAX))),
            Of::Reset(email) => Some(self.counter("reset", email, (&USER, u32::MAX))),
            Of::Link => None,
        };
        let address =
            client.map(|client| self.counter("address", &client.to_string(), (&ADDRESS, 1)));
        [first, address].into_iter().flatten().collect()
    }

    fn counter(self, class: &str, name: &str, (rule, forgiven): (&'static Rule, u32)) -> Counter {
        let bytes = self.0.parts.key.bytes(PURPOSE, &format!("{class} {name}"));
        let number = u16::from_be_bytes([bytes[0], bytes[1]]);
        Counter {
            id: format!("{class}-{number:04x}"),
            rule,
            forgiven,
        }
    }

    async fn tries(self, counter: &Counter) -> Result<Option<Stored<CountedTries>>, Failure> {
        self.0.find(None, &counter.id).await
    }
}

impl Counter {
    /// The write of one more try.
    fn counted(
        &self,
        found: Option<Stored<CountedTries>>,
        now: Timestamp,
    ) -> Result<DocumentWrite, Failure> {
        let version = found.as_ref().map(|found| found.version);
        let tries = match found {
            Some(found) => CountedTries {
                tries: found.value.tries.counted(self.rule, now),
                ..found.value
            },
            None => CountedTries {
                id: self.id.clone(),
                since: now,
                tries: Tries::first(self.rule, now),
            },
        };
        Ok(DocumentWrite::put(&tries, version)?)
    }
}
