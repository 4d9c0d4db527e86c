//! The tester tool, against POS systems that are right and others.

use std::collections::BTreeSet;
use std::time::Instant;

use reqwest::Method;
use serde_json::{Value, json};
use tatami_tests::{App, DemoPos, PATIENCE, PosProxy, PosSocket, Tatami};

use crate::text;

const FLOWS: &str = "/epos-tester-tool/flows";
const HOUSE: &str = "my-place";

async fn start(app: &App, flow: &str, params: Value) -> String {
    let body = json!({ "flow": flow, "params": params });
    let started = app.send(FLOWS, body).without("version").await.expect(200);
    started.as_str().expect("an id").to_owned()
}

/// A flow that has ended.
async fn ended(app: &App, id: &str) -> Value {
    let started = Instant::now();
    loop {
        let flow = app.get(&format!("{FLOWS}/{id}")).await.expect(200);
        if flow["status"] != "IN_PROGRESS" {
            return flow;
        }
        assert!(started.elapsed() < 3 * PATIENCE, "{flow:#}");
        tokio::task::yield_now().await;
    }
}

async fn run(app: &App, flow: &str, params: Value) -> Value {
    let id = start(app, flow, params).await;
    ended(app, &id).await
}

async fn succeeds(app: &App, flow: &str, params: Value) -> Value {
    let result = run(app, flow, params).await;
    assert_eq!(result["status"], "SUCCESS", "{result:#}");
    result
}

/// What the POS answered in the last step.
fn received(flow: &Value) -> Value {
    let step = flow["steps"].as_array().and_then(|steps| steps.last());
    let notes = step.and_then(|step| step["additionalInformation"].as_array());
    let note = notes.into_iter().flatten().find_map(|note| {
        let (_, json) = note
            .as_str()?
            .strip_prefix("Received after ")?
            .split_once(": ")?;
        Some(json.to_owned())
    });
    serde_json::from_str(&note.expect("an answer")).expect("JSON")
}

async fn register(app: &App, capabilities: &[&str]) {
    let all = capabilities.iter();
    let all: Vec<_> = all
        .map(|name| json!({ "name": name, "version": "v1" }))
        .collect();
    let request = app.request(Method::PUT, "/epos/integrations/ws");
    let request = request.header("software-house-id", HOUSE);
    request
        .json(json!({ "capabilities": all }))
        .await
        .expect(200);
}

#[tokio::test]
async fn flows_are_listed_with_their_parameters() {
    let app = App::new();
    let all = app.get(FLOWS).without("version").await.expect(200);
    let all = all.as_array().expect("a list");
    let get = all.iter().find(|flow| flow["name"] == "Get Order");
    let param = &get.expect("a flow")["params"][0];
    assert_eq!(
        (&param["name"], &param["required"]),
        (&json!("orderId"), &json!(true))
    );
    assert_eq!(param["type"], "string");
    assert!(param.get("default").is_none() && param["description"].is_string());
    app.stranger().get(FLOWS).await.problem(401);
}

#[tokio::test]
async fn a_capability_that_is_not_registered_is_told_as_documented() {
    let app = App::new();
    let flow = run(&app, "Get Order", json!({ "orderId": "testOrderID" })).await;
    assert_eq!(flow["flowName"], "Get Order through EPOS Data API");
    assert_eq!(flow["status"], "FAILURE");
    assert!(flow["startedAt"].is_string() && flow["finishedAt"].is_string());
    let steps = flow["steps"].as_array().expect("steps");
    assert_eq!(steps.len(), 1, "{flow:#}");
    assert_eq!(
        steps[0]["name"],
        "Check whether GetOrder has been registered"
    );
    assert_eq!(steps[0]["status"], "FAILURE");
    let advice = json!([
        "GetOrder method not found",
        "Please register the GetOrder method on an EPOS Data API adapter",
    ]);
    assert_eq!(steps[0]["additionalInformation"], advice);
}

#[tokio::test]
async fn what_cannot_be_started_is_refused() {
    let app = App::new();
    let refused = async |body: Value| app.send(FLOWS, body).await.problem(400)["errors"].clone();
    assert!(refused(json!({ "flow": "Get Orders" })).await["Flow"].is_array());
    assert!(refused(json!({})).await["Flow"].is_array());
    let missing = refused(json!({ "flow": "Get Order" })).await;
    assert!(missing["Params.orderId"].is_array(), "{missing}");
    let covers = json!({ "flow": "Create Party", "params": { "covers": "many" } });
    let wrong = refused(covers).await;
    assert!(wrong["Params.covers"].is_array(), "{wrong}");
    let unknown = format!("{FLOWS}/d00aa12a-7fb8-46a2-a22d-f4b560298353");
    app.get(&unknown).await.problem(404);
    let own = start(&app, "List Areas", json!({})).await;
    App::new().get(&format!("{FLOWS}/{own}")).await.problem(404);
}

/// Runs every flow against the demo POS.
async fn every_flow(app: &App) {
    let order = json!({ "orderId": "ord_1" });
    let created = succeeds(app, "Create Order", json!({ "tableId": "3" })).await;
    let new = received(&created)["id"].clone();
    let intent = text(&app.create(json!({})).await, "id");
    tatami_tests::pay_intent(app, &intent, tatami_tests::APPROVED).await;
    let paid = json!({ "orderId": new, "paymentIntentId": intent, "amount": "50" });
    succeeds(app, "Record Order Payment", paid).await;
    for flow in [
        "Pay In Full",
        "Pay In Parts",
        "Pay With Tip",
        "Pay Partly And Leave",
        "Record Refused",
    ] {
        let created = succeeds(app, "Create Order", json!({ "amount": "1001" })).await;
        let order = json!({ "orderId": received(&created)["id"] });
        succeeds(app, flow, order).await;
    }
    // What the flows paid was given back.
    let captured = json!({ "statuses": ["Captured"] });
    let captured = app
        .send("/payment-intents/search", captured)
        .await
        .expect(200);
    let captured: Vec<_> = captured["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|i| &i["id"])
        .collect();
    assert_eq!(captured, [intent.as_str()]);
    let party = received(&succeeds(app, "Create Party", json!({})).await);
    let party = json!({ "partyId": party["id"], "tableId": "2" });
    let booking = received(&succeeds(app, "Create Reservation", json!({})).await);
    let booking = json!({ "reservationId": booking["id"], "covers": "3" });
    let about_nothing = [
        "Search Orders",
        "List Areas",
        "Search Tables",
        "Search Parties",
        "Search Reservations",
        "Handle Event payment_intent.created",
        "Handle Event payment_intent.status_updated",
        "Unknown Order",
        "Duplicate Event",
    ];
    for flow in about_nothing {
        succeeds(app, flow, json!({})).await;
    }
    let about_order = [
        "Get Order",
        "Get Order Bill",
        "Create Order Lock",
        "Extend Order Lock",
        "Delete Order Lock",
        "Lock And Extend",
        "Lock Refused",
        "Print Bill",
        "Slow POS",
        "Line Lost",
    ];
    for flow in about_order {
        succeeds(app, flow, order.clone()).await;
    }
    for flow in ["Get Party", "Update Party", "Delete Party"] {
        succeeds(app, flow, party.clone()).await;
    }
    for flow in [
        "Get Reservation",
        "Update Reservation",
        "Delete Reservation",
    ] {
        succeeds(app, flow, booking.clone()).await;
    }
    succeeds(app, "Cancel Order", json!({ "orderId": "ord_4" })).await;
}

/// The operations that passed, each once.
fn operations(proxy: &PosProxy) -> BTreeSet<String> {
    proxy.passed().into_iter().collect()
}

#[tokio::test]
async fn every_flow_is_as_published_over_rest() {
    let app = App::new();
    let pos = DemoPos::start(&app, "rest", &[]);
    let proxy = PosProxy::to(&pos.url).await;
    let registered = app.get("/epos/integrations/rest").await.expect(200);
    let body = json!({
        "capabilities": registered[0]["capabilities"].as_array().expect("a list").iter()
            .map(|c| json!({ "name": c["name"], "version": "v1" })).collect::<Vec<_>>(),
        "auth": { "authType": "basic", "basic": { "username": "dojo", "password": "demo" } },
        "url": proxy.url,
    });
    let request = app.request(Method::PUT, "/epos/integrations/rest");
    request
        .header("software-house-id", "demo-pos")
        .json(body)
        .await
        .expect(200);
    every_flow(&app).await;
    let passed = operations(&proxy);
    // Without the published descriptions at hand nothing is compared.
    assert!(passed.is_empty() || passed.len() == 21, "{passed:#?}");
}

// The demo POS is waited for in another thread than its proxy.
#[tokio::test(flavor = "multi_thread")]
async fn every_flow_is_as_published_over_a_websocket() {
    let app = App::new();
    let proxy = PosProxy::to(&app.base).await;
    let mut through = app.clone();
    through.base.clone_from(&proxy.url);
    let _pos = DemoPos::start(&through, "ws", &[]);
    every_flow(&app).await;
    assert_eq!(operations(&proxy).len(), 22, "{:#?}", operations(&proxy));
}

#[tokio::test]
async fn a_pos_that_is_wrong_is_told_what_to_do() {
    let app = App::new();
    let capabilities = ["GetOrderById", "CreateOrderLock", "DeleteOrderLock"];
    register(&app, &capabilities).await;
    let mut pos = PosSocket::open(&app, HOUSE).await;
    let order = json!({ "orderId": "ord_1" });
    let last = |flow: &Value| {
        let steps = flow["steps"].as_array().expect("steps");
        let step = steps.last().expect("a step").clone();
        (
            text(&step, "status"),
            step["additionalInformation"].to_string(),
        )
    };
    let answered = async |flow: &str, pos: &mut PosSocket, answers: &[Value]| {
        let id = start(&app, flow, order.clone()).await;
        for answer in answers {
            let asked = pos.asked().await;
            match answer["errorType"].is_string() {
                true => pos.refuse(&asked, answer.clone()).await,
                false => pos.answer(&asked, answer.clone()).await,
            }
        }
        ended(&app, &id).await
    };
    let wrong = json!({ "id": "ord_1", "status": "Open", "details": { "orderType": "DineIn" } });
    let flow = answered("Get Order", &mut pos, std::slice::from_ref(&wrong)).await;
    let (status, notes) = last(&flow);
    assert_eq!(status, "FAILURE");
    assert!(
        notes.contains("does not obey the schema") && notes.contains("$.status"),
        "{notes}"
    );
    let missing = json!({ "errorType": "NotFound", "debugMessage": "Gone." });
    let (status, notes) = last(&answered("Get Order", &mut pos, &[missing]).await);
    assert_eq!(status, "FAILURE");
    assert!(
        notes.contains("Gone.") && notes.contains("one of the POS"),
        "{notes}"
    );
    // A second lock must be refused, and the first is deleted nevertheless.
    let mut right = wrong.clone();
    right["status"] = "Accepted".into();
    let both = [right.clone(), right.clone(), right.clone()];
    let flow = answered("Lock Refused", &mut pos, &both).await;
    assert_eq!(flow["status"], "FAILURE", "{flow:#}");
    let (status, _) = last(&flow);
    assert_eq!(status, "SUCCESS", "the lock is deleted: {flow:#}");
}

#[tokio::test]
async fn few_flows_of_an_account_run_at_a_time() {
    let app = App::new();
    register(&app, &["GetOrderById"]).await;
    let mut pos = PosSocket::open(&app, HOUSE).await;
    let order = json!({ "orderId": "1" });
    for _ in 0..4 {
        start(&app, "Get Order", order.clone()).await;
    }
    let mut asked = Vec::new();
    for _ in 0..4 {
        asked.push(pos.asked().await);
    }
    let more = json!({ "flow": "Get Order", "params": order });
    app.send(FLOWS, more.clone()).await.problem(400);
    App::new().send(FLOWS, more).await.expect(200);
    let answer = json!({ "id": "1", "status": "Accepted", "details": { "orderType": "DineIn" } });
    for asked in &asked {
        pos.answer(asked, answer.clone()).await;
    }
}

#[tokio::test]
async fn a_flow_ends_when_its_program_was_killed() {
    let mut server = Tatami::start();
    let app = App::on(&server);
    register(&app, &["GetOrderById"]).await;
    let mut pos = PosSocket::open(&app, HOUSE).await;
    let id = start(&app, "Get Order", json!({ "orderId": "1" })).await;
    pos.asked().await;
    server.crash();
    let app = app.moved_to(&server);
    let flow = ended(&app, &id).await;
    assert_eq!(flow["status"], "FAILURE", "{flow:#}");
    let told = flow.to_string();
    assert!(
        told.contains("The program was stopped while the flow ran"),
        "{told}"
    );
}

#[tokio::test]
async fn a_demo_pos_starts_beside_the_server() {
    let server = Tatami::start_with(&["--demo-pos=127.0.0.1:0"]);
    let app = App::with_key(&server, tatami_tests::DEVELOPMENT_KEY);
    let started = Instant::now();
    while app
        .get("/epos/integrations/ws")
        .await
        .expect(200)
        .as_array()
        .is_none_or(Vec::is_empty)
    {
        assert!(started.elapsed() < PATIENCE, "it registers");
        tokio::task::yield_now().await;
    }
    succeeds(&app, "Get Order", json!({ "orderId": "ord_1" })).await;
}
