//! The harness measures servers that answer rightly, and no others.

#![allow(clippy::expect_used, clippy::float_arithmetic, reason = "figures")]

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use tatami_bench::load::{Bounds, closed, paced};
use tatami_bench::operation::Operation;
use tatami_bench::server::Server;
use tatami_bench::shop::Shop;

const FEW: Bounds = Bounds {
    connections: 8,
    time: Duration::from_secs(20),
    requests: 200,
};

fn bare(arguments: &[&str]) -> (Server, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_tatami-bare"));
    command.args(arguments).current_dir(folder.path());
    let server = Server::start(command, &folder.path().join("log")).expect("it starts");
    (server, folder)
}

#[tokio::test]
async fn bare_servers_answer_rightly() {
    for arguments in [&["memory"][..], &["sqlite", "bare.db"]] {
        let (server, _folder) = bare(arguments);
        let shop = Arc::new(Shop::new(server.address, Vec::new()));
        for operation in [Operation::Create, Operation::Read, Operation::Search] {
            let load = closed(&shop, operation, FEW).await.expect("right answers");
            assert_eq!(load.latencies.count(), FEW.requests, "{arguments:?}");
        }
        assert!(
            closed(&shop, Operation::Pay, FEW).await.is_err(),
            "not theirs"
        );
        assert!(server.peak_mb().expect("alive") > 1.0);
        assert!(server.cpu_seconds().expect("alive") > 0.0);
        server.stop().expect("it stops");
    }
}

#[tokio::test]
async fn paced_load_keeps_its_rate() {
    let (server, _folder) = bare(&["memory"]);
    let shop = Arc::new(Shop::new(server.address, Vec::new()));
    let bounds = Bounds {
        time: Duration::from_millis(500),
        ..FEW
    };
    let load = paced(&shop, Operation::Create, bounds, 100.0).await;
    let count = load.expect("right answers").latencies.count();
    assert!((25..=50).contains(&count), "{count} at 100 a second");
}

const OTHER_AMOUNT: &str = r#"{"id":"pi_sandbox_0000000000000000000000","status":"Created","amount":{"value":99,"currencyCode":"GBP"},"reference":"Order-0"}"#;

#[tokio::test]
async fn a_wrong_answer_ends_the_measurement() {
    let routes = Router::new()
        .route("/payment-intents", post(|| async { OTHER_AMOUNT }))
        .route(
            "/payment-intents/search",
            post(|| async { r#"{"data":[]}"# }),
        )
        .route(
            "/payment-intents/{id}",
            get(|| async { StatusCode::NOT_FOUND }),
        );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = tokio::spawn(async move { axum::serve(listener, routes).await });
    let shop = Arc::new(Shop::new(address, Vec::new()));
    shop.remember("pi_sandbox_0000000000000000000000", 100);
    for (operation, complaint) in [
        (Operation::Create, "wrong answer"),
        (Operation::Read, "status 404"),
        (Operation::Search, "a page of 0"),
        (Operation::Pay, "wrong answer"),
    ] {
        let error = closed(&shop, operation, FEW).await.expect_err("wrong");
        assert!(error.0.contains(complaint), "{error:?}");
    }
    server.abort();
}
