//! Traces for a collector: what a build with the feature `otlp` sends.

use serde_json::json;
use tatami_tests::{APPROVED, App, Receiver, Tatami, pay_intent};

use crate::id;

// The collector answers while the test waits for the program's end.
#[tokio::test(flavor = "multi_thread")]
async fn traces_are_sent_to_a_collector() {
    let collector = Receiver::open().await;
    let endpoint = collector.url("");
    let mut server = Tatami::start_with(&["--otlp-endpoint", &endpoint]);
    let app = App::on(&server);
    let callers = "0af7651916cd43dd8448eb211c80319c";
    let parent = format!("00-{callers}-b7ad6b7169203331-01");
    let order = json!({ "amount": { "value": 1000, "currencyCode": "GBP" }, "reference": "T" });
    let reply = app
        .send("/payment-intents", order)
        .header("traceparent", &parent);
    let reply = reply.await;
    let continued = reply.header("trace-id").to_owned();
    assert!(
        continued.starts_with(&format!("00-{callers}-")),
        "{continued}"
    );
    let paid = pay_intent(&app, &id(&reply.expect(200)), APPROVED).await;
    let own = app.get("/nowhere").await.problem(404)["traceId"].to_string();
    assert!(server.sigterm().success(), "{}", server.output());

    let got = collector.got();
    assert!(!got.is_empty(), "{}", server.output());
    let mut bytes = Vec::new();
    for batch in &got {
        assert_eq!(batch.path, "/v1/traces");
        assert_eq!(batch.headers["content-type"], "application/x-protobuf");
        bytes.extend_from_slice(&batch.body);
    }
    let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    for name in ["POST /payment-intents", "GET (none)", "acquirer", "commit"] {
        assert!(has(name.as_bytes()), "{name}");
    }
    for trace in [callers, &own.trim_matches('"')[3..35]] {
        assert!(has(&binary(trace)), "{trace}");
    }
    let span = binary(&continued[36..52]);
    assert!(has(&span), "the span that the answer names is sent");
    let card = APPROVED.number;
    assert!(!has(card.as_bytes()), "{paid}");
}

fn binary(hex: &str) -> Vec<u8> {
    let pairs = (0..hex.len()).step_by(2);
    pairs
        .map(|n| u8::from_str_radix(&hex[n..n + 2], 16).expect("hex"))
        .collect()
}
