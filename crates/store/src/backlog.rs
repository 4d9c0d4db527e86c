//! The questions that tell how much is still to be done, the same on both
//! databases. Each walks an index of what is pending, not of what is done.

/// Questions about what is to be done of some scopes.
pub struct Questions {
    /// How many deliveries are pending.
    pub deliveries: &'static str,
    /// The scope and time of the oldest pending delivery's event.
    pub oldest_delivery: &'static str,
    /// How many mails are still to be sent.
    pub mails: &'static str,
    /// The scope and time of the oldest of them.
    pub oldest_mail: &'static str,
    /// How many jobs and mails failed for the last time.
    pub failed_jobs: &'static str,
}

macro_rules! questions {
    ($of:literal) => {
        Questions {
            deliveries: concat!(
                "SELECT count(*) FROM deliveries WHERE state = 'pending'",
                $of
            ),
            oldest_delivery: concat!(
                "SELECT e.scope, e.created_at
                 FROM deliveries d JOIN events e ON e.seq = d.event
                 WHERE d.id = (SELECT min(id) FROM deliveries WHERE state = 'pending'",
                $of,
                ")"
            ),
            mails: concat!("SELECT count(*) FROM mails WHERE waits", $of),
            oldest_mail: concat!(
                "SELECT scope, created_at FROM mails WHERE waits",
                $of,
                " ORDER BY seq LIMIT 1"
            ),
            failed_jobs: concat!(
                "SELECT (SELECT count(*) FROM jobs WHERE failed",
                $of,
                ") + (SELECT count(*) FROM mails WHERE NOT waits AND last_error IS NOT NULL",
                $of,
                ")"
            ),
        }
    };
}

const OF_ALL: Questions = questions!("");
const OF_PRODUCTION: Questions = questions!(" AND scope NOT LIKE '%/sandbox'");

/// The questions, with or without sandboxes.
pub const fn questions(sandboxes: bool) -> &'static Questions {
    if sandboxes { &OF_ALL } else { &OF_PRODUCTION }
}
