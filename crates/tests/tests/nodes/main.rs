//! Several programs on one PostgreSQL database, and what becomes of their work
//! when one of them is killed.

#![allow(
    clippy::expect_used,
    reason = "a failed expectation is how a test fails"
)]

mod pos;
mod sharing;
mod table;
mod takeover;

use serde_json::Value;
use tatami_tests::{Tatami, cluster};

/// Programs that serve the same installation at addresses of their own.
struct Nodes {
    first: Tatami,
    keys: Vec<String>,
    database: String,
}

/// What payers and clients reach all of them by.
const PUBLIC_URL: &str = "https://pay.shop.example";

impl Nodes {
    /// The first program, on a new database.
    fn start() -> Self {
        let database = cluster().new_database();
        let first = Tatami::start_on_database(&database, &["--public-url", PUBLIC_URL]);
        Self {
            keys: first.keys(),
            first,
            database,
        }
    }

    /// One more program.
    fn another(&self) -> Tatami {
        let mut arguments = vec!["--public-url", PUBLIC_URL];
        arguments.extend(self.keys.iter().map(String::as_str));
        Tatami::start_on_database(&self.database, &arguments)
    }
}

fn id(intent: &Value) -> String {
    intent["id"].as_str().expect("an id").to_owned()
}

/// How many payments a program has sent to the acquirer.
async fn payments_sent(program: &Tatami) -> usize {
    let told = reqwest::get(program.metrics()).await.expect("an answer");
    let told = told.text().await.expect("a text");
    let calls = told.lines().filter(|line| {
        line.starts_with("tatami_acquirer_calls_total{") && line.contains("operation=\"pay\"")
    });
    let counts = calls.filter_map(|line| line.rsplit(' ').next()?.parse::<usize>().ok());
    counts.sum()
}
