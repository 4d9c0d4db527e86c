//! What a POS registers.

use reqwest::Method;
use serde_json::json;
use tatami_tests::{App, DemoPos};

/// What Pay at Table needs of a POS.
const NEEDED: [&str; 7] = [
    "SearchOrders",
    "GetOrderById",
    "GetOrderBillById",
    "RecordOrderPaymentById",
    "CreateOrderLock",
    "DeleteOrderLock",
    "ExtendOrderLock",
];

#[tokio::test]
async fn get_all_registered_capabilities() {
    for (transport, listed) in [("rest", "restIntegrations"), ("ws", "wsIntegrations")] {
        let app = App::new();
        let _pos = DemoPos::start(&app, transport, &[]);
        let all = app.get("/epos/integrations").await.expect(200);
        let capabilities = all[listed][0]["capabilities"].as_array().expect("a list");
        for needed in NEEDED {
            let has = |c: &serde_json::Value| c["name"] == needed && c["version"] == "v1";
            assert!(capabilities.iter().any(has), "{needed} in {all}");
        }
    }
}

#[tokio::test]
async fn register_a_new_capability() {
    let app = App::new();
    let register = |names: &[&str]| {
        let capabilities: Vec<_> = names
            .iter()
            .map(|name| json!({ "name": name, "version": "v1" }))
            .collect();
        app.request(Method::PUT, "/epos/integrations/ws")
            .header("software-house-id", "house")
            .json(json!({ "capabilities": capabilities }))
    };
    register(&["SearchOrders"]).await.expect(200);
    register(&NEEDED).await.expect(200);
    let all = app.get("/epos/integrations").await.expect(200);
    let capabilities = all["wsIntegrations"][0]["capabilities"].as_array();
    assert_eq!(capabilities.map(Vec::len), Some(NEEDED.len()), "{all}");
}
