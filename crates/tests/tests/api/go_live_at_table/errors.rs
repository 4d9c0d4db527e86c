//! What goes wrong.

use reqwest::Method;
use serde_json::{Value, json};
use tatami_tests::{Line, Restaurant, TRANSPORTS, Till, WITHOUT_LOCKS, shared};

#[tokio::test(flavor = "multi_thread")]
async fn websocket_disconnection_handling() {
    let till = Till::new().await;
    let line = Line::to(shared()).await;
    let mut by_line = till.app.clone();
    by_line.base.clone_from(&line.base);
    let mut place = Restaurant::with(Till { app: by_line }, "ws", &[]);
    place.till = till;
    place.integration(json!({})).await;
    line.cut();
    // The POS connects again, and the machine waits for it.
    assert_eq!(place.orders().await.len(), 4);
}

#[tokio::test]
async fn get_order_by_id_none_existent_id() {
    for transport in TRANSPORTS {
        let place = Restaurant::open(transport, &WITHOUT_LOCKS).await;
        let template = "/v1/orders/{orderId}";
        let asked = place
            .pos
            .ask(Method::GET, template, &["none"], &Value::Null);
        assert_eq!(asked.await.0, 404);
        place.integration(json!({})).await;
        place.select("none").await.problem(404);
        let machine = place.shown().await;
        assert_eq!(machine["integration"]["order"], json!(null), "{machine}");
    }
}
