//! A POS that does not behave: in the end the money of both sides agrees.

use serde_json::{Value, json};
use tatami_tests::{Line, Restaurant, TRANSPORTS, Till, shared};

fn full() -> Value {
    json!({ "split": { "kind": "full" }, "tip": { "percent": 10 } })
}

/// A part that is paid while the POS has a fault, until it has that status.
async fn paid_with(transport: &str, fault: &str, status: &str) -> (Restaurant, String) {
    let place = Restaurant::open(transport, &[]).await;
    place.choose("ord_1").await;
    place.pos.fail(fault).await;
    place.pay(full()).await.expect(200);
    let intent = place.becomes_in_time(status).await;
    (place, intent)
}

/// The payment is recorded once, whatever the fault of recording it.
async fn is_recorded_once(faults: &[&str]) {
    for transport in TRANSPORTS {
        for fault in faults {
            let fault = format!("{fault}=RecordOrderPaymentById*1");
            let (place, intent) = paid_with(transport, &fault, "recorded").await;
            let paid = place.payments("ord_1").await;
            assert_eq!(paid, [(intent, 2310, 231)], "{transport} {fault}");
            place.agrees(&["ord_1"]).await;
            place.is_asked("DeleteOrderLock", 1).await;
        }
    }
}

#[tokio::test]
async fn a_slow_pos_records_once() {
    is_recorded_once(&["slow", "out-of-order", "twice"]).await;
}

#[tokio::test]
async fn a_pos_that_is_down_records_once() {
    is_recorded_once(&["down"]).await;
}

#[tokio::test]
async fn a_pos_that_answers_nonsense_records_once() {
    is_recorded_once(&["nonsense"]).await;
}

#[tokio::test]
async fn a_pos_that_answers_too_late_records_once() {
    is_recorded_once(&["late"]).await;
}

#[tokio::test]
async fn a_pos_whose_answer_is_lost_records_once() {
    is_recorded_once(&["lose-answer"]).await;
}

#[tokio::test]
async fn a_refused_payment_is_given_back() {
    for transport in TRANSPORTS {
        let fault = "refuse=RecordOrderPaymentById*1";
        let (place, intent) = paid_with(transport, fault, "givenBack").await;
        let machine = place.shown().await;
        let message = &machine["integration"]["payment"]["message"];
        assert_eq!(message, "The demo POS was started to refuse this.");
        assert_eq!(place.app().status(&intent).await, "Reversed");
        place.agrees(&["ord_1"]).await;
        // The order is still chosen: it is paid once more.
        place.pays(full()).await;
        place.agrees(&["ord_1"]).await;
    }
}

#[tokio::test]
async fn a_payment_that_was_recorded_before_it_was_refused_stays() {
    for transport in TRANSPORTS {
        let fault = "lose-answer=RecordOrderPaymentById*1,refuse=RecordOrderPaymentById*1";
        let (place, intent) = paid_with(transport, fault, "recorded").await;
        assert_eq!(place.app().status(&intent).await, "Captured");
        // When the part began, and after the refusal.
        assert_eq!(place.asked("GetOrderById").await, 2);
        place.agrees(&["ord_1"]).await;
    }
}

#[tokio::test]
async fn a_payment_that_was_not_recorded_before_it_was_refused_goes_back() {
    for transport in TRANSPORTS {
        let fault = "nonsense=RecordOrderPaymentById*1,refuse=RecordOrderPaymentById*1";
        let (place, intent) = paid_with(transport, fault, "givenBack").await;
        assert_eq!(place.app().status(&intent).await, "Reversed");
        place.agrees(&["ord_1"]).await;
    }
}

#[tokio::test]
async fn a_payment_of_which_nobody_can_be_asked_stays_uncertain() {
    let place = Restaurant::open("rest", &["--without", "GetOrderById"]).await;
    place.choose("ord_1").await;
    let fault = "lose-answer=RecordOrderPaymentById*1,refuse=RecordOrderPaymentById";
    place.pos.fail(fault).await;
    place.pay(full()).await.expect(200);
    let intent = place.becomes_in_time("uncertain").await;
    place.app().advance("2.00:00:00").await;
    place.becomes("uncertain").await;
    assert_eq!(place.app().status(&intent).await, "Captured");
}

#[tokio::test]
async fn a_payment_that_nobody_records_within_a_day_is_given_back() {
    let place = Restaurant::open("rest", &[]).await;
    place.choose("ord_1").await;
    place.pos.fail("down=RecordOrderPaymentById").await;
    place.pay(full()).await.expect(200);
    let intent = place.becomes("recording").await;
    place.app().advance("23:59:00").await;
    place.becomes("recording").await;
    // The POS is asked every five minutes by now: the next time is after the day.
    place.app().advance("00:07:00").await;
    place.becomes_in_time("givenBack").await;
    let status = place.app().status(&intent).await;
    assert!(
        ["Reversed", "Refunded"].contains(&status.as_str()),
        "{status}"
    );
    place.agrees(&["ord_1"]).await;
}

#[tokio::test]
async fn a_pos_that_is_gone_leaves_the_payer_the_money() {
    let mut place = Restaurant::open("ws", &[]).await.at("MAN0");
    place.choose("ord_1").await;
    place.pay(full()).await.expect(200);
    place.pos.stop();
    let card = json!({ "card": "visa-debit" });
    place.press("insert", card).await.expect(200);
    place
        .press("pin", json!({ "digits": "1234" }))
        .await
        .expect(200);
    let intent = place.becomes("recording").await;
    place.app().advance("1.00:05:05").await;
    place.becomes_in_time("givenBack").await;
    let status = place.app().status(&intent).await;
    assert!(
        ["Reversed", "Refunded"].contains(&status.as_str()),
        "{status}"
    );
    // Nothing of an order is paid that cannot be read.
    place.select("ord_1").await.problem(504);
}

#[tokio::test]
async fn a_lock_whose_answer_is_lost_is_deleted() {
    for transport in TRANSPORTS {
        for fault in ["lose-answer", "nonsense"] {
            let place = Restaurant::open(transport, &[]).await;
            place.integration(json!({})).await;
            place.pos.fail(&format!("{fault}=CreateOrderLock*1")).await;
            let refused = place.select("ord_1").await;
            let status = refused.status.as_u16();
            assert!([502, 504].contains(&status), "{}", refused.text());
            place.unlocks_in_time("ord_1").await;
            place.choose("ord_1").await;
        }
    }
}

#[tokio::test]
async fn an_unlock_that_is_not_heard_is_sent_again() {
    for transport in TRANSPORTS {
        for fault in ["lose-answer", "down"] {
            let place = Restaurant::open(transport, &[]).await;
            place.choose("ord_1").await;
            place.pos.fail(&format!("{fault}=DeleteOrderLock*1")).await;
            place.leave().await;
            place.app().advance("00:00:05").await;
            place.is_asked("DeleteOrderLock", 2).await;
            place.unlocks("ord_1").await;
        }
    }
}

#[tokio::test]
async fn what_cannot_be_listed_is_told() {
    for (transport, fault, status) in [
        ("rest", "nonsense", 502),
        ("rest", "refuse", 422),
        ("ws", "refuse", 422),
        ("ws", "down", 504),
    ] {
        let place = Restaurant::open(transport, &[]).await;
        place.integration(json!({})).await;
        place.pos.fail(&format!("{fault}=SearchOrders*1")).await;
        let tid = place.till.tid("SIP0").await;
        let path = format!("/sandbox/card-machines/{tid}/orders");
        place.app().get(&path).await.problem(status);
        assert_eq!(place.orders().await.len(), 4);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_cut_at_every_step_loses_nothing() {
    let till = Till::new().await;
    let line = Line::to(shared()).await;
    let mut by_line = till.app.clone();
    by_line.base.clone_from(&line.base);
    let mut place = Restaurant::with(Till { app: by_line }, "ws", &[]);
    place.till = till;
    place.integration(json!({})).await;
    line.cut();
    place.select("ord_1").await.expect(200);
    line.cut();
    let half = json!({ "split": { "kind": "equal", "parts": 2 } });
    place.pay(half).await.expect(200);
    line.cut();
    place.becomes_in_time("recorded").await;
    line.cut();
    place.leave().await;
    place.unlocks_in_time("ord_1").await;
    place.agrees(&["ord_1"]).await;
}
