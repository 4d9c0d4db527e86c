//! Setup intents as shops and payers use them.

use serde_json::{Value, json};

use crate::{App, Card, Paid, Reply};

/// The body of a setup intent for a booking, changed by `changes` (`null` takes
/// a property out).
pub fn booking(changes: Value) -> Value {
    let mut booking = json!({
        "reference": "Table 4",
        "merchantInitiatedTransactionType": "NoShow",
        "terms": "If you do not come, we charge your card.",
        "intendedAmount": { "value": 1000, "currencyCode": "GBP" },
    });
    let Value::Object(changes) = changes else {
        return booking;
    };
    for (name, value) in changes {
        booking[&name] = value;
    }
    if let Some(booking) = booking.as_object_mut() {
        booking.retain(|_, value| !value.is_null());
    }
    booking
}

/// Gives a card to a setup intent under a client session secret.
pub async fn give(app: &App, secret: &str, card: Card<'_>, consent: bool) -> Reply {
    let mut body = card.body();
    body["mitConsentGiven"] = consent.into();
    let path = format!("/connect-e/api/payments/{secret}");
    app.stranger().send(&path, body).without("version").await
}

impl App {
    /// Creates a setup intent.
    pub async fn setup(&self, changes: Value) -> Value {
        self.send("/setup-intents", booking(changes))
            .await
            .expect(200)
    }

    /// A setup intent as it is now.
    pub async fn setup_now(&self, id: &str) -> Value {
        self.get(&format!("/setup-intents/{id}")).await.expect(200)
    }

    /// Creates a setup intent and gives it a card; its id.
    pub async fn set_up(&self, changes: Value, card: Card<'_>) -> String {
        let setup = self.setup(changes).await;
        let text = |name: &str| setup[name].as_str().expect("a text").to_owned();
        let reply = give(self, &text("clientSessionSecret"), card, true).await;
        let given = Paid::of(&reply);
        assert_eq!(given.code, 0, "{}", given.answer);
        text("id")
    }

    /// Creates a payment intent for a setup intent; its id.
    pub async fn bill(&self, setup: &str) -> String {
        let intent = self.create(json!({ "setupIntentId": setup })).await;
        intent["id"].as_str().expect("an id").to_owned()
    }

    /// Charges a payment intent.
    pub async fn charge(&self, id: &str) -> Reply {
        self.post(&format!("/payment-intents/{id}/charge")).await
    }
}
