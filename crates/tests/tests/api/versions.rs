//! The four published versions, and what differs between them.

use serde_json::{Value, json};
use tatami_tests::{APPROVED, App, pay_intent};

use crate::{id, pounds, text};

const FIRST: &str = "2022-04-07";
const SECOND: &str = "2024-02-05";
const THIRD: &str = "2025-09-10";
const FOURTH: &str = "2026-02-27";

fn order() -> Value {
    json!({ "amount": pounds(1000), "reference": "Order-0001" })
}

async fn create(app: &App, version: &str, changes: Value) -> Value {
    let mut body = order();
    for (name, value) in changes.as_object().expect("changes by name") {
        body[name] = value.clone();
    }
    app.send("/payment-intents", body)
        .version(version)
        .await
        .expect(200)
}

async fn get(app: &App, version: &str, intent: &str) -> Value {
    app.get(&format!("/payment-intents/{intent}"))
        .version(version)
        .await
        .expect(200)
}

#[tokio::test]
async fn a_version_is_a_date_not_before_the_first() {
    let app = App::new();
    app.send("/payment-intents", order())
        .without("version")
        .await
        .problem(400);
    for wrong in [
        "",
        "latest",
        "1",
        "2022-04-06",
        "2020-01-01",
        "2024-13-01",
        "2024-02-30",
        "2024-2-5",
        "05-02-2024",
        "2024-02-05T00:00:00Z",
    ] {
        app.send("/payment-intents", order())
            .version(wrong)
            .await
            .problem(400);
    }
    for right in [
        FIRST,
        "2022-07-04",
        "2023-12-15",
        SECOND,
        "2025-09-09",
        THIRD,
        FOURTH,
        "2026-11-22",
        "2199-01-01",
    ] {
        create(&app, right, json!({})).await;
    }
}

#[tokio::test]
async fn a_version_is_rounded_down_to_a_published_one() {
    let app = App::new();
    let lines = json!([{ "id": "1", "quantity": 1, "name": "Cup", "amountTotal": pounds(10) }]);
    let intent = create(&app, FOURTH, json!({ "itemLines": lines })).await;
    for (version, name, absent) in [
        (FIRST, "caption", "name"),
        ("2024-02-04", "caption", "name"),
        (SECOND, "name", "caption"),
        ("2025-09-09", "name", "caption"),
        (THIRD, "name", "caption"),
        (FOURTH, "name", "caption"),
        ("2099-12-31", "name", "caption"),
    ] {
        let seen = get(&app, version, &id(&intent)).await;
        assert_eq!(seen["itemLines"][0][name], "Cup", "{version}: {seen}");
        assert!(
            seen["itemLines"][0].get(absent).is_none(),
            "{version}: {seen}"
        );
    }
}

#[tokio::test]
async fn item_lines_have_a_caption_in_the_first_version_and_a_name_later() {
    let app = App::new();
    let old = json!([{ "id": "1", "quantity": 2, "caption": "Cup", "amountTotal": pounds(10) }]);
    let intent = create(&app, FIRST, json!({ "itemLines": old })).await;
    assert_eq!(intent["itemLines"][0]["caption"], "Cup");
    assert_eq!(
        get(&app, FOURTH, &id(&intent)).await["itemLines"][0]["name"],
        "Cup"
    );

    // The documentation's own samples send `caption` in later versions.
    for version in [SECOND, FOURTH] {
        create(&app, version, json!({ "itemLines": old })).await;
    }
    let modifiers = json!([{
        "name": "Cup", "quantity": 1, "plu": "123", "category": "China", "amountTotal": pounds(10),
        "modifiers": [{ "id": "m1", "name": "Discount", "quantity": 1, "amountPerModifier": pounds(-2) }],
    }]);
    let intent = create(&app, FOURTH, json!({ "itemLines": modifiers })).await;
    assert_eq!(intent["itemLines"], modifiers);
    let first = get(&app, FIRST, &id(&intent)).await;
    assert_eq!(
        first["itemLines"],
        json!([{ "quantity": 1, "caption": "Cup", "amountTotal": pounds(10) }])
    );
}

#[tokio::test]
async fn an_absent_card_holder_is_a_transaction_source_in_the_first_version() {
    let app = App::new();
    let old = create(&app, FIRST, json!({ "transactionSource": "MOTO" })).await;
    assert!(old.get("cardHolderNotPresent").is_none(), "{old}");
    assert_eq!(
        get(&app, SECOND, &id(&old)).await["cardHolderNotPresent"],
        true
    );

    for version in [SECOND, THIRD, FOURTH] {
        let intent = create(&app, version, json!({ "cardHolderNotPresent": true })).await;
        assert_eq!(intent["cardHolderNotPresent"], true);
        let intent = create(&app, version, json!({})).await;
        assert_eq!(intent["cardHolderNotPresent"], false);
    }
    // A published sample of payments by telephone.
    let intent = create(&app, "2022-07-04", json!({ "cardHolderNotPresent": true })).await;
    assert_eq!(
        get(&app, FOURTH, &id(&intent)).await["cardHolderNotPresent"],
        true
    );
}

#[tokio::test]
async fn the_session_secret_is_given_always_at_first_and_on_request_later() {
    let app = App::new();
    let first = create(&app, FIRST, json!({})).await;
    assert!(!text(&first, "clientSessionSecret").is_empty());
    assert!(text(&first, "clientSessionSecretExpirationDate").as_str() > "2026");

    for version in [SECOND, THIRD, FOURTH] {
        let quiet = create(&app, version, json!({})).await;
        assert!(quiet.get("clientSessionSecret").is_none(), "{quiet}");
        assert_eq!(
            quiet["clientSessionSecretExpirationDate"],
            "0001-01-01T00:00:00Z"
        );
        let asked = create(&app, version, json!({ "generateRemoteToken": true })).await;
        let secret = text(&asked, "clientSessionSecret");
        assert!(text(&asked, "clientSessionSecretExpirationDate").as_str() > "2026");
        let paid = tatami_tests::pay(&app, &secret, APPROVED).await;
        assert_eq!(paid.code, 0, "{}", paid.answer);

        let refreshed = app
            .post(&format!(
                "/payment-intents/{}/refresh-client-session-secret",
                id(&quiet)
            ))
            .version(version)
            .await
            .expect(200);
        assert!(!text(&refreshed, "clientSessionSecret").is_empty());
        assert!(text(&refreshed, "clientSessionSecretExpirationDate").as_str() > "2026");
    }
}

#[tokio::test]
async fn the_card_is_flat_in_the_first_version_and_nested_later() {
    let app = App::new();
    let intent = create(&app, FOURTH, json!({})).await;
    pay_intent(&app, &id(&intent), APPROVED).await;

    let first = &get(&app, FIRST, &id(&intent)).await["paymentDetails"];
    assert_eq!(first["cardNumber"], "44565300****1005");
    assert_eq!(first["cardName"], "Ada Lovelace");
    assert_eq!(first["cardType"], "VISA");
    for later in ["card", "transactionId", "paymentMethodId", "avsResult"] {
        assert!(first.get(later).is_none(), "{later}: {first}");
    }

    for version in [SECOND, THIRD, FOURTH] {
        let details = &get(&app, version, &id(&intent)).await["paymentDetails"];
        assert_eq!(details["card"]["cardNumber"], "44565300****1005");
        assert_eq!(details["card"]["last4PAN"], "1005");
        assert_eq!(details["card"]["cardName"], "Ada Lovelace");
        assert_eq!(details["card"]["cardType"], "VISA");
        assert_eq!(details["card"]["expiryDate"], "2039-12-31");
        assert!(details.get("cardNumber").is_none(), "{details}");
        assert!(!text(details, "transactionId").is_empty());
        assert!(!text(details, "authCode").is_empty());
    }
}

#[tokio::test]
async fn an_answer_holds_only_what_its_version_knew() {
    let app = App::new();
    let changes = json!({
        "cashbackAmount": pounds(100),
        "serviceChargeAmount": pounds(50),
        "orderDetails": { "id": "o-1" },
    });
    let intent = create(&app, FOURTH, changes).await;
    let first = get(&app, FIRST, &id(&intent)).await;
    for later in [
        "captures",
        "paymentLink",
        "cashbackAmount",
        "serviceChargeAmount",
        "orderDetails",
        "cardHolderNotPresent",
        "terminalSessionHistory",
    ] {
        assert!(first.get(later).is_none(), "{later}: {first}");
    }
    assert_eq!(first["totalAmount"], pounds(1150));
}
