//! What POS systems register.

use reqwest::Method;
use serde_json::{Value, json};
use tatami_tests::{App, Pending, Tatami, shared};

use crate::text;

const REST: &str = "/epos/integrations/rest";
const WS: &str = "/epos/integrations/ws";
const HOUSE: (&str, &str) = ("software-house-id", "my-place");

/// The names that may be registered: documented, and legacy.
const NAMES: [&str; 31] = [
    "CreateOrder",
    "GetOrderById",
    "CancelOrderById",
    "SearchOrders",
    "RecordOrderPaymentById",
    "GetOrderBillById",
    "AddOrderItems",
    "CreateOrderLock",
    "DeleteOrderLock",
    "ExtendOrderLock",
    "CalculateOrder",
    "SubmitCalculatedOrder",
    "SearchMenus",
    "CreateParty",
    "GetPartyById",
    "UpdateParty",
    "DeletePartyById",
    "SearchParties",
    "CreateReservation",
    "GetReservationById",
    "UpdateReservation",
    "DeleteReservationById",
    "SearchReservations",
    "SearchTables",
    "ListAreas",
    "HandleEvent:payment_intent.created",
    "HandleEvent:payment_intent.status_updated",
    "GetOrderBill",
    "RecordOrderPayment",
    "UpdatePartyById",
    "UpdateReservationById",
];

fn capabilities(names: &[&str]) -> Value {
    let all = names.iter().map(|n| json!({ "name": n, "version": "v1" }));
    all.collect()
}

fn rest(names: &[&str], url: &str) -> Value {
    let basic = json!({ "username": "dojo", "password": "hunter-2" });
    let auth = json!({ "authType": "basic", "basic": basic });
    json!({ "capabilities": capabilities(names), "auth": auth, "url": url })
}

fn put(app: &App, path: &str, body: Value) -> Pending {
    let request = app.request(Method::PUT, path).json(body);
    request.header(HOUSE.0, HOUSE.1).without("version")
}

fn names_of(integrations: &Value) -> Vec<String> {
    let all = integrations[0]["capabilities"].as_array();
    let all = all.expect("capabilities").iter();
    all.map(|c| text(c, "name")).collect()
}

#[tokio::test]
async fn nothing_is_registered_at_first() {
    let app = App::new();
    let all = app.get("/epos/integrations").await.expect(200);
    assert_eq!(all, json!({ "wsIntegrations": [], "restIntegrations": [] }));
    for path in [REST, WS, "/epos/integrations/dojo"] {
        let listed = app.get(path).without("version").await.expect(200);
        assert_eq!(listed, json!([]), "{path}");
    }
    app.request(Method::PUT, "/epos/integrations/dojo")
        .await
        .problem(405);
}

#[tokio::test]
async fn every_documented_name_is_registered_as_it_is_written() {
    let app = App::new();
    let made = put(&app, WS, json!({ "capabilities": capabilities(&NAMES) }))
        .await
        .expect(200);
    assert_eq!(names_of(&made), NAMES);
    let capability = &made[0]["capabilities"][0];
    assert_eq!(capability["version"], "v1");
    assert_eq!(capability["updatedAt"], made[0]["createdAt"]);
    assert_eq!(app.get(WS).await.expect(200), made);
    let all = app.get("/epos/integrations").await.expect(200);
    assert_eq!(
        all,
        json!({ "wsIntegrations": made, "restIntegrations": [] })
    );
}

#[tokio::test]
async fn unknown_names_and_versions_are_refused_with_the_valid_ones() {
    let app = App::new();
    for name in [
        "GetOrder",
        "HandleEvent",
        "SearchOrdersV1",
        "searchorders",
        "",
    ] {
        let body = json!({ "capabilities": capabilities(&["ListAreas", name]) });
        let problem = put(&app, WS, body).await.problem(400);
        let rules = &problem["errors"]["Capabilities[1].Name"];
        let rule = rules[0].as_str().expect("a rule");
        assert!(
            rule.contains("GetOrderById") && rule.contains("UpdatePartyById"),
            "{problem}"
        );
    }
    let old = json!({ "capabilities": [{ "name": "ListAreas", "version": "1.0.0" }] });
    let problem = put(&app, WS, old).await.problem(400);
    assert!(
        problem["errors"]["Capabilities[0].Version"].is_array(),
        "{problem}"
    );
    for body in [
        json!({}),
        json!({ "capabilities": [{ "name": "ListAreas" }] }),
    ] {
        put(&app, WS, body).await.problem(400);
    }
    let many = vec!["ListAreas"; 65];
    put(&app, WS, json!({ "capabilities": capabilities(&many) }))
        .await
        .problem(400);
    assert_eq!(app.get(WS).await.expect(200), json!([]));
}

#[tokio::test]
async fn a_registration_replaces_the_one_before_it_and_an_empty_one_removes_it() {
    let app = App::new();
    let url = "https://pos.example/dojo/";
    let made = put(&app, REST, rest(&["SearchOrders", "ListAreas"], url))
        .await
        .expect(200);
    assert_eq!(names_of(&made), ["SearchOrders", "ListAreas"]);
    assert_eq!(made[0]["url"], url);
    let basic = json!({ "authType": "basic", "basic": { "username": "dojo" } });
    assert_eq!(made[0]["auth"], basic, "no password");
    let made = put(&app, REST, rest(&["GetOrderById"], url))
        .await
        .expect(200);
    assert_eq!(names_of(&made), ["GetOrderById"]);
    assert_eq!(app.get(REST).await.expect(200), made);
    let ws = put(
        &app,
        WS,
        json!({ "capabilities": capabilities(&["ListAreas"]) }),
    );
    ws.await.expect(200);
    let none = put(&app, REST, json!({ "capabilities": [] }))
        .await
        .expect(200);
    assert_eq!(none, json!([]));
    assert_eq!(app.get(REST).await.expect(200), json!([]));
    assert_eq!(names_of(&app.get(WS).await.expect(200)), ["ListAreas"]);
    let again = put(&app, REST, rest(&[], url)).await.expect(200);
    assert_eq!(again, json!([]));
}

#[tokio::test]
async fn registrations_are_of_a_software_house() {
    let app = App::new();
    let body = json!({ "capabilities": capabilities(&["ListAreas"]) });
    let missing = app
        .request(Method::PUT, WS)
        .json(body.clone())
        .await
        .problem(400);
    let rule = &missing["errors"]["SoftwareHouseId"][0];
    assert_eq!(rule, "A software house ID header is required.");
    put(&app, WS, body.clone()).await.expect(200);
    let other = |request: Pending| request.header(HOUSE.0, "other-house");
    let mine = |request: Pending| request.header(HOUSE.0, HOUSE.1);
    other(app.request(Method::PUT, WS))
        .json(body)
        .await
        .expect(200);
    let count = |listed: Value| listed.as_array().map(Vec::len);
    assert_eq!(count(app.get(WS).await.expect(200)), Some(2), "of all");
    assert_eq!(count(mine(app.get(WS)).await.expect(200)), Some(1));
    let removed = other(app.request(Method::PUT, WS)).json(json!({ "capabilities": [] }));
    assert_eq!(removed.await.expect(200), json!([]));
    assert_eq!(count(app.get(WS).await.expect(200)), Some(1));
    let long = app.get(WS).header(HOUSE.0, &"a".repeat(129)).await;
    long.problem(400);
}

#[tokio::test]
async fn the_url_is_a_base_or_the_template_of_one_operation() {
    let app = App::new();
    let order = "https://pos.example/some/path/v1/orders/{orderID}";
    for (url, names) in [
        (order, &["GetOrderById"][..]),
        ("http://127.0.0.1:9/pos", &["GetOrderById", "ListAreas"]),
        ("https://10.0.0.1", &["ListAreas"]),
    ] {
        put(&app, REST, rest(names, url)).await.expect(200);
    }
    for (url, names) in [
        (order, &["GetOrderById", "SearchOrders"][..]),
        (order, &["GetOrderById", "GetOrderBillById"]),
        (order, &["DeleteOrderLock"]),
        ("https://pos.example/{orderId", &["GetOrderById"]),
        ("https://pos.example/?a=b", &["ListAreas"]),
        ("https://user:word@pos.example/", &["ListAreas"]),
        ("http://pos.example/", &["ListAreas"]),
        ("pos.example", &["ListAreas"]),
        ("", &["ListAreas"]),
    ] {
        let problem = put(&app, REST, rest(names, url)).await.problem(400);
        assert!(problem["errors"]["Url"].is_array(), "{url}: {problem}");
    }
}

#[tokio::test]
async fn credentials_are_needed_and_bounded() {
    let app = App::new();
    let with = |auth: Value| {
        let mut body = rest(&["ListAreas"], "https://pos.example");
        body["auth"] = auth;
        put(&app, REST, body)
    };
    let basic = |username: &str, password: &str| {
        let basic = json!({ "username": username, "password": password });
        json!({ "authType": "basic", "basic": basic })
    };
    with(basic("dojo", "pass:wörd")).await.expect(200);
    for auth in [
        json!(null),
        json!({}),
        json!({ "authType": "basic" }),
        json!({ "authType": "oauth", "basic": { "username": "a", "password": "b" } }),
        json!({ "authType": "basic", "basic": { "username": "a" } }),
        basic("a:b", "c"),
        basic("a", "b\nc"),
        basic(&"a".repeat(513), "b"),
    ] {
        with(auth).await.problem(400);
    }
}

#[tokio::test]
async fn an_account_sees_its_own_registrations_only() {
    let app = App::new();
    put(
        &app,
        WS,
        json!({ "capabilities": capabilities(&["ListAreas"]) }),
    )
    .await
    .expect(200);
    assert_eq!(App::new().get(WS).await.expect(200), json!([]));
    for path in ["/epos/integrations", REST, WS, "/epos/integrations/dojo"] {
        app.stranger().get(path).await.problem(401);
    }
    put(&app.stranger(), WS, json!({ "capabilities": [] }))
        .await
        .problem(401);
    let production = App::of(shared(), &app.account, "production");
    production.get(WS).await.problem(403);
}

#[tokio::test]
async fn registrations_outlive_the_program() {
    let mut server = Tatami::start();
    let app = App::on(&server);
    let made = put(&app, REST, rest(&["ListAreas"], "https://pos.example"))
        .await
        .expect(200);
    server.restart();
    assert_eq!(app.moved_to(&server).get(REST).await.expect(200), made);
}
