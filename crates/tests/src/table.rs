//! A restaurant: card machines and the demo POS of one account.

use std::time::Instant;

use reqwest::Method;
use serde_json::{Value, json};

use crate::{App, DemoPos, Entry, PATIENCE, Reply, Till, booked};

/// Both transports of a POS.
pub const TRANSPORTS: [&str; 2] = ["rest", "ws"];

/// What makes orders unlocked.
pub const WITHOUT_LOCKS: [&str; 2] = ["--without", "CreateOrderLock"];

/// A request in the middle of which a program is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The POS gives a lock.
    Lock,
    /// The acquirer takes the money.
    Pay,
    /// The POS records the payment.
    Record,
    /// The POS deletes a lock.
    Unlock,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Lock, Self::Pay, Self::Record, Self::Unlock];
}

/// A restaurant. Its POS has two orders without a service charge at different tables,
/// `ord_1` of £23.10 and `ord_3` of £46.00.
pub struct Restaurant {
    /// The card machines.
    pub till: Till,
    pub pos: DemoPos,
    /// The machine that is used: the ending of its number.
    pub machine: &'static str,
}

impl Restaurant {
    /// A restaurant of a new account, whose machines play at once.
    pub async fn open(transport: &str, arguments: &[&str]) -> Self {
        let till = Till::new().await;
        Self::with(till, transport, arguments)
    }

    /// A restaurant with those machines.
    pub fn with(till: Till, transport: &str, arguments: &[&str]) -> Self {
        let pos = DemoPos::start(&till.app, transport, arguments);
        Self {
            till,
            pos,
            machine: "SIP0",
        }
    }

    /// A client of its account.
    pub fn app(&self) -> &App {
        &self.till.app
    }

    /// Goes on with another machine.
    #[must_use]
    pub fn at(self, machine: &'static str) -> Self {
        Self { machine, ..self }
    }

    /// Posts to the machine.
    pub async fn press(&self, action: &str, body: Value) -> Reply {
        self.till.press(self.machine, action, body).await
    }

    /// Opens the Integration screen.
    pub async fn integration(&self, body: Value) -> Value {
        self.press("integration", body).await.expect(200)
    }

    /// The orders that the machine lists.
    pub async fn orders(&self) -> Vec<Value> {
        let tid = self.till.tid(self.machine).await;
        let path = format!("/sandbox/card-machines/{tid}/orders");
        let list = self.app().get(&path).await.expect(200);
        list["orders"].as_array().expect("a list").clone()
    }

    /// Opens the Integration screen and chooses an order.
    pub async fn choose(&self, order: &str) -> Value {
        self.integration(json!({})).await;
        let chosen = self.select(order).await.expect(200);
        assert_eq!(chosen["integration"]["order"]["orderId"], order, "{chosen}");
        chosen
    }

    /// Chooses an order.
    pub async fn select(&self, order: &str) -> Reply {
        self.press("select-order", json!({ "orderId": order }))
            .await
    }

    /// Pays a part.
    pub async fn pay(&self, body: Value) -> Reply {
        self.press("pay-order", body).await
    }

    /// Pays a part, and waits until it is recorded. Its payment intent.
    pub async fn pays(&self, body: Value) -> String {
        self.pay(body).await.expect(200);
        self.becomes("recorded").await
    }

    /// Leaves the order.
    pub async fn leave(&self) -> Value {
        self.press("leave-order", json!({})).await.expect(200)
    }

    /// The machine as it is now.
    pub async fn shown(&self) -> Value {
        self.till.machine(self.machine).await
    }

    /// Waits until the part that was begun last has that status. Its payment intent.
    pub async fn becomes(&self, status: &str) -> String {
        let started = Instant::now();
        loop {
            let machine = self.shown().await;
            let part = &machine["integration"]["payment"];
            if part["status"] == status {
                return part["paymentIntentId"].as_str().expect("an id").to_owned();
            }
            assert!(started.elapsed() < PATIENCE, "no {status}: {machine}");
            tokio::task::yield_now().await;
        }
    }

    /// Moves the clock until the part that was begun last has that status. Its payment
    /// intent.
    pub async fn becomes_in_time(&self, status: &str) -> String {
        let started = Instant::now();
        loop {
            let machine = self.shown().await;
            let part = &machine["integration"]["payment"];
            if part["status"] == status {
                return part["paymentIntentId"].as_str().expect("an id").to_owned();
            }
            assert!(started.elapsed() < 2 * PATIENCE, "no {status}: {machine}");
            self.app().advance("00:00:05").await;
        }
    }

    /// Moves the clock until no lock is on an order.
    pub async fn unlocks_in_time(&self, order: &str) {
        let started = Instant::now();
        while !self.is_free(order).await {
            assert!(started.elapsed() < 2 * PATIENCE, "{order} stays locked");
            self.app().advance("00:00:05").await;
        }
    }

    /// An order as the POS has it.
    pub async fn order(&self, id: &str) -> Value {
        let template = "/v1/orders/{orderId}";
        let (status, order) = self
            .pos
            .ask(Method::GET, template, &[id], &Value::Null)
            .await;
        assert_eq!(status, 200, "{order}");
        order
    }

    /// The payments of an order: payment intents, amounts and tips.
    pub async fn payments(&self, order: &str) -> Vec<(String, i64, i64)> {
        let order = self.order(order).await;
        let payments = order["payments"].as_array().expect("a list").iter();
        let minor = |value: &Value| value["value"].as_i64().expect("an amount");
        payments
            .map(|payment| {
                let intent = payment["paymentIntentId"].as_str().expect("an id");
                let (paid, tip) = (&payment["paidAmount"], &payment["tipsAmount"]);
                (intent.to_owned(), minor(paid), minor(tip))
            })
            .collect()
    }

    /// Whether the POS lists an order as one that can be paid, which no lock is on.
    pub async fn is_free(&self, order: &str) -> bool {
        let template = "/v1/orders/search";
        let wanted = json!({ "payableOnly": true, "cursor": { "limit": 100 } });
        let (_, list) = self.pos.ask(Method::POST, template, &[], &wanted).await;
        let list = list["data"].as_array().expect("a list").iter();
        list.into_iter().any(|known| known["id"] == order)
    }

    /// Waits until no lock is on an order.
    pub async fn unlocks(&self, order: &str) {
        let started = Instant::now();
        while !self.is_free(order).await {
            assert!(started.elapsed() < PATIENCE, "{order} stays locked");
            tokio::task::yield_now().await;
        }
    }

    /// How often the POS was asked for an operation, as its page shows.
    pub async fn asked(&self, operation: &str) -> usize {
        let page = self.pos.get("/").await;
        page.matches(&format!("<summary>{operation}")).count()
    }

    /// Waits until the POS was asked for an operation so many times.
    pub async fn is_asked(&self, operation: &str, times: usize) {
        let started = Instant::now();
        while self.asked(operation).await < times {
            assert!(started.elapsed() < PATIENCE, "nobody asks for {operation}");
            tokio::task::yield_now().await;
        }
    }

    /// The money of both sides agrees: what the acquirer took and did not give back is
    /// what the POS has recorded, payment by payment.
    pub async fn agrees(&self, orders: &[&str]) {
        let mut recorded = 0;
        for order in orders {
            for (intent, paid, tip) in self.payments(order).await {
                let intent = self.app().intent(&intent).await;
                assert_eq!(intent["status"], "Captured", "{intent}");
                assert_eq!(intent["amount"]["value"], paid, "{intent}");
                assert_eq!(intent["totalAmount"]["value"], paid + tip, "{intent}");
                assert_eq!(intent["orderDetails"]["externalId"], *order, "{intent}");
                recorded += paid + tip;
            }
        }
        let books: Vec<Entry> = self.app().books().await;
        let given_back = booked(&books, "refund") + booked(&books, "reverse");
        assert_eq!(booked(&books, "charge") - given_back, recorded, "{books:?}");
    }

    /// Comes to a step: it is carried out outside, and the program has not heard of it.
    pub async fn comes_to(&mut self, step: Step) {
        let half = json!({ "split": { "kind": "equal", "parts": 2 } });
        match step {
            Step::Lock => {
                self.integration(json!({})).await;
                self.pos.fail("late=CreateOrderLock*1").await;
                self.begin("select-order", json!({ "orderId": "ord_1" }))
                    .await;
                self.is_asked("CreateOrderLock", 1).await;
            }
            Step::Pay => {
                self.machine = "MAN0";
                self.choose("ord_1").await;
                self.pay(half).await.expect(200);
                self.begin("tap-device", json!({ "card": "slow" })).await;
                let started = Instant::now();
                while self.app().books().await.is_empty() {
                    assert!(started.elapsed() < PATIENCE, "no payment started");
                }
            }
            Step::Record => {
                self.choose("ord_1").await;
                self.pos.fail("late=RecordOrderPaymentById*1").await;
                self.pay(half).await.expect(200);
                self.is_asked("RecordOrderPaymentById", 1).await;
            }
            Step::Unlock => {
                self.choose("ord_1").await;
                self.pays(half).await;
                self.pos.fail("late=DeleteOrderLock*1").await;
                self.begin("leave-order", json!({})).await;
                self.is_asked("DeleteOrderLock", 1).await;
            }
        }
    }

    /// Posts to the machine, without waiting for an answer.
    async fn begin(&self, action: &str, body: Value) {
        let tid = self.till.tid(self.machine).await;
        let path = format!("/sandbox/card-machines/{tid}/{action}");
        let request = self.app().send(&path, body);
        tokio::spawn(async move { request.attempt().await });
    }

    /// Goes on after the program was killed at that step: in the end what was paid is
    /// recorded once, and no lock is left.
    pub async fn goes_on_after(&self, step: Step) {
        if matches!(step, Step::Pay | Step::Record) {
            self.becomes_in_time("recorded").await;
        }
        // After the time in which the request that was cut off could be answered.
        self.app().advance("00:00:31").await;
        if step != Step::Lock {
            assert_eq!(self.payments("ord_1").await.len(), 1, "{step:?}");
        }
        let machine = self.shown().await;
        if machine["integration"]["order"] != json!(null) {
            self.leave().await;
        }
        self.unlocks_in_time("ord_1").await;
        self.agrees(&["ord_1"]).await;
        self.choose("ord_1").await;
        self.leave().await;
        self.unlocks_in_time("ord_1").await;
    }
}
