//! Customers and their secrets.

use reqwest::Method;
use serde_json::{Value, json};
use tatami_tests::{App, Pending, Tatami};

use crate::{id, text, unknown};

/// A customer's id.
pub async fn customer(app: &App) -> String {
    let ada = json!({ "name": "Ada", "emailAddress": "ada@example.com" });
    id(&app.send("/customers", ada).await.expect(200))
}

/// A new secret of a customer.
pub async fn secret_of(app: &App, customer: &str) -> String {
    let made = app.post(&format!("/customers/{customer}/create-secret"));
    text(&made.await.expect(200), "secret")
}

/// A request to a customer's own endpoints.
pub fn as_customer(app: &App, method: Method, path: &str, secret: &str) -> Pending {
    app.stranger()
        .request(method, path)
        .header("authorization", &format!("Basic {secret}"))
}

/// What a customer can pay with.
pub async fn methods_of(app: &App, customer: &str, secret: &str) -> Vec<Value> {
    let path = format!("/customers/public/{customer}/payment-methods");
    let methods = as_customer(app, Method::GET, &path, secret).await;
    let methods = methods.expect(200);
    methods["savedPaymentMethods"]
        .as_array()
        .expect("a list")
        .clone()
}

fn change(app: &App, id: &str, body: Value) -> Pending {
    app.request(Method::PATCH, &format!("/customers/{id}"))
        .json(body)
}

#[tokio::test]
async fn a_customer_is_made_changed_and_deleted() {
    let app = App::new();
    let address = json!({ "address1": "1 High Street", "countryCode": "GB" });
    let wish = json!({
        "Name": "Ada", "emailAddress": "ada@example.com", "phoneNumber": "07700900123",
        "vatNumber": "GB123", "shippingAddress": address, "billingAddress": address,
    });
    let made = app.send("/customers", wish).await.expect(200);
    let id = id(&made);
    assert!(id.starts_with("cust_sandbox_"), "{id}");
    assert_eq!(made["documentVersion"], 0);
    assert_eq!(made["billingAddress"], address);
    assert_eq!(made["createdAt"], made["updatedAt"]);

    app.advance("00:01:00").await;
    let changed = change(
        &app,
        &id,
        json!({ "phoneNumber": "07700900999", "name": null }),
    )
    .await;
    let changed = changed.expect(200);
    assert_eq!(changed["documentVersion"], 1);
    assert_ne!(changed["updatedAt"], made["updatedAt"]);
    let mut expected = made.clone();
    for (name, value) in [
        ("phoneNumber", json!("07700900999")),
        ("documentVersion", json!(1)),
        ("updatedAt", changed["updatedAt"].clone()),
    ] {
        expected[name] = value;
    }
    assert_eq!(changed, expected, "something else changed");
    let cleared = change(&app, &id, json!({ "vatNumber": "" }))
        .await
        .expect(200);
    assert!(cleared.get("vatNumber").is_none(), "{cleared}");
    assert_eq!(cleared["documentVersion"], 2);
    let path = format!("/customers/{id}");
    assert_eq!(app.get(&path).await.expect(200), json!([cleared]));

    app.delete(&path).await.expect(204);
    assert_eq!(app.get(&path).await.expect(200), json!([]));
    app.delete(&path).await.problem(404);
    change(&app, &id, json!({})).await.problem(404);
    app.post(&format!("{path}/create-secret"))
        .await
        .problem(404);
}

#[tokio::test]
async fn a_customer_may_be_anybody_and_rules_are_named() {
    let app = App::new();
    let nobody = app.send("/customers", json!({})).await.expect(200);
    assert_eq!(nobody["documentVersion"], 0);
    let long = "x".repeat(101);
    let wrong = json!({
        "name": long, "emailAddress": "ada", "phoneNumber": "1234",
        "billingAddress": { "countryCode": "GBR" },
    });
    let blamed = app.send("/customers", wrong).await.blames(400);
    assert_eq!(blamed, ["Name", "PhoneNumber"]);
    let wrong = json!({ "emailAddress": "ada", "billingAddress": { "countryCode": "GBR" } });
    let blamed = app.send("/customers", wrong.clone()).await.blames(400);
    assert_eq!(blamed, ["BillingAddress.CountryCode", "EmailAddress"]);
    let id = id(&nobody);
    let blamed = change(&app, &id, wrong).await.blames(400);
    assert_eq!(blamed, ["BillingAddress.CountryCode", "EmailAddress"]);
    let there = app.get(&format!("/customers/{id}")).await.expect(200);
    assert_eq!(there, json!([nobody]), "something half done");
}

#[tokio::test]
async fn several_are_read_at_once() {
    let app = App::new();
    let (one, two) = (customer(&app).await, customer(&app).await);
    let other = customer(&App::new()).await;
    let read = |ids: String| {
        let app = app.clone();
        async move {
            let found = app.get(&format!("/customers/{ids}")).await.expect(200);
            let found = found.as_array().expect("a list").clone();
            found.iter().map(id).collect::<Vec<_>>()
        }
    };
    let nobody = unknown("cust");
    assert_eq!(
        read(format!("{two},{nobody},{one}")).await,
        [two.clone(), one.clone()]
    );
    assert_eq!(
        read(format!("{one},%20{other}")).await,
        std::slice::from_ref(&one)
    );
    assert!(read(nobody.clone()).await.is_empty());
    app.get("/customers/cust_1").await.problem(400);
    app.get(&format!("/customers/{one},")).await.problem(400);
    let many = vec![nobody; 101].join(",");
    app.get(&format!("/customers/{many}")).await.problem(400);
    app.delete(&format!("/customers/{other}"))
        .await
        .problem(404);
    app.delete("/customers/cust_1").await.problem(400);
    change(&app, &other, json!({ "name": "Eve" }))
        .await
        .problem(404);
}

#[tokio::test]
async fn an_idempotency_key_makes_one_customer() {
    let app = App::new();
    let make = || app.send("/customers", json!({ "name": "Ada" })).key("once");
    let (first, second) = (make().await.expect(200), make().await.expect(200));
    assert_eq!(first, second);
    let other = app.send("/customers", json!({ "name": "Eve" })).key("once");
    other.await.problem(409);
    let all = app.send("/customers/search", json!({})).await.expect(200);
    assert_eq!(all["data"], json!([first]));
}

#[tokio::test]
async fn pages_of_customers_go_forth_and_back() {
    let app = App::new();
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(customer(&app).await);
        // Those of one moment have no order.
        app.advance("00:00:01").await;
    }
    made.reverse();
    let ids = |page: &Value| {
        let data = page["data"].as_array().expect("a list");
        data.iter().map(id).collect::<Vec<_>>()
    };
    let search = |body: Value| app.send("/customers/search", body);
    let first = search(json!({ "limit": 2 })).await.expect(200);
    assert_eq!(ids(&first), made[..2]);
    assert!(first.get("before").is_none(), "{first}");
    let second = search(json!({ "limit": "2", "after": first["after"] })).await;
    let second = second.expect(200);
    assert_eq!(ids(&second), made[2..4]);
    let third = search(json!({ "limit": 2, "after": second["after"] })).await;
    let third = third.expect(200);
    assert_eq!(ids(&third), made[4..]);
    assert!(third.get("after").is_none(), "{third}");
    let back = search(json!({ "limit": 2, "before": third["before"] })).await;
    assert_eq!(ids(&back.expect(200)), made[2..4]);
    assert_eq!(ids(&search(json!({})).await.expect(200)), made);

    let both = json!({ "before": third["before"], "after": first["after"] });
    assert_eq!(search(both).await.blames(400), ["Before"]);
    let wrong = json!({ "limit": 101, "after": "nowhere" });
    assert_eq!(search(wrong).await.blames(400), ["After", "Limit"]);
    let none = App::new().send("/customers/search", json!({})).await;
    assert_eq!(none.expect(200), json!({ "data": [] }));
}

#[tokio::test]
async fn a_secret_opens_its_customer_alone_for_half_an_hour() {
    let app = App::new();
    let (ada, eve) = (customer(&app).await, customer(&app).await);
    let made = app.post(&format!("/customers/{ada}/create-secret"));
    let made = made.await.expect(200);
    let secret = text(&made, "secret");
    assert!(
        secret.starts_with("cs_sandbox_") && secret.len() > 60,
        "{secret}"
    );
    let moment = |name: &str| -> jiff::Timestamp { text(&made, name).parse().expect("a moment") };
    let life = moment("expireAt").duration_since(moment("createdAt"));
    assert_eq!(life.as_secs(), 30 * 60);

    let path = |customer: &str| format!("/customers/public/{customer}/payment-methods");
    let read =
        |customer: &str, secret: &str| as_customer(&app, Method::GET, &path(customer), secret);
    let methods = read(&ada, &secret).await.expect(200);
    assert_eq!(methods["customerId"], ada.as_str());
    assert_eq!(methods["savedPaymentMethods"], json!([]));
    let schemes = &methods["supportedPaymentMethods"]["cardSchemes"];
    assert!(
        schemes
            .as_array()
            .is_some_and(|s| s.contains(&json!("VISA"))),
        "{methods}"
    );
    read(&eve, &secret).await.problem(401);
    read(&ada, &format!("{secret}x")).await.problem(401);
    read(&ada, &app.key).await.problem(401);
    app.stranger().get(&path(&ada)).await.problem(401);
    // Whether there is such a customer is not told.
    let nobody = read(&unknown("cust"), &secret).await.detail(401);
    assert_eq!(nobody, read(&eve, &secret).await.detail(401));
    read("cust_1", &secret).await.problem(400);
    let card = format!("{}/{}", path(&ada), unknown("pm"));
    as_customer(&app, Method::DELETE, &card, &secret)
        .await
        .problem(404);
    let card = format!("{}/pm_1", path(&ada));
    as_customer(&app, Method::DELETE, &card, &secret)
        .await
        .problem(400);
    // It opens nothing else.
    let other = as_customer(&app, Method::GET, &format!("/customers/{ada}"), &secret);
    other.await.problem(401);

    let second = secret_of(&app, &ada).await;
    assert_ne!(second, secret);
    let there = app.get(&format!("/customers/{ada}")).await.expect(200);
    assert_eq!(there[0]["documentVersion"], 0, "a secret is no change");
    read(&ada, &secret).await.expect(200);
    app.advance("00:29:59").await;
    read(&ada, &second).await.expect(200);
    app.advance("00:00:01").await;
    read(&ada, &secret).await.problem(401);
    let third = secret_of(&app, &ada).await;
    app.delete(&format!("/customers/{ada}")).await.expect(204);
    read(&ada, &third).await.problem(401);
}

#[tokio::test]
async fn how_long_a_secret_is_good_for_can_be_configured() {
    let mut server = Tatami::start_with(&["--customer-secret-minutes", "5"]);
    let app = App::on(&server);
    let ada = customer(&app).await;
    let secret = secret_of(&app, &ada).await;
    assert!(methods_of(&app, &ada, &secret).await.is_empty());
    assert!(server.sigterm().success());
    for (path, bytes) in server.stored() {
        let held = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
        assert!(!held, "the secret is in {}", path.display());
    }
    server.again();
    let app = app.moved_to(&server);
    assert!(methods_of(&app, &ada, &secret).await.is_empty());
    app.advance("00:05:00").await;
    let path = format!("/customers/public/{ada}/payment-methods");
    as_customer(&app, Method::GET, &path, &secret)
        .await
        .problem(401);
}

#[tokio::test]
async fn a_page_of_any_shop_may_ask_with_a_secret() {
    let app = App::new();
    let ada = customer(&app).await;
    let path = format!("/customers/public/{ada}/payment-methods/{}", unknown("pm"));
    let asked = app
        .stranger()
        .request(Method::OPTIONS, &path)
        .header("origin", "https://shop.example")
        .header("access-control-request-method", "DELETE")
        .header("access-control-request-headers", "authorization,version")
        .await;
    assert!(asked.status.is_success(), "{}", asked.status);
    assert_eq!(asked.header("access-control-allow-origin"), "*");
    let methods = asked.header("access-control-allow-methods");
    assert!(methods.contains("DELETE"), "{methods}");
    let headers = asked.header("access-control-allow-headers");
    assert!(headers.contains("authorization"), "{headers}");
}
