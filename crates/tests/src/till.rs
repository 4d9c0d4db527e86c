//! A till with its card machines.

use serde_json::{Value, json};

use crate::{App, Pending, Reply};

/// A till's software: a client that names its software house, and whose
/// machines play at once.
#[derive(Clone)]
pub struct Till {
    /// The client.
    pub app: App,
}

impl Till {
    /// A till of a new account, whose machines play at once.
    pub async fn new() -> Self {
        let till = Self { app: App::new() };
        till.pace("immediate").await;
        till
    }

    /// Sets how fast the machines play.
    pub async fn pace(&self, pace: &str) {
        self.app
            .request(reqwest::Method::PUT, "/sandbox/card-machines/pace")
            .json(json!({ "pace": pace }))
            .await
            .expect(204);
    }

    /// A request of the till.
    pub fn named(&self, request: Pending) -> Pending {
        request
            .header("software-house-id", "softwareHouse1")
            .header("reseller-id", "reseller1")
    }

    /// `GET path`.
    pub fn get(&self, path: &str) -> Pending {
        self.named(self.app.get(path))
    }

    /// The machine whose number ends so, as `/terminals` lists it.
    pub async fn terminal(&self, ending: &str) -> Value {
        let terminals = self.get("/terminals").await.expect(200);
        let all = terminals.as_array().expect("a list");
        let found = all.iter().find(|terminal| {
            let tid = terminal["properties"]["tid"].as_str();
            tid.is_some_and(|tid| tid.ends_with(ending))
        });
        found
            .unwrap_or_else(|| panic!("no {ending} in {terminals}"))
            .clone()
    }

    /// The number that is printed on that machine.
    pub async fn tid(&self, ending: &str) -> String {
        let terminal = self.terminal(ending).await;
        let tid = terminal["properties"]["tid"].as_str();
        tid.expect("a number").to_owned()
    }

    /// Asks that machine for a session.
    pub async fn ask(&self, ending: &str, details: Value) -> Reply {
        let terminal = self.terminal(ending).await;
        let body = json!({ "terminalId": terminal["id"], "details": details });
        self.named(self.app.send("/terminal-sessions", body)).await
    }

    /// The id of a session that it gave.
    pub async fn start(&self, ending: &str, details: Value) -> String {
        let session = self.ask(ending, details).await.expect(200);
        assert_eq!(session["status"], "InitiateRequested", "{session}");
        session["id"].as_str().expect("an id").to_owned()
    }

    /// The id of a session that sells that payment intent.
    pub async fn sell(&self, ending: &str, intent: &str) -> String {
        self.start(ending, sale(intent)).await
    }

    /// A session as it is now.
    pub async fn session(&self, id: &str) -> Value {
        self.get(&format!("/terminal-sessions/{id}"))
            .await
            .expect(200)
    }

    /// The status of a session.
    pub async fn status(&self, id: &str) -> String {
        let session = self.session(id).await;
        session["status"].as_str().expect("a status").to_owned()
    }

    /// Asks for a session to be canceled.
    pub async fn cancel(&self, id: &str) -> Reply {
        let path = format!("/terminal-sessions/{id}/cancel");
        self.named(self.app.request(reqwest::Method::PUT, &path))
            .await
    }

    /// Accepts or rejects a signature.
    pub async fn sign(&self, id: &str, accepted: bool) -> Reply {
        let path = format!("/terminal-sessions/{id}/signature");
        let request = self.app.request(reqwest::Method::PUT, &path);
        self.named(request.json(json!({ "accepted": accepted })))
            .await
    }

    /// Does something to that machine.
    pub async fn press(&self, ending: &str, action: &str, body: Value) -> Reply {
        let tid = self.tid(ending).await;
        let path = format!("/sandbox/card-machines/{tid}/{action}");
        self.app.send(&path, body).await
    }

    /// Sets what the next payment on that machine does.
    pub async fn next(&self, ending: &str, outcome: Value) {
        let tid = self.tid(ending).await;
        let path = format!("/sandbox/card-machines/{tid}/next-outcome");
        self.app
            .request(reqwest::Method::PUT, &path)
            .json(outcome)
            .await
            .expect(200);
    }

    /// That machine as it is now.
    pub async fn machine(&self, ending: &str) -> Value {
        let tid = self.tid(ending).await;
        self.app
            .get(&format!("/sandbox/card-machines/{tid}"))
            .await
            .expect(200)
    }
}

/// The details of a session that sells that payment intent.
pub fn sale(intent: &str) -> Value {
    json!({ "sessionType": "Sale", "sale": { "paymentIntentId": intent } })
}

/// The details of a session that refunds that payment intent.
pub fn matched_refund(intent: &str) -> Value {
    json!({ "sessionType": "MatchedRefund", "matchedRefund": { "paymentIntentId": intent } })
}

/// The details of a session that refunds no payment.
pub fn unlinked_refund(pence: i64) -> Value {
    json!({
        "sessionType": "UnlinkedRefund",
        "unlinkedRefund": { "amount": { "value": pence, "currencyCode": "GBP" } },
    })
}
