//! What payers tell besides the card: metadata joins the merchant's, addresses and
//! e-mail replace them, and the card's number is in none of them.

use serde_json::{Value, json};
use tatami_tests::{
    APPROVED, App, CHALLENGED, Card, DECLINED, DEVELOPMENT_KEY, Paid, Receiver, Reply, Tatami,
    booking, complete, prove,
};

use crate::{id, text};

async fn submit(app: &App, secret: &str, card: Card<'_>, told: Value) -> Reply {
    let mut body = card.body();
    for (name, value) in told.as_object().expect("an object") {
        body[name] = value.clone();
    }
    let path = format!("/connect-e/api/payments/{secret}");
    app.stranger().send(&path, body).await
}

#[tokio::test]
async fn a_payers_metadata_joins_the_merchants_which_stands() {
    let app = App::new();
    let order = json!({ "metadata": { "orderId": "7", "Größe": "M" } });
    let intent = id(&app.create(order).await);
    let told = json!({ "orderId": "8", "ORDERID": "9", "GRÖßE": "L", "note": "first" });
    let secret = app.secret(&intent).await;
    submit(&app, &secret, DECLINED, json!({ "metaData": told })).await;
    let merchants = json!({ "orderId": "7", "Größe": "M", "note": "first" });
    assert_eq!(app.intent(&intent).await["metadata"], merchants);

    // Another try tells anew, and what is told stays through a challenge.
    let told = json!({ "metaData": { "gift": "yes", "orderid": "10" } });
    let secret = app.secret(&intent).await;
    let asked = Paid::of(&submit(&app, &secret, CHALLENGED, told).await);
    let proof = prove(&app, &asked.answer, "approve").await;
    let paid = complete(&app, &secret, &asked.answer, &proof).await;
    assert_eq!(paid.code, 0, "{}", paid.answer);
    let both = json!({ "orderId": "7", "Größe": "M", "gift": "yes" });
    assert_eq!(app.intent(&intent).await["metadata"], both);
}

#[tokio::test]
async fn a_setups_holder_adds_metadata_too_and_replaces_none() {
    let app = App::new();
    let setup = app.setup(json!({ "metadata": { "table": "4" } })).await;
    let secret = text(&setup, "clientSessionSecret");
    let told = json!({
        "mitConsentGiven": true, "metaData": { "Table": "5", "app": "1" },
    });
    submit(&app, &secret, APPROVED, told).await.expect(200);
    let kept = app.setup_now(&id(&setup)).await;
    assert_eq!(kept["metadata"], json!({ "table": "4", "app": "1" }));
}

#[tokio::test]
async fn more_metadata_than_an_intent_holds_is_refused_and_nothing_tried() {
    let app = App::new();
    let keys = |from: usize, count: usize| {
        let pair = |i: usize| (format!("key{i}"), json!("v"));
        Value::Object((from..from + count).map(pair).collect())
    };
    let intent = id(&app.create(json!({ "metadata": keys(0, 48) })).await);
    let secret = app.secret(&intent).await;
    for told in [
        keys(48, 3),
        json!({ "k".repeat(41): "v" }),
        json!({ "k": "v".repeat(501) }),
    ] {
        let refused = submit(&app, &secret, APPROVED, json!({ "metaData": told })).await;
        let answer = refused.expect(400);
        assert_eq!(answer["errors"][0]["field"], "metaData", "{answer}");
    }
    assert!(app.books().await.is_empty());
    let told = json!({ "metaData": keys(48, 2) });
    let paid = Paid::of(&submit(&app, &secret, APPROVED, told).await);
    assert_eq!(paid.code, 0, "{}", paid.answer);
}

#[tokio::test]
async fn addresses_and_an_e_mail_that_come_with_the_card_replace_the_merchants() {
    let app = App::new();
    let intent = id(&app
        .create(json!({
            "customer": { "emailAddress": "shop@example.com" },
            "billingAddress": { "address1": "Old Street", "countryCode": "GB" },
        }))
        .await);
    let told = json!({
        "userEmailAddress": "ada@example.com",
        "billingAddress": { "address1": "New Street", "countryCode": "826" },
        "shippingDetails": { "name": "Ada", "address": { "city": "Leeds", "countryCode": "GB" } },
    });
    let secret = app.secret(&intent).await;
    submit(&app, &secret, APPROVED, told).await.expect(200);
    let paid = app.intent(&intent).await;
    assert_eq!(paid["customer"]["emailAddress"], "ada@example.com");
    assert_eq!(paid["billingAddress"]["address1"], "New Street");
    assert_eq!(paid["shippingDetails"]["name"], "Ada");
}

/// A number in a field of a submission, and how the field is named.
fn fields(number: &str) -> Vec<(&'static str, Value)> {
    let billing = |part: &str| json!({ "billingAddress": { part: number, "countryCode": "GB" } });
    let shipping = |part: &str| json!({ "shippingDetails": { "address": { part: number } } });
    let mail = number.replace(|c: char| !c.is_ascii_digit() && c != '-', ".");
    vec![
        (
            "userEmailAddress",
            json!({ "userEmailAddress": format!("{mail}@example.com") }),
        ),
        ("userPhoneNumber", json!({ "userPhoneNumber": number })),
        ("billingAddress.address1", billing("address1")),
        ("billingAddress.address2", billing("Address2")),
        ("billingAddress.address3", billing("address3")),
        ("billingAddress.address4", billing("address4")),
        ("billingAddress.city", billing("city")),
        ("billingAddress.state", billing("state")),
        ("billingAddress.postcode", billing("postcode")),
        (
            "shippingDetails.name",
            json!({ "shippingDetails": { "name": number } }),
        ),
        (
            "shippingDetails.deliveryNotes",
            json!({ "shippingDetails": { "deliveryNotes": number } }),
        ),
        ("shippingDetails.address.address1", shipping("address1")),
        ("shippingDetails.address.postcode", shipping("postcode")),
        (
            "metaData",
            json!({ "metaData": { "note": format!("card {number}!") } }),
        ),
        ("metaData", json!({ "metaData": { number: "x" } })),
    ]
}

/// The number as people and their machines write it.
const WRITTEN: [&str; 4] = [
    "4111111111111111",
    "4111 1111 1111 1111",
    "4111-1111-1111-1111",
    "4111 111111 11111 1",
];
const NUMBER: &str = WRITTEN[0];

fn named(reply: &Reply, field: &str) -> String {
    let answer = reply.expect(400);
    let errors = answer["errors"].as_array().expect("errors");
    assert!(
        errors.iter().any(|e| e["field"] == field),
        "{field}: {answer}"
    );
    answer.to_string()
}

#[tokio::test]
async fn a_card_number_in_another_field_is_refused_by_name_and_kept_nowhere() {
    let mut server = Tatami::start_with(&["--log-format", "json"]);
    let app = App::with_key(&server, DEVELOPMENT_KEY);
    let shop = Receiver::open().await;
    let hook = json!({ "events": ["payment_intent.created"], "url": shop.url("/") });
    app.send("/webhooks", hook).await.expect(200);
    let mut answers = String::new();

    let ada = crate::customers::customer(&app).await;
    let order = json!({ "paymentMethods": ["SavedCard", "Card"], "customer": { "id": ada } });
    let first = id(&app.create(order.clone()).await);
    let keep = json!({ "savePaymentMethod": true });
    let secret = app.secret(&first).await;
    submit(&app, &secret, Card::new(NUMBER), keep)
        .await
        .expect(200);
    let method = app.intent(&first).await["paymentDetails"]["paymentMethodId"].clone();

    let intent = id(&app.create(order).await);
    let secret = app.secret(&intent).await;
    let setup = app.setup(json!({})).await;
    let setup_secret = text(&setup, "clientSessionSecret");
    // The rule knows every grouping in every field; here each has its turn.
    for (turn, written) in WRITTEN.into_iter().enumerate() {
        let fields = fields(written).into_iter().enumerate();
        for (_, (field, told)) in fields.filter(|(i, _)| i % WRITTEN.len() == turn) {
            let paid = submit(&app, &secret, Card::new(NUMBER), told.clone()).await;
            answers += &named(&paid, field);
            let mut consented = told.clone();
            consented["mitConsentGiven"] = json!(true);
            let given = submit(&app, &setup_secret, Card::new(NUMBER), consented).await;
            answers += &named(&given, field);

            let mut saved = told.clone();
            saved["paymentMethodId"] = method.clone();
            saved["cV2"] = json!("020");
            let path = format!("/connect-e/api/payments/recurring/{secret}");
            answers += &named(&app.stranger().send(&path, saved).await, field);
            let mut device = Card::new(NUMBER).body();
            device
                .as_object_mut()
                .expect("an object")
                .extend(told.as_object().expect("an object").clone());
            let path = format!("/connect-e/api/device-data/{secret}");
            answers += &named(&app.stranger().send(&path, device).await, field);
        }
        answers += &captured(&app, written).await;
    }
    // The secrets are still good.
    let told = json!({ "billingAddress": { "address1": "4111 High Street", "countryCode": "GB" } });
    let paid = submit(&app, &secret, Card::new(NUMBER), told).await;
    answers += &paid.expect(200).to_string();
    let told = json!({ "mitConsentGiven": true });
    submit(&app, &setup_secret, Card::new(NUMBER), told)
        .await
        .expect(200);
    for path in ["/sandbox/mailbox", "/sandbox/webhook-deliveries"] {
        let json = app.get(path).header("accept", "application/json").await;
        answers += &json.text();
    }
    answers += &app.intent(&intent).await.to_string();
    answers += &app.setup_now(&id(&setup)).await.to_string();

    assert!(server.sigterm().success());
    let packed = |text: &str| text.replace([' ', '-'], "");
    assert!(!packed(&answers).contains(NUMBER), "in an answer");
    assert!(!packed(&server.output()).contains(NUMBER), "in the output");
    for (path, bytes) in server.stored() {
        let found = tatami_tests::number_in(&bytes);
        assert!(found.is_none(), "in {}", path.display());
    }
}

/// Sends a captured card whose number is in other fields too; the answers.
async fn captured(app: &App, written: &str) -> String {
    let mut answers = String::new();
    for (field, changes) in [
        ("Reference", json!({ "reference": written })),
        ("Description", json!({ "description": written })),
        ("Terms", json!({ "terms": format!("We charge {written}.") })),
        ("Metadata.Note", json!({ "metadata": { "note": written } })),
        ("Metadata", json!({ "metadata": { written: "x" } })),
        (
            "Customer.PhoneNumber",
            json!({ "customer": { "phoneNumber": written } }),
        ),
        (
            "BillingAddress.Address2",
            json!({ "billingAddress": { "address2": written } }),
        ),
        ("Config.Title", json!({ "config": { "title": written } })),
        ("NobodyReadsThis", json!({ "nobodyReadsThis": written })),
    ] {
        let mut body = booking(changes);
        body["consent"] = json!({ "given": true });
        body["card"] = json!({
            "cardNumber": NUMBER, "expiryDate": "12/39", "cardholderName": "Ada Payer",
        });
        let refused = app.send("/pci-api/setup-intents", body).await;
        let problem = refused.expect(400);
        assert!(problem["errors"].get(field).is_some(), "{field}: {problem}");
        answers += &problem.to_string();
    }
    let mut body = booking(json!({}));
    body["consent"] = json!({ "given": true });
    body["card"] = json!({
        "cardNumber": NUMBER, "expiryDate": "12/39", "cardholderName": "Ada Payer",
    });
    let refused = app
        .send("/pci-api/setup-intents", body)
        .header("idempotencyKey", &format!("key-{written}"))
        .await;
    let problem = refused.expect(400);
    assert!(
        problem["errors"].get("IdempotencyKey").is_some(),
        "{problem}"
    );
    answers + &problem.to_string()
}

#[tokio::test]
async fn a_number_that_is_keyed_into_a_card_machine_is_in_no_other_field() {
    let app = App::new();
    let machines = app
        .get("/terminals")
        .header("software-house-id", "softwareHouse1");
    let machines = machines.await.expect(200);
    let tid = text(&machines[0]["properties"], "tid");
    let path = format!("/sandbox/card-machines/{tid}/key-in");
    for field in ["card", "digits"] {
        let mut body = json!({ "number": NUMBER, "expiry": "12/39", "cv2": "020" });
        body[field] = json!("4111 1111 1111 1111");
        let refused = app.send(&path, body).await;
        let told = refused.text();
        assert!(refused.status.is_client_error(), "{told}");
        assert!(!told.replace(' ', "").contains(NUMBER), "{told}");
    }
    let mut body = json!({ "number": NUMBER, "expiry": "12/39" });
    body["digits"] = json!(NUMBER);
    let problem = app.send(&path, body).await.expect(400);
    assert!(problem["errors"].get("Digits").is_some(), "{problem}");
}
