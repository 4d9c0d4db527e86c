//! The demo POS, over both transports.

use std::time::Instant;

use reqwest::Method;
use serde_json::{Value, json};
use tatami_tests::{APPROVED, App, DemoPos, PATIENCE, pay_intent};

use crate::id;

/// What its page says once it has that text.
async fn shows(pos: &DemoPos, text: &str) -> String {
    let started = Instant::now();
    loop {
        let page = pos.get("/").await;
        if page.contains(text) {
            return page;
        }
        assert!(started.elapsed() < PATIENCE, "no {text} in {page}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn it_registers_and_hears_of_payments_over_both_transports() {
    for (transport, listed) in [("rest", "restIntegrations"), ("ws", "wsIntegrations")] {
        let app = App::new();
        let pos = DemoPos::start(&app, transport, &["--without", "ExtendOrderLock"]);
        let all = app.get("/epos/integrations").await.expect(200);
        let capabilities = all[listed][0]["capabilities"].as_array().cloned();
        let names: Vec<_> = capabilities.expect("registered");
        let names: Vec<_> = names.iter().map(|c| c["name"].as_str()).collect();
        assert_eq!(names.len(), 22, "{names:?}");
        assert!(!names.contains(&Some("ExtendOrderLock")));
        let intent = id(&app.create(json!({})).await);
        pay_intent(&app, &intent, APPROVED).await;
        shows(&pos, "Captured").await;
    }
}

#[tokio::test]
async fn it_is_told_again_what_a_fault_lost() {
    for (transport, fault) in [
        ("rest", "lose-answer*1"),
        ("rest", "nonsense*1"),
        ("rest", "down*1"),
        ("ws", "lose-answer*1"),
        ("ws", "nonsense*1"),
        ("ws", "refuse*1"),
    ] {
        let app = App::new();
        let pos = DemoPos::start(&app, transport, &[]);
        pos.fail(fault).await;
        let intent = id(&app.create(json!({})).await);
        shows(&pos, &intent).await;
        // Over a WebSocket it connects again first.
        let started = Instant::now();
        while pos.get("/").await.matches("<summary>HandleEvent").count() < 2 {
            assert!(started.elapsed() < PATIENCE, "{transport} {fault}");
            app.advance("00:00:10").await;
        }
    }
}

#[tokio::test]
async fn its_rest_api_needs_the_password_and_is_the_published_one() {
    let app = App::new();
    let pos = DemoPos::start(&app, "rest", &[]);
    let refused = reqwest::get(format!("{}/v1/areas", pos.url)).await;
    assert_eq!(refused.expect("an answer").status(), 401);
    let (status, orders) = pos.ask(Method::POST, "/v1/orders/search", &json!({})).await;
    assert_eq!(status, 200);
    assert_eq!(orders["data"].as_array().map(Vec::len), Some(4), "{orders}");
    let (status, missing) = pos.ask(Method::GET, "/v1/orders/none", &Value::Null).await;
    assert_eq!((status, &missing["errorType"]), (404, &json!("NotFound")));
}
