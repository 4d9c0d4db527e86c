//! Payments and how they are recorded.

use serde_json::json;
use tatami_tests::{Restaurant, TRANSPORTS};

#[tokio::test]
async fn successful_payment_in_full() {
    for transport in TRANSPORTS {
        let place = Restaurant::open(transport, &[]).await;
        place.integration(json!({ "waiterId": "42" })).await;
        place.select("ord_1").await.expect(200);
        let intent = place.pays(json!({ "split": { "kind": "full" } })).await;
        assert_eq!(place.payments("ord_1").await, [(intent.clone(), 2310, 0)]);
        let paid = place.app().intent(&intent).await;
        assert_eq!(paid["metadata"], json!({ "waiterId": "42" }));
        assert_eq!(paid["reference"], "Table 1");
        // The machine shows its list again.
        let machine = place.shown().await;
        assert_eq!(machine["integration"]["order"], json!(null), "{machine}");
        place.agrees(&["ord_1"]).await;
    }
}

#[tokio::test]
async fn payment_in_full_with_split_bill() {
    for transport in TRANSPORTS {
        let place = Restaurant::open(transport, &[]).await;
        place.choose("ord_1").await;
        let third = json!({ "split": { "kind": "equal", "parts": 3 } });
        for _ in 0..3 {
            place.pay(third.clone()).await.expect(200);
            place.becomes("recorded").await;
        }
        let paid = place.payments("ord_1").await;
        let amounts: Vec<_> = paid.iter().map(|(_, paid, _)| *paid).collect();
        assert_eq!(amounts, [770, 770, 770]);
        // By amount, and by items: 2 × £15.75, 2 × £7.25.
        place.choose("ord_3").await;
        let amount = json!({ "value": 1000, "currencyCode": "GBP" });
        place
            .pays(json!({ "split": { "kind": "amount", "amount": amount } }))
            .await;
        let items = json!([{ "index": 1, "quantity": 1 }]);
        place
            .pays(json!({ "split": { "kind": "items", "items": items } }))
            .await;
        place.pays(json!({ "split": { "kind": "full" } })).await;
        let paid = place.payments("ord_3").await;
        let amounts: Vec<_> = paid.iter().map(|(_, paid, _)| *paid).collect();
        assert_eq!(amounts, [1000, 725, 4600 - 1725]);
        place.agrees(&["ord_1", "ord_3"]).await;
    }
}

#[tokio::test]
async fn payment_in_full_with_split_bill_and_gratuity() {
    for transport in TRANSPORTS {
        let place = Restaurant::open(transport, &[]).await;
        place.choose("ord_1").await;
        let half = json!({ "kind": "equal", "parts": 2 });
        place
            .pays(json!({ "split": half, "tip": { "percent": 12.5 } }))
            .await;
        let tip = json!({ "amount": { "value": 200, "currencyCode": "GBP" } });
        place.pays(json!({ "split": half, "tip": tip })).await;
        let paid = place.payments("ord_1").await;
        let amounts: Vec<_> = paid.iter().map(|(_, paid, tip)| (*paid, *tip)).collect();
        assert_eq!(amounts, [(1155, 144), (1155, 200)]);
        // A tip that is added on the machine is recorded, too.
        let place = place.at("SIP1");
        place.choose("ord_3").await;
        place.pays(json!({ "split": { "kind": "full" } })).await;
        let paid = place.payments("ord_3").await;
        assert_eq!((paid[0].1, paid[0].2), (4600, 460));
        place.agrees(&["ord_1", "ord_3"]).await;
    }
}

#[tokio::test]
async fn partial_payment_with_and_without_gratuity() {
    for transport in TRANSPORTS {
        let place = Restaurant::open(transport, &[]).await;
        place.choose("ord_1").await;
        let half = json!({ "kind": "equal", "parts": 2 });
        place
            .pays(json!({ "split": half, "tip": { "percent": 10 } }))
            .await;
        place.leave().await;
        place.unlocks("ord_1").await;
        let order = place.order("ord_1").await;
        assert_eq!(order["payable"], true);
        assert_eq!(order["paidAmount"]["value"], 1155);
        assert_eq!(order["tipsAmount"]["value"], 116);
        let listed = place.orders().await;
        assert_eq!(listed[0]["due"]["value"], 1155, "{listed:?}");
        place.choose("ord_1").await;
        place.pays(json!({ "split": { "kind": "full" } })).await;
        place.agrees(&["ord_1"]).await;
    }
}
