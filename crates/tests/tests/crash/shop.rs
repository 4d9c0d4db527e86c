//! A shop: takes orders, has them paid, captures, refunds and reverses.

use serde_json::{Value, json};
use tatami_tests::{APPROVED, App, DECLINED, Pending, Reply, Seeded};
use tokio::sync::watch;

use crate::ledger::{Acknowledged, Ledger, Order, Request};
use crate::trading::Progress;

/// A shop with what it was told so far.
pub struct Shop {
    number: usize,
    chance: Seeded,
    /// What it was told.
    pub ledger: Ledger,
    /// A request that got no answer yet.
    unanswered: Option<Request>,
    /// The order that is worked on, and what is still to be done with it.
    todo: Vec<Step>,
    made: i64,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Pay,
    PayInVain,
    Capture(i64),
    Refund(i64),
    Reverse,
}

/// Why a request was not answered.
enum Halt {
    /// The line is dead or the shop closes.
    Interrupted,
    /// The program says that it cannot serve now.
    Unserved,
    /// What became of an earlier try is not known yet.
    Pending,
}

struct Line {
    app: App,
    closing: watch::Receiver<bool>,
    progress: watch::Sender<Progress>,
}

impl Line {
    async fn send(&self, request: Pending) -> Result<Reply, Halt> {
        if *self.closing.borrow() {
            return Err(Halt::Interrupted);
        }
        let reply = request.attempt().await.map_err(|error| {
            assert!(!error.is_timeout(), "neither an answer nor an end: {error}");
            Halt::Interrupted
        })?;
        if reply.status.is_server_error() {
            says_so_in_order(&reply);
            return Err(Halt::Unserved);
        }
        self.progress.send_modify(|so_far| *so_far += 1);
        Ok(reply)
    }
}

/// Component endpoints say in the words of their own that they cannot serve.
fn says_so_in_order(reply: &Reply) {
    if !reply.url.contains("/connect-e/") {
        reply.problem(503);
        return;
    }
    let answer = reply.expect(500);
    assert_eq!(answer["statusCode"], 500, "{answer}");
    assert!(answer["message"].is_string(), "{answer}");
}

impl Shop {
    /// A shop that has not opened yet.
    pub fn new(number: usize, chance: Seeded) -> Self {
        Self {
            number,
            chance,
            ledger: Ledger::default(),
            unanswered: None,
            todo: Vec::new(),
            made: 0,
        }
    }

    /// Trades until the line is dead or the shop is to close.
    pub async fn trade(
        mut self,
        app: App,
        closing: watch::Receiver<bool>,
        progress: watch::Sender<Progress>,
    ) -> Self {
        let line = Line {
            app,
            closing,
            progress,
        };
        loop {
            match self.work(&line).await {
                Ok(()) | Err(Halt::Unserved) => {}
                Err(Halt::Interrupted) => return self,
                Err(Halt::Pending) => {
                    // It goes on when it opens again.
                    let mut closing = line.closing.clone();
                    let _ = closing.wait_for(|closing| *closing).await;
                    return self;
                }
            }
        }
    }

    /// Finishes the order that was being worked on.
    pub async fn settle(mut self, app: App, closing: watch::Receiver<bool>) -> Self {
        let progress = watch::Sender::default();
        let line = Line {
            app,
            closing,
            progress,
        };
        while self.unanswered.is_some() || !self.todo.is_empty() {
            assert!(self.work(&line).await.is_ok(), "the line holds now");
        }
        self
    }

    /// One request: the one that got no answer, or the next.
    async fn work(&mut self, line: &Line) -> Result<(), Halt> {
        if let Some(request) = self.unanswered.clone() {
            return self.ask(line, request).await;
        }
        match self.todo.first().copied() {
            None => self.open_order(line).await,
            Some(Step::Pay) => self.pay(line, true).await,
            Some(Step::PayInVain) => self.pay(line, false).await,
            Some(Step::Capture(amount)) => {
                self.next(line, "captures", json!({ "amount": amount }))
                    .await
            }
            Some(Step::Refund(amount)) => {
                self.next(line, "refunds", json!({ "amount": amount }))
                    .await
            }
            Some(Step::Reverse) => self.next(line, "reversal", json!({})).await,
        }
    }

    async fn open_order(&mut self, line: &Line) -> Result<(), Halt> {
        self.made += 1;
        let shop = i64::try_from(self.number).expect("few shops");
        let total = 100_000 + shop * 100_000 + self.made;
        let manual = self.chance.below(2) == 0;
        let mut body = json!({
            "amount": { "value": total, "currencyCode": "GBP" },
            "reference": format!("shop {shop} order {}", self.made),
        });
        if manual {
            body["captureMode"] = json!("Manual");
            body["autoExpireIn"] = json!("6.00:00:00");
            body["autoExpireAction"] = json!("Release");
        }
        let key = format!("create-{shop}-{}", self.made);
        let path = "/payment-intents".to_owned();
        self.ask(line, Request { path, body, key }).await
    }

    async fn next(&mut self, line: &Line, operation: &str, body: Value) -> Result<(), Halt> {
        let order = self.ledger.orders.last().expect("an order");
        let path = format!("/payment-intents/{}/{operation}", order.id);
        let key = format!("{}-{}-{}", order.id, operation, self.todo.len());
        self.ask(line, Request { path, body, key }).await
    }

    /// Sends a request until it is answered, and notes the answer.
    async fn ask(&mut self, line: &Line, request: Request) -> Result<(), Halt> {
        self.unanswered = Some(request.clone());
        let sent = line
            .app
            .send(&request.path, request.body.clone())
            .key(&request.key);
        let reply = line.send(sent).await?;
        if reply.status == 409 && !reply.header("retry-after").is_empty() {
            return Err(Halt::Pending);
        }
        self.unanswered = None;
        self.note(&request, &reply);
        let (status, answer) = (reply.status.as_u16(), reply.text());
        self.ledger.answers.push(Acknowledged {
            request,
            status,
            answer,
        });
        Ok(())
    }

    fn note(&mut self, request: &Request, reply: &Reply) {
        let answer = reply.expect(200);
        let text = |name: &str| answer[name].as_str().expect("an id").to_owned();
        if request.path == "/payment-intents" {
            let manual = answer["captureMode"] == "Manual";
            let total = answer["totalAmount"]["value"].as_i64().expect("a total");
            self.todo = self.plan(manual, total);
            self.ledger.orders.push(Order {
                id: text("id"),
                total,
                manual,
                paid: false,
                tried: false,
                captures: Vec::new(),
                refunds: Vec::new(),
                reversed: false,
            });
            return;
        }
        let order = self.ledger.orders.last_mut().expect("an order");
        match self.todo.remove(0) {
            Step::Capture(amount) => order.captures.push((text("captureId"), amount)),
            Step::Refund(amount) => order.refunds.push((text("refundId"), amount)),
            Step::Reverse => order.reversed = true,
            Step::Pay | Step::PayInVain => panic!("payments are not asked for here"),
        }
    }

    /// What is to become of a new order.
    fn plan(&mut self, manual: bool, total: i64) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.chance.below(5) == 0 {
            steps.push(Step::PayInVain);
        }
        steps.push(Step::Pay);
        match (manual, self.chance.below(4)) {
            (_, 0) => steps.push(Step::Reverse),
            (true, 1) => steps.extend([Step::Capture(500), Step::Capture(total - 500)]),
            (true, 2) => steps.extend([Step::Capture(900), Step::Refund(400)]),
            (true, _) => steps.extend([Step::Capture(total), Step::Refund(total)]),
            (false, 1) => steps.extend([Step::Refund(300), Step::Refund(200)]),
            (false, 2) => steps.push(Step::Refund(total)),
            (false, _) => {}
        }
        steps
    }

    /// Pays as the payment page does: with a new session each time, and a look
    /// at the intent when no answer came.
    async fn pay(&mut self, line: &Line, wanted: bool) -> Result<(), Halt> {
        let order = self.ledger.orders.last_mut().expect("an order");
        let path = format!("/payment-intents/{}", order.id);
        let intent = line.send(line.app.get(&path)).await?.expect(200);
        if intent["status"] != "Created" {
            // The payment whose answer was lost went through.
            order.paid = true;
            self.todo
                .retain(|step| !matches!(step, Step::Pay | Step::PayInVain));
            return Ok(());
        }
        let fresh = format!("{path}/refresh-client-session-secret");
        let fresh = line.send(line.app.post(&fresh)).await?;
        if fresh.status == 409 {
            return Err(Halt::Pending);
        }
        let fresh = fresh.expect(200);
        let secret = fresh["clientSessionSecret"].as_str().expect("a secret");
        let card = if wanted { APPROVED } else { DECLINED };
        let path = format!("/connect-e/api/payments/{secret}");
        order.tried = true;
        let answer = line
            .send(line.app.stranger().send(&path, card.body()))
            .await?;
        let code = answer.json()["statusCode"].as_i64();
        match (code, wanted) {
            (Some(0), true) => order.paid = true,
            (Some(5), false) => {}
            (Some(30 | 40), _) => return Err(Halt::Pending),
            _ => panic!("{}: {}", order.id, answer.text()),
        }
        self.todo.remove(0);
        Ok(())
    }
}
