//! Orders on the machine.

use serde_json::{Value, json};
use tatami_tests::{Restaurant, TRANSPORTS, WITHOUT_LOCKS};

use crate::text;

fn names(orders: &[Value]) -> Vec<String> {
    orders.iter().map(|order| text(order, "name")).collect()
}

#[tokio::test]
async fn search_orders_request_with_payable_only_set_to_true() {
    for transport in TRANSPORTS {
        let place = Restaurant::open(transport, &[]).await;
        place.integration(json!({})).await;
        let orders = place.orders().await;
        let expected = ["Table 1", "Table 2", "Garden 1 - 1", "Garden 1 - 2"];
        assert_eq!(names(&orders), expected);
        assert_eq!(orders[0]["due"]["value"], 2310, "{orders:?}");
        assert_eq!(orders[0]["total"]["value"], 2310);
        assert_eq!(orders[0]["tableId"], "1");
        // What is paid is listed no more.
        place.choose("ord_1").await;
        place.pays(json!({ "split": { "kind": "full" } })).await;
        assert_eq!(names(&place.orders().await), expected[1..]);
    }
}

#[tokio::test]
async fn get_order_by_id() {
    for transport in TRANSPORTS {
        let place = Restaurant::open(transport, &WITHOUT_LOCKS).await;
        let machine = place.choose("ord_2").await;
        assert_eq!(place.asked("GetOrderById").await, 1);
        let order = &machine["integration"]["order"];
        assert_eq!(order["name"], "Table 2", "{order}");
        assert_eq!(order["due"], order["total"]);
        assert_eq!(order["available"], order["due"]);
    }
}

#[tokio::test]
async fn waiter_id_validation() {
    for transport in TRANSPORTS {
        let place = Restaurant::open(transport, &[]).await;
        let machine = place.integration(json!({ "waiterId": "7" })).await;
        assert_eq!(machine["integration"]["waiterId"], "7");
        let orders = place.orders().await;
        assert_eq!(names(&orders), ["Garden 1 - 1", "Garden 1 - 2"]);
        assert!(orders.iter().all(|order| order["waiterId"] == "7"));
        place.integration(json!({ "waiterId": "none" })).await;
        assert_eq!(place.orders().await, Vec::<Value>::new());
        let page = place.pos.get("/").await;
        assert!(page.contains("Pay at Table"), "the product is named");
        let empty = json!({ "waiterId": "" });
        let refused = place.press("integration", empty).await;
        assert_eq!(refused.blames(400), ["WaiterId"]);
    }
}

#[tokio::test]
async fn status_is_returned_as_required() {
    for transport in TRANSPORTS {
        let place = Restaurant::open(transport, &[]).await;
        place.integration(json!({})).await;
        for order in place.orders().await {
            assert_eq!(order["status"], "Accepted", "{order}");
        }
    }
}

#[tokio::test]
async fn item_lines_are_supported() {
    for transport in TRANSPORTS {
        let place = Restaurant::open(transport, &[]).await;
        let machine = place.choose("ord_2").await;
        let items = &machine["integration"]["order"]["items"];
        assert_eq!(items[0]["name"], "Burger", "{items}");
        assert_eq!(items[0]["quantity"], 2);
        assert_eq!(items[0]["price"]["value"], 1390 + 150);
        assert_eq!(items[0]["parts"][0]["name"], "Bacon");
        place.press("print-bill", json!({})).await.expect(200);
    }
}

#[tokio::test]
async fn order_locking_is_implemented() {
    for transport in TRANSPORTS {
        let ways: [&[&str]; 2] = [&[], &["--without", "ExtendOrderLock"]];
        for without in ways {
            let place = Restaurant::open(transport, without).await;
            place.choose("ord_1").await;
            assert!(!place.is_free("ord_1").await, "it is locked");
            place.leave().await;
            place.unlocks("ord_1").await;
            // Who completes the payment unlocks it, too.
            place.choose("ord_1").await;
            place.pays(json!({ "split": { "kind": "full" } })).await;
            place.is_asked("DeleteOrderLock", 2).await;
            place.agrees(&["ord_1"]).await;
        }
    }
}
