//! A shop with its own installation, driven in process.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use http::{Request, Response, StatusCode, header};
use serde_json::{Value, json};
use tatami_acquirer::{AccountTime, SandboxAcquirer};
use tatami_checkout::{CheckoutState, OperatorWallets};
use tatami_core::account::{Account, Scope};
use tatami_core::id::{Environment, PaymentIntentId};
use tatami_core::payment_intent::{AmountDraft, Details, Draft, PaymentIntent};
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_engine::ports::acquirer::ByEnvironment;
use tatami_engine::ports::answers::{Answer, Answers, Done};
use tatami_engine::ports::clock::{Clock as _, SystemClock, SystemEntropy};
use tatami_engine::ports::mail::{Receipt, Receipts};
use tatami_engine::ports::store::Store;
use tatami_engine::{Call, Clocks, DocumentState, Engine, Parts, View};
use tatami_http::{AppState, Limits, LoadShed, Shared};
use tatami_sandbox::{SandboxState, SandboxWallets};
use tatami_store::SqliteStore;
use tatami_vault::{InstallationKey, Vault};
use tempfile::TempDir;
use tower::ServiceExt;
use url::Url;

struct Time(Arc<Clocks>);

#[async_trait]
impl AccountTime for Time {
    fn now(&self, scope: &Scope) -> Timestamp {
        self.0.now(scope)
    }

    async fn until(&self, scope: &Scope, at: Timestamp) {
        self.0.until(scope, at).await;
    }
}

/// Writes the id of what was made, and nothing else.
struct Ids;

impl Answers for Ids {
    fn write(&self, _: &Account, done: &Done, _: &str) -> Answer {
        let body = match done {
            Done::Intent { intent, .. } => intent.id.to_string(),
            _ => String::new(),
        };
        Answer {
            status: 200,
            body: body.into_bytes(),
        }
    }
}

struct NoReceipts;

impl Receipts for NoReceipts {
    fn write(&self, _: &Account, _: &PaymentIntent) -> Receipt {
        let empty = String::new;
        Receipt {
            subject: empty(),
            text: empty(),
            html: empty(),
        }
    }

    fn invite(&self, account: &Account, intent: &PaymentIntent, _: &str) -> Receipt {
        self.write(account, intent)
    }
}

/// The shop.
pub struct Shop {
    pub engine: Engine,
    pub scope: Scope,
    router: Router,
    _folder: TempDir,
}

impl Shop {
    pub async fn open() -> Self {
        Self::open_with(Environment::Sandbox, None).await
    }

    /// The machine's time.
    pub fn machine_now() -> Timestamp {
        SystemClock.now()
    }

    /// A shop of that environment, whose acquirer is the sandbox's in either.
    pub async fn open_with(environment: Environment, operator: Option<OperatorWallets>) -> Self {
        let folder = TempDir::new().expect("a folder");
        let clock = Arc::new(SystemClock);
        let clocks = Arc::new(Clocks::new(clock.clone()));
        let store = SqliteStore::open(&folder.path().join("shop.db"), clock).expect("a store");
        let time = Arc::new(Time(clocks.clone()));
        let store: Arc<dyn Store> = Arc::new(store);
        let state = DocumentState::new(store.clone(), clocks.clone(), tatami_acquirer::STATE);
        let entropy = Box::new(SystemEntropy);
        let sandbox = Arc::new(SandboxAcquirer::new(Arc::new(state), time, entropy));
        let engine = Engine::start(Parts {
            store,
            acquirers: Arc::new(ByEnvironment {
                sandbox: Some(sandbox.clone()),
                production: Some(sandbox.clone()),
            }),
            sandbox_terminals: None,
            pos: None,
            clocks,
            entropy: Arc::new(|| Box::new(SystemEntropy)),
            key: InstallationKey::new([7; 32]),
            vault: Arc::new(Vault::fresh(&mut SystemEntropy)),
            public_webhooks_only: false,
            customer_secret_life: tatami_core::customer::SECRET_LIFE,
            answers: Arc::new(Ids),
            receipts: Arc::new(NoReceipts),
            mailer: None,
            deliverers: HashMap::new(),
        })
        .await
        .expect("an engine");
        let account = engine
            .accounts()
            .create("Harbour Books", Default::default(), Default::default())
            .await
            .expect("made");
        let public_url: Arc<Url> = Arc::new("https://pay.example/".parse().expect("a url"));
        let limits = Limits {
            requests: 10,
            calls: 10,
            per_key: None,
        };
        let payers = tatami_checkout::PayerLimits::new(None, false);
        let wallets = SandboxWallets::new(&mut SystemEntropy, engine.machine_now());
        let wallets = Arc::new(wallets.expect("keys"));
        let router = tatami_checkout::router(CheckoutState {
            hosts: tatami_checkout::Hosts::default(),
            fails_to_submit: Some(tatami_acquirer::fails_to_submit),
            wallets: tatami_checkout::WalletKeys {
                sandbox: Some(wallets.keys()),
                production: operator,
            },
            payers: Arc::new(payers),
            captcha: None,
            has_terms: false,
            engine: engine.clone(),
            public_url: public_url.clone(),
        })
        .merge(tatami_sandbox::router(SandboxState {
            app: AppState::from(Shared {
                requests: None,
                load_shed: LoadShed::new(limits, engine.admission().clone()),
                engine: engine.clone(),
                public_url,
            }),
            acquirer: sandbox,
            wallets,
            pos: None,
        }));
        let scope = Scope {
            account: account.id,
            environment,
        };
        Self {
            engine,
            scope,
            router,
            _folder: folder,
        }
    }

    /// Makes an intent of £10.00.
    pub async fn intent(&self, details: Details) -> View {
        let call = Call {
            scope: self.scope.clone(),
            version: "2026-02-27",
            idempotency: None,
        };
        let draft = Draft {
            amount: Some(AmountDraft {
                value: 1000,
                currency_code: "GBP".to_owned(),
            }),
            details: Box::new(Details {
                reference: "Order-0001".to_owned(),
                ..details
            }),
            ..Draft::default()
        };
        let answer = self.engine.payment_intents().create(&call, draft).await;
        let id = String::from_utf8(answer.expect("made").body).expect("text");
        self.view(&PaymentIntentId::parse(&id).expect("an id"))
            .await
    }

    pub async fn view(&self, id: &PaymentIntentId) -> View {
        self.engine
            .payment_intents()
            .get_public(id)
            .await
            .expect("there")
    }

    pub async fn advance(&self, by: SignedDuration) {
        self.engine
            .clocks()
            .advance(&self.scope, by)
            .await
            .expect("advanced");
    }

    async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.router
            .clone()
            .oneshot(request)
            .await
            .expect("infallible")
    }

    pub async fn get(&self, path: &str) -> Page {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        Page::of(self.send(request).await).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let request = Request::post(path)
            .header(header::ORIGIN, "https://shop.example")
            .body(Body::from(body.to_string()))
            .expect("a request");
        let page = Page::of(self.send(request).await).await;
        let anywhere = &page.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN];
        assert_eq!(anywhere, "*");
        (page.status, serde_json::from_str(&page.text).expect("json"))
    }

    /// What a page that shows that amount does for a new secret.
    pub async fn renew(&self, id: &PaymentIntentId, shown: i64) -> Option<String> {
        let body = json!({ "amount": { "value": shown, "currencyCode": "GBP" } });
        let request = Request::post(format!("/checkout/{id}/session"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .expect("a request");
        let page = Page::of(self.send(request).await).await;
        let answer: Value = serde_json::from_str(&page.text).expect("json");
        let secret = answer["clientSessionSecret"].as_str().map(str::to_owned);
        assert_eq!(page.status == StatusCode::OK, secret.is_some(), "{answer}");
        secret
    }

    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::HOST, "pay.example")
            .body(Body::from(body))
            .expect("a request");
        Page::of(self.send(request).await).await
    }

    pub async fn pay(&self, secret: &str, number: &str) -> (StatusCode, Value) {
        self.post(&format!("/connect-e/api/payments/{secret}"), card(number))
            .await
    }
}

/// A card as an SDK sends it.
pub fn card(number: &str) -> Value {
    json!({
        "cV2": "123", "cardName": "Ada Lovelace", "cardNumber": number,
        "expiryDate": "12 / 39", "savePaymentMethod": null,
        "metaData": { "dojo-sdk-core-version": "1.0" },
    })
}

/// What a browser got.
pub struct Page {
    pub status: StatusCode,
    pub headers: http::HeaderMap,
    pub text: String,
}

impl Page {
    async fn of(response: Response<Body>) -> Self {
        let (head, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX)
            .await
            .expect("a body");
        Self {
            status: head.status,
            headers: head.headers,
            text: String::from_utf8(bytes.to_vec()).expect("text"),
        }
    }

    pub fn header(&self, name: header::HeaderName) -> &str {
        self.headers[name].to_str().expect("text")
    }
}
