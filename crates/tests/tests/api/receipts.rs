//! Receipts and the local mailbox.

use serde_json::{Value, json};
use tatami_tests::{APPROVED, App, pay_intent};

use crate::{captured, id};

async fn mailbox(app: &App) -> Vec<Value> {
    let mails = app
        .get("/sandbox/mailbox")
        .header("accept", "application/json")
        .await
        .expect(200);
    mails.as_array().cloned().expect("a list")
}

#[tokio::test]
async fn a_payer_whose_address_is_known_gets_a_receipt_by_itself() {
    let app = App::new();
    let customer = json!({ "customer": { "emailAddress": "ada@example.com" } });
    let intent = id(&app.create(customer).await);
    assert!(mailbox(&app).await.is_empty());
    pay_intent(&app, &intent, APPROVED).await;
    let mails = mailbox(&app).await;
    assert_eq!(mails.len(), 1, "{mails:?}");
    let mail = &mails[0];
    assert_eq!(mail["to"], "ada@example.com");
    for part in ["subject", "text", "html"] {
        assert!(
            mail[part].as_str().is_some_and(|text| !text.is_empty()),
            "{part}: {mail}"
        );
    }
    for part in ["text", "html"] {
        let words = mail[part].as_str().expect("a text");
        assert!(words.contains("£10.00"), "{words}");
        assert!(words.contains("Order-0001"), "{words}");
        assert!(
            words.contains("1005") && !words.contains("4456530000001005"),
            "{words}"
        );
    }
}

#[tokio::test]
async fn receipts_go_where_the_merchant_says() {
    let app = App::new();
    let intent = captured(&app).await;
    let path = format!("/payment-intents/{intent}/receipt");
    let sent = app
        .send(
            &path,
            json!({ "emails": ["ada@example.com", "mary@example.com"] }),
        )
        .await;
    sent.expect(204);
    assert!(sent.body.is_empty());
    let mut to: Vec<String> = mailbox(&app)
        .await
        .iter()
        .map(|mail| mail["to"].as_str().expect("an address").to_owned())
        .collect();
    to.sort();
    assert_eq!(to, ["ada@example.com", "mary@example.com"]);
    assert!(mailbox(&App::new()).await.is_empty());
}

#[tokio::test]
async fn one_to_twenty_valid_addresses_of_a_paid_intent() {
    let app = App::new();
    let intent = captured(&app).await;
    let path = format!("/payment-intents/{intent}/receipt");
    let many: Vec<String> = (0..21).map(|i| format!("a{i}@example.com")).collect();
    for (emails, field) in [
        (json!([]), "Emails"),
        (json!(many), "Emails"),
        (json!(["ada@example.com", "nobody"]), "Emails[1]"),
        (json!(["a@example.com\r\nBcc: b@example.com"]), "Emails[0]"),
    ] {
        let blamed = app
            .send(&path, json!({ "emails": emails }))
            .await
            .blames(400);
        assert_eq!(blamed, [field]);
    }
    app.send(&path, json!({})).await.blames(400);
    app.send(&path, json!({ "emails": many[..20] }))
        .await
        .expect(204);

    let unpaid = id(&app.create(json!({})).await);
    app.send(
        &format!("/payment-intents/{unpaid}/receipt"),
        json!({ "emails": ["ada@example.com"] }),
    )
    .await
    .problem(400);
}

#[tokio::test]
async fn at_most_fifty_receipts_of_a_payment_go_out_in_a_day() {
    let app = App::new();
    let intent = captured(&app).await;
    let path = format!("/payment-intents/{intent}/receipt");
    let send = |count: usize| {
        let emails: Vec<_> = (0..count).map(|n| format!("ada{n}@example.com")).collect();
        app.send(&path, json!({ "emails": emails }))
    };
    send(20).await.expect(204);
    send(20).await.expect(204);
    let refused = send(11).await;
    assert_eq!(refused.blames(400), ["Emails"]);
    assert!(
        refused.text().contains("At most 50 receipts"),
        "{}",
        refused.text()
    );
    send(10).await.expect(204);
    assert_eq!(send(1).await.blames(400), ["Emails"]);
    assert_eq!(mailbox(&app).await.len(), 50);
    app.advance("1.00:00:00").await;
    send(1).await.expect(204);
}
