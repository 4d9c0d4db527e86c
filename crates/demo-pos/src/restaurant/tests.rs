use super::*;

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).expect("a time")
}

fn open() -> Restaurant {
    Restaurant::open(now())
}

fn kind(result: Result<Value, Refusal>) -> &'static str {
    result.expect_err("refused").kind
}

fn record(intent: &str, paid: i64, lock: Option<&str>) -> Value {
    json!({
        "orderId": "ord_1",
        "paymentIntentId": intent,
        "paidAmount": order::money(paid),
        "tipsAmount": order::money(50),
        "lockId": lock,
    })
}

#[test]
fn an_order_is_paid_in_parts_and_each_payment_once() {
    let mut restaurant = open();
    let mut pay = |params: &Value| restaurant.carry_out("RecordOrderPaymentById", params, now());
    let half = pay(&record("pi_1", 1000, None)).expect("recorded");
    assert_eq!(
        (&half["paidAmount"]["value"], &half["payable"]),
        (&json!(1000), &json!(true))
    );
    assert_eq!(pay(&record("pi_1", 1000, None)), Ok(half), "the same again");
    assert_eq!(kind(pay(&record("pi_1", 999, None))), "Conflict");
    assert_eq!(
        kind(pay(&record("pi_2", 1311, None))),
        "Conflict",
        "more than is due"
    );
    let whole = pay(&record("pi_2", 1310, None)).expect("recorded");
    assert_eq!(
        (&whole["status"], &whole["payable"]),
        (&json!("Finalized"), &json!(false))
    );
    assert_eq!(whole["tipsAmount"]["value"], 100);
}

#[test]
fn a_locked_order_is_changed_with_its_lock_only() {
    let mut restaurant = open();
    let expiry = (now() + jiff::SignedDuration::from_mins(2)).to_string();
    let lock = |id: &str| {
        json!({ "orderId": "ord_1", "lockId": id, "expiry": expiry,
            "headers": { "waiterId": "42" } })
    };
    let mut ask = |operation: &str, params: &Value| restaurant.carry_out(operation, params, now());
    ask("CreateOrderLock", &lock("a")).expect("locked");
    let refused = ask("CreateOrderLock", &lock("b")).expect_err("refused");
    assert_eq!(refused.message, "The order is locked by waiter 42.");
    ask("CreateOrderLock", &lock("a")).expect("the same again");
    ask("ExtendOrderLock", &lock("a")).expect("extended");
    assert_eq!(
        kind(ask("RecordOrderPaymentById", &record("pi_1", 1, None))),
        "Conflict"
    );
    ask("RecordOrderPaymentById", &record("pi_1", 1, Some("a"))).expect("recorded");
    assert_eq!(kind(ask("DeleteOrderLock", &lock("b"))), "Conflict");
    ask("DeleteOrderLock", &lock("a")).expect("unlocked");
    ask("DeleteOrderLock", &lock("a")).expect("the same again");
    ask("CreateOrderLock", &lock("b")).expect("locked");
    let later = now() + jiff::SignedDuration::from_mins(3);
    let paid = restaurant.carry_out("RecordOrderPaymentById", &record("pi_2", 1, None), later);
    paid.expect("the lock is over");
}

#[test]
fn orders_are_found_by_table_waiter_and_what_can_be_paid() {
    let mut restaurant = open();
    let mut count = |params: Value| {
        let found = restaurant
            .carry_out("SearchOrders", &params, now())
            .expect("a page");
        found["data"].as_array().map(Vec::len)
    };
    assert_eq!(count(json!({})), Some(4));
    assert_eq!(count(json!({ "dineIn": { "tableId": "g1" } })), Some(2));
    assert_eq!(
        count(json!({ "dineIn": { "waiterId": "42" }, "payableOnly": true })),
        Some(2)
    );
    assert_eq!(count(json!({ "dineIn": { "waiterId": "9" } })), Some(0));
}

#[test]
fn pages_lead_through_a_list_and_back() {
    let mut restaurant = open();
    let mut page = |cursor: Value| {
        let params = json!({ "cursor": cursor });
        restaurant.carry_out("SearchTables", &params, now())
    };
    let first = page(json!({ "limit": 4 })).expect("a page");
    assert_eq!(first["data"].as_array().map(Vec::len), Some(4));
    let second = page(json!({ "limit": 4, "after": first["after"] })).expect("a page");
    assert_eq!(second["data"].as_array().map(Vec::len), Some(2));
    assert!(second["after"].is_null());
    let back = page(json!({ "limit": 4, "before": second["before"] })).expect("a page");
    assert_eq!(back["data"], first["data"]);
    assert_eq!(kind(page(json!({ "after": "x" }))), "InvalidRequest");
}

#[test]
fn every_operation_is_known_and_what_is_not_there_is_not_found() {
    let mut restaurant = open();
    for operation in OPERATIONS {
        let params = json!({ "orderId": "-", "partyId": "-", "reservationId": "-",
            "lockId": "-", "expiry": now().to_string(), "paymentIntentId": "pi",
            "paidAmount": order::money(1), "startTime": "t", "endTime": "t", "name": "n",
            "dojoPartyId": "d", "dojoReservationId": "d", "cursor": {} });
        let carried_out = restaurant.carry_out(operation, &params, now());
        if let Err(refusal) = carried_out {
            assert_eq!(refusal.kind, "NotFound", "{operation}");
        }
    }
    assert_eq!(
        kind(restaurant.carry_out("Unheard", &json!({}), now())),
        "InvalidRequest"
    );
}

#[test]
fn parties_are_created_changed_found_and_deleted() {
    let mut restaurant = open();
    let mut ask = |operation: &str, params: Value| restaurant.carry_out(operation, &params, now());
    let new = json!({ "startTime": "2026-01-01T12:00:00Z", "tableIds": ["1"],
        "dojoPartyId": "d", "headers": {} });
    let party = ask("CreateParty", new).expect("created");
    assert_eq!(party["status"], "Seated");
    assert!(party["headers"].is_null() && party["dojoPartyId"].is_null());
    let change = json!({ "id": party["id"], "status": "Paid", "tableIds": ["2"] });
    let changed = ask("UpdateParty", change).expect("changed");
    assert_eq!(
        ask("GetPartyById", json!({ "partyId": party["id"] })),
        Ok(changed)
    );
    let found = ask("SearchParties", json!({ "tableId": "2" })).expect("a page");
    assert_eq!(found["data"].as_array().map(Vec::len), Some(1));
    ask("DeletePartyById", json!({ "partyId": party["id"] })).expect("deleted");
    assert_eq!(
        kind(ask("GetPartyById", json!({ "partyId": party["id"] }))),
        "NotFound"
    );
}
