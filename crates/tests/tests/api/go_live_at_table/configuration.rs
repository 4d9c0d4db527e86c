//! How the integration is configured.

use reqwest::Method;
use serde_json::json;
use tatami_tests::{App, DemoPos, PosSocket, run};

#[tokio::test]
async fn incorrect_authorization_credentials() {
    let mut wrong = App::new();
    wrong.key = "sk_sandbox_none".to_owned();
    let registered = wrong
        .request(Method::PUT, "/epos/integrations/rest")
        .header("software-house-id", "house")
        .json(json!({ "capabilities": [] }));
    registered.await.problem(401);
    let headers = [("software-house-id", "house")];
    let opened = PosSocket::try_open(&wrong, &headers).await;
    assert_eq!(opened.err(), Some(401));
}

#[tokio::test]
async fn api_version_used() {
    let app = App::new();
    let register = |version: &str| {
        let capability = json!({ "name": "SearchOrders", "version": version });
        app.request(Method::PUT, "/epos/integrations/ws")
            .header("software-house-id", "house")
            .json(json!({ "capabilities": [capability] }))
    };
    register("v1").await.expect(200);
    register("1.0.0").await.problem(400);
    register("v1").without("version").await.expect(200);
}

#[tokio::test]
async fn minimum_version_of_pos_support() {
    let exit = run(["--version"]);
    assert!(exit.output.starts_with("tatami "), "{}", exit.output);
}

#[tokio::test]
async fn implementation() {
    for (transport, listed, other) in [
        ("rest", "restIntegrations", "wsIntegrations"),
        ("ws", "wsIntegrations", "restIntegrations"),
    ] {
        let app = App::new();
        let _pos = DemoPos::start(&app, transport, &[]);
        let all = app.get("/epos/integrations").await.expect(200);
        assert_eq!(all[listed].as_array().map(Vec::len), Some(1), "{all}");
        assert_eq!(all[other], json!([]));
    }
}
