//! The operations that are measured. Every answer is checked: a build that
//! answers something else is not fast.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;

use crate::client::{Connection, NEWEST, Result, WITH_SECRET};

/// How many intents are remembered for reading.
const REMEMBERED: usize = 20_000;
/// Intents of a page of a search.
const PAGE: usize = 20;
/// A test card that is approved at once.
pub const APPROVED: &str = "4456530000001005";

/// An operation of the API.
#[derive(Clone, Copy)]
pub enum Operation {
    /// Create a payment intent.
    Create,
    /// Read a payment intent that was created before.
    Read,
    /// Search for the newest page of payment intents.
    Search,
    /// Create a payment intent, pay it by card, read it.
    Pay,
}

/// The ids and amounts of some intents that can be read.
type Known = Arc<Mutex<Vec<(String, usize)>>>;

/// One server as its callers see it.
pub struct Shop {
    pub address: SocketAddr,
    orders: AtomicUsize,
    /// Every so many-th intent is remembered.
    every: usize,
    known: Known,
}

impl Shop {
    /// The shop of a server that is going to have so many intents.
    pub fn new(address: SocketAddr, intents: usize) -> Arc<Self> {
        Self::with(
            address,
            intents.div_ceil(REMEMBERED).max(1),
            Known::default(),
        )
    }

    /// The same shop, after the server was started again on another port.
    pub fn moved(&self, address: SocketAddr) -> Arc<Self> {
        Self::with(address, self.every, self.known.clone())
    }

    fn with(address: SocketAddr, every: usize, known: Known) -> Arc<Self> {
        Arc::new(Self {
            address,
            orders: AtomicUsize::new(0),
            every,
            known,
        })
    }

    fn remember(&self, order: usize, id: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if order.is_multiple_of(self.every) && known.len() < REMEMBERED {
            known.push((id.to_owned(), amount(order)));
        }
    }

    /// One of the known intents; consecutive numbers give distant ones.
    fn recall(&self, n: usize) -> Option<(String, usize)> {
        const STRIDE: usize = 7_919;
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let at = n.wrapping_mul(STRIDE).checked_rem(known.len())?;
        known.get(at).cloned()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Money<'a> {
    value: usize,
    currency_code: &'a str,
}

/// A payment intent as the API shows it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Intent<'a> {
    pub id: &'a str,
    pub status: &'a str,
    #[serde(borrow)]
    amount: Money<'a>,
    reference: &'a str,
    client_session_secret: Option<&'a str>,
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    data: Vec<Intent<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Paid {
    status_code: u16,
}

impl Operation {
    /// Carries it out once and checks the answers.
    pub async fn once(self, shop: &Shop, over: &mut Connection) -> Result<()> {
        let order = shop.orders.fetch_add(1, Ordering::Relaxed);
        match self {
            Self::Create => {
                let (id, _) = create(over, order, NEWEST, "").await?;
                shop.remember(order, &id);
                Ok(())
            }
            Self::Read => {
                let (id, amount) = shop.recall(order).ok_or("there is nothing to read")?;
                read(over, &id, amount, "Created").await
            }
            Self::Search => search(over).await,
            Self::Pay => {
                let id = pay(over, order, "", APPROVED).await?;
                read(over, &id, amount(order), "Captured").await
            }
        }
    }
}

/// Every order has another amount, so that no wrong answer matches by chance.
const fn amount(order: usize) -> usize {
    100 + order % 99_900
}

fn check(intent: &Intent<'_>, wanted: usize, status: &str) -> Result<()> {
    let right = intent.id.starts_with("pi_sandbox_")
        && intent.status == status
        && intent.amount.value == wanted
        && intent.amount.currency_code == "GBP"
        && intent.reference.starts_with("Order-");
    if right {
        return Ok(());
    }
    let (id, is, value) = (intent.id, intent.status, intent.amount.value);
    Err(format!("{id} is {is} over {value} instead of {status} over {wanted}").into())
}

/// Creates an intent; its id and, in a version that has it, its session secret.
async fn create(
    over: &mut Connection,
    order: usize,
    version: &str,
    terms: &str,
) -> Result<(String, Option<String>)> {
    let value = amount(order);
    let body = format!(
        r#"{{"amount":{{"value":{value},"currencyCode":"GBP"}},"reference":"Order-{order}","description":"Two coffees and a cake"{terms}}}"#,
    );
    let answer = over.send("POST", "/payment-intents", version, body.as_bytes());
    let intent: Intent<'_> = serde_json::from_slice(answer.await?)?;
    check(&intent, value, "Created")?;
    if intent.reference.strip_prefix("Order-") != Some(order.to_string().as_str()) {
        return Err(format!("order {order} was answered as {}", intent.reference).into());
    }
    let secret = intent.client_session_secret.map(str::to_owned);
    Ok((intent.id.to_owned(), secret))
}

async fn read(over: &mut Connection, id: &str, amount: usize, status: &str) -> Result<()> {
    let intent = over.get(&format!("/payment-intents/{id}")).await?;
    let intent: Intent<'_> = serde_json::from_slice(intent)?;
    if intent.id != id {
        return Err(format!("{id} was answered with {}", intent.id).into());
    }
    check(&intent, amount, status)
}

async fn search(over: &mut Connection) -> Result<()> {
    let body = format!(r#"{{"cursor":{{"limit":{PAGE}}},"statuses":["Created"]}}"#);
    let page = over.post("/payment-intents/search", &body).await?;
    let page: Page<'_> = serde_json::from_slice(page)?;
    let newest_first = page.data.is_sorted_by(|a, b| a.id > b.id);
    if page.data.len() != PAGE || !newest_first {
        let length = page.data.len();
        return Err(format!("a page of {length}, newest first: {newest_first}").into());
    }
    page.data
        .iter()
        .try_for_each(|intent| check(intent, intent.amount.value, "Created"))
}

/// Creates an intent on further terms (JSON members, each with a comma before it)
/// and pays it with a card; its id.
pub async fn pay(over: &mut Connection, order: usize, terms: &str, card: &str) -> Result<String> {
    let (id, secret) = create(over, order, WITH_SECRET, terms).await?;
    let secret = secret.ok_or("the answer has no client session secret")?;
    let path = format!("/connect-e/api/payments/{secret}");
    let body = format!(
        r#"{{"cardNumber":"{card}","cardName":"Ada Lovelace","expiryDate":"12 / 34","cV2":"123"}}"#
    );
    let answer = over
        .send("POST", &path, WITH_SECRET, body.as_bytes())
        .await?;
    let paid: Paid = serde_json::from_slice(answer)?;
    match paid.status_code {
        0 => Ok(id),
        code => Err(format!("the card was answered with status code {code}").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_about_another_amount_or_status_is_wrong() {
        let text = r#"{"id":"pi_sandbox_0","status":"Created","amount":{"value":100,"currencyCode":"GBP"},"reference":"Order-0"}"#;
        let intent: Intent<'_> = serde_json::from_str(text).expect("an intent");
        assert!(check(&intent, 100, "Created").is_ok());
        assert!(check(&intent, 101, "Created").is_err());
        assert!(check(&intent, 100, "Captured").is_err());
    }
}
