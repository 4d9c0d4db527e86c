//! Paying with a wallet: the simulated sheet makes tokens like real ones, which are paid
//! with where apps and components post them.

use serde_json::{Value, json};
use tatami_tests::{App, Paid, Reply, Tatami, booked, complete, prove};

use crate::{id, pounds, text};

const APPROVED: usize = 0;
const DECLINED: usize = 2;
const ASKED: usize = 3;
const WALLETS: [&str; 2] = ["APPLE_PAY", "GOOGLE_PAY"];

async fn order(app: &App, changes: Value) -> (String, String) {
    let mut wish = json!({ "paymentMethods": ["Card", "Wallet"] });
    for (name, value) in changes.as_object().into_iter().flatten() {
        wish[name] = value.clone();
    }
    let intent = id(&app.create(wish).await);
    let secret = app.secret(&intent).await;
    (intent, secret)
}

async fn token(app: &App, secret: &str, wallet: &str, card: usize) -> Value {
    let path = format!("/wallet-sheet/{secret}/token");
    let chosen = json!({ "card": card, "wallet": wallet });
    let made = app.stranger().send(&path, chosen).await.expect(200);
    made["token"].clone()
}

async fn post(app: &App, secret: &str, wallet: &str, body: Value) -> Reply {
    let way = match wallet {
        "APPLE_PAY" => format!("cors/api/payments/{secret}/apple-pay"),
        _ => format!("api/payments/{secret}/google-pay"),
    };
    let posted = app.stranger().send(&format!("/connect-e/{way}"), body);
    posted.header("IS-MOBILE", "true").await
}

async fn pay(app: &App, secret: &str, wallet: &str, token: &Value) -> Paid {
    Paid::of(&post(app, secret, wallet, json!({ "token": token })).await)
}

#[tokio::test]
async fn a_wallet_pays_and_the_payment_says_which() {
    let app = App::new();
    for wallet in WALLETS {
        let (intent, secret) = order(&app, json!({})).await;
        let sheet = app.stranger().get(&format!("/wallet-sheet/{secret}")).await;
        let sheet = sheet.expect(200);
        assert_eq!(sheet["amount"], "£10.00");
        assert!(text(&json!({ "card": sheet["cards"][APPROVED] }), "card").contains("approved"));
        let token = token(&app, &secret, wallet, APPROVED).await;
        let contact = json!({ "name": "Ada Lovelace", "address1": "1 High Street", "locality": "London", "postalCode": "SW1A 1AA", "countryCode": "GB" });
        let body = json!({ "token": token, "email": "ada@example.com", "billingContact": contact });
        let paid = Paid::of(&post(&app, &secret, wallet, body).await);
        assert_eq!(paid.code, 0, "{wallet}: {}", paid.answer);
        let paid = app.intent(&intent).await;
        assert_eq!(paid["status"], "Captured");
        let card = &paid["paymentDetails"]["card"];
        assert_eq!(card["walletType"], wallet);
        assert_eq!(card["last4PAN"], "1005");
        assert_eq!(card["cardName"], "Ada Lovelace");
        assert_eq!(paid["billingAddress"]["postcode"], "SW1A 1AA");
        assert_eq!(paid["customer"]["emailAddress"], "ada@example.com");
    }
}

#[tokio::test]
async fn a_declined_wallet_takes_nothing_and_the_secret_is_used_up() {
    let app = App::new();
    for wallet in WALLETS {
        let (intent, secret) = order(&app, json!({})).await;
        let declined = token(&app, &secret, wallet, DECLINED).await;
        let approved = token(&app, &secret, wallet, APPROVED).await;
        assert_eq!(pay(&app, &secret, wallet, &declined).await.code, 5);
        assert_eq!(pay(&app, &secret, wallet, &approved).await.code, 401);
        assert_eq!(app.status(&intent).await, "Created");
        let secret = app.secret(&intent).await;
        assert_eq!(pay(&app, &secret, wallet, &approved).await.code, 0);
    }
}

#[tokio::test]
async fn a_token_pays_once() {
    let app = App::new();
    for wallet in WALLETS {
        let (_, secret) = order(&app, json!({})).await;
        let token = token(&app, &secret, wallet, APPROVED).await;
        assert_eq!(pay(&app, &secret, wallet, &token).await.code, 0);
        let (other, secret) = order(&app, json!({})).await;
        let replayed = post(&app, &secret, wallet, json!({ "token": token })).await;
        assert_eq!(replayed.status, 400, "{}", replayed.text());
        assert_eq!(app.status(&other).await, "Created");
    }
    assert_eq!(booked(&app.books().await, "charge"), 2 * 1000);
}

#[tokio::test]
async fn a_token_declined_before_is_not_tried_again() {
    let app = App::new();
    let (intent, secret) = order(&app, json!({})).await;
    let token = token(&app, &secret, "GOOGLE_PAY", DECLINED).await;
    assert_eq!(pay(&app, &secret, "GOOGLE_PAY", &token).await.code, 5);
    let secret = app.secret(&intent).await;
    assert_eq!(pay(&app, &secret, "GOOGLE_PAY", &token).await.code, 400);
}

#[tokio::test]
async fn a_card_that_is_only_on_file_is_asked_for_by_the_bank() {
    let app = App::new();
    let (intent, secret) = order(&app, json!({})).await;
    let token = token(&app, &secret, "GOOGLE_PAY", ASKED).await;
    let asked = pay(&app, &secret, "GOOGLE_PAY", &token).await;
    assert_eq!(asked.code, 3, "{}", asked.answer);
    let proof = prove(&app, &asked.answer, "approve").await;
    assert_eq!(complete(&app, &secret, &asked.answer, &proof).await.code, 0);
    let paid = app.intent(&intent).await;
    assert_eq!(paid["paymentDetails"]["card"]["walletType"], "GOOGLE_PAY");
}

#[tokio::test]
async fn tokens_that_are_none_use_nothing_up() {
    let app = App::new();
    let (intent, secret) = order(&app, json!({})).await;
    let good = token(&app, &secret, "GOOGLE_PAY", APPROVED).await;
    let text = good.as_str().expect("a token");
    let mut changed: Value = serde_json::from_str(text).expect("JSON");
    changed["signedMessage"] = changed["signedMessage"]
        .as_str()
        .map(|m| m.replacen("encryptedMessage", "encryptedMessagf", 1))
        .into();
    for body in [
        json!({}),
        json!({ "token": "" }),
        json!({ "token": "nonsense" }),
        json!({ "token": {} }),
        json!({ "token": changed.to_string() }),
        json!({ "token": changed }),
        json!([]),
    ] {
        let refused = post(&app, &secret, "GOOGLE_PAY", body.clone()).await;
        assert_eq!(refused.status, 400, "{body}: {}", refused.text());
        assert_eq!(refused.json()["statusCode"], 400);
        let refused = post(
            &app,
            &secret,
            "APPLE_PAY",
            json!({ "token": { "paymentData": body } }),
        )
        .await;
        assert_eq!(refused.status, 400, "{}", refused.text());
    }
    let story = app.intent(&intent).await["paymentEvents"].clone();
    assert_eq!(story.as_array().map(Vec::len).unwrap_or_default(), 0);
    assert_eq!(pay(&app, &secret, "GOOGLE_PAY", &good).await.code, 0);
}

#[tokio::test]
async fn a_token_is_for_its_merchant_and_its_amount() {
    let server = Tatami::start();
    let (app, other) = (App::on(&server), App::on(&server));
    let (_, secret) = order(&app, json!({})).await;
    let (_, theirs) = order(&other, json!({})).await;
    let google = token(&app, &secret, "GOOGLE_PAY", APPROVED).await;
    assert_eq!(pay(&other, &theirs, "GOOGLE_PAY", &google).await.code, 400);
    let (_, dearer) = order(&app, json!({ "amount": pounds(2000) })).await;
    let apple = token(&app, &secret, "APPLE_PAY", APPROVED).await;
    assert_eq!(pay(&app, &dearer, "APPLE_PAY", &apple).await.code, 400);
    assert_eq!(pay(&app, &secret, "APPLE_PAY", &apple).await.code, 0);
    assert_eq!(booked(&other.books().await, "charge"), 0);
}

#[tokio::test]
async fn a_moved_clock_does_not_matter_to_tokens() {
    let app = App::new();
    app.advance("40.00:00:00").await;
    for wallet in WALLETS {
        let (_, secret) = order(&app, json!({})).await;
        let token = token(&app, &secret, wallet, APPROVED).await;
        app.advance("00:20:00").await;
        assert_eq!(pay(&app, &secret, wallet, &token).await.code, 0);
    }
}

#[tokio::test]
async fn orders_without_a_wallet_have_no_sheet() {
    let app = App::new();
    let (_, with) = order(&app, json!({})).await;
    let token = token(&app, &with, "GOOGLE_PAY", APPROVED).await;
    let (_, without) = order(&app, json!({ "paymentMethods": ["Card"] })).await;
    let sheet = app
        .stranger()
        .get(&format!("/wallet-sheet/{without}"))
        .await;
    assert_eq!(sheet.status, 409);
    assert_eq!(pay(&app, &without, "GOOGLE_PAY", &token).await.code, 400);
    let nobody = app.stranger().get("/wallet-sheet/nonsense").await;
    assert_eq!(nobody.status, 401);
}

#[tokio::test]
async fn apps_are_told_which_wallets_an_order_takes() {
    let app = App::new();
    for (methods, wallets) in [
        (json!(["Card", "Wallet"]), json!(WALLETS)),
        (json!(["Card"]), json!([])),
    ] {
        let (intent, _) = order(&app, json!({ "paymentMethods": methods })).await;
        let seen = app
            .stranger()
            .get(&format!("/payment-intents/public/{intent}"))
            .await;
        let methods = &seen.expect(200)["merchantConfig"]["supportedPaymentMethods"];
        assert_eq!(methods["wallets"], wallets);
    }
}

#[tokio::test]
async fn a_sandbox_s_token_can_be_looked_into() {
    let app = App::new();
    let (intent, secret) = order(&app, json!({})).await;
    let token = token(&app, &secret, "GOOGLE_PAY", APPROVED).await;
    let path = format!("/connect-e/api/payments/{secret}/google-pay/decrypt-token");
    let inside = app.stranger().send(&path, json!({ "token": token })).await;
    let inside = inside.expect(200);
    let details = &inside["paymentMethodDetails"];
    assert_eq!(details["authMethod"], "CRYPTOGRAM_3DS");
    assert_eq!(details["expirationMonth"], 12);
    assert!(
        details["pan"]
            .as_str()
            .is_some_and(|pan| pan.ends_with("1005"))
    );
    assert_eq!(text(&inside, "gatewayMerchantId"), app.account);
    assert!(!text(&inside, "messageId").is_empty());
    assert_eq!(app.status(&intent).await, "Created");
}
