//! A program without a sandbox, on what one with a sandbox has left.

use reqwest::Method;
use serde_json::json;
use tatami_tests::{APPROVED, App, DEVELOPMENT_KEY, Receiver, Tatami};

use crate::customers::{as_customer, customer, secret_of};
use crate::id;

#[tokio::test]
async fn without_the_sandbox_its_keys_and_secrets_open_nothing() {
    let mut server = Tatami::start();
    let before = App::on(&server);
    let intent = before.create(json!({})).await;
    let setup = before.setup(json!({})).await;
    let ada = customer(&before).await;
    let opened = secret_of(&before, &ada).await;
    let session = before.secret(&id(&intent)).await;
    server.restart_with(&["--no-sandbox"]);

    let app = before.moved_to(&server);
    for app in [&app, &App::with_key(&server, DEVELOPMENT_KEY)] {
        app.get(&format!("/customers/{ada}")).await.problem(401);
        app.send("/customers/search", json!({})).await.problem(401);
        app.get(&format!("/payment-intents/{}", id(&intent)))
            .await
            .problem(401);
        app.get("/webhooks").await.problem(401);
        app.get("/terminals")
            .header("software-house-id", "x")
            .await
            .problem(401);
        app.post(&format!("/customers/{ada}/create-secret"))
            .await
            .problem(401);
        let hook = json!({ "events": ["payment_intent.created"], "url": "http://127.0.0.1:9/" });
        app.send("/webhooks", hook).await.problem(401);
    }
    let payer = app.stranger();
    let public = |kind: &str, id: &str| format!("/{kind}/public/{id}");
    payer
        .get(&public("payment-intents", &id(&intent)))
        .await
        .problem(404);
    payer
        .get(&public("setup-intents", &id(&setup)))
        .await
        .problem(404);
    let refresh =
        |kind: &str, id: &str| format!("{}/refresh-client-session-secret", public(kind, id));
    payer
        .post(&refresh("payment-intents", &id(&intent)))
        .await
        .problem(404);
    payer
        .post(&refresh("setup-intents", &id(&setup)))
        .await
        .problem(404);
    assert_eq!(
        payer
            .get(&format!("/checkout/{}", id(&intent)))
            .await
            .status,
        404
    );
    assert_eq!(
        payer.get(&format!("/checkout/{}", id(&setup))).await.status,
        404
    );
    for secret in [session, crate::text(&setup, "clientSessionSecret")] {
        let path = format!("/connect-e/api/payments/{secret}");
        payer.send(&path, APPROVED.body()).await.expect(401);
    }
    let methods = format!("{}/payment-methods", public("customers", &ada));
    let refused = as_customer(&app, Method::GET, &methods, &opened).await;
    assert!(
        [401, 404].contains(&refused.status.as_u16()),
        "{}",
        refused.status
    );
}

#[tokio::test]
async fn without_the_sandbox_its_webhooks_rest_and_are_delivered_when_it_is_back() {
    let mut server = Tatami::start();
    let app = App::on(&server);
    let shop = Receiver::open().await;
    // It is not there yet.
    shop.answers(&[500, 500, 500], 500);
    let hook = json!({ "events": ["payment_intent.created"], "url": shop.url("/") });
    app.send("/webhooks", hook).await.expect(200);
    app.create(json!({})).await;
    shop.wait_for(1).await;
    let before = shop.got().len();
    server.restart_with(&["--no-sandbox"]);
    shop.answers(&[], 200);
    let asleep = app.moved_to(&server);
    let told = asleep.metrics().await.text();
    let waiting = crate::operating::sample(&told, "tatami_deliveries_waiting", &[]);
    assert_eq!(waiting, Some(0.0), "nothing waits that is served");
    assert_eq!(shop.got().len(), before);

    server.restart_with(&[]);
    app.moved_to(&server).advance("0.01:00:00").await;
    shop.wait_for(before + 1).await;
}
