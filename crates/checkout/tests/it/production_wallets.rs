//! The wallets of production, with keys and roots of the test's own.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use http::StatusCode;
use serde_json::{Value, json};
use tatami_checkout::{ApplePay, GooglePay, MerchantSession, MerchantSessions, OperatorWallets};
use tatami_core::card::{CardEntry, CardNumber, Expiry};
use tatami_core::id::Environment;
use tatami_core::payment_intent::Details;
use tatami_engine::View;
use tatami_engine::ports::clock::SystemEntropy;
use tatami_wallets::google::{RecipientId, RootKeys};
use tatami_wallets::make::{AppleIssuer, GoogleIssuer, Payment};
use tatami_wallets::{PrivateKey, Wallets, apple, google};
use tokio::sync::watch;

use crate::shop::Shop;

const MERCHANT: &str = "merchant.example.books";
const GATEWAY: &str = "example-gateway";
const DOMAIN_FILE: &str = "/.well-known/apple-developer-merchantid-domain-association";

/// Keeps what it is asked, and answers that it is Apple.
#[derive(Default)]
struct Apple(Mutex<Vec<MerchantSession>>);

#[async_trait]
impl MerchantSessions for Apple {
    async fn ask(&self, session: &MerchantSession) -> Result<Value, String> {
        self.0.lock().expect("a lock").push(session.clone());
        match session.domain.as_str() {
            "unknown.example" => Err("The answer was 417.".to_owned()),
            domain => Ok(json!({ "epochTimestamp": 1, "domainName": domain })),
        }
    }
}

/// A shop whose operator takes both wallets.
struct Operator {
    shop: Shop,
    apple: AppleIssuer,
    google: GoogleIssuer,
    keys: watch::Sender<Arc<Wallets>>,
    asked: Arc<Apple>,
}

impl Operator {
    async fn new() -> Self {
        let mut entropy = SystemEntropy;
        let now = Shop::machine_now();
        let apple = AppleIssuer::new(&mut entropy, now).expect("an issuer");
        let google = GoogleIssuer::new(&mut entropy, now);
        let roots = RootKeys::parse(&google.root_keys().expect("keys"));
        let mut key = || vec![PrivateKey::generate(&mut entropy)];
        let keys = Wallets {
            apple: apple::Recipient::new(MERCHANT, key(), &[apple.root()]).ok(),
            google: Some(google::Recipient {
                id: RecipientId::Gateway(GATEWAY.to_owned()),
                keys: key(),
                roots: roots.expect("root keys"),
            }),
        };
        let (sender, receiver) = watch::channel(Arc::new(keys));
        let asked = Arc::new(Apple::default());
        let wallets = OperatorWallets {
            keys: receiver,
            apple: Some(ApplePay {
                merchant_id: MERCHANT.to_owned(),
                domain_file: Some(Arc::from(*b"7B227073")),
                sessions: Some(asked.clone()),
            }),
            google: Some(GooglePay {
                merchant_id: "BCR2DN4T".to_owned(),
                gateway: GATEWAY.to_owned(),
            }),
        };
        Self {
            shop: Shop::open_with(Environment::Production, Some(wallets)).await,
            apple,
            google,
            keys: sender,
            asked,
        }
    }

    fn token(&self, wallet: &str, view: &View) -> Value {
        let card = CardEntry {
            number: CardNumber::parse("4456530000001005").expect("a card"),
            expiry: Expiry {
                year: 2039,
                month: 12,
            },
            cv2: None,
            holder: String::new(),
        };
        let payment = Payment {
            card: &card,
            amount: view.intent.total(),
        };
        let (now, keys) = (Shop::machine_now(), self.keys.borrow().clone());
        let entropy = &mut SystemEntropy;
        if wallet == "apple-pay" {
            let to = keys.apple.as_ref().expect("set up");
            let data = self
                .apple
                .token(to, &payment, entropy, now)
                .expect("a token");
            let data: Value = serde_json::from_str(&data).expect("JSON");
            return json!({ "paymentData": data });
        }
        let to = keys.google.as_ref().expect("set up");
        let account = view.intent.scope.account.as_str();
        let token = self
            .google
            .token(to, account, &payment, false, entropy, now);
        token.expect("a token").into()
    }

    async fn pay(&self, view: &View, wallet: &str, token: &Value) -> (StatusCode, Value) {
        let path = format!("/connect-e/api/payments/{}/{wallet}", view.secret());
        self.shop.post(&path, json!({ "token": token })).await
    }
}

async fn order(shop: &Shop) -> View {
    let details = Details {
        payment_methods: vec!["Card".to_owned(), "Wallet".to_owned()],
        ..Details::default()
    };
    shop.intent(details).await
}

#[tokio::test]
async fn tokens_of_the_operators_keys_pay_once() {
    let operator = Operator::new().await;
    for wallet in ["apple-pay", "google-pay"] {
        let view = order(&operator.shop).await;
        let token = operator.token(wallet, &view);
        let (status, paid) = operator.pay(&view, wallet, &token).await;
        assert_eq!(
            (status, &paid["statusCode"]),
            (StatusCode::OK, &json!(0)),
            "{paid}"
        );
        let other = order(&operator.shop).await;
        let (status, replayed) = operator.pay(&other, wallet, &token).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{replayed}");
    }
}

#[tokio::test]
async fn tokens_of_others_are_refused_and_use_nothing_up() {
    let operator = Operator::new().await;
    let stranger = Operator::new().await;
    for wallet in ["apple-pay", "google-pay"] {
        let view = order(&operator.shop).await;
        let forged = stranger.token(wallet, &view);
        let (status, refused) = operator.pay(&view, wallet, &forged).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(refused["message"], "The wallet's token is not valid.");
        let token = operator.token(wallet, &view);
        let (_, paid) = operator.pay(&view, wallet, &token).await;
        assert_eq!(paid["statusCode"], 0, "{paid}");
    }
}

#[tokio::test]
async fn googles_root_keys_change_while_the_program_runs() {
    let operator = Operator::new().await;
    let view = order(&operator.shop).await;
    let token = operator.token("google-pay", &view);
    let roots = |roots: RootKeys| {
        operator.keys.send_modify(|keys| {
            let google = Arc::make_mut(keys).google.as_mut();
            google.expect("set up").roots = roots.clone();
        });
    };
    roots(RootKeys::default());
    let (status, _) = operator.pay(&view, "google-pay", &token).await;
    assert_eq!(
        status,
        StatusCode::BAD_REQUEST,
        "there are no root keys yet"
    );
    roots(RootKeys::parse(&operator.google.root_keys().expect("keys")).expect("keys"));
    let (_, paid) = operator.pay(&view, "google-pay", &token).await;
    assert_eq!(paid["statusCode"], 0, "{paid}");
}

#[tokio::test]
async fn browsers_are_told_what_to_ask_their_wallets() {
    let operator = Operator::new().await;
    let view = order(&operator.shop).await;
    let path = format!("/connect-e/api/payments/{}", view.secret());
    let offered = operator.shop.get(&format!("{path}/wallets")).await;
    let offered: Value = serde_json::from_str(&offered.text).expect("JSON");
    let expected = json!({
        "merchant": "Harbour Books", "amount": "10.00", "currencyCode": "GBP", "countryCode": "GB",
        "applePay": true,
        "googlePay": {
            "method": "https://google.com/pay", "merchantId": "BCR2DN4T", "gateway": GATEWAY,
            "gatewayMerchantId": view.intent.scope.account,
        },
    });
    assert_eq!(offered, expected);

    let session = format!("{path}/apple-pay/session");
    let leave = json!({ "domain": "shop.example" });
    let (status, given) = operator.shop.post(&session, leave).await;
    assert_eq!(
        (status, &given["domainName"]),
        (StatusCode::OK, &json!("shop.example"))
    );
    let asked = MerchantSession {
        merchant_id: MERCHANT.to_owned(),
        display_name: "Harbour Books".to_owned(),
        domain: "shop.example".to_owned(),
    };
    assert_eq!(*operator.asked.0.lock().expect("a lock"), [asked]);
    for (body, expected) in [
        (json!({}), StatusCode::BAD_REQUEST),
        (
            json!({ "domain": "https://shop.example/" }),
            StatusCode::BAD_REQUEST,
        ),
        (
            json!({ "domain": "unknown.example" }),
            StatusCode::SERVICE_UNAVAILABLE,
        ),
    ] {
        let (status, refused) = operator.shop.post(&session, body).await;
        assert_eq!(status, expected, "{refused}");
    }

    let policy = http::header::CONTENT_SECURITY_POLICY;
    for (shop, asks_google) in [(&operator.shop, true), (&Shop::open().await, false)] {
        let frame = shop.get("/cdn/payments/v1/wallet-frame").await;
        let allowed = frame.header(policy.clone());
        assert_eq!(
            allowed.contains("https://google.com/pay"),
            asks_google,
            "{allowed}"
        );
    }

    let decrypt = format!("{path}/google-pay/decrypt-token");
    let token = operator.token("google-pay", &view);
    let (status, refused) = operator
        .shop
        .post(&decrypt, json!({ "token": token }))
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{refused}");
}

#[tokio::test]
async fn the_domain_file_is_where_apple_and_shops_look_for_it() {
    let operator = Operator::new().await;
    let plain = Shop::open().await;
    let copied = "/cdn/payments/assets/ApplePay/apple-developer-merchantid-domain-association";
    for path in [DOMAIN_FILE, copied] {
        let file = operator.shop.get(path).await;
        assert_eq!(
            (file.status, file.text.as_str()),
            (StatusCode::OK, "7B227073")
        );
        let none = plain.get(path).await;
        assert_eq!(none.status, StatusCode::NOT_FOUND);
        assert_eq!(none.text, "no Apple Pay merchant id is configured");
    }
}

#[tokio::test]
async fn production_without_wallets_says_so() {
    let shop = Shop::open_with(Environment::Production, None).await;
    let view = order(&shop).await;
    let path = format!("/connect-e/api/payments/{}", view.secret());
    let offered = shop.get(&format!("{path}/wallets")).await;
    assert_eq!(offered.status, StatusCode::BAD_REQUEST);
    assert!(
        offered.text.contains("No wallet is set up."),
        "{}",
        offered.text
    );
    let session = format!("{path}/apple-pay/session");
    let (_, refused) = shop
        .post(&session, json!({ "domain": "shop.example" }))
        .await;
    assert_eq!(refused["message"], "Apple Pay is not set up.");
    let (_, refused) = shop
        .post(&format!("{path}/google-pay"), json!({ "token": "{}" }))
        .await;
    assert_eq!(refused["message"], "This wallet is not set up.");
}
