//! The checkout on a whole engine: real storage, the sandbox's acquirer.

#![allow(
    clippy::expect_used,
    reason = "a failed expectation is how a test fails"
)]

mod production_wallets;
mod shop;

use http::{StatusCode, header};
use serde_json::{Value, json};
use shop::{Shop, card};
use tatami_core::payment_intent::{Config, Details, Status};
use tatami_core::time::SignedDuration;
use url::Url;

const APPROVED: &str = "4456530000001005";
const DECLINED: &str = "4456530000001013";
const CHALLENGED: &str = "4456530000001096";

#[tokio::test]
async fn a_card_pays_and_the_page_tells() {
    let shop = Shop::open().await;
    let view = shop.intent(Details::default()).await;
    let path = format!("/checkout/{}", view.intent.id);
    assert!(shop.get(&path).await.text.contains("Pay £10.00"));

    let (status, answer) = shop.pay(&view.secret(), APPROVED).await;
    assert_eq!((status, &answer["statusCode"]), (StatusCode::OK, &json!(0)));
    assert!(answer["authCode"].as_str().is_some_and(|c| !c.is_empty()));
    let paid = shop.view(&view.intent.id).await.intent;
    assert_eq!(paid.status, Status::Captured);
    assert_eq!(paid.details.metadata["dojo-sdk-core-version"], "1.0");

    assert!(shop.get(&path).await.text.contains("Payment successful"));
    let result = shop.get(&format!("{path}/result")).await;
    assert!(result.text.contains("Payment successful"));
    assert_eq!(
        shop.get(&format!("{path}/status")).await.text,
        r#"{"state":"paid","amount":{"value":1000,"currencyCode":"GBP"}}"#
    );
    let (status, _) = shop.pay(&view.secret(), APPROVED).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_declined_payer_tries_again_with_a_new_secret() {
    let shop = Shop::open().await;
    let view = shop.intent(Details::default()).await;
    let (status, answer) = shop.pay(&view.secret(), DECLINED).await;
    assert_eq!((status, &answer["statusCode"]), (StatusCode::OK, &json!(5)));
    let (status, answer) = shop.pay(&view.secret(), APPROVED).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "a secret serves one try");
    assert_eq!(answer["statusCode"], 401);

    // The page that is opened again takes a secret that works.
    let page = shop
        .get(&format!("/checkout/{}?again=1", view.intent.id))
        .await;
    assert!(page.text.contains("The payment was not made"));
    assert!(
        page.text.contains("data-secret=\"\""),
        "reading renews nothing"
    );
    let secret = shop.renew(&view.intent.id, 1000).await.expect("a secret");
    let (_, answer) = shop.pay(&secret, APPROVED).await;
    assert_eq!(answer["statusCode"], 0);
}

#[tokio::test]
async fn refused_submissions_use_no_secret_up() {
    let shop = Shop::open().await;
    let view = shop.intent(Details::default()).await;
    let path = format!("/connect-e/api/payments/{}", view.secret());
    let (status, answer) = shop.post(&path, json!({ "cardNumber": "4111" })).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let kinds: Vec<&Value> = answer["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|e| &e["errorType"])
        .collect();
    assert_eq!(
        kinds,
        [
            "cardNameRequired",
            "cardNumberInvalid",
            "expiryDateRequired",
            "cv2Required"
        ]
    );
    let (status, _) = shop.post(&path, json!([1])).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, answer) = shop.pay(&view.secret(), APPROVED).await;
    assert_eq!((status, &answer["statusCode"]), (StatusCode::OK, &json!(0)));
}

#[tokio::test]
async fn tokens_that_open_nothing() {
    let shop = Shop::open().await;
    let view = shop.intent(Details::default()).await;
    for token in ["nonsense", "cs_x.y"] {
        assert_eq!(shop.pay(token, APPROVED).await.0, StatusCode::UNAUTHORIZED);
    }
    let (status, answer) = shop.post("/connect-e/api/payments/", card(APPROVED)).await;
    assert_eq!(
        (status, &answer["statusCode"]),
        (StatusCode::NOT_FOUND, &json!(404))
    );
    shop.advance(SignedDuration::from_mins(31)).await;
    assert_eq!(
        shop.pay(&view.secret(), APPROVED).await.0,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn cards_expire_by_the_accounts_clock() {
    let shop = Shop::open().await;
    shop.advance(SignedDuration::from_hours(24 * 365 * 16))
        .await;
    let view = shop.intent(Details::default()).await;
    let (status, answer) = shop.pay(&view.secret(), APPROVED).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(answer["errors"][0]["errorType"], "expiryDateMustBeInFuture");
}

#[tokio::test]
async fn a_challenge_in_a_frame() {
    let shop = Shop::open().await;
    let view = shop.intent(Details::default()).await;
    let (status, asked) = shop.pay(&view.secret(), CHALLENGED).await;
    assert_eq!((status, &asked["statusCode"]), (StatusCode::OK, &json!(3)));
    assert_eq!(asked["stepUpUrl"], "https://pay.example/three-ds/acs");
    let (pa_req, md) = (text(&asked["paReq"]), text(&asked["md"]));
    assert_eq!(asked["transactionId"], md);

    let fields = [
        ("PaReq", pa_req),
        ("MD", md),
        ("TermUrl", ""),
        ("presentation", "frame"),
    ];
    let bank = shop.post_form("/three-ds/acs", &fields).await;
    assert!(bank.text.contains("£10.00") && bank.text.contains("id=\"code\""));
    assert!(bank.text.contains("44565300****1096"));
    assert!(bank.text.contains("Harbour Books"), "the merchant is named");
    let policy = bank.header(header::CONTENT_SECURITY_POLICY);
    assert!(
        policy.starts_with("default-src 'none'") && !policy.contains("frame-ancestors"),
        "a component may show it in any page: {policy}"
    );

    let wrong = [&fields[..], &[("decision", "approve"), ("code", "1")]].concat();
    let again = shop.post_form("/three-ds/acs/decide", &wrong).await;
    assert!(again.text.contains("id=\"code-error\""));
    let right = [&fields[..], &[("decision", "approve"), ("code", "123456")]].concat();
    let done = shop.post_form("/three-ds/acs/decide", &right).await;
    let proof = done
        .text
        .split("data-pa-res=\"")
        .nth(1)
        .and_then(|t| t.split('"').next());

    let path = format!(
        "/connect-e/mobile/payments/{}/three-ds-complete",
        view.secret()
    );
    let body = json!({
        "paRes": proof.expect("a proof"), "transactionId": md,
        "cardinalValidateResponse": { "isValidated": true, "errorNumber": 0 },
    });
    let (status, answer) = shop.post(&path, body.clone()).await;
    assert_eq!((status, &answer["statusCode"]), (StatusCode::OK, &json!(0)));
    let (status, _) = shop.post(&path, body).await;
    assert_eq!(
        status,
        StatusCode::BAD_REQUEST,
        "no challenge waits any more"
    );
}

#[tokio::test]
async fn a_challenge_as_a_page_of_its_own() {
    let shop = Shop::open().await;
    for (decision, leads_to, status) in [
        ("approve", "Payment successful", Status::Captured),
        ("refuse", "The payment was not made", Status::Created),
        ("cancel", "The payment was not made", Status::Created),
    ] {
        let view = shop.intent(Details::default()).await;
        let id = &view.intent.id;
        let (_, asked) = shop.pay(&view.secret(), CHALLENGED).await;
        let back = format!("https://pay.example/checkout/{id}/three-ds-return");
        let fields = [
            ("JWT", text(&asked["paReq"])),
            ("MD", text(&asked["md"])),
            ("TermUrl", &back),
            ("decision", decision),
            ("code", "123456"),
        ];
        let mut page = shop.post_form("/three-ds/acs/decide", &fields).await;
        for _ in 0..3 {
            if page.status == StatusCode::SEE_OTHER {
                page = shop.get(page.header(header::LOCATION)).await;
            }
        }
        assert!(page.text.contains(leads_to), "{decision}");
        assert_eq!(shop.view(id).await.intent.status, status, "{decision}");
    }
}

#[tokio::test]
async fn apps_get_their_proof_by_a_form() {
    let shop = Shop::open().await;
    let view = shop.intent(Details::default()).await;
    let (_, asked) = shop.pay(&view.secret(), CHALLENGED).await;
    let fields = [
        ("JWT", text(&asked["paReq"])),
        ("MD", text(&asked["md"])),
        ("TermUrl", "https://app.example/term"),
        ("decision", "cancel"),
    ];
    let page = shop.post_form("/three-ds/acs/decide", &fields).await;
    assert!(page.text.contains("action=\"https://app.example/term\""));
    assert!(page.text.contains("name=\"PaRes\""));
    let gone = shop
        .post_form("/three-ds/acs", &[("PaReq", "no such")])
        .await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn device_data_for_sdks() {
    let shop = Shop::open().await;
    let view = shop.intent(Details::default()).await;
    let path = format!("/connect-e/api/device-data/{}", view.secret());
    let (status, data) = shop.post(&path, card(APPROVED)).await;
    assert_eq!(status, StatusCode::OK);
    let action = Url::parse(text(&data["formAction"])).expect("a url");
    assert_eq!(
        shop.post_form(action.path(), &[("JWT", "t")]).await.status,
        StatusCode::OK
    );
    assert!(!text(&data["token"]).is_empty());
    let (status, _) = shop
        .post("/connect-e/api/device-data/x", card(APPROVED))
        .await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn unknown_and_malformed_ids_are_a_page() {
    let shop = Shop::open().await;
    for id in ["pi_sandbox_T", "pi_sandbox_G_FeegU8WESxtY_Nct8jqw", "x"] {
        for path in ["", "/result", "/three-ds-return?md=m&paRes=p"] {
            let page = shop.get(&format!("/checkout/{id}{path}")).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{id}{path}");
            assert!(page.text.contains("cannot find this payment"));
        }
    }
}

#[tokio::test]
async fn every_page_is_hardened_and_its_files_are_there() {
    let shop = Shop::open().await;
    let view = shop.intent(Details {
        config: Some(Config {
            title: Some("T".to_owned()),
            ..Config::default()
        }),
        ..Details::default()
    });
    let checkout = format!("/checkout/{}", view.await.intent.id);
    for path in ["/docs/test-cards", "/checkout/x", &checkout] {
        let page = shop.get(path).await;
        assert!(
            page.header(header::CONTENT_SECURITY_POLICY)
                .starts_with("default-src 'none'")
        );
        assert_eq!(page.header(header::CACHE_CONTROL), "no-store");
        assert_eq!(page.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        assert_eq!(page.header(header::REFERRER_POLICY), "no-referrer");
        let files = page
            .text
            .split(['"'])
            .filter(|t| t.starts_with("/checkout/assets/") || t.starts_with("/sandbox/assets/"));
        let mut seen = 0;
        for file in files {
            let file = shop.get(file).await;
            assert_eq!(file.status, StatusCode::OK);
            assert!(file.header(header::CACHE_CONTROL).contains("immutable"));
            seen += 1;
        }
        assert!(seen >= 2, "{path}");
    }
    let old = shop.get("/checkout/assets/0000/base.css").await;
    assert_eq!(old.status, StatusCode::NOT_FOUND);
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
