//! What every answer has in common.

use reqwest::Method;
use serde_json::{Value, json};
use tatami_tests::{App, shared};

use crate::{id, unknown};

#[tokio::test]
async fn every_answer_names_its_trace() {
    let app = App::new();
    let refused = app
        .get(&format!("/payment-intents/{}", unknown("pi")))
        .await;
    let problem = refused.problem(404);
    assert_eq!(problem["traceId"], refused.header("trace-id"));

    let mut traces = std::collections::HashSet::new();
    for path in ["/healthz", "/webhooks", "/nowhere", "/payment-intents/x"] {
        let reply = app.get(path).await;
        let trace = reply.header("trace-id").to_owned();
        let parts: Vec<usize> = trace.split('-').map(str::len).collect();
        assert_eq!(parts, [2, 32, 16, 2], "{path}: {trace:?}");
        assert!(traces.insert(trace), "a trace is of one request");
    }
}

#[tokio::test]
async fn ids_that_cannot_be_are_malformed_and_others_unknown() {
    let app = App::new();
    for (method, path, malformed) in [
        (Method::GET, "/payment-intents/{}", "pi_sandbox_T"),
        (Method::DELETE, "/payment-intents/{}", "pi_sandbox_T"),
        (Method::POST, "/payment-intents/{}/reversal", "pi_sandbox_T"),
        (
            Method::GET,
            "/payment-intents/{}",
            "rfnd_sandbox_0123456789012345678901",
        ),
        (Method::GET, "/payment-intents/refunds/{}", "rfnd_T"),
    ] {
        let path = path.replace("{}", malformed);
        app.request(method, &path).await.problem(400);
    }
    // Operations that do not publish 400 say that there is nothing.
    for (method, path) in [
        (Method::GET, "/webhooks/{}/secrets"),
        (Method::POST, "/webhooks/{}/secrets"),
        (Method::DELETE, "/webhooks/{}"),
        (Method::DELETE, "/webhooks/{}/secrets/x"),
        (Method::PUT, "/webhooks/{}/secrets/x/activate"),
        (Method::POST, "/customers/{}/create-secret"),
    ] {
        let path = path.replace("{}", "ws_1");
        let problem = app.request(method, &path).await.problem(404);
        assert_eq!(problem["status"], 404);
        assert!(!problem.to_string().contains("ws_1"), "{problem}");
    }
    app.request(Method::PATCH, "/webhooks/ws_1")
        .json(json!({ "description": "x" }))
        .await
        .problem(400);
    let terminal = app
        .get("/terminals/tm_1")
        .header("software-house-id", "softwareHouse1");
    let problem = terminal.await.expect(404);
    assert_eq!(problem["code"], "INVALID_REQUEST");
    for (method, path, prefix) in [
        (Method::GET, "/payment-intents/{}", "pi"),
        (Method::DELETE, "/payment-intents/{}", "pi"),
        (Method::POST, "/payment-intents/{}/reversal", "pi"),
        (
            Method::POST,
            "/payment-intents/{}/refresh-client-session-secret",
            "pi",
        ),
        (Method::GET, "/payment-intents/refunds/{}", "rfnd"),
        (Method::GET, "/webhooks/{}/secrets", "ws"),
        (Method::POST, "/webhooks/{}/secrets", "ws"),
        (Method::DELETE, "/webhooks/{}", "ws"),
    ] {
        let path = path.replace("{}", &unknown(prefix));
        app.request(method, &path).await.problem(404);
    }
}

#[tokio::test]
async fn a_path_nobody_serves_is_a_quick_problem() {
    let app = App::new();
    for path in [
        "/nowhere",
        "/plugins/telemetryhttps://api.dojo.tech/plugins/telemetry",
        "/terminalsessions",
    ] {
        app.send(path, json!({ "SourceType": "DojoPlugin" }))
            .await
            .problem(404);
    }
}

#[tokio::test]
async fn a_method_nobody_serves_is_refused_with_those_allowed() {
    let app = App::new();
    let refused = app.request(Method::PUT, "/payment-intents").await;
    refused.problem(405);
    assert!(refused.header("allow").contains("POST"), "{refused:?}");
    let refused = app.request(Method::DELETE, "/payment-intents/search").await;
    assert!(
        [404, 405, 400].contains(&refused.status.as_u16()),
        "{refused:?}"
    );
}

#[tokio::test]
async fn bodies_are_bounded_typed_and_well_formed() {
    let app = App::new();
    let post = || {
        app.post("/payment-intents")
            .header("content-type", "application/json")
    };
    let large = json!({ "description": "x".repeat(1024 * 1024) }).to_string();
    post().body(large).await.problem(413);
    let order = r#"{"amount":{"value":1000,"currencyCode":"GBP"},"reference":"Order-0001"}"#;
    for foreign in [
        "text/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    ] {
        post()
            .body(order)
            .header("content-type", foreign)
            .await
            .problem(415);
    }
    for own in ["application/json; charset=utf-8", "Application/JSON"] {
        post()
            .body(order)
            .header("content-type", own)
            .await
            .expect(200);
    }
    for broken in ["", "{", "[]", "7", r#"{"amount":}"#, "\u{0}"] {
        post().body(broken).await.problem(400);
    }
}

#[tokio::test]
async fn wrong_types_blame_their_field() {
    let app = App::new();
    for (field, value) in [
        ("amount", json!("ten pounds")),
        ("amount", json!({ "value": "many", "currencyCode": "GBP" })),
        ("amount", json!({ "value": 10.5, "currencyCode": "GBP" })),
        ("captureMode", json!("Sometimes")),
        ("expireAt", json!("tomorrow")),
        ("itemLines", json!({})),
    ] {
        let order = json!({
            "amount": { "value": 1000, "currencyCode": "GBP" },
            "reference": "Order-0001",
            field: value,
        });
        let blamed = app.send("/payment-intents", order).await.blames(400);
        let first = field[..1].to_uppercase() + &field[1..];
        assert!(
            blamed.iter().any(|name| name.starts_with(&first)),
            "{field}: {blamed:?}"
        );
    }
}

#[tokio::test]
async fn head_options_and_gzip_do_what_http_says() {
    let app = App::new();
    let path = format!("/payment-intents/{}", id(&app.create(json!({})).await));

    let head = app.request(Method::HEAD, &path).await;
    assert_eq!(head.status, 200);
    assert!(head.body.is_empty());
    assert!(head.header("content-type").starts_with("application/json"));

    let options = app.request(Method::OPTIONS, "/payment-intents").await;
    assert!(options.status.is_success(), "{options:?}");
    assert!(options.header("allow").contains("POST"), "{options:?}");

    let plain = app.get(&path).await;
    assert_eq!(plain.header("content-encoding"), "");
    let packed = app.get(&path).header("accept-encoding", "gzip").await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    assert_eq!(packed.body[..2], [0x1f, 0x8b]);

    let refused = app
        .get(&format!("/payment-intents/{}", unknown("pi")))
        .header("accept-encoding", "gzip")
        .await;
    refused.problem(404);
    assert_eq!(refused.header("content-encoding"), "", "it is not packed");
}

#[tokio::test]
async fn browsers_are_let_in_only_where_they_are_meant_to_call() {
    let app = App::new();
    let intent = app.create(json!({})).await;
    let origin = |path: &str, method: Method| {
        app.stranger()
            .request(method, path)
            .header("origin", "https://shop.example")
    };
    let public = format!("/payment-intents/public/{}", id(&intent));
    let allowed = origin(&public, Method::GET).await;
    assert_eq!(allowed.status, 200);
    assert_eq!(allowed.header("access-control-allow-origin"), "*");

    let preflight = origin("/connect-e/api/payments/secret", Method::OPTIONS)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type,version")
        .await;
    assert!(preflight.status.is_success(), "{preflight:?}");
    assert_eq!(preflight.header("access-control-allow-origin"), "*");

    let private = format!("/payment-intents/{}", id(&intent));
    for (path, method) in [
        (private.as_str(), Method::GET),
        ("/payment-intents", Method::OPTIONS),
        ("/sandbox/clock", Method::GET),
    ] {
        let refused = origin(path, method)
            .header("authorization", &format!("Basic {}", app.key))
            .await;
        assert_eq!(refused.header("access-control-allow-origin"), "", "{path}");
    }
}

#[tokio::test]
async fn the_description_of_the_api_is_served() {
    let app = App::with_key(shared(), "");
    let document: Value = app.get("/openapi.json").await.expect(200);
    assert!(
        document["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3.")),
        "{}",
        document["openapi"]
    );
    assert!(document["paths"]["/payment-intents"]["post"].is_object());
}
