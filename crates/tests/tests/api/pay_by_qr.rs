//! Pay by QR: the codes of the tables, and what guests see and pay behind them.

use std::time::Instant;

use reqwest::Method;
use serde_json::{Value, json};
use tatami_tests::{APPROVED, App, DemoPos, PATIENCE, Reply, pay_intent};

use crate::text;

/// The QR codes, by the ids of their tables.
async fn codes(app: &App) -> Vec<(String, String)> {
    let codes = app.get("/sandbox/qr-codes").await.expect(200);
    let codes = codes.as_array().expect("a list").iter();
    codes
        .map(|code| {
            assert!(text(code, "svg").starts_with("<svg "), "{code}");
            (text(code, "tableId"), text(code, "url"))
        })
        .collect()
}

/// The path that the code of a table leads to.
async fn path(app: &App, table: &str) -> String {
    let codes = codes(app).await;
    let (_, url) = codes.iter().find(|(id, _)| id == table).expect("a table");
    let at = url.find("/qr/").expect("a path");
    url[at..].to_owned()
}

async fn page(app: &App, path: &str) -> Reply {
    app.stranger().get(path).await
}

/// What a guest chooses on the page of an order.
async fn choose(app: &App, path: &str, order: &str, fields: &[(&str, &str)]) -> Reply {
    let order = [("order", order)];
    let fields: Vec<_> = order
        .iter()
        .chain(fields)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    app.stranger()
        .request(Method::POST, path)
        .form(&fields)
        .await
}

/// The payment intent that a guest is sent to.
fn sent_to(reply: &Reply) -> String {
    assert_eq!(reply.status, 303, "{}", reply.text());
    let location = reply.header("location");
    location
        .strip_prefix("/checkout/")
        .expect("the checkout")
        .to_owned()
}

/// The first order of a table, as the POS has it.
async fn at_pos(pos: &DemoPos, table: &str) -> Value {
    let search = json!({ "dineIn": { "tableId": table } });
    let (_, found) = pos
        .ask(Method::POST, "/v1/orders/search", &[], &search)
        .await;
    let page = match &found {
        Value::Array(pages) => pages[0].clone(),
        page => page.clone(),
    };
    page["data"][0].clone()
}

/// Waits until the page of a payment says how it stands.
async fn stands(app: &App, path: &str, intent: &str, state: &str) -> String {
    let started = Instant::now();
    loop {
        let page = page(app, &format!("{path}?id={intent}")).await.text();
        if page.contains(&format!("data-state=\"{state}\"")) {
            return page;
        }
        assert!(started.elapsed() < PATIENCE, "not {state}: {page}");
        app.advance("00:00:01").await;
    }
}

#[tokio::test]
async fn each_table_has_a_code_of_its_own_that_nobody_else_has() {
    let app = App::new();
    app.get("/sandbox/qr-codes").await.problem(409);
    let _pos = DemoPos::start(&app, "rest", &[]);
    let tables = codes(&app).await;
    let ids: Vec<_> = tables.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["1", "2", "3", "4", "g1", "g2"]);
    assert_eq!(codes(&app).await, tables, "printed codes stay good");
    let other = App::new();
    let _other = DemoPos::start(&other, "rest", &["--without", "SearchTables"]);
    let seen = codes(&other).await;
    let ids: Vec<_> = seen.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["1", "2", "g1"], "the tables of orders");
    let location = |url: &str| {
        url.split("/qr/")
            .nth(1)
            .and_then(|rest| rest.split('/').next().map(str::to_owned))
    };
    assert_ne!(location(&tables[0].1), location(&seen[0].1));
    for unknown in ["/qr/a/1", "/qr/acc_RBMHTJ4fIkmSppDILZVCGw/1"] {
        assert_eq!(page(&app, unknown).await.status, 404, "{unknown}");
    }
}

#[tokio::test]
async fn a_guest_sees_the_bills_of_the_table_and_of_no_other() {
    let app = App::new();
    let _pos = DemoPos::start(&app, "ws", &[]);
    let garden = path(&app, "g1").await;
    let list = page(&app, &garden).await;
    assert_eq!(list.status, 200);
    assert!(
        list.header("content-security-policy")
            .starts_with("default-src 'none'")
    );
    assert_eq!(list.header("x-content-type-options"), "nosniff");
    let html = list.text();
    for shown in ["Garden 1 - 1", "Garden 1 - 2", "£46.00", "£22.40"] {
        assert!(html.contains(shown), "{shown} in {html}");
    }
    assert!(!html.contains("Table 2"));
    let order = page(&app, &format!("{garden}?order=ord_3")).await.text();
    for shown in ["Fish and chips", "Sticky toffee pudding", "£46.00"] {
        assert!(order.contains(shown), "{shown} in {order}");
    }
    let strange = page(&app, &format!("{garden}?order=ord_2")).await;
    assert_eq!(strange.status, 404);
    assert!(!strange.text().contains("Burger"));
    let empty = page(&app, &path(&app, "3").await).await;
    assert!(empty.text().contains("There is nothing to pay here"));
}

#[tokio::test]
async fn a_part_is_paid_recorded_and_told() {
    for transport in ["rest", "ws"] {
        let app = App::new();
        let pos = DemoPos::start(&app, transport, &[]);
        let garden = path(&app, "g1").await;
        let fields = [("split", "items"), ("item-0", "1"), ("tip", "10")];
        let intent = sent_to(&choose(&app, &garden, "ord_3", &fields).await);
        let waiting = page(&app, &format!("{garden}?id={intent}")).await.text();
        assert!(waiting.contains("data-state=\"waiting\""), "{waiting}");
        pay_intent(&app, &intent, APPROVED).await;
        let told = stands(&app, &garden, &intent, "recorded").await;
        assert!(told.contains("£15.75") && told.contains("£1.58"), "{told}");
        let payments = at_pos(&pos, "g1").await["payments"].clone();
        assert_eq!(payments.as_array().map(Vec::len), Some(1), "{payments}");
        assert_eq!(payments[0]["paymentIntentId"], intent);
        assert_eq!(payments[0]["paidAmount"]["value"], 1575);
        assert_eq!(payments[0]["tipsAmount"]["value"], 158);
        let paid = app.intent(&intent).await;
        assert_eq!(paid["totalAmount"]["value"], 1733);
        // It cannot be paid again.
        let shown = page(&app, &format!("{garden}?order=ord_3")).await.text();
        assert!(shown.contains("£30.25"), "{shown}");
    }
}

#[tokio::test]
async fn guests_at_the_same_moment_never_pay_more_than_the_bill() {
    let app = App::new();
    let pos = DemoPos::start(&app, "ws", &[]);
    let garden = path(&app, "g1").await;
    let all: [(&str, &str); 0] = [];
    let half = [("split", "amount"), ("amount", "23.01")];
    let tries = (0..6).map(|i| {
        let (app, garden) = (app.clone(), garden.clone());
        tokio::spawn(async move {
            match i % 2 {
                0 => choose(&app, &garden, "ord_3", &all).await,
                _ => choose(&app, &garden, "ord_3", &half).await,
            }
        })
    });
    let tries: Vec<_> = tries.collect();
    let mut begun = Vec::new();
    for tried in tries {
        let reply = tried.await.expect("an answer");
        match reply.status.as_u16() {
            303 => begun.push(sent_to(&reply)),
            400 | 409 => assert!(reply.text().contains("role=\"alert\""), "{}", reply.text()),
            other => panic!("{other}: {}", reply.text()),
        }
    }
    let mut sum = 0;
    for intent in &begun {
        pay_intent(&app, intent, APPROVED).await;
        stands(&app, &garden, intent, "recorded").await;
        sum += app.intent(intent).await["amount"]["value"]
            .as_i64()
            .expect("an amount");
    }
    assert!((1..=4600).contains(&sum), "{sum}");
    let payments = at_pos(&pos, "g1").await["payments"].clone();
    assert_eq!(
        payments.as_array().map(Vec::len),
        Some(begun.len()),
        "{payments}"
    );
}

#[tokio::test]
async fn what_is_left_by_a_guest_can_be_paid_by_another() {
    let app = App::new();
    let _pos = DemoPos::start(&app, "rest", &[]);
    let garden = path(&app, "g1").await;
    let intent = sent_to(&choose(&app, &garden, "ord_3", &[]).await);
    let refused = choose(&app, &garden, "ord_3", &[]).await;
    assert_eq!(refused.status, 409, "{}", refused.text());
    let other = path(&app, "1").await;
    let begun = page(&app, &format!("{garden}?order=ord_3&part={intent}"))
        .await
        .text();
    assert!(begun.contains("id=\"begun\""), "{begun}");
    let dropped = choose(&app, &garden, "ord_3", &[("drop", &intent)]).await;
    assert_eq!(dropped.status, 303);
    assert!(dropped.header("location").starts_with(&garden));
    assert_ne!(app.status(&intent).await, "Created");
    sent_to(&choose(&app, &garden, "ord_3", &[]).await);
    assert_ne!(garden, other);
}

#[tokio::test]
async fn what_is_wrong_with_a_choice_is_told_beside_it() {
    let app = App::new();
    let _pos = DemoPos::start(&app, "rest", &[]);
    let garden = path(&app, "g1").await;
    for (fields, words) in [
        (
            vec![("split", "amount"), ("amount", "46.01")],
            "No more than £46.00 is left to pay.",
        ),
        (
            vec![("split", "amount"), ("amount", "x")],
            "Enter an amount of more than zero",
        ),
        (vec![("split", "equal"), ("parts", "1")], "from 2 to 20"),
        (
            vec![("split", "items"), ("item-0", "3")],
            "Choose at least one item.",
        ),
        (
            vec![("split", "full"), ("tip", "other"), ("own-tip", "46.01")],
            "Enter the tip as an amount",
        ),
    ] {
        let reply = choose(&app, &garden, "ord_3", &fields).await;
        assert_eq!(reply.status, 400, "{fields:?}");
        assert!(reply.text().contains(words), "{fields:?}: {}", reply.text());
    }
    let strange = choose(&app, &garden, "ord_2", &[]).await;
    assert_eq!(strange.status, 404, "an order of another table");
}

#[tokio::test]
async fn guests_are_not_told_what_the_pos_says_to_staff() {
    let app = App::new();
    let pos = DemoPos::start(&app, "rest", &[]);
    let garden = path(&app, "g1").await;
    for fault in [
        "refuse=SearchOrders*1",
        "nonsense=SearchOrders*1",
        "down=SearchOrders*1",
    ] {
        pos.fail(fault).await;
        let reply = page(&app, &garden).await;
        assert!(
            [502, 504].contains(&reply.status.as_u16()),
            "{fault}: {}",
            reply.status
        );
        let html = reply.text();
        assert!(html.contains("The till did not answer."), "{fault}: {html}");
        assert!(!html.contains("fault") && !html.contains("demo"), "{html}");
        pos.fail("").await;
    }
    let gone = page(&app, &format!("{garden}?order=ord_99")).await;
    assert_eq!(gone.status, 404);
    assert!(gone.text().contains("This bill is closed"));
}

#[tokio::test]
async fn a_payment_that_the_pos_refuses_goes_back_to_the_guest() {
    let app = App::new();
    let pos = DemoPos::start(&app, "rest", &[]);
    let garden = path(&app, "g1").await;
    let intent = sent_to(&choose(&app, &garden, "ord_3", &[]).await);
    pos.fail("refuse=RecordOrderPaymentById*1").await;
    pay_intent(&app, &intent, APPROVED).await;
    stands(&app, &garden, &intent, "given-back").await;
    let started = Instant::now();
    while app.status(&intent).await == "Captured" {
        assert!(started.elapsed() < PATIENCE, "it is not given back");
        app.advance("00:00:01").await;
    }
    assert_eq!(app.status(&intent).await, "Reversed");
    assert_eq!(at_pos(&pos, "g1").await["payments"], json!([]));
}
