//! No card number outlives its request.

use serde_json::json;
use tatami_tests::{
    App, Card, DEVELOPMENT_KEY, PUBLISHED_CARDS, Receiver, Tatami, booking, complete, give, pay,
    prove,
};

use crate::id;

fn holds(bytes: &[u8], digits: &str) -> bool {
    let grouped: Vec<String> = [4, 4, 4, digits.len() - 12]
        .iter()
        .scan(0, |at, length| {
            *at += length;
            Some(digits[*at - length..*at].to_owned())
        })
        .collect();
    [digits.to_owned(), grouped.join(" "), grouped.join("-")]
        .iter()
        .any(|form| {
            bytes
                .windows(form.len())
                .any(|window| window == form.as_bytes())
        })
}

#[tokio::test]
async fn no_number_is_in_the_data_the_output_an_answer_or_a_delivery() {
    let mut server = Tatami::start_with(&["--log-format", "json"]);
    let app = App::on(&server);
    let shop = Receiver::open().await;
    let events = [
        "payment_intent.created",
        "payment_intent.status_updated",
        "payment_intent.send-receipt",
    ];
    app.send(
        "/webhooks",
        json!({ "events": events, "url": shop.url("/") }),
    )
    .await
    .expect(200);
    let mut numbers: Vec<String> = PUBLISHED_CARDS
        .map(|(number, _)| number.to_owned())
        .to_vec();
    numbers.extend(tatami_tests::test_cards(&app).await);
    numbers.sort();
    numbers.dedup();
    assert!(numbers.len() > PUBLISHED_CARDS.len(), "{numbers:?}");

    let mut answers = String::new();
    for number in &numbers {
        let card = Card::new(number);
        let customer = json!({ "customer": { "emailAddress": "ada@example.com" } });
        let intent = id(&app.create(customer).await);
        let secret = app.secret(&intent).await;
        let paid = pay(&app, &secret, card).await;
        answers.push_str(&paid.answer.to_string());
        if paid.code == 3 {
            let proof = prove(&app, &paid.answer, "approve").await;
            let done = complete(&app, &secret, &paid.answer, &proof).await;
            answers.push_str(&done.answer.to_string());
        }
        answers.push_str(&app.intent(&intent).await.to_string());
    }
    // A number where it does not belong, and a wrong one.
    let intent = id(&app.create(json!({})).await);
    for (field, value) in [
        ("cardName", "4456530000001005"),
        ("cardNumber", "4456530000001006"),
        ("expiryDate", "4456530000001005"),
    ] {
        let secret = app.secret(&intent).await;
        let mut body = tatami_tests::APPROVED.body();
        body[field] = json!(value);
        let path = format!("/connect-e/api/payments/{secret}");
        answers.push_str(&app.stranger().send(&path, body).await.text());
    }
    app.stranger()
        .send(
            "/connect-e/api/payments/4456530000001005",
            tatami_tests::APPROVED.body(),
        )
        .await;
    numbers.push("4456530000001006".to_owned());
    for path in [
        "/sandbox/mailbox",
        "/sandbox/webhook-deliveries",
        "/sandbox/acquirer/books",
    ] {
        answers.push_str(
            &app.get(path)
                .header("accept", "application/json")
                .await
                .text(),
        );
    }
    for arrived in shop.got() {
        answers.push_str(&String::from_utf8_lossy(&arrived.body));
    }

    assert!(server.sigterm().success());
    for number in &numbers {
        assert!(!holds(answers.as_bytes(), number), "{number} in an answer");
        assert!(
            !holds(server.output().as_bytes(), number),
            "{number} in the output"
        );
        for (path, bytes) in server.stored() {
            assert!(!holds(&bytes, number), "{number} in {}", path.display());
        }
    }
}

#[tokio::test]
async fn no_number_of_a_card_that_is_kept_is_anywhere() {
    let mut server = Tatami::start_with(&["--log-format", "json"]);
    let app = App::with_key(&server, DEVELOPMENT_KEY);
    let numbers = ["4456530000001005", "4456530000001013", "5200000000001005"];
    let mut answers = String::new();
    for number in numbers {
        let setup = app.setup(json!({})).await;
        let secret = setup["clientSessionSecret"].as_str().expect("a secret");
        let given = give(&app, secret, Card::new(number), true).await;
        answers.push_str(&given.text());
        let mut captured = booking(json!({}));
        captured["consent"] = json!({ "given": true });
        captured["card"] = json!({
            "cardNumber": number, "expiryDate": "12/39", "cardholderName": "Ada Payer",
        });
        let tokenized = app.send("/pci-api/setup-intents", captured.clone()).await;
        answers.push_str(&tokenized.text());
        captured["card"]["cardholderName"] = json!(number);
        captured["card"]["expiryDate"] = json!(number);
        answers.push_str(&app.send("/pci-api/setup-intents", captured).await.text());
        for setup in [id(&setup), id(&tokenized.expect(200))] {
            let bill = app.bill(&setup).await;
            answers.push_str(&app.charge(&bill).await.text());
            answers.push_str(&app.setup_now(&setup).await.to_string());
        }
    }
    assert!(answers.contains("Successful"), "{answers}");
    assert!(server.sigterm().success());
    for number in numbers {
        assert!(!holds(answers.as_bytes(), number), "{number} in an answer");
        let output = server.output();
        assert!(!holds(output.as_bytes(), number), "{number} in the output");
        for (path, bytes) in server.stored() {
            assert!(!holds(&bytes, number), "{number} in {}", path.display());
        }
    }
}
