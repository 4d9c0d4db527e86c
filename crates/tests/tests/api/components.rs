//! What shops' pages load to embed components, and what components ask for.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use sha2::{Digest, Sha384};
use tatami_tests::{
    APPROVED, App, CHALLENGED, DECLINED, Paid, Reply, Tatami, complete, pay, prove,
};

use crate::{id, text};

const SCRIPT: &str = "/cdn/payments/v1/client.js";

async fn asked(app: &App, path: &str) -> Reply {
    app.stranger().get(path).await
}

#[tokio::test]
async fn any_page_may_load_the_script_and_check_it() {
    let app = App::new();
    let script = asked(&app, SCRIPT).await;
    assert_eq!(script.status, 200);
    assert_eq!(
        script.header("content-type"),
        "text/javascript; charset=utf-8"
    );
    let release = asked(&app, "/cdn/payments/v1/integrity.json").await;
    let path = text(&release.expect(200), "path");
    let pinned = asked(&app, &path).await;
    assert_eq!(pinned.body, script.body);
    let digest = BASE64_STANDARD.encode(Sha384::digest(&pinned.body));
    assert_eq!(
        text(&release.json(), "integrity"),
        format!("sha384-{digest}")
    );
    assert!(pinned.header("cache-control").contains("immutable"));
    assert!(!script.header("cache-control").contains("immutable"));
    let types = asked(&app, "/cdn/payments/v1/client.d.ts").await;
    assert!(types.text().contains("class WalletPayment"));
    for reply in [script, release, pinned, types] {
        let of = |name| reply.header(name).to_owned();
        assert_eq!(of("access-control-allow-origin"), "*", "{}", reply.url);
        assert_eq!(of("cross-origin-resource-policy"), "cross-origin");
        assert_eq!(of("x-content-type-options"), "nosniff");
    }
    for absent in [
        "/cdn/payments/v1/else.js",
        "/cdn/payments/v2/client.js",
        "/cdn/payments/0123456789abcdef/client.js",
        "/payments/v1/client.js",
        "/payments/v1/card-frame",
    ] {
        assert_eq!(asked(&app, absent).await.status, 404, "{absent}");
    }
}

#[tokio::test]
async fn the_script_is_small() {
    let app = App::new();
    for packing in ["gzip", "br"] {
        let script = app
            .stranger()
            .get(SCRIPT)
            .header("accept-encoding", packing);
        let script = script.await;
        if script.header("content-encoding") == packing {
            assert!(script.body.len() <= 15 * 1024, "{}", script.body.len());
            return;
        }
    }
    panic!("the script is not packed");
}

#[tokio::test]
async fn a_host_that_is_set_aside_has_the_files_at_its_root() {
    let server = Tatami::start_with(&["--cdn-host", "cdn.pay.example"]);
    let app = App::on(&server);
    let at = async |host: &str, path: &str| {
        let asking = app.stranger().get(path).header("host", host);
        asking.await.status.as_u16()
    };
    for file in ["client.js", "client.d.ts", "integrity.json", "card-frame"] {
        let path = format!("/payments/v1/{file}");
        assert_eq!(at("cdn.pay.example", &path).await, 200, "{file}");
        assert_eq!(at("CDN.pay.example:8443", &path).await, 200, "{file}");
        assert_eq!(at("pay.example", &path).await, 404, "{file}");
        assert_eq!(at("cdn.pay.example", &format!("/cdn{path}")).await, 200);
    }
}

#[tokio::test]
async fn a_frame_may_be_in_any_page_and_do_little() {
    let app = App::new();
    let font = "https%3A%2F%2Ffonts.example%2Fcss";
    let frame = asked(&app, &format!("/cdn/payments/v1/card-frame?font={font}")).await;
    assert_eq!(frame.status, 200);
    let policy = frame.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self' https://fonts.example; font-src https: https://fonts.example; "));
    assert!(!policy.contains("frame-ancestors"), "{policy}");
    assert_eq!(frame.header("x-frame-options"), "");
    assert_eq!(frame.header("cache-control"), "no-store");
    assert_eq!(frame.header("referrer-policy"), "no-referrer");
    let bare = asked(&app, "/cdn/payments/v1/card-frame").await;
    let policy = bare.header("content-security-policy");
    assert!(!policy.contains("https:"), "{policy}");
}

async fn outcome(app: &App, secret: &str) -> Paid {
    Paid::of(&asked(app, &format!("/connect-e/api/payments/{secret}")).await)
}

#[tokio::test]
async fn who_lost_the_answer_can_ask_what_came_of_a_secret() {
    let app = App::new();
    let intent = id(&app.create(json!({})).await);
    let secret = app.secret(&intent).await;
    assert_eq!(outcome(&app, &secret).await.code, 99);
    assert_eq!(pay(&app, &secret, DECLINED).await.code, 5);
    assert_eq!(outcome(&app, &secret).await.code, 5);

    let old = secret;
    let secret = app.secret(&intent).await;
    assert_eq!(outcome(&app, &old).await.code, 401);
    let asked = pay(&app, &secret, CHALLENGED).await;
    let again = outcome(&app, &secret).await;
    assert_eq!(again.code, 3);
    for part in ["md", "paReq", "stepUpUrl"] {
        assert_eq!(text(&again.answer, part), text(&asked.answer, part));
    }
    let proof = prove(&app, &asked.answer, "refuse").await;
    assert_eq!(complete(&app, &secret, &asked.answer, &proof).await.code, 5);
    assert_eq!(outcome(&app, &secret).await.code, 5);

    let secret = app.secret(&intent).await;
    let paid = pay(&app, &secret, APPROVED).await;
    let told = outcome(&app, &secret).await;
    assert_eq!(told.code, 0);
    assert_eq!(
        text(&told.answer, "authCode"),
        text(&paid.answer, "authCode")
    );
    assert_eq!(outcome(&app, "nonsense").await.code, 401);
}

#[tokio::test]
async fn a_challenge_that_is_left_is_told_from_one_that_is_refused() {
    let app = App::new();
    for (decision, code) in [("refuse", 5), ("cancel", 90)] {
        let intent = id(&app.create(json!({})).await);
        let secret = app.secret(&intent).await;
        let asked = pay(&app, &secret, CHALLENGED).await;
        let proof = prove(&app, &asked.answer, decision).await;
        let told = complete(&app, &secret, &asked.answer, &proof).await;
        assert_eq!(told.code, code, "{decision}: {}", told.answer);
        assert_eq!(app.status(&intent).await, "Created");
    }
}
