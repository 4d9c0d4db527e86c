//! The bill of an order, printed on a card machine.

use serde_json::{Value, json};
use tatami_tests::{DemoPos, Till};

/// A machine with the order of that id chosen.
async fn chosen(till: &Till, order: &str) {
    till.press("MAN0", "integration", json!({}))
        .await
        .expect(200);
    let order = json!({ "orderId": order });
    till.press("MAN0", "select-order", order).await.expect(200);
}

fn lines<'a>(paper: &'a Value, kind: &str) -> Vec<&'a Value> {
    let lines = paper["lines"].as_array().expect("lines").iter();
    lines.filter(|line| line["lineType"] == kind).collect()
}

#[tokio::test]
async fn a_bill_is_printed_with_its_logo_code_and_sums() {
    for transport in ["rest", "ws"] {
        let till = Till::new().await;
        let _pos = DemoPos::start(&till.app, transport, &[]);
        chosen(&till, "ord_2").await;
        let machine = till
            .press("MAN0", "print-bill", json!({}))
            .await
            .expect(200);
        let paper = machine["papers"][0].clone();
        assert_eq!(paper["orderId"], "ord_2");
        assert_eq!(
            paper["lines"][0]["lineType"], "Image",
            "the logo is at the top"
        );
        let code = lines(&paper, "QrCode");
        assert_eq!(code[0]["qrCode"]["value"], "https://kitchen.example/");
        let rows = lines(&paper, "Columns");
        let row = |name: &str| {
            let row = rows.iter().find(|row| row["columns"]["left"] == name);
            row.map(|row| row["columns"]["right"].clone())
                .unwrap_or_default()
        };
        assert_eq!(row("2 x Burger"), "£27.80");
        assert_eq!(row("Bacon"), "£3.00");
        let last = paper["lines"].as_array().expect("lines").last().cloned();
        assert_eq!(last.expect("a line")["text"]["value"], "VAT 123 4567 89");
        assert_eq!(till.machine("MAN0").await["papers"], machine["papers"]);
    }
}

#[tokio::test]
async fn without_an_order_or_a_bill_nothing_is_printed() {
    let till = Till::new().await;
    let pos = DemoPos::start(&till.app, "rest", &[]);
    let print = async || till.press("MAN0", "print-bill", json!({})).await;
    print().await.problem(409);
    chosen(&till, "ord_2").await;
    for (fault, status) in [
        ("refuse=GetOrderBillById*1", 422),
        ("nonsense=GetOrderBillById*1", 502),
    ] {
        pos.fail(fault).await;
        print().await.problem(status);
        pos.fail("").await;
    }
    assert_eq!(till.machine("MAN0").await["papers"], json!([]));
    print().await.expect(200);
}
