//! No card number outlives its request.

use serde_json::json;
use tatami_tests::{
    App, Card, DEVELOPMENT_KEY, PUBLISHED_CARDS, Receiver, Tatami, booking, complete, give, pay,
    prove,
};

use crate::id;

/// Whether a number is there, as text in any of the usual spellings, in base64,
/// in base16, or with two bytes a digit.
fn holds(bytes: &[u8], digits: &str) -> bool {
    forms(digits).iter().any(|form| {
        bytes
            .windows(form.len())
            .any(|window| window == form.as_slice())
    })
}

fn forms(digits: &str) -> Vec<Vec<u8>> {
    let grouped: Vec<String> = [4, 4, 4, digits.len() - 12]
        .iter()
        .scan(0, |at, length| {
            *at += length;
            Some(digits[*at - length..*at].to_owned())
        })
        .collect();
    let hex: String = digits.bytes().map(|b| format!("{b:02x}")).collect();
    let wide = |low: bool| -> Vec<u8> {
        let pair = |b: u8| if low { [b, 0] } else { [0, b] };
        digits.bytes().flat_map(pair).collect()
    };
    let mut forms = vec![
        digits.as_bytes().to_vec(),
        grouped.join(" ").into_bytes(),
        grouped.join("-").into_bytes(),
        hex.clone().into_bytes(),
        hex.to_uppercase().into_bytes(),
        wide(true),
        wide(false),
    ];
    // What stands before it decides where the groups of base64 begin.
    for skipped in 0..3 {
        let whole = (digits.len() - skipped) / 3 * 3;
        forms.push(base64(&digits.as_bytes()[skipped..skipped + whole]));
    }
    forms
}

/// Base64 of whole groups of three bytes.
fn base64(bytes: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |three: &[u8]| {
        let bits = three
            .iter()
            .fold(0_usize, |bits, b| bits << 8 | usize::from(*b));
        [18, 12, 6, 0].map(|shift| ALPHABET[bits >> shift & 63])
    };
    bytes.chunks(3).flat_map(group).collect()
}

#[test]
fn the_scan_finds_what_it_looks_for() {
    let digits = "4456530000001096";
    for hidden in [
        "x4456530000001096",
        "4456-5300-0000-1096",
        "NDQ1NjUzMDAwMDAwMTA5Ng==",
        "eDQ0NTY1MzAwMDAwMDEwOTY=",
        "eHg0NDU2NTMwMDAwMDAxMDk2",
        "34343536353330303030303031303936",
    ] {
        assert!(holds(hidden.as_bytes(), digits), "{hidden}");
    }
    assert!(!holds(b"44565300****1096 4456530000001097", digits));
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
async fn saved_numbers_are_nowhere_but_sealed_in_the_vault() {
    let mut server = Tatami::start_with(&["--log-format", "json"]);
    let app = App::on(&server);
    let mut answers = String::new();
    let numbers = [
        "4456530000001005",
        "4111111111111111",
        "5200000000001005",
        "4456530000001096",
        "6011000000001002",
        "378282246310005",
        "30569309025904",
    ];
    let ada = crate::customers::customer(&app).await;
    let order = json!({ "paymentMethods": ["SavedCard", "Card"], "customer": { "id": ada } });
    for number in numbers {
        let card = Card::new(number);
        let intent = id(&app.create(order.clone()).await);
        let secret = app.secret(&intent).await;
        let mut body = card.body();
        body["savePaymentMethod"] = json!(true);
        body["mitConsentGiven"] = json!(true);
        let path = format!("/connect-e/api/payments/{secret}");
        let mut paid = app.stranger().send(&path, body).await.expect(200);
        if paid["statusCode"] == 3 {
            // Pending cards are sealed as well.
            for (path, bytes) in server.stored() {
                assert!(!holds(&bytes, number), "{number} in {}", path.display());
            }
            let proof = prove(&app, &paid, "approve").await;
            paid = complete(&app, &secret, &paid, &proof).await.answer;
        }
        assert_eq!(paid["statusCode"], 0, "{paid}");
        let there = app.intent(&intent).await;
        answers.push_str(&format!("{paid}{there}"));

        let again = id(&app.create(order.clone()).await);
        let path = format!(
            "/connect-e/api/payments/recurring/{}",
            app.secret(&again).await
        );
        let method = &there["paymentDetails"]["paymentMethodId"];
        let body = json!({ "paymentMethodId": method, "cV2": card.cv2 });
        let paid = app.stranger().send(&path, body).await.expect(200);
        answers.push_str(&format!("{paid}{}", app.intent(&again).await));
    }
    let key = crate::customers::secret_of(&app, &ada).await;
    let kept = crate::customers::methods_of(&app, &ada, &key).await;
    assert_eq!(kept.len(), numbers.len());
    answers.push_str(&json!(kept).to_string());
    let books = app.get("/sandbox/acquirer/books").await;
    answers.push_str(&books.text());

    assert!(server.sigterm().success());
    let stored = server.stored();
    let sealed = stored.iter().any(|(_, bytes)| {
        let word = b"fingerprint";
        bytes.windows(word.len()).any(|window| window == word)
    });
    assert!(sealed, "no saved card is stored");
    for number in numbers {
        assert!(!holds(answers.as_bytes(), number), "{number} in an answer");
        let output = server.output();
        assert!(!holds(output.as_bytes(), number), "{number} in the output");
        for (path, bytes) in &stored {
            assert!(!holds(bytes, number), "{number} in {}", path.display());
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
