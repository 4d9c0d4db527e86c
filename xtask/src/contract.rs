//! `cargo xtask contract`: what a published client would miss.

use std::process::Command;

use crate::curl::curl;
use crate::published::published;
use crate::server::{Server, build};
use crate::step::target;

/// Whether a line of differences is about an operation that is done: payment
/// intents, captures, refunds, reversal, customers, setup intents, webhooks, card
/// machines and links to a POS.
fn ours(line: &str) -> bool {
    const DONE: [&str; 9] = [
        "payment-intents",
        "transactions",
        "customers",
        "setup-intents",
        "webhooks",
        "terminals",
        "terminal-sessions",
        "tap",
        "epos",
    ];
    let path = line.split([' ', ':']).nth(1).unwrap_or_default();
    let resource = path.split('/').nth(1).unwrap_or_default();
    DONE.contains(&resource)
}

/// Compares the served description with the published one.
///
/// # Errors
/// If a done operation differs, with the differences.
pub fn run() -> Result<(), String> {
    let Some(tool) = published("tools/contract-diff") else {
        println!("no published contract here: skipped");
        return Ok(());
    };
    build()?;
    let document = {
        let server = Server::start("contract")?;
        curl(&[server.base() + "/openapi.json"])?.body
    };
    let file = target().join("openapi.json");
    std::fs::write(&file, document).map_err(|error| format!("{}: {error}", file.display()))?;
    let output = Command::new(&tool)
        .arg(&file)
        .output()
        .map_err(|error| format!("{}: {error}", tool.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let Some(totals) = text
        .lines()
        .last()
        .filter(|line| line.starts_with("operations "))
    else {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    };
    println!("{totals}, later issues' operations included");
    let differences: Vec<&str> = text.lines().filter(|line| ours(line)).collect();
    if differences.is_empty() {
        println!("no difference for the operations that are done");
        return Ok(());
    }
    Err(format!(
        "{} differences:\n{}",
        differences.len(),
        differences.join("\n")
    ))
}

#[cfg(test)]
mod tests {
    use super::ours;

    #[test]
    fn lines_are_told_apart_by_their_operation() {
        for line in [
            "POST /payment-intents body.amount: missing",
            "GET /payment-intents/{paymentIntentId}: no such operation",
            "GET /customers/public/{customerId}/payment-methods 200.customerId: missing",
            "POST /payment-intents/{paymentIntentId}/charge: no such operation",
            "POST /setup-intents 200.id: missing",
            "DELETE /webhooks/{subscriptionId}/secrets/{secretId}: no answer 204",
            "GET /terminals 200[].id: missing",
            "POST /terminal-sessions body.terminalId: missing",
            "POST /tap/apple-terminal/secret: no such operation",
            "PUT /epos/integrations/ws 200[].createdAt: missing",
            "POST /transactions/search: no such operation",
        ] {
            assert!(ours(line), "{line}");
        }
        assert!(!ours("operations 22/47, properties 1/2, differences 3"));
    }
}
