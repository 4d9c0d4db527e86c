//! Queries for how much is still to be done, the same on both
//! databases. Each walks an index of what is pending, not of what is done.

/// The values of mails that wait and did not fail for the last time.
macro_rules! waiting_mail {
    () => {
        "WHERE kind = 'mail' AND name = 'waits'
           AND NOT EXISTS (SELECT 1 FROM jobs
                           WHERE jobs.kind = 'mail' AND jobs.key = document_index.id
                             AND jobs.failed)"
    };
}

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
    /// How many jobs on documents failed for the last time.
    pub failed_jobs: &'static str,
}

macro_rules! questions {
    ($of:literal) => {
        Questions {
            deliveries: concat!(
                "SELECT count(*) FROM jobs WHERE endpoint IS NOT NULL AND NOT failed",
                $of
            ),
            oldest_delivery: concat!(
                "SELECT scope, at FROM events
                 WHERE seq = (SELECT min(event) FROM jobs
                              WHERE endpoint IS NOT NULL AND NOT failed",
                $of,
                ")"
            ),
            mails: concat!("SELECT count(*) FROM document_index ", waiting_mail!(), $of),
            oldest_mail: concat!(
                "SELECT scope, created_at FROM documents
                 WHERE kind = 'mail'
                   AND id = (SELECT id FROM document_index ",
                waiting_mail!(),
                $of,
                "            ORDER BY value LIMIT 1)"
            ),
            failed_jobs: concat!(
                "SELECT count(*) FROM jobs WHERE failed AND endpoint IS NULL",
                $of
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
