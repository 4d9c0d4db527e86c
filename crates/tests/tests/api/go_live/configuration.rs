//! How a till is set up.

use serde_json::json;
use tatami_tests::{App, Till, shared};

#[tokio::test]
async fn authorization() {
    // Two keys, two shops: each sees its own machines and payments.
    let (first, second) = (Till::new().await, Till::new().await);
    assert_ne!(first.app.key, second.app.key);
    let intent = first.app.create(json!({})).await;
    let path = format!("/payment-intents/{}", crate::id(&intent));
    second.app.get(&path).await.problem(404);
    let of = |terminal: serde_json::Value| terminal["id"].clone();
    assert_ne!(
        of(first.terminal("SIP0").await),
        of(second.terminal("SIP0").await)
    );
}

#[tokio::test]
async fn incorrect_authorization_credentials() {
    let till = Till::new().await;
    let app = App::with_key(shared(), &format!("{}1", till.app.key));
    let refused = app.get("/terminals").await.problem(401);
    assert!(
        refused["detail"]
            .as_str()
            .is_some_and(|d| d.contains("key"))
    );
    app.send("/payment-intents", json!({})).await.problem(401);
}

#[tokio::test]
async fn retrieve_terminals() {
    let till = Till::new().await;
    let all = till.get("/terminals").await.expect(200);
    let all = all.as_array().expect("a list");
    let endings = [
        "SIP0", "SIP1", "SCN0", "SCD0", "SIS0", "DIP0", "DIS0", "TIP0", "CIP0", "UIP0", "MAN0",
    ];
    for ending in endings {
        let terminal = till.terminal(ending).await;
        let id = terminal["id"].as_str().expect("an id");
        let hex = id.strip_prefix("tm_sandbox_").expect("the prefix");
        assert!(
            hex.len() == 24 && hex.bytes().all(|b| b.is_ascii_hexdigit()),
            "{id}"
        );
        assert!(terminal["updatedAt"].is_string());
        assert_eq!(
            till.get(&format!("/terminals/{id}")).await.expect(200),
            terminal
        );
    }
    till.press("DIP0", "menu", json!({})).await.expect(200);
    till.press("TIP0", "power-off", json!({})).await.expect(200);
    let count = |statuses: &'static str| {
        let till = till.clone();
        async move {
            let listed = till
                .get(&format!("/terminals?{statuses}"))
                .await
                .expect(200);
            listed.as_array().map_or(0, Vec::len)
        }
    };
    assert_eq!(count("statuses=Available").await, all.len() - 2);
    assert_eq!(count("statuses=InUse").await, 1);
    assert_eq!(count("statuses=Offline&statuses=InUse").await, 2);
    assert_eq!(count("statuses=Offline,Available").await, all.len() - 1);
    till.get("/terminals?statuses=Lost").await.problem(400);
}

#[tokio::test]
async fn api_version() {
    let till = Till::new().await;
    for version in ["2024-02-05", "2025-09-10", "2026-02-27"] {
        let listed = till.get("/terminals").version(version).await.expect(200);
        assert!(
            listed.as_array().is_some_and(|l| !l.is_empty()),
            "{version}"
        );
    }
    till.get("/terminals")
        .version("2022-04-07")
        .await
        .problem(404);
    till.get("/terminals").without("version").await.problem(400);
}
