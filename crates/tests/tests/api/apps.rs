//! What apps ask for besides paying.

use serde_json::json;
use tatami_tests::{APPROVED, App, Paid, Tatami};

use crate::{id, text};

#[tokio::test]
async fn an_app_is_told_where_to_send_payments() {
    let server = Tatami::start_with(&["--public-url", "https://pay.example"]);
    let app = App::on(&server);
    let manifest = app.stranger().get("/rag-manifest.json").await;
    let told = manifest.expect(200);
    assert_eq!(text(&told, "baseUrl"), "https://pay.example/connect-e");
    assert!(told["format"].is_number(), "{told}");
    assert!(manifest.header("last-modified").ends_with("GMT"));
    let events = text(&told, "baseClientEventUrl");
    let events = events.strip_prefix("https://pay.example").expect("ours");
    for path in [events.to_owned(), format!("{events}/v1/log")] {
        let told = app.stranger().send(&path, json!({ "event": "opened" }));
        assert_eq!(told.await.status, 204, "{path}");
    }
}

#[tokio::test]
async fn older_apps_read_and_renew_a_payment_at_their_own_paths() {
    let app = App::new();
    let intent = id(&app.create(json!({})).await);
    let path = format!("/api/payment/{intent}");
    let seen = app.stranger().get(&path).await.expect(200);
    let newer = format!("/payment-intents/public/{intent}");
    assert_eq!(seen, app.stranger().get(&newer).await.expect(200));
    let renew = format!("{path}/refresh-client-session-secret");
    let mut secrets = vec![text(&seen, "clientSessionSecret")];
    for renewed in [app.stranger().post(&renew), app.stranger().get(&renew)] {
        secrets.push(text(&renewed.await.expect(200), "clientSessionSecret"));
    }
    secrets.dedup();
    assert_eq!(secrets.len(), 3);
    app.stranger()
        .get("/api/payment/pi_sandbox_T")
        .await
        .problem(400);
}

#[tokio::test]
async fn a_host_that_apps_are_built_with_has_the_payment_paths_at_its_root() {
    let server = Tatami::start_with(&["--sdk-host", "connect.pay.example"]);
    let app = App::on(&server);
    let intent = id(&app.create(json!({})).await);
    let secret = app.secret(&intent).await;
    let path = format!("/api/payments/{secret}");
    let post = |host: &'static str| {
        let posted = app.stranger().send(&path, APPROVED.body());
        posted.header("host", host)
    };
    post("pay.example").await.problem(404);
    let paid = post("connect.pay.example").await;
    assert_eq!(Paid::of(&paid).code, 0, "{}", paid.text());
    assert_eq!(app.status(&intent).await, "Captured");
}
