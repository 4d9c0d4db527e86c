//! What every operation owes: nothing without credentials, and nothing of
//! another account's.

use reqwest::Method;
use serde_json::{Value, json};
use tatami_tests::{App, Till};

use crate::{captured, id, pounds, text};

/// Operations that payers, browsers and watchers call without a key.
const PUBLIC: [&str; 11] = [
    "/healthz",
    "/readyz",
    "/openapi.json",
    "/payment-intents/public/",
    "/customers/public/",
    "/setup-intents/public/",
    "/checkout/",
    "/connect-e/",
    "/three-ds/",
    "/docs/",
    "/assets/",
];

struct Operation {
    method: Method,
    path: String,
}

async fn operations(app: &App) -> Vec<Operation> {
    let document = app.get("/openapi.json").await.expect(200);
    let paths = document["paths"].as_object().expect("paths");
    let mut found = Vec::new();
    for (path, item) in paths {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            if item.get(method.to_lowercase()).is_some() {
                let method = method.parse().expect("a method");
                found.push(Operation {
                    method,
                    path: path.clone(),
                });
            }
        }
    }
    assert!(
        found.len() >= 22,
        "{} operations are described",
        found.len()
    );
    found
}

fn public(path: &str) -> bool {
    PUBLIC.iter().any(|open| path.starts_with(open))
}

/// A body that breaks no rule, so that only the id can be at fault.
fn body(path: &str) -> Value {
    match path.rsplit('/').next() {
        Some("captures" | "refunds") => json!({ "amount": 1 }),
        Some("amount") => json!({ "amount": pounds(1) }),
        Some("tips-amount") => json!({ "tipsAmount": pounds(1) }),
        Some("receipt") => json!({ "emails": ["ada@example.com"] }),
        Some("signature") => json!({ "accepted": true }),
        Some("select-order") => json!({ "orderId": "ord_1" }),
        Some("pay-order") => json!({ "split": { "kind": "full" } }),
        Some("next-outcome") => json!({ "outcome": "success" }),
        _ => json!({}),
    }
}

fn call(app: &App, operation: &Operation, path: &str) -> tatami_tests::Pending {
    let request = app.request(operation.method.clone(), path);
    // Terminals want to know it, and the others do not mind.
    let request = request.header("software-house-id", "softwareHouse1");
    if operation.method == Method::GET || operation.method == Method::DELETE {
        request
    } else {
        request.json(body(path)).key("obligation")
    }
}

#[tokio::test]
async fn no_credentials_no_answer() {
    let app = App::new();
    for operation in operations(&app).await {
        if public(&operation.path) {
            continue;
        }
        let path = fill(&operation.path, |_| {
            "pi_sandbox_0123456789012345678901".to_owned()
        });
        let reply = call(&app.stranger(), &operation, &path).await;
        assert_eq!(
            reply.status,
            401,
            "{} {path}: {}",
            operation.method,
            reply.text()
        );
        reply.problem(401);
        let wrong = call(&app, &operation, &path)
            .header("authorization", "Basic sk_sandbox_nobody")
            .await;
        assert_eq!(
            wrong.status,
            401,
            "{} {path}: {}",
            operation.method,
            wrong.text()
        );
    }
}

#[tokio::test]
async fn nothing_of_another_account_s() {
    let (owner, other) = (App::new(), App::new());
    let paid = captured(&owner).await;
    let refund = owner
        .send(
            &format!("/payment-intents/{paid}/refunds"),
            json!({ "amount": 1 }),
        )
        .key("mine")
        .await
        .expect(200);
    let hook = json!({ "events": ["payment_intent.created"], "url": "https://shop.example" });
    let subscription = owner.send("/webhooks", hook).await.expect(200);
    let setup = id(&owner.setup(json!({})).await);
    let receipt = json!({ "emails": ["ada@example.com"] });
    owner
        .send(&format!("/payment-intents/{paid}/receipt"), receipt)
        .await
        .expect(204);
    let customer = owner.send("/customers", json!({})).await.expect(200);
    let till = Till { app: owner.clone() };
    let machine = till.terminal("MAN0").await;
    let sold = id(&owner.create(json!({})).await);
    let session = till.sell("MAN0", &sold).await;
    let mails = owner.get("/sandbox/mailbox").await.expect(200);
    let test = json!({ "flow": "Get Order", "params": { "orderId": "1" } });
    let flow = owner
        .send("/epos-tester-tool/flows", test)
        .await
        .expect(200);
    let id_of = |parameter: &str| match parameter {
        "paymentIntentId" => paid.clone(),
        "setupIntentId" => setup.clone(),
        "refundId" => text(&refund, "refundId"),
        "subscriptionId" => id(&subscription),
        "customerId" => id(&customer),
        "secretId" => text(&subscription["secrets"][0], "id"),
        "mailId" => id(&mails[0]),
        "terminalId" => id(&machine),
        "terminalSessionId" => session.clone(),
        "tid" => text(&machine["properties"], "tid"),
        "action" => "cancel".to_owned(),
        "flowId" => flow.as_str().expect("an id").to_owned(),
        new => panic!("tell this test an id for {new}"),
    };
    let before = owner.intent(&paid).await;
    let mut checked = 0;
    for operation in operations(&owner).await {
        if public(&operation.path) || !operation.path.contains('{') {
            continue;
        }
        let path = fill(&operation.path, id_of);
        let reply = call(&other, &operation, &path).await;
        if operation.path == "/customers/{customerId}" && operation.method == Method::GET {
            // Those that are not there are left out.
            assert_eq!(reply.expect(200), json!([]));
            continue;
        }
        assert_eq!(
            reply.status,
            404,
            "{} {path}: {}",
            operation.method,
            reply.text()
        );
        reply.problem(404);
        checked += 1;
    }
    assert!(checked >= 15, "{checked}");
    assert_eq!(owner.intent(&paid).await, before);
    assert_eq!(owner.get("/webhooks").await.expect(200)[0], subscription);
}

fn fill(path: &str, id_of: impl Fn(&str) -> String) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        let parameter = part.strip_prefix('{').and_then(|p| p.strip_suffix('}'));
        parts.push(parameter.map_or_else(|| part.to_owned(), &id_of));
    }
    parts.join("/")
}
