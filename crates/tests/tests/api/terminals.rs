//! Card machines beyond the checklist: buttons, limits, races, lost lines and
//! crashes.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};
use tatami_tests::{APPROVED, Till, booked, pay, sale, unlinked_refund};

use crate::{id, pounds, text};

async fn intent(till: &Till, changes: Value) -> String {
    id(&till.app.create(changes).await)
}

/// Inserts a card of the wallet into the machine that somebody drives, and types
/// its PIN.
async fn insert(till: &Till, card: &str) {
    let card = json!({ "card": card });
    till.press("MAN0", "insert", card).await.expect(200);
    let pin = json!({ "digits": "1234" });
    till.press("MAN0", "pin", pin).await.expect(200);
}

#[tokio::test]
async fn a_machine_that_somebody_drives_shows_each_step() {
    let till = Till::new().await;
    let intent = intent(&till, json!({})).await;
    let session = till.sell("MAN0", &intent).await;
    let machine = till.machine("MAN0").await;
    assert_eq!(machine["status"], "Busy");
    assert_eq!(machine["session"]["id"], session);
    assert_eq!(machine["session"]["paymentIntentId"], intent);
    assert!(machine.get("script").is_none(), "{machine}");
    let actions = |machine: &Value| machine["actions"].clone();
    assert!(
        actions(&machine)
            .as_array()
            .is_some_and(|a| a.contains(&json!("tap-device")))
    );
    till.press("MAN0", "pin", json!({ "digits": "1234" }))
        .await
        .problem(409);
    till.press("MAN0", "juggle", json!({})).await.problem(404);
    till.press("MAN0", "insert", json!({})).await.problem(400);
    till.press("MAN0", "insert", json!({ "card": "none" }))
        .await
        .problem(404);

    let card = json!({ "card": "visa-debit" });
    let machine = till.press("MAN0", "insert", card).await.expect(200);
    assert_eq!(machine["screen"]["name"], "enterPin");
    assert_eq!(machine["screen"]["masked"], "44565300****1005");
    for tries_left in [2, 1] {
        let wrong = json!({ "digits": "4321" });
        let machine = till.press("MAN0", "pin", wrong).await.expect(200);
        assert_eq!(machine["screen"]["name"], "wrongPin");
        assert_eq!(machine["screen"]["pinTriesLeft"], tries_left);
    }
    let right = json!({ "digits": "1234" });
    let machine = till.press("MAN0", "pin", right).await.expect(200);
    assert_eq!(machine["screen"]["name"], "removeCard");
    let machine = till
        .press("MAN0", "remove-card", json!({}))
        .await
        .expect(200);
    assert_eq!(machine["screen"]["name"], "approved");
    assert_eq!(machine["receipts"].as_array().map(Vec::len), Some(2));
    let machine = till.press("MAN0", "ok", json!({})).await.expect(200);
    assert_eq!(machine["screen"]["name"], "idle");
    assert_eq!(machine["status"], "Available");
    assert_eq!(till.app.status(&intent).await, "Captured");
}

#[tokio::test]
async fn three_wrong_pins_decline_without_asking_anybody() {
    let till = Till::new().await;
    let intent = intent(&till, json!({})).await;
    let session = till.sell("MAN0", &intent).await;
    let card = json!({ "card": "visa-debit" });
    till.press("MAN0", "insert", card).await.expect(200);
    for _ in 0..3 {
        let wrong = json!({ "digits": "0" });
        till.press("MAN0", "pin", wrong).await.expect(200);
    }
    assert_eq!(till.status(&session).await, "Declined");
    assert_eq!(till.app.status(&intent).await, "Created");
    assert!(till.app.books().await.is_empty());
}

#[tokio::test]
async fn a_swiped_card_is_signed_for_on_the_machine_too() {
    let till = Till::new().await;
    let intent = intent(&till, json!({})).await;
    let session = till.sell("MAN0", &intent).await;
    let card = json!({ "card": "visa-signature" });
    till.press("MAN0", "swipe", card).await.expect(200);
    assert_eq!(till.status(&session).await, "SignatureVerificationRequired");
    till.press("MAN0", "sign", json!({})).await.expect(200);
    let verdict = json!({ "accepted": true });
    till.press("MAN0", "signature", verdict).await.expect(200);
    assert_eq!(till.status(&session).await, "Captured");
    let card = &till.app.intent(&intent).await["paymentDetails"]["card"];
    assert_eq!(card["entryMode"], "Magstripe");
    assert_eq!(card["verificationMethod"], "Signature");
}

#[tokio::test]
async fn tips_are_asked_for_where_they_are_allowed() {
    let till = Till::new().await;
    let order = json!({ "config": { "payment": { "tipsAllowed": true } }, "serviceChargeAmount": pounds(100) });
    let intent = intent(&till, order).await;
    till.sell("MAN0", &intent).await;
    assert_eq!(till.machine("MAN0").await["screen"]["name"], "tip");
    till.press("MAN0", "tip", json!({ "amount": -1 }))
        .await
        .problem(400);
    let machine = till
        .press("MAN0", "tip", json!({ "amount": 250 }))
        .await
        .expect(200);
    assert_eq!(machine["screen"]["amount"]["value"], 1350);
    insert(&till, "visa-debit").await;
    let paid = till.app.intent(&intent).await;
    assert_eq!(paid["tipsAmount"]["value"], 250);
    assert_eq!(paid["totalAmount"]["value"], 1350);
    assert_eq!(booked(&till.app.books().await, "charge"), 1350);
}

#[tokio::test]
async fn a_tap_above_the_limit_wants_the_chip() {
    let till = Till::new().await;
    let first = intent(&till, json!({ "amount": pounds(10_001) })).await;
    let session = till.sell("MAN0", &first).await;
    let card = json!({ "card": "visa-debit" });
    let machine = till.press("MAN0", "tap", card).await.expect(200);
    assert_eq!(machine["screen"]["title"], "Insert card");
    insert(&till, "visa-debit").await;
    assert_eq!(till.status(&session).await, "Captured");
    // A scripted machine does the same by itself.
    let second = intent(&till, json!({ "amount": pounds(10_001) })).await;
    till.sell("SCN0", &second).await;
    let card = &till.app.intent(&second).await["paymentDetails"]["card"];
    assert_eq!(card["entryMode"], "ContactChip");
    assert_eq!(card["verificationMethod"], "Pin");
}

#[tokio::test]
async fn the_next_payment_is_set_on_any_machine_and_only_the_next() {
    let till = Till::new().await;
    let intent = intent(&till, json!({})).await;
    let declined = json!({ "outcome": "declined" });
    till.next("SIP0", declined).await;
    let machine = till.machine("SIP0").await;
    assert_eq!(machine["nextOutcome"]["outcome"], "declined");
    let session = till.sell("SIP0", &intent).await;
    assert_eq!(till.status(&session).await, "Declined");
    let tipped = json!({ "outcome": "success", "entry": "contactless", "verification": "device", "tip": true });
    till.next("MAN0", tipped).await;
    let session = till.sell("MAN0", &intent).await;
    assert_eq!(till.status(&session).await, "Captured");
    assert_eq!(till.app.intent(&intent).await["tipsAmount"]["value"], 100);
    assert!(till.machine("MAN0").await.get("nextOutcome").is_none());

    let tid = till.tid("SIP0").await;
    till.next("SIP0", json!({ "outcome": "cancelled" })).await;
    let path = format!("/sandbox/card-machines/{tid}/next-outcome");
    let machine = till.app.delete(&path).await.expect(200);
    assert!(machine.get("nextOutcome").is_none(), "{machine}");
    let request = till.app.request(reqwest::Method::PUT, &path);
    request
        .json(json!({ "outcome": "luck" }))
        .await
        .problem(400);
}

#[tokio::test]
async fn a_machine_that_cannot_go_on_cancels() {
    let till = Till::new().await;
    let intent = intent(&till, json!({})).await;
    let session = till.session(&till.sell("UIP0", &intent).await).await;
    assert_eq!(session["status"], "Canceled");
    let shown = session["notificationEvents"].to_string();
    assert!(shown.contains("CardError"), "{shown}");
    assert!(till.app.books().await.is_empty());
}

#[tokio::test]
async fn of_tills_that_race_for_a_machine_one_gets_it() {
    let till = Till::new().await;
    let mut tries = Vec::new();
    for _ in 0..6 {
        let (till, intent) = (till.clone(), intent(&till, json!({})).await);
        tries.push(tokio::spawn(async move {
            till.ask("MAN0", sale(&intent)).await.status.as_u16()
        }));
    }
    let mut statuses = Vec::new();
    for attempt in tries {
        statuses.push(attempt.await.expect("a status"));
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409, 409]);
}

#[tokio::test]
async fn an_intent_is_on_one_machine_and_not_paid_online_meanwhile() {
    let till = Till::new().await;
    let intent = intent(&till, json!({})).await;
    let secret = till.app.secret(&intent).await;
    let session = till.sell("MAN0", &intent).await;
    till.ask("SIP0", sale(&intent)).await.problem(400);
    let online = pay(&till.app, &secret, APPROVED).await;
    assert_ne!(online.code, 0, "{}", online.answer);
    assert!(till.app.books().await.is_empty());
    till.cancel(&session).await.expect(200);
    let secret = till.app.secret(&intent).await;
    assert_eq!(pay(&till.app, &secret, APPROVED).await.code, 0);
    till.ask("SIP0", sale(&intent)).await.problem(400);
    assert_eq!(booked(&till.app.books().await, "charge"), 1000);
}

#[tokio::test]
async fn an_intent_that_ends_while_a_machine_shows_it_is_not_paid() {
    let till = Till::new().await;
    let soon = till.app.now().await + std::time::Duration::from_secs(60);
    let intent = intent(&till, json!({ "expireAt": soon.to_string() })).await;
    let session = till.sell("MAN0", &intent).await;
    till.app.advance("00:01:01").await;
    assert_eq!(till.app.status(&intent).await, "Canceled");
    insert(&till, "visa-debit").await;
    assert_eq!(till.status(&session).await, "Canceled");
    assert!(till.app.books().await.is_empty());
}

#[tokio::test]
async fn a_session_that_nobody_pays_expires() {
    let till = Till::new().await;
    let intent = intent(&till, json!({})).await;
    let session = till.sell("MAN0", &intent).await;
    till.app.advance("00:01:31").await;
    let expired = till.session(&session).await;
    assert_eq!(expired["status"], "Expired");
    assert_eq!(till.app.status(&intent).await, "Created");
    assert_eq!(till.terminal("MAN0").await["status"], "Available");
    till.sell("SIP0", &intent).await;
    assert_eq!(till.app.status(&intent).await, "Captured");
}

#[tokio::test]
async fn money_whose_answer_is_lost_is_found_and_not_taken_twice() {
    let till = Till::new().await;
    let intent = intent(&till, json!({})).await;
    let session = till.sell("MAN0", &intent).await;
    insert(&till, "answer-lost").await;
    assert_eq!(till.status(&session).await, "Initiated");
    till.app.advance("00:00:09").await;
    assert_eq!(till.status(&session).await, "Expired");
    let machine = till.machine("MAN0").await;
    assert_eq!(machine["screen"]["name"], "timedOut");
    assert!(machine["receipts"].to_string().contains("RESULT NOT KNOWN"));
    assert_eq!(till.app.status(&intent).await, "Created");
    till.ask("SIP0", sale(&intent)).await.problem(409);

    till.app.advance("00:00:25").await;
    let paid = till.app.intent(&intent).await;
    assert_eq!(paid["status"], "Captured");
    assert_eq!(paid["paymentEvents"][0]["eventType"], "Captured");
    assert_eq!(
        paid["terminalSessionHistory"][0]["terminalSession"]["status"],
        "Expired"
    );
    let after = till.session(&session).await;
    assert_eq!(after["status"], "Expired");
    assert_eq!(
        after["paymentDetails"]["authCode"],
        paid["paymentDetails"]["authCode"]
    );
    assert!(
        till.machine("MAN0").await["receipts"]
            .to_string()
            .contains("SUCCESSFUL")
    );
    till.ask("SIP0", sale(&intent)).await.problem(400);
    assert_eq!(booked(&till.app.books().await, "charge"), 1000);
}

#[tokio::test]
async fn a_refund_whose_answer_is_lost_is_found_and_not_given_twice() {
    let till = Till::new().await;
    let session = till.start("MAN0", unlinked_refund(700)).await;
    insert(&till, "answer-lost").await;
    till.app.advance("00:00:09").await;
    assert_eq!(till.status(&session).await, "Expired");
    assert!(till.session(&session).await.get("paymentDetails").is_none());
    till.app.advance("00:00:31").await;
    let after = till.session(&session).await;
    assert_eq!(after["status"], "Expired");
    assert_eq!(after["paymentDetails"]["message"], "REFUNDED");
    assert_eq!(booked(&till.app.books().await, "credit"), 700);
}

#[tokio::test]
async fn a_battery_taken_out_during_authorization_loses_no_money() {
    let till = Till::new().await;
    let intent = intent(&till, json!({})).await;
    let session = till.sell("MAN0", &intent).await;
    // Slow enough to be there before the answer.
    till.pace("readable").await;
    let card = json!({ "card": "visa-debit" });
    till.press("MAN0", "insert", card).await.expect(200);
    // The session keeps the pace it began with; the line goes before the PIN.
    till.press("MAN0", "power-off", json!({})).await.expect(200);
    assert_eq!(till.terminal("MAN0").await["status"], "Offline");
    till.press("MAN0", "pin", json!({ "digits": "1234" }))
        .await
        .problem(409);
    let machine = till.press("MAN0", "power-on", json!({})).await.expect(200);
    assert_eq!(machine["screen"]["name"], "cancelled");
    assert_eq!(till.status(&session).await, "Canceled");
    assert!(till.app.books().await.is_empty());

    let session = till.sell("MAN0", &intent).await;
    till.app.advance("00:00:02").await;
    insert(&till, "visa-debit").await;
    let machine = till.press("MAN0", "power-off", json!({})).await.expect(200);
    assert_eq!(machine["screen"]["name"], "off");
    till.app.advance("00:00:15").await;
    assert_eq!(till.status(&session).await, "Expired");
    assert_eq!(till.app.status(&intent).await, "Created");
    till.app.advance("00:00:30").await;
    assert_eq!(till.app.status(&intent).await, "Captured");
    let machine = till.press("MAN0", "power-on", json!({})).await.expect(200);
    assert!(
        machine["receipts"].to_string().contains("SUCCESSFUL"),
        "{machine}"
    );
    assert_eq!(booked(&till.app.books().await, "charge"), 1000);
}

#[tokio::test]
async fn the_same_request_again_starts_no_second_session() {
    let till = Till::new().await;
    let intent = intent(&till, json!({})).await;
    let terminal = till.terminal("SIP0").await;
    let body = json!({ "terminalId": terminal["id"], "details": sale(&intent) });
    let ask = || {
        till.named(
            till.app
                .send("/terminal-sessions", body.clone())
                .key("once"),
        )
    };
    let first = ask().await.expect(200);
    let second = ask().await.expect(200);
    assert_eq!(first, second);
    assert_eq!(booked(&till.app.books().await, "charge"), 1000);
}

#[tokio::test]
async fn a_number_that_is_typed_is_kept_nowhere() {
    let till = Till::new().await;
    let intent = intent(&till, json!({})).await;
    till.sell("MAN0", &intent).await;
    let bad = json!({ "number": "4456 5300 0000 1006", "expiry": "13/39" });
    let refused = till.press("MAN0", "key-in", bad).await.problem(400);
    assert!(!refused.to_string().contains("1006"), "{refused}");
    let typed = json!({ "number": "4456530000001005", "expiry": "12/39", "cv2": "987" });
    let machine = till.press("MAN0", "key-in", typed).await.expect(200);
    assert_eq!(machine["screen"]["name"], "approved");
    assert_eq!(till.app.status(&intent).await, "Captured");
    for (place, bytes) in tatami_tests::shared().stored() {
        let found = bytes
            .windows(16)
            .any(|window| window == b"4456530000001005");
        assert!(!found, "{}", place.display());
    }
}

#[tokio::test]
async fn a_phone_gets_a_secret_that_ends() {
    let till = Till::new().await;
    let path = "/tap/apple-terminal/secret";
    let made = till.app.post(path).version("2023-12-12").await.expect(200);
    assert!(text(&made, "secret").starts_with("ts_sandbox_"), "{made}");
    let ends: jiff::Timestamp = text(&made, "expirationDate").parse().expect("a moment");
    let life = ends.duration_since(till.app.now().await).as_secs();
    assert!((21_000..=21_600).contains(&life), "{life}");
    let again = till.app.post(path).version("2023-12-12").await.expect(200);
    till.app.advance("00:00:01").await;
    let later = till.app.post(path).version("2023-12-12").await.expect(200);
    assert_ne!(again["secret"], later["secret"]);
    till.app.stranger().post(path).await.problem(401);
}

#[tokio::test]
async fn a_machine_is_watched_as_it_changes() {
    let till = Till::new().await;
    let tid = till.tid("MAN0").await;
    let address = till.app.base.trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).expect("connected");
    stream
        .set_read_timeout(Some(tatami_tests::PATIENCE))
        .expect("a deadline");
    let (key, path) = (&till.app.key, format!("/sandbox/card-machines/{tid}/live"));
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Basic {key}\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut heard = String::new();
    let mut until = |wanted: &str| {
        let mut part = [0; 4096];
        while !heard.contains(wanted) {
            let read = stream.read(&mut part).expect("an event in time");
            assert!(read > 0, "it ended after {heard}");
            heard.push_str(&String::from_utf8_lossy(&part[..read]));
        }
        heard.clone()
    };
    let first = until("\"name\":\"idle\"");
    assert!(
        first
            .to_ascii_lowercase()
            .contains("content-type: text/event-stream"),
        "{first}"
    );
    assert!(first.contains("data: {"), "{first}");
    till.press("MAN0", "menu", json!({})).await.expect(200);
    until("\"name\":\"menu\"");
}

#[tokio::test]
async fn the_wallet_holds_no_numbers() {
    let till = Till::new().await;
    let cards = till
        .app
        .get("/sandbox/card-machines/wallet")
        .await
        .expect(200);
    let cards = cards.as_array().expect("a list");
    assert!(cards.len() > 5);
    for card in cards {
        assert!(text(card, "masked").contains("****"), "{card}");
        assert!(!text(card, "card").is_empty() && !text(card, "says").is_empty());
    }
    let machines = till.app.get("/sandbox/card-machines").await.expect(200);
    assert_eq!(machines.as_array().map(Vec::len), Some(12));
}

#[tokio::test]
async fn a_program_that_dies_during_authorization_takes_no_money_twice() {
    let mut server = tatami_tests::Tatami::start();
    let till = Till {
        app: tatami_tests::App::on(&server),
    };
    let intent = intent(&till, json!({})).await;
    let session = till.sell("MAN0", &intent).await;
    till.app.advance("00:00:02").await;
    insert(&till, "visa-debit").await;
    assert_eq!(till.machine("MAN0").await["screen"]["name"], "pleaseWait");
    server.crash();
    let till = Till {
        app: till.app.moved_to(&server),
    };
    // On storage of its own a program finds out at its start, on shared storage
    // the machine's next step goes on.
    till.app.advance("00:01:00").await;
    let status = till.status(&session).await;
    let paid = till.app.status(&intent).await == "Captured";
    assert_eq!(status, if paid { "Captured" } else { "Canceled" });
    assert_eq!(
        booked(&till.app.books().await, "charge"),
        if paid { 1000 } else { 0 }
    );
    if !paid {
        till.pace("immediate").await;
        till.sell("SIP0", &intent).await;
        assert_eq!(till.app.status(&intent).await, "Captured");
        assert_eq!(booked(&till.app.books().await, "charge"), 1000);
    }
}
