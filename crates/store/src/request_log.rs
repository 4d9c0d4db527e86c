//! What is the same of the request log on both databases.

/// The columns of an entry without its bodies.
macro_rules! columns {
    () => {
        "r.number, r.scope, r.at, r.method, r.route, r.path, r.status, r.took_us, r.version,
         r.key, r.idempotency_key, r.trace_id, r.payment, r.about,
         r.account_at"
    };
}
pub(crate) use columns;

/// Entries that are removed in one transaction, at most.
pub const PRUNED_AT_ONCE: i64 = 2000;

/// The condition that a text is in what an entry is searched by. `$find` tells where a text
/// begins in another.
macro_rules! matching {
    ($find:literal, $text:literal) => {
        concat!(
            $find,
            "(lower(r.about || ' ' || r.path || ' ' || r.trace_id || ' ' ||
                coalesce(r.idempotency_key, '')), lower(",
            $text,
            ")) > 0"
        )
    };
}
pub(crate) use matching;
