//! Terminal sessions that sell.

use jiff::Timestamp;
use serde_json::{Value, json};
use tatami_tests::{Till, booked, sale};

use super::{events, intent, lines, notifications, statuses};
use crate::{id, pounds, text};

#[tokio::test]
async fn successful_while_inserting_card() {
    let till = Till::new().await;
    let intent = intent(&till, json!({})).await;
    let session = till.session(&till.sell("SIP0", &intent).await).await;
    assert_eq!(session["status"], "Captured", "{session}");
    assert_eq!(
        statuses(&session),
        ["InitiateRequested", "Initiated", "Captured"]
    );
    assert_eq!(
        notifications(&session),
        [
            "PresentCard",
            "PleaseWait",
            "EnterPin",
            "PleaseWait",
            "RemoveCard"
        ]
    );
    let card = &session["paymentDetails"]["card"];
    assert_eq!(card["entryMode"], "ContactChip");
    assert_eq!(card["verificationMethod"], "Pin");
    let receipt = lines(&session["customerReceipt"]);
    assert!(receipt.contains(&"SUCCESSFUL".to_owned()), "{receipt:?}");
    assert!(
        receipt.iter().any(|l| l == "TOTAL             £10.00"),
        "{receipt:?}"
    );
    assert!(
        lines(&session["merchantReceipt"])
            .iter()
            .any(|l| l.contains("MERCHANT COPY"))
    );

    let paid = till.app.intent(&intent).await;
    assert_eq!(paid["status"], "Captured");
    assert_eq!(events(&paid), ["Captured"]);
    let details = &paid["paymentDetails"];
    assert_eq!(details["card"]["cardNumber"], "44565300****1005");
    assert_eq!(details["card"]["entryMode"], "ContactChip");
    assert_eq!(details["card"]["verificationMethod"], "Pin");
    assert_eq!(details["authCode"], session["paymentDetails"]["authCode"]);
    let history = &paid["terminalSessionHistory"][0];
    assert_eq!(history["terminalSession"]["id"], session["id"]);
    assert_eq!(history["terminalSession"]["status"], "Captured");
    assert_eq!(history["payment"]["entryMode"], "ContactChip");
}

#[tokio::test]
async fn successful_with_cashback() {
    let till = Till::new().await;
    till.pace("readable").await;
    let intent = intent(&till, json!({ "cashbackAmount": pounds(2000) })).await;
    let session = till.sell("SIP0", &intent).await;
    let shown = till.machine("SIP0").await;
    assert_eq!(shown["screen"]["amount"]["value"], 3000, "{shown}");
    till.app.advance("00:01:00").await;
    assert_eq!(till.status(&session).await, "Captured");
    let paid = till.app.intent(&intent).await;
    assert_eq!(paid["cashbackAmount"]["value"], 2000);
    assert_eq!(paid["totalAmount"]["value"], 3000);
    assert_eq!(booked(&till.app.books().await, "charge"), 3000);
}

#[tokio::test]
async fn successful_with_gratuity() {
    let till = Till::new().await;
    let first = intent(&till, json!({ "tipsAmount": pounds(150) })).await;
    till.sell("SIP0", &first).await;
    let paid = till.app.intent(&first).await;
    assert_eq!(paid["tipsAmount"]["value"], 150);
    assert_eq!(paid["totalAmount"]["value"], 1150);

    // Added on the machine.
    let second = intent(&till, json!({})).await;
    let session = till.session(&till.sell("SIP1", &second).await).await;
    let paid = till.app.intent(&second).await;
    assert_eq!(paid["status"], "Captured");
    assert_eq!(paid["tipsAmount"]["value"], 100);
    assert_eq!(paid["totalAmount"]["value"], 1100);
    let receipt = lines(&session["receipt"]);
    assert!(
        receipt.iter().any(|l| l == "GRATUITY           £1.00"),
        "{receipt:?}"
    );
    assert_eq!(booked(&till.app.books().await, "charge"), 1150 + 1100);
}

#[tokio::test]
async fn successful_with_contactless() {
    let till = Till::new().await;
    let first = intent(&till, json!({})).await;
    let session = till.session(&till.sell("SCN0", &first).await).await;
    assert_eq!(session["status"], "Captured");
    assert_eq!(notifications(&session), ["PresentCard", "PleaseWait"]);
    let card = &till.app.intent(&first).await["paymentDetails"]["card"];
    assert_eq!(card["entryMode"], "Contactless");
    assert_eq!(card["verificationMethod"], "None");

    // Above the limit, a phone will do.
    let large = json!({ "amount": pounds(25_000) });
    let second = intent(&till, large).await;
    till.sell("SCD0", &second).await;
    let paid = till.app.intent(&second).await;
    assert_eq!(paid["status"], "Captured");
    let card = &paid["paymentDetails"]["card"];
    assert_eq!(card["entryMode"], "Contactless");
    assert_eq!(card["verificationMethod"], "Device");
}

#[tokio::test]
async fn successful_with_signature() {
    let till = Till::new().await;
    let intent = intent(&till, json!({})).await;
    let session = till.sell("SIS0", &intent).await;
    assert_eq!(till.status(&session).await, "SignatureVerificationRequired");
    assert_eq!(till.app.status(&intent).await, "Created");
    let accepted = till.sign(&session, true).await.expect(200);
    assert_eq!(accepted["status"], "SignatureVerificationAccepted");
    for copy in ["customerReceipt", "merchantReceipt"] {
        let receipt = lines(&accepted[copy]);
        assert!(receipt.contains(&"SUCCESSFUL".to_owned()), "{receipt:?}");
    }
    let session = till.session(&session).await;
    assert_eq!(
        statuses(&session),
        [
            "InitiateRequested",
            "Initiated",
            "SignatureVerificationRequired",
            "SignatureVerificationAccepted",
            "Captured"
        ]
    );
    let paid = till.app.intent(&intent).await;
    assert_eq!(paid["status"], "Captured");
    assert_eq!(
        paid["paymentDetails"]["card"]["verificationMethod"],
        "Signature"
    );
}

#[tokio::test]
async fn successful_with_signature_after_80_seconds() {
    let till = Till::new().await;
    let intent = intent(&till, json!({})).await;
    let session = till.sell("SIS0", &intent).await;
    till.app.advance("00:01:15").await;
    assert_eq!(till.status(&session).await, "SignatureVerificationRequired");
    till.app.advance("00:00:10").await;
    assert_eq!(till.status(&session).await, "Captured");
    assert_eq!(till.app.status(&intent).await, "Captured");
}

#[tokio::test]
async fn declined() {
    let till = Till::new().await;
    let intent = intent(&till, json!({})).await;
    let session = till.session(&till.sell("DIP0", &intent).await).await;
    assert_eq!(session["status"], "Declined");
    assert!(notifications(&session).contains(&"Declined".to_owned()));
    let after = till.app.intent(&intent).await;
    assert_eq!(after["status"], "Created");
    assert_eq!(events(&after), ["Declined"]);
    // The same payment intent is tried again.
    till.sell("SIP0", &intent).await;
    let paid = till.app.intent(&intent).await;
    assert_eq!(paid["status"], "Captured");
    assert_eq!(events(&paid), ["Declined", "Captured"]);
    assert_eq!(
        paid["terminalSessionHistory"].as_array().map(Vec::len),
        Some(2)
    );
}

#[tokio::test]
async fn unsuccessful_with_signature_rejection() {
    let till = Till::new().await;
    let intent = intent(&till, json!({})).await;
    for (tries, machine) in ["SIS0", "DIS0"].into_iter().enumerate() {
        let session = till.sell(machine, &intent).await;
        let rejected = till.sign(&session, false).await.expect(200);
        assert_eq!(rejected["status"], "SignatureVerificationRejected");
        assert_eq!(till.status(&session).await, "SignatureVerificationRejected");
        let after = till.app.intent(&intent).await;
        assert_eq!(after["status"], "Created");
        assert_eq!(events(&after), vec!["Reversed"; tries + 1]);
        assert!(after.get("paymentDetails").is_none(), "{after}");
    }
    let books = till.app.books().await;
    assert_eq!(booked(&books, "charge"), booked(&books, "reverse"));
    till.sell("SIP0", &intent).await;
    assert_eq!(till.app.status(&intent).await, "Captured");
}

#[tokio::test]
async fn late_signature_rejection_after_80_seconds() {
    let till = Till::new().await;
    let intent = intent(&till, json!({})).await;
    let session = till.sell("SIS0", &intent).await;
    till.app.advance("00:01:20").await;
    let refused = till.sign(&session, false).await.problem(422);
    assert!(text(&refused, "detail").contains("Captured"), "{refused}");
    assert_eq!(till.status(&session).await, "Captured");
    assert_eq!(till.app.status(&intent).await, "Captured");
    assert_eq!(booked(&till.app.books().await, "reverse"), 0);
}

#[tokio::test]
async fn failure_with_busy_terminal() {
    let till = Till::new().await;
    let intent = intent(&till, json!({})).await;
    till.press("SIP0", "menu", json!({})).await.expect(200);
    assert_eq!(till.terminal("SIP0").await["status"], "InUse");
    let refused = till.ask("SIP0", sale(&intent)).await.problem(409);
    assert_eq!(refused["code"], "TERMINAL_UNAVAILABLE");
    assert_eq!(till.app.status(&intent).await, "Created");
    till.press("SIP0", "leave-menu", json!({}))
        .await
        .expect(200);
    till.sell("SIP0", &intent).await;
    assert_eq!(till.app.status(&intent).await, "Captured");
}

#[tokio::test]
async fn cancel_transaction_from_pdq() {
    let till = Till::new().await;
    let intent = intent(&till, json!({})).await;
    let session = till.sell("MAN0", &intent).await;
    assert_eq!(till.machine("MAN0").await["screen"]["name"], "presentCard");
    till.press("MAN0", "cancel", json!({})).await.expect(200);
    assert_eq!(till.status(&session).await, "Canceled");
    assert_eq!(till.app.status(&intent).await, "Created");
    // A machine that does it by itself.
    let session = till.sell("CIP0", &intent).await;
    assert_eq!(till.status(&session).await, "Canceled");
    assert!(till.app.books().await.is_empty());
}

#[tokio::test]
async fn cancel_transaction_from_pos_successful() {
    let till = Till::new().await;
    let intent = intent(&till, json!({})).await;
    let session = till.sell("MAN0", &intent).await;
    let asked = till.cancel(&session).await.expect(200);
    assert_eq!(asked["status"], "CancelRequested");
    let session = till.session(&session).await;
    assert_eq!(
        statuses(&session),
        [
            "InitiateRequested",
            "Initiated",
            "CancelRequested",
            "Canceled"
        ]
    );
    assert_eq!(till.app.status(&intent).await, "Created");
    assert_eq!(till.terminal("MAN0").await["status"], "Available");
}

#[tokio::test]
async fn cancel_transaction_from_pos_unsuccessful() {
    let till = Till::new().await;
    let intent = intent(&till, json!({})).await;
    let session = till.sell("MAN0", &intent).await;
    let card = json!({ "card": "visa-debit" });
    till.press("MAN0", "insert", card).await.expect(200);
    let refused = till.cancel(&session).await.problem(422);
    assert!(text(&refused, "detail").contains("card"), "{refused}");
    let pin = json!({ "digits": "1234" });
    till.press("MAN0", "pin", pin).await.expect(200);
    assert_eq!(till.status(&session).await, "Captured");
    till.cancel(&session).await.problem(422);
    assert_eq!(till.app.status(&intent).await, "Captured");
}

#[tokio::test]
async fn expired() {
    let till = Till::new().await;
    let intent = intent(&till, json!({})).await;
    let session = till.session(&till.sell("TIP0", &intent).await).await;
    assert_eq!(session["status"], "Expired");
    let receipt = lines(&session["customerReceipt"]);
    assert!(
        receipt.contains(&"RESULT NOT KNOWN".to_owned()),
        "{receipt:?}"
    );
    assert_eq!(till.app.status(&intent).await, "Created");
    // Until it is known what became of the money, nobody pays a second time.
    till.ask("SIP0", sale(&intent)).await.problem(409);
    till.app.advance("00:00:31").await;
    let after = till.app.intent(&intent).await;
    assert_eq!(after["status"], "Created");
    assert_eq!(events(&after), ["Error"]);
    till.sell("SIP0", &intent).await;
    assert_eq!(till.app.status(&intent).await, "Captured");
    assert_eq!(booked(&till.app.books().await, "charge"), 1000);
}

/// The account's clock goes on by itself as well, so what a look must show is what has
/// happened by its moment, however long the test took to get there.
#[tokio::test]
async fn polling_rate() {
    let till = Till::new().await;
    till.pace("readable").await;
    let intent = id(&till.app.create(json!({})).await);
    let session = till.sell("SIP0", &intent).await;
    let mut statuses_seen: Vec<String> = Vec::new();
    let mut looks = Vec::new();
    let mut last = json!(null);
    for _ in 0..30 {
        let advanced = till.app.advance("00:00:01").await;
        last = till.session(&session).await;
        looks.push((
            moment(&advanced, "now"),
            notifications(&last).len(),
            till.app.now().await,
        ));
        statuses_seen.push(text(&last, "status"));
    }
    statuses_seen.dedup();
    assert!(
        ["Initiated", "Captured"]
            .ends_with(&statuses_seen.iter().map(String::as_str).collect::<Vec<_>>()),
        "{statuses_seen:?}"
    );
    let shown = last["notificationEvents"].as_array().expect("a list");
    let mut shown: Vec<Timestamp> = shown.iter().map(|n| moment(n, "createdAt")).collect();
    for (from, seen, to) in looks {
        let by = |at| shown.iter().filter(|moment| **moment <= at).count();
        assert!(
            (by(from)..=by(to)).contains(&seen),
            "{seen} at {from} to {to}: {shown:?}"
        );
    }
    shown.dedup();
    assert!(shown.len() > 3, "one after the other: {shown:?}");
}

fn moment(of: &Value, name: &str) -> Timestamp {
    text(of, name).parse().expect("a moment")
}

#[tokio::test]
async fn display_notifications() {
    let till = Till::new().await;
    let intent = intent(&till, json!({})).await;
    let canceled = till.sell("MAN0", &intent).await;
    till.cancel(&canceled).await.expect(200);
    let canceled = till.session(&canceled).await;
    assert_eq!(notifications(&canceled), ["PresentCard"]);
    let signed = till.sell("SIS0", &intent).await;
    till.sign(&signed, true).await.expect(200);
    let signed = till.session(&signed).await;
    assert_eq!(
        notifications(&signed),
        ["PresentCard", "PleaseWait", "RemoveCard"]
    );
    for session in [canceled, signed] {
        let moments = session["notificationEvents"].as_array().expect("a list");
        let moments: Vec<String> = moments.iter().map(|n| text(n, "createdAt")).collect();
        assert!(moments.is_sorted(), "{moments:?}");
        let moments = session["statusEvents"].as_array().expect("a list");
        let debug = moments
            .iter()
            .all(|event| event["debugMessage"].is_string());
        assert!(debug, "{session}");
    }
}

#[tokio::test]
async fn remove_card_is_seen_before_the_end_by_who_asks_each_second() {
    let till = Till::new().await;
    till.pace("readable").await;
    for (ending, end) in [("SIP0", "Captured"), ("DIP0", "Declined")] {
        let intent = intent(&till, json!({})).await;
        let id = till.sell(ending, &intent).await;
        let (mut seen, mut expires) = (Vec::new(), Vec::new());
        for _ in 0..30 {
            let session = till.session(&id).await;
            let status = text(&session, "status");
            let last = notifications(&session).pop().unwrap_or_default();
            expires.push((status.clone(), text(&session, "expireAt")));
            let over = status == end;
            seen.push((status, last));
            if over {
                break;
            }
            // The clock runs too while it asks: together they are a second.
            till.app.advance("00:00:00.7500000").await;
        }
        let shown = ("Initiated".to_owned(), "RemoveCard".to_owned());
        assert!(seen.contains(&shown), "{seen:?}");
        let (last, _) = seen.last().expect("something");
        assert_eq!(last, end, "{seen:?}");
        // It moves with the status, and the last one keeps it.
        expires.dedup_by_key(|(_, expires)| expires.clone());
        let statuses: Vec<_> = expires.iter().map(|(status, _)| status.as_str()).collect();
        assert_eq!(statuses, ["InitiateRequested", "Initiated"], "{expires:?}");
    }
}
