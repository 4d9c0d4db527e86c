//! Changing the amount and the tips.

use serde_json::{Value, json};
use tatami_tests::{APPROVED, App, Card, Reply, booked, pay};

use crate::{authorized, captured, id, pounds, text};

fn changeable() -> Value {
    json!({ "config": { "payment": { "customAmountAllowed": true, "tipsAllowed": true } } })
}

async fn set(app: &App, id: &str, what: &str, value: Value) -> Reply {
    let body = if what == "amount" {
        json!({ "amount": value })
    } else {
        json!({ "tipsAmount": value })
    };
    app.send(&format!("/payment-intents/{id}/{what}"), body)
        .await
}

#[tokio::test]
async fn a_change_needs_the_permission_it_was_created_with() {
    let app = App::new();
    let intent = id(&app.create(json!({})).await);
    set(&app, &intent, "amount", pounds(2000))
        .await
        .problem(405);
    let sentence = set(&app, &intent, "tips-amount", pounds(100))
        .await
        .detail(405);
    assert!(
        sentence.starts_with("Tips are not allowed on payment intent"),
        "{sentence}"
    );

    let permit = json!({ "config": { "payment": { "customAmountAllowed": true } } });
    let intent = id(&app.create(permit).await);
    set(&app, &intent, "amount", pounds(2000)).await.expect(200);
    set(&app, &intent, "tips-amount", pounds(100))
        .await
        .problem(405);
}

#[tokio::test]
async fn an_allowed_change_shows_in_the_total_and_keeps_what_was_asked() {
    let app = App::new();
    let intent = id(&app.create(changeable()).await);
    let changed = set(&app, &intent, "tips-amount", pounds(200))
        .await
        .expect(200);
    assert_eq!(changed["status"], "Created");
    assert_eq!(changed["tipsAmount"], pounds(200));
    assert_eq!(changed["totalAmount"], pounds(1200));
    let changed = set(&app, &intent, "amount", pounds(1500)).await.expect(200);
    assert_eq!(changed["amount"], pounds(1500));
    assert_eq!(changed["requestedAmount"], pounds(1000));
    assert_eq!(changed["totalAmount"], pounds(1700));

    let secret = text(&changed, "clientSessionSecret");
    assert_eq!(pay(&app, &secret, APPROVED).await.code, 0);
    let paid = app.intent(&intent).await;
    assert_eq!(paid["status"], "Captured");
    let books = app.books().await;
    assert_eq!(books.len(), 1, "{books:?}");
    assert_eq!(booked(&books, "charge"), 1700);
}

#[tokio::test]
async fn a_change_makes_a_new_secret_and_voids_the_old() {
    let app = App::new();
    let intent = id(&app.create(changeable()).await);
    let first = app.secret(&intent).await;
    let changed = set(&app, &intent, "amount", pounds(1500)).await.expect(200);
    let second = text(&changed, "clientSessionSecret");
    assert_ne!(first, second);
    assert_eq!(pay(&app, &first, APPROVED).await.code, 401);
    assert_eq!(app.status(&intent).await, "Created");

    let changed = set(&app, &intent, "tips-amount", pounds(5))
        .await
        .expect(200);
    assert_eq!(pay(&app, &second, APPROVED).await.code, 401);
    let third = text(&changed, "clientSessionSecret");
    assert_eq!(pay(&app, &third, APPROVED).await.code, 0);
}

#[tokio::test]
async fn wrong_amounts_are_refused_and_change_nothing() {
    let app = App::new();
    let intent = id(&app.create(changeable()).await);
    for wrong in [
        pounds(0),
        pounds(-1),
        json!({ "value": 1, "currencyCode": "EUR" }),
    ] {
        set(&app, &intent, "amount", wrong).await.blames(400);
    }
    for wrong in [pounds(-1), json!({ "value": 1, "currencyCode": "EUR" })] {
        set(&app, &intent, "tips-amount", wrong).await.blames(400);
    }
    app.send(&format!("/payment-intents/{intent}/amount"), json!({}))
        .await
        .blames(400);
    app.send(&format!("/payment-intents/{intent}/tips-amount"), json!({}))
        .await
        .blames(400);
    assert_eq!(app.intent(&intent).await["totalAmount"], pounds(1000));
}

#[tokio::test]
async fn nothing_changes_after_the_capture() {
    let app = App::new();
    let intent = app.create(changeable()).await;
    let secret = app.secret(&id(&intent)).await;
    assert_eq!(pay(&app, &secret, APPROVED).await.code, 0);
    for (what, path) in [(pounds(2000), "amount"), (pounds(10), "tips-amount")] {
        let sentence = set(&app, &id(&intent), path, what).await.detail(400);
        assert!(sentence.contains("`Captured`"), "{sentence}");
    }
    let unchangeable = captured(&app).await;
    let refused = set(&app, &unchangeable, "amount", pounds(2000)).await;
    refused.problem(400);
}

#[tokio::test]
async fn an_authorized_amount_can_grow_several_times_without_permission() {
    let app = App::new();
    let intent = authorized(&app).await;
    for (amount, additional) in [(1500, 500), (1700, 200)] {
        let changed = set(&app, &intent, "amount", pounds(amount))
            .await
            .expect(200);
        assert_eq!(changed["status"], "Authorized");
        assert_eq!(changed["amount"], pounds(amount));
        let books = app.books().await;
        let last = books.last().expect("an entry");
        assert!(last.is("increment"), "{books:?}");
        assert_eq!(last.amount, additional);
    }
    let refused = set(&app, &intent, "amount", pounds(1600)).await;
    refused.problem(400);
    assert_eq!(app.intent(&intent).await["amount"], pounds(1700));

    app.send(
        &format!("/payment-intents/{intent}/captures"),
        json!({ "amount": 1700 }),
    )
    .await
    .expect(200);
    assert_eq!(app.status(&intent).await, "Captured");
}

#[tokio::test]
async fn a_declined_growth_changes_nothing() {
    let app = App::new();
    let intent = id(&app.create(crate::manual()).await);
    let number = tatami_tests::test_card(&app, "increase declined").await;
    let secret = app.secret(&intent).await;
    assert_eq!(pay(&app, &secret, Card::new(&number)).await.code, 0);
    let before = app.intent(&intent).await;
    assert_eq!(before["status"], "Authorized");
    let refused = set(&app, &intent, "amount", pounds(1500)).await;
    assert!(refused.status.is_client_error(), "{}", refused.text());
    let after = app.intent(&intent).await;
    assert_eq!(after["amount"], pounds(1000));
    assert_eq!(after["status"], "Authorized");
    assert_eq!(booked(&app.books().await, "increment"), 0);
}
