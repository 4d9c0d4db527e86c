//! The tables, as they are taken elsewhere. What refers to another table comes
//! after it.

use tatami_transfer::{Column, Table};

/// Every table of the schema but the list of migrations and the check of the
/// installation's key, which the key is brought for anew. A table that a
/// migration adds is an entry here; a test compares this list with the schema.
pub const TABLES: &[Table] = &[
    Table::new(
        "vault",
        1,
        &[Column::integer("id"), Column::text("fingerprints")],
    ),
    Table::new(
        "api_keys",
        1,
        &[
            Column::text("id"),
            Column::text("account"),
            Column::text("environment"),
            Column::text("hint"),
            Column::bytes("digest"),
            Column::integer("created_at"),
        ],
    ),
    Table::new(
        "clocks",
        1,
        &[Column::text("scope"), Column::integer("ahead")],
    ),
    Table::new(
        "documents",
        2,
        &[
            Column::text("kind"),
            Column::text("id"),
            Column::text("scope"),
            Column::text("owner"),
            Column::text("status"),
            Column::integer("version"),
            Column::integer("created_at"),
            Column::integer("due_at"),
            Column::text("facets"),
            Column::text("body"),
        ],
    ),
    Table::new(
        "document_index",
        5,
        &[
            Column::text("kind"),
            Column::text("name"),
            Column::text("scope"),
            Column::text("value"),
            Column::text("id"),
            Column::flag("is_unique"),
        ],
    ),
    Table::new(
        "events",
        1,
        &[
            Column::integer("seq"),
            Column::text("id"),
            Column::text("scope"),
            Column::text("kind"),
            Column::text("subject_kind"),
            Column::text("subject"),
            Column::integer("at"),
            Column::text("data"),
        ],
    )
    .numbered(),
    Table::new(
        "jobs",
        2,
        &[
            Column::text("kind"),
            Column::text("key"),
            Column::text("scope"),
            Column::text("endpoint"),
            Column::text("lane"),
            Column::integer("event"),
            Column::integer("due_at"),
            Column::flag("blocked"),
            Column::integer("tries"),
            Column::text("last_error"),
            Column::flag("failed"),
        ],
    )
    .without(CLAIM),
    Table::new(
        "delivery_attempts",
        4,
        &[
            Column::text("scope"),
            Column::integer("event"),
            Column::text("endpoint"),
            Column::integer("n"),
            Column::integer("at"),
            Column::integer("status"),
            Column::text("answer"),
            Column::integer("took_ms"),
            Column::text("next"),
            Column::integer("retry_at"),
            Column::text("answer_headers"),
        ],
    ),
    Table::new(
        "idempotency",
        2,
        &[
            Column::text("scope"),
            Column::text("key"),
            Column::text("fingerprint"),
            Column::integer("status"),
            Column::bytes("sealed"),
            Column::integer("taken_at"),
        ],
    ),
];

/// Claims of the running process; in a copy nothing is claimed.
const CLAIM: &[&str] = &["leased_until"];
