//! What every answer of the program has in common, whoever's route it is.

#![allow(
    clippy::expect_used,
    reason = "a failed expectation is how a test fails"
)]

use std::convert::Infallible;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Path;
use axum::routing::{get, post};
use http::{Method, Request, Response, StatusCode};
use serde_json::Value;
use tower::{Service, ServiceExt};

fn program()
-> impl Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send> {
    let routes = Router::new()
        .route("/things/{id}", get(|Path(id): Path<String>| async { id }))
        .route(
            "/things",
            post(|| async { "made" }).get(|| async { "x".repeat(4096) }),
        )
        .route(
            "/refused",
            get(|| async { tatami_http::problem::Problem::new(StatusCode::CONFLICT, "Not now.") }),
        );
    tatami_http::around(
        routes,
        tatami_http::Published::default(),
        tatami_http::Around {
            load_shed: tatami_http::LoadShed::new(
                tatami_http::Limits {
                    requests: 8,
                    calls: 8,
                    per_key: None,
                },
                Default::default(),
            ),
            pace: tatami_http::Pace::default(),
            logging: None,
        },
    )
}

async fn send(method: Method, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).expect("a request");
    program().oneshot(request).await.expect("an answer")
}

fn header<'a>(response: &'a Response<Body>, name: &str) -> &'a str {
    let value = response.headers().get(name);
    value.map_or("", |v| v.to_str().expect("text"))
}

async fn body(response: Response<Body>) -> Vec<u8> {
    let bytes = to_bytes(response.into_body(), 1 << 20).await;
    bytes.expect("a body").to_vec()
}

#[tokio::test]
async fn a_path_is_found_however_it_is_spelt() {
    for path in [
        "/things/7",
        "/things/7/",
        "//things//7",
        "/master/things/7/",
    ] {
        let response = send(Method::GET, path, &[]).await;
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(body(response).await, b"7", "{path}");
    }
}

#[tokio::test]
async fn a_problem_names_the_request_it_answers() {
    for (method, path, status) in [
        (Method::GET, "/nowhere", 404),
        (Method::DELETE, "/things", 405),
        (Method::GET, "/refused", 409),
    ] {
        let response = send(method, path, &[]).await;
        assert_eq!(response.status(), status);
        assert_eq!(
            header(&response, "content-type"),
            "application/problem+json"
        );
        let trace = header(&response, "trace-id").to_owned();
        assert_eq!(trace.len(), 55, "{trace}");
        let problem: Value = serde_json::from_slice(&body(response).await).expect("JSON");
        assert_eq!(problem["traceId"], trace);
        assert_eq!(problem["status"], status);
    }
}

#[tokio::test]
async fn the_caller_s_trace_goes_on() {
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let response = send(Method::GET, "/things/7", &[("traceparent", parent)]).await;
    let trace = header(&response, "trace-id");
    assert!(
        trace.starts_with("00-0af7651916cd43dd8448eb211c80319c-"),
        "{trace}"
    );
    assert_ne!(trace, parent);
}

#[tokio::test]
async fn methods_are_told() {
    let refused = send(Method::DELETE, "/things", &[]).await;
    assert_eq!(header(&refused, "allow"), "POST,GET,HEAD");
    let options = send(Method::OPTIONS, "/things/", &[]).await;
    assert_eq!(options.status(), 204);
    assert_eq!(header(&options, "allow"), "POST,GET,HEAD,OPTIONS");
    assert_eq!(send(Method::OPTIONS, "/nowhere", &[]).await.status(), 404);
}

#[tokio::test]
async fn head_is_get_without_its_body() {
    let response = send(Method::HEAD, "/things/7", &[]).await;
    assert_eq!(response.status(), 200);
    assert!(header(&response, "content-type").starts_with("text/plain"));
    assert_eq!(header(&response, "content-length"), "1");
    assert!(body(response).await.is_empty());
}

#[tokio::test]
async fn answers_are_packed_when_asked() {
    let plain = send(Method::GET, "/things", &[]).await;
    assert_eq!(header(&plain, "content-encoding"), "");
    let packed = send(Method::GET, "/things", &[("accept-encoding", "gzip")]).await;
    assert_eq!(header(&packed, "content-encoding"), "gzip");
    assert!(body(packed).await.starts_with(&[0x1f, 0x8b]));
}
