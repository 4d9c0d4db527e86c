//! What a shop was told, and so may rely on.

use serde_json::Value;

/// A request that may be repeated as often as it takes.
#[derive(Clone, Debug)]
pub struct Request {
    /// The path.
    pub path: String,
    /// The body.
    pub body: Value,
    /// The idempotency key.
    pub key: String,
}

/// A request with the answer that was acknowledged.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    /// What was asked.
    pub request: Request,
    /// The status of the answer.
    pub status: u16,
    /// The answer, byte for byte.
    pub answer: String,
}

/// An order with what its shop knows of it.
#[derive(Clone, Debug)]
pub struct Order {
    /// The payment intent.
    pub id: String,
    /// Its total: of no other order, so that books can be compared by it.
    pub total: i64,
    /// Whether it is captured by hand.
    pub manual: bool,
    /// Whether a payment was acknowledged.
    pub paid: bool,
    /// Whether a payment was asked for.
    pub tried: bool,
    /// Captures that were acknowledged: id and amount.
    pub captures: Vec<(String, i64)>,
    /// Refunds that were acknowledged: id and amount.
    pub refunds: Vec<(String, i64)>,
    /// Whether a reversal was acknowledged.
    pub reversed: bool,
}

impl Order {
    /// The statuses that it has gone through.
    pub fn story(&self) -> Vec<&'static str> {
        let sum = |all: &[(String, i64)]| all.iter().map(|(_, amount)| amount).sum::<i64>();
        let captured = match self.manual {
            true => sum(&self.captures),
            false => self.total,
        };
        let mut story = vec!["Created"];
        if self.paid && self.manual {
            story.push("Authorized");
        }
        if self.paid && captured > 0 {
            story.push("Captured");
        }
        if self.paid && captured > 0 && sum(&self.refunds) == captured {
            story.push("Refunded");
        }
        if self.reversed {
            story.push("Reversed");
        }
        story
    }
}

/// Everything that one shop was told.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Its orders.
    pub orders: Vec<Order>,
    /// Its acknowledged requests.
    pub answers: Vec<Acknowledged>,
}

impl Ledger {
    /// How many requests were acknowledged.
    pub fn acknowledged(&self) -> usize {
        self.answers.len()
    }
}
