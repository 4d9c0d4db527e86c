//! The parts of the documentation that are generated from the program.

pub mod metrics;
mod options;
mod tables;
mod webhooks;

use tatami_docs::{Document, Format, Table, TriedBy};

/// What is described besides the API.
pub const DOCUMENTS: &[Document] = &[
    Document {
        name: "components",
        title: "Component endpoints",
        about: "What pages with components and apps with the published SDKs call.",
        format: Format::OpenApi,
        make: tatami_checkout::components_document,
        tried_by: |_| None,
    },
    Document {
        name: "epos-data",
        title: "EPOS Data API over REST",
        about: "What a POS serves, and this installation calls.",
        format: Format::OpenApi,
        make: tatami_epos::rest_document,
        tried_by: by_tester,
    },
    Document {
        name: "epos-data-websocket",
        title: "EPOS Data API over a WebSocket",
        about: "The messages between this installation and a POS that connects to it.",
        format: Format::AsyncApi,
        make: tatami_epos::socket_document,
        tried_by: by_tester,
    },
    Document {
        name: "webhooks",
        title: "Webhooks",
        about: "The events that this installation posts to your servers.",
        format: Format::AsyncApi,
        make: webhooks::document,
        tried_by: webhooks::tried_by,
    },
];

fn by_tester(method: &str) -> Option<TriedBy> {
    tatami_epos::flow_of_method(method).map(TriedBy::Tester)
}

/// The tables of pages.
pub const TABLES: &[Table] = &[
    table("options", options::options),
    table("commands", options::commands),
    table("metrics", metrics::table),
    table("events", tables::events),
    table("pos-events", tables::pos_events),
    table("capabilities", tables::capabilities),
    table("status-codes", tables::status_codes),
    table("field-errors", tables::field_errors),
    table("ids", tables::ids),
    table("test-cards", tables::test_cards),
];

const fn table(name: &'static str, make: fn() -> String) -> Table {
    Table { name, make }
}
