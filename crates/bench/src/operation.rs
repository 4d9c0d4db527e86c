//! What is measured. Every answer is checked: a server that answers something
//! else is not fast.

use serde::Deserialize;

use crate::client::{Connection, Request};
use crate::fault::{Fault, Result, fault};
use crate::shop::Shop;

/// The newest published version.
const NEWEST: &str = "2026-02-27";
/// The version in which creating answers with a client session secret.
const WITH_SECRET: &str = "2022-04-07";
/// Intents of a page of a search.
const PAGE: usize = 20;
const CARD: &[u8] = br#"{"cardNumber":"4456530000001005","cardName":"Ada Lovelace","expiryDate":"12 / 34","cV2":"123"}"#;

/// An operation of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// Create a payment intent.
    Create,
    /// Read a payment intent.
    Read,
    /// Read the newest page of payment intents.
    Search,
    /// Create a payment intent, pay it by card, read it.
    Pay,
}

impl Operation {
    /// All of them, in the order they are measured: reading and searching need
    /// what creating leaves.
    pub const ALL: [Self; 4] = [Self::Create, Self::Read, Self::Search, Self::Pay];

    /// Its name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create intent",
            Self::Read => "read intent",
            Self::Search => "search page",
            Self::Pay => "full payment",
        }
    }

    /// The operation of that first word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|o| o.name().split(' ').any(|w| w == word))
    }

    /// Carries it out once and checks the answers.
    ///
    /// # Errors
    /// If an answer is wrong or missing.
    pub async fn once(self, shop: &Shop, over: &mut Connection) -> Result<()> {
        let order = shop.next_order();
        let done = match self {
            Self::Create => create(shop, over, order, NEWEST).await.map(drop),
            Self::Read => read(shop, over, order).await,
            Self::Search => search(over).await,
            Self::Pay => pay(shop, over, order).await,
        };
        done.map_err(|Fault(why)| Fault(format!("{}: {why}", self.name())))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Money<'a> {
    value: u64,
    currency_code: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Intent<'a> {
    id: &'a str,
    status: &'a str,
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

/// An order's amount: every one is another, so that no answer fits by chance.
const fn amount(order: u64) -> u64 {
    100 + order % 99_900
}

/// The body of a create request.
pub fn order_body(order: u64) -> Vec<u8> {
    format!(
        r#"{{"amount":{{"value":{},"currencyCode":"GBP"}},"reference":"Order-{order}","description":"Two coffees and a cake","captureMode":"Auto"}}"#,
        amount(order)
    )
    .into_bytes()
}

fn check(intent: &Intent<'_>, wanted: u64, status: &str) -> Result<()> {
    let right = intent.id.starts_with("pi_sandbox_")
        && intent.status == status
        && intent.amount.value == wanted
        && intent.amount.currency_code == "GBP"
        && intent.reference.starts_with("Order-");
    if right {
        return Ok(());
    }
    fault(format!(
        "wrong answer: {} is {} over {} {}, but {status} over {wanted} was expected",
        intent.id, intent.status, intent.amount.value, intent.amount.currency_code
    ))
}

/// Creates an intent; gives its id and, in a version that shows it, its secret.
async fn create(
    shop: &Shop,
    over: &mut Connection,
    order: u64,
    version: &str,
) -> Result<(String, Option<String>)> {
    let body = order_body(order);
    let answer = over.send(post("/payment-intents", version, &body)).await?;
    let intent: Intent<'_> = serde_json::from_slice(answer.ok()?)?;
    check(&intent, amount(order), "Created")?;
    if intent.reference.strip_prefix("Order-") != Some(order.to_string().as_str()) {
        return fault(format!(
            "the answer is to another order: {}",
            intent.reference
        ));
    }
    if version == NEWEST {
        shop.remember(intent.id, amount(order));
    }
    let secret = intent.client_session_secret.map(str::to_owned);
    Ok((intent.id.to_owned(), secret))
}

async fn read(shop: &Shop, over: &mut Connection, n: u64) -> Result<()> {
    let Some(known) = shop.recall(n) else {
        return fault("there is nothing to read");
    };
    expect(over, &known.id, known.amount, "Created").await
}

async fn expect(over: &mut Connection, id: &str, amount: u64, status: &str) -> Result<()> {
    let path = format!("/payment-intents/{id}");
    let answer = over.send(get(&path)).await?;
    let intent: Intent<'_> = serde_json::from_slice(answer.ok()?)?;
    if intent.id != id {
        return fault(format!("{} was answered for {id}", intent.id));
    }
    check(&intent, amount, status)
}

async fn search(over: &mut Connection) -> Result<()> {
    let body = format!(r#"{{"cursor":{{"limit":{PAGE}}},"statuses":["Created"]}}"#);
    let request = post("/payment-intents/search", NEWEST, body.as_bytes());
    let answer = over.send(request).await?;
    let page: Page<'_> = serde_json::from_slice(answer.ok()?)?;
    let newest_first = page.data.is_sorted_by(|a, b| a.id > b.id);
    if page.data.len() != PAGE || !newest_first {
        return fault(format!(
            "a page of {} instead of {PAGE} intents, in order: {newest_first}",
            page.data.len()
        ));
    }
    page.data
        .iter()
        .try_for_each(|intent| check(intent, intent.amount.value, "Created"))
}

async fn pay(shop: &Shop, over: &mut Connection, order: u64) -> Result<()> {
    let (id, secret) = create(shop, over, order, WITH_SECRET).await?;
    let Some(secret) = secret else {
        return fault("the answer has no client session secret");
    };
    let path = format!("/connect-e/api/payments/{secret}");
    let answer = over.send(post(&path, WITH_SECRET, CARD)).await?;
    let paid: Paid = serde_json::from_slice(answer.ok()?)?;
    if paid.status_code != 0 {
        return fault(format!("the card was answered with {}", paid.status_code));
    }
    expect(over, &id, amount(order), "Captured").await
}

fn get(path: &str) -> Request<'_> {
    Request {
        method: "GET",
        path,
        version: NEWEST,
        body: &[],
    }
}

fn post<'a>(path: &'a str, version: &'a str, body: &'a [u8]) -> Request<'a> {
    Request {
        method: "POST",
        path,
        version,
        body,
    }
}
