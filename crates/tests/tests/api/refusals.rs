//! What an operation says when the state of what it is about does not allow it: the
//! status that it publishes, and which state that was.

use reqwest::Method;
use serde_json::{Value, json};
use tatami_tests::{APPROVED, App, Reply, Till, matched_refund, sale};

use crate::{captured, id, pounds, text};

/// A refusal: the operation, its answer, and what its status is to be.
struct Refused {
    method: &'static str,
    route: &'static str,
    reply: Reply,
    published: u16,
}

impl Refused {
    /// Asks for it of something of that id.
    async fn by(
        app: &App,
        (method, route, published): (&'static str, &'static str, u16),
        id: &str,
        body: Value,
    ) -> Self {
        let verb = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
        let start = route.find('{').unwrap_or(route.len());
        let end = route.find('}').map_or(route.len(), |end| end + 1);
        let path = format!("{}{id}{}", &route[..start], &route[end..]);
        let request = app.request(verb, &path).key(&path);
        let request = match body {
            Value::Null => request,
            body => request.json(body),
        };
        Self {
            method,
            route,
            reply: request.await,
            published,
        }
    }

    /// Checks that it is told as it is documented; the sentence.
    fn told(&self, document: &Value) -> String {
        let at = format!("{} {}", self.method, self.route);
        let answers = &document["paths"][self.route][self.method]["responses"];
        let status = self.published.to_string();
        assert!(answers[&status].is_object(), "{at}: {answers}");
        let problem = self.reply.problem(self.published);
        assert_eq!(problem["status"], self.published, "{at}");
        text(&problem, "detail")
    }
}

async fn document(app: &App) -> Value {
    app.stranger().get("/openapi.json").await.expect(200)
}

#[tokio::test]
async fn operations_on_payment_intents_tell_the_status_that_does_not_allow_them() {
    let app = App::new();
    let created = id(&app.create(json!({})).await);
    let paid = captured(&app).await;
    let setup = app.set_up(json!({}), APPROVED).await;
    let bill = app.bill(&setup).await;
    app.charge(&bill).await.expect(200);
    let money = json!({ "amount": pounds(2000) });
    let tips = json!({ "tipsAmount": pounds(1) });
    let emails = json!({ "emails": ["ada@example.com"] });
    let one = json!({ "amount": 1 });
    let table = [
        ("delete", "", 400, &paid, Value::Null),
        ("post", "/amount", 400, &paid, money),
        ("post", "/tips-amount", 400, &paid, tips),
        (
            "post",
            "/refresh-client-session-secret",
            400,
            &paid,
            Value::Null,
        ),
        ("post", "/receipt", 400, &created, emails),
        ("post", "/captures", 409, &paid, one.clone()),
        ("post", "/refunds", 400, &created, one),
        ("post", "/reversal", 409, &created, Value::Null),
        ("post", "/charge", 400, &bill, Value::Null),
    ];
    let document = document(&app).await;
    for (method, rest, published, intent, body) in table {
        let route: &'static str = format!("/payment-intents/{{paymentIntentId}}{rest}").leak();
        let refused = Refused::by(&app, (method, route, published), intent, body).await;
        let status = app.status(intent).await;
        let documented = format!(
            "Invalid request for payment with id `{intent}`. The status `{status}` does not allow this change."
        );
        assert_eq!(refused.told(&document), documented, "{method} {route}");
    }
    let route = "/payment-intents/public/{paymentIntentId}/refresh-client-session-secret";
    let stranger = app.stranger();
    let refused = Refused::by(&stranger, ("post", route, 400), &paid, Value::Null).await;
    assert!(refused.told(&document).contains("`Captured`"));
}

#[tokio::test]
async fn the_status_of_a_refusal_is_the_same_in_every_version() {
    let app = App::new();
    let paid = captured(&app).await;
    for version in ["2022-04-07", "2024-02-05", "2025-09-10", "2026-02-27"] {
        let path = format!("/payment-intents/{paid}");
        app.delete(&path).version(version).await.problem(400);
        let capture = app.send(&format!("{path}/captures"), json!({ "amount": 1 }));
        capture.version(version).await.problem(409);
    }
}

#[tokio::test]
async fn operations_on_setup_intents_tell_the_status_that_does_not_allow_them() {
    let app = App::new();
    let setup = id(&app.setup(json!({})).await);
    app.delete(&format!("/setup-intents/{setup}"))
        .await
        .expect(200);
    let document = document(&app).await;
    for (method, route) in [
        ("delete", "/setup-intents/{setupIntentId}"),
        (
            "post",
            "/setup-intents/{setupIntentId}/refresh-client-session-secret",
        ),
        (
            "post",
            "/setup-intents/public/{setupIntentId}/refresh-client-session-secret",
        ),
    ] {
        let refused = Refused::by(&app, (method, route, 400), &setup, Value::Null).await;
        let documented = format!(
            "Invalid request for setup intent with id `{setup}`. The status `Canceled` does not allow this change."
        );
        assert_eq!(refused.told(&document), documented, "{method} {route}");
    }
}

#[tokio::test]
async fn operations_on_webhooks_are_refused_as_they_publish() {
    let app = App::new();
    let (updated, sent) = (
        "payment_intent.status_updated",
        "payment_intent.send-receipt",
    );
    let hook = |event: &str| json!({ "events": [event], "url": "https://shop.example/hook" });
    app.send("/webhooks", hook(updated)).await.expect(200);
    let other = app.send("/webhooks", hook(sent)).await.expect(200);
    let (other, active) = (id(&other), text(&other["secrets"][0], "id"));
    let secrets = "/webhooks/{subscriptionId}/secrets";
    for _ in 0..4 {
        let path = format!("/webhooks/{other}/secrets");
        app.post(&path).await.expect(200);
    }
    let document = document(&app).await;
    for (operation, body) in [
        (("post", "/webhooks", 409), hook(updated)),
        (("patch", "/webhooks/{subscriptionId}", 409), hook(updated)),
        (("post", secrets, 409), Value::Null),
    ] {
        let about = match operation.1 {
            "/webhooks" => "",
            _ => &other,
        };
        let refused = Refused::by(&app, operation, about, body).await;
        assert!(!refused.told(&document).is_empty());
    }
    let refused = app
        .delete(&format!("/webhooks/{other}/secrets/{active}"))
        .await;
    refused.problem(400);
}

#[tokio::test]
async fn operations_on_terminal_sessions_are_refused_as_they_publish() {
    let till = Till::new().await;
    let paid = id(&till.app.create(json!({})).await);
    let session = till.sell("SIP0", &paid).await;
    let unpaid = id(&till.app.create(json!({})).await);
    for (details, intent, status) in [
        (sale(&paid), &paid, "Captured"),
        (matched_refund(&unpaid), &unpaid, "Created"),
    ] {
        let refused = till.ask("SCN0", details).await.problem(400);
        assert_eq!(refused["code"], "INVALID_REQUEST");
        let documented = format!(
            "Invalid request for payment with id `{intent}`. The status `{status}` does not allow this change."
        );
        assert_eq!(text(&refused, "detail"), documented);
    }
    till.cancel(&session).await.problem(422);
    till.sign(&session, true).await.problem(422);

    // On one machine it is not for another, and what it costs does not change.
    let busy = till.sell("MAN0", &unpaid).await;
    till.ask("SIP0", sale(&unpaid)).await.problem(400);
    let refused = till.ask("MAN0", sale(&unpaid)).await.problem(409);
    assert_eq!(refused["code"], "TERMINAL_UNAVAILABLE");
    till.app
        .delete(&format!("/payment-intents/{unpaid}"))
        .await
        .problem(400);
    till.cancel(&busy).await.expect(200);
}
