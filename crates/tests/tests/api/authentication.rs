//! Who may call.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tatami_tests::{App, DEVELOPMENT_KEY, PUBLISHED_KEYS, Tatami, shared};

use crate::{id, unknown};

async fn with(app: &App, authorization: &str) -> tatami_tests::Reply {
    app.get(&format!("/payment-intents/{}", unknown("pi")))
        .header("authorization", authorization)
        .await
}

#[tokio::test]
async fn a_key_is_sent_as_it_is_or_inside_standard_basic() {
    let app = App::new();
    let key = &app.key;
    for authorization in [
        format!("Basic {key}"),
        format!("basic {key}"),
        format!("Basic {}", STANDARD.encode(format!("{key}:"))),
        format!("Basic {}", STANDARD.encode(format!(":{key}"))),
        format!("Basic {}", STANDARD.encode(format!("anybody:{key}"))),
    ] {
        with(&app, &authorization).await.problem(404);
    }
}

#[tokio::test]
async fn a_page_from_elsewhere_changes_nothing_with_a_kept_key() {
    let app = App::new();
    let order = serde_json::json!({ "amount": crate::pounds(1), "reference": "Mine" });
    let kept = format!("Basic {}", STANDARD.encode(format!("{}:", app.key)));
    let host = app.base.trim_start_matches("http://").to_owned();
    let send = |headers: &[(&'static str, &str)]| {
        let request = app
            .send("/payment-intents", order.clone())
            .header("authorization", &kept);
        headers.iter().fold(request, |request, (name, value)| {
            request.header(name, value)
        })
    };
    for site in ["cross-site", "same-site"] {
        send(&[("sec-fetch-site", site)]).await.problem(403);
    }
    let own = format!("http://{host}");
    let other_port = "http://127.0.0.1:1";
    for origin in [
        "https://shop.example",
        "null",
        "http://localhost",
        other_port,
    ] {
        send(&[("origin", origin)]).await.problem(403);
        send(&[("origin", origin), ("sec-fetch-site", "same-origin")])
            .await
            .problem(403);
    }
    for site in ["same-origin", "none"] {
        send(&[("sec-fetch-site", site)]).await.expect(200);
    }
    send(&[("origin", own.as_str())]).await.expect(200);
    send(&[]).await.expect(200);
    for form in ["text/plain", "application/x-www-form-urlencoded", ""] {
        send(&[("origin", own.as_str()), ("content-type", form)])
            .await
            .problem(415);
    }
    let read = app
        .get("/sandbox/clock")
        .header("sec-fetch-site", "cross-site");
    read.await.expect(200);
}

/// One rule for every path that takes the key: the API, tills, sandbox controls.
#[tokio::test]
async fn every_door_that_takes_a_key_looks_where_a_page_is_from() {
    let app = App::new();
    let machines = app.get("/sandbox/card-machines").await.expect(200);
    let tid = machines[0]["tid"].as_str().expect("a TID");
    let machine = format!("/sandbox/card-machines/{tid}");
    for (method, path) in [
        ("POST", "/payment-intents".to_owned()),
        (
            "POST",
            format!("/payment-intents/{}/reversal", unknown("pi")),
        ),
        ("DELETE", format!("/payment-intents/{}", unknown("pi"))),
        ("POST", "/customers".to_owned()),
        ("POST", "/setup-intents".to_owned()),
        ("POST", "/webhooks".to_owned()),
        ("POST", "/terminal-sessions".to_owned()),
        ("POST", "/tap/apple-terminal/secret".to_owned()),
        ("POST", "/sandbox/clock/advance".to_owned()),
        ("POST", format!("{machine}/power-off")),
        ("PUT", format!("{machine}/next-outcome")),
        ("PUT", "/sandbox/card-machines/pace".to_owned()),
    ] {
        let refused = app
            .request(method.parse().expect("a method"), &path)
            .header("origin", "https://shop.example")
            .await;
        assert_eq!(refused.status, 403, "{method} {path}: {}", refused.text());
    }
}

#[tokio::test]
async fn without_a_known_key_nothing_is_answered() {
    let app = App::new();
    let key = &app.key;
    app.stranger().get("/webhooks").await.problem(401);
    for authorization in [
        "Basic".to_owned(),
        "Basic sk_sandbox_nobody".to_owned(),
        format!("Basic {}x", key),
        format!("Bearer {key}"),
        key.clone(),
        format!("Basic {}", STANDARD.encode("user:password")),
        "Basic ====".to_owned(),
    ] {
        with(&app, &authorization).await.problem(401);
    }
}

#[tokio::test]
async fn the_keys_of_the_published_samples_open_the_development_account() {
    let app = App::with_key(shared(), DEVELOPMENT_KEY);
    let intent = app.create(serde_json::json!({})).await;
    assert!(id(&intent).starts_with("pi_sandbox_"), "{intent}");
    for key in PUBLISHED_KEYS {
        let other = App::with_key(shared(), key);
        assert_eq!(other.status(&id(&intent)).await, "Created");
    }
}

#[tokio::test]
async fn a_published_key_that_is_deleted_stays_deleted() {
    let mut server = Tatami::start();
    let listed = |command: &[&str]| {
        let exit = tatami_tests::run(command.iter().copied().chain(server.place()));
        assert!(exit.status.success(), "{}", exit.output);
        let words = exit.output.split_whitespace();
        words.map(str::to_owned).collect::<Vec<_>>()
    };
    let accounts = listed(&["accounts", "list"]);
    let account = accounts.iter().find(|word| word.starts_with("acc_"));
    let keys = listed(&["keys", "list", "--account", account.expect("an account")]);
    let keys: Vec<&String> = keys
        .iter()
        .filter(|word| word.starts_with("key_"))
        .collect();
    assert_eq!(keys.len(), PUBLISHED_KEYS.len(), "{keys:?}");
    listed(&["keys", "delete", keys[1]]);
    server.restart();
    let mut open = Vec::new();
    for key in PUBLISHED_KEYS {
        open.push(
            App::with_key(&server, key)
                .get("/webhooks")
                .await
                .status
                .as_u16(),
        );
    }
    open.sort_unstable();
    assert_eq!(open, [200, 200, 200, 200, 401]);
}

#[tokio::test]
async fn production_says_that_no_acquirer_is_configured() {
    let sandbox = App::new();
    let production = App::of(shared(), &sandbox.account, "production");
    assert!(production.key.starts_with("sk_prod_"), "a production key");
    let order = serde_json::json!({
        "amount": { "value": 1000, "currencyCode": "GBP" },
        "reference": "Order-0001",
    });
    let refused = production.send("/payment-intents", order).await;
    assert!(
        refused.detail(403).contains("acquirer"),
        "{}",
        refused.text()
    );
}

#[tokio::test]
async fn health_needs_no_key() {
    let stranger = App::new().stranger();
    for path in ["/healthz", "/readyz", "/openapi.json"] {
        let reply = stranger.get(path).without("version").await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
    }
}
