//! What pages prove before a card is tried, where the operator wants that.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tatami_tests::{APPROVED, App, Pending, Reply, Tatami};

use crate::operating::sample;
use crate::{id, text};

fn open() -> (Tatami, App) {
    let server = Tatami::start_with(&["--captcha", "proof-of-work"]);
    let app = App::on(&server);
    (server, app)
}

fn submitted(app: &App, secret: &str) -> Pending {
    let path = format!("/connect-e/api/payments/{secret}");
    app.stranger().send(&path, APPROVED.body())
}

async fn challenge(app: &App, secret: &str) -> Reply {
    let path = format!("/connect-e/api/payments/{secret}/captcha");
    app.stranger().get(&path).await
}

/// Does the work that the page's script does.
fn solve(asked: &Value) -> String {
    let challenge = text(asked, "challenge");
    let number = |name: &str| u32::try_from(asked[name].as_u64().expect("a number"));
    let (puzzles, bits) = (
        number("puzzles").expect("few"),
        number("bits").expect("few"),
    );
    let base = Sha256::digest(&challenge);
    let solved = |puzzle: u32| {
        (0_u32..).find(|nonce| {
            let mut digest = Sha256::new();
            digest.update(base);
            digest.update(puzzle.to_be_bytes());
            digest.update(nonce.to_be_bytes());
            let digest: [u8; 32] = digest.finalize().into();
            u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]).leading_zeros() >= bits
        })
    };
    let nonces = (0..puzzles).map(|puzzle| solved(puzzle).expect("solved").to_string());
    let parts: Vec<String> = std::iter::once(challenge).chain(nonces).collect();
    parts.join(".")
}

#[tokio::test]
async fn a_card_is_tried_with_a_proof_for_its_session_alone() {
    let (_server, app) = open();
    let intent = id(&app.create(json!({})).await);
    let secret = app.secret(&intent).await;
    let missing = submitted(&app, &secret).await.expect(403);
    assert_eq!(missing["statusCode"], 403);
    assert!(text(&missing, "message").contains("Captcha-Proof"));

    let asked = challenge(&app, &secret).await;
    assert_eq!(asked.header("cache-control"), "no-store");
    let proof = solve(&asked.expect(200));
    let other = app.secret(&id(&app.create(json!({})).await)).await;
    for (secret, proof) in [(&secret, "nonsense"), (&other, proof.as_str())] {
        let refused = submitted(&app, secret).header("captcha-proof", proof);
        let refused = refused.await.expect(403);
        assert!(text(&refused, "message").contains("could not be checked"));
    }
    assert_eq!(app.books().await.len(), 0, "no card was tried");

    let submit = || submitted(&app, &secret).header("captcha-proof", &proof);
    assert_eq!(submit().await.expect(200)["statusCode"], 0);
    assert_eq!(app.status(&intent).await, "Captured");
    submit().await.expect(401);

    let told = app.metrics().await.text();
    let seen = |outcome: &str| {
        let label = format!("outcome=\"{outcome}\"");
        sample(&told, "tatami_captcha_checks_total", &[&label])
    };
    assert_eq!(seen("missing"), Some(1.0));
    assert_eq!(seen("refused"), Some(2.0));
    assert_eq!(seen("accepted"), Some(2.0));
}

#[tokio::test]
async fn every_way_to_pay_is_behind_it_and_a_wrong_form_uses_no_proof_up() {
    let (_server, app) = open();
    let intent = id(&app
        .create(json!({ "paymentMethods": ["Card", "Wallet", "SavedCard"] }))
        .await);
    let secret = app.secret(&intent).await;
    for path in [
        format!("/connect-e/api/payments/recurring/{secret}"),
        format!("/connect-e/api/payments/{secret}/google-pay"),
        format!("/connect-e/api/payments/{secret}/apple-pay"),
        format!("/connect-e/cors/api/payments/{secret}/apple-pay"),
    ] {
        app.stranger().send(&path, json!({})).await.expect(403);
    }
    let proof = solve(&challenge(&app, &secret).await.expect(200));
    let path = format!("/connect-e/api/payments/{secret}");
    let wrong = app.stranger().send(&path, json!({ "cardNumber": "4456" }));
    wrong.header("captcha-proof", &proof).await.expect(400);
    let right = submitted(&app, &secret).header("captcha-proof", &proof);
    assert_eq!(right.await.expect(200)["statusCode"], 0);
}

#[tokio::test]
async fn apps_are_not_asked_and_what_a_payment_stands_at_is_told() {
    let (_server, app) = open();
    let intent = id(&app.create(json!({})).await);
    let secret = app.secret(&intent).await;
    let told = app
        .stranger()
        .get(&format!("/connect-e/api/payments/{secret}"));
    assert_eq!(told.await.expect(200)["statusCode"], 99);
    let paid = submitted(&app, &secret).header("is-mobile", "true");
    assert_eq!(paid.await.expect(200)["statusCode"], 0);
}

#[tokio::test]
async fn pages_name_the_script_that_proves_it_where_it_is_on() {
    let (_server, on) = open();
    for (app, is_on) in [(on, true), (App::new(), false)] {
        let intent = id(&app.create(json!({})).await);
        for path in [
            format!("/checkout/{intent}"),
            "/cdn/payments/v1/card-frame".to_owned(),
        ] {
            let page = app.stranger().get(&path).await;
            let named = page.text().contains("data-captcha=\"proof-of-work.js\"");
            assert_eq!(named, is_on, "{path}");
        }
        let secret = app.secret(&intent).await;
        let status = if is_on { 200 } else { 404 };
        assert_eq!(challenge(&app, &secret).await.status, status);
    }
}
