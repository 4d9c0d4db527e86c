//! Paying as the component and the mobile SDKs do.

use serde_json::{Value, json};

use crate::{App, Reply};

/// A test card.
#[derive(Clone, Copy, Debug)]
pub struct Card<'n> {
    /// The number.
    pub number: &'n str,
    /// The verification value.
    pub cv2: &'n str,
}

const fn card(number: &'static str) -> Card<'static> {
    Card { number, cv2: "020" }
}

/// A card that is approved at once.
pub const APPROVED: Card<'static> = card("4456530000001005");
/// Another, of another scheme.
pub const MASTERCARD: Card<'static> = card("5200000000001005");
/// A card whose holder must pass a 3-D Secure challenge.
pub const CHALLENGED: Card<'static> = card("4456530000001096");
/// A card that is declined.
pub const DECLINED: Card<'static> = card("4456530000001013");

/// The published test cards: number, `challenge`, `approved` or `declined`.
pub const PUBLISHED_CARDS: [(&str, &str); 13] = [
    ("4456530000001005", "approved"),
    ("4456530000001096", "challenge"),
    ("4456530000000007", "challenge"),
    ("4456530000001013", "declined"),
    ("4111111111111111", "approved"),
    ("4000000000000002", "declined"),
    ("5200000000001005", "approved"),
    ("5200000000000056", "approved"),
    ("5200000000001096", "challenge"),
    ("5200000000000007", "challenge"),
    ("5555555555555599", "approved"),
    ("6759410000006404", "challenge"),
    ("6011000000001002", "approved"),
];

impl<'n> Card<'n> {
    /// The card of a number, with a verification value of the right length.
    pub fn new(number: &'n str) -> Self {
        let amex = number.starts_with("34") || number.starts_with("37");
        let cv2 = if amex { "0201" } else { "020" };
        Self { number, cv2 }
    }

    /// The body that pays with it.
    pub fn body(self) -> Value {
        json!({
            "cardNumber": self.number,
            "cardName": "Ada Lovelace",
            "expiryDate": "12 / 39",
            "cV2": self.cv2,
        })
    }
}

/// The beginnings of test card numbers, longer than any mask shows.
const BEGINNINGS: [&str; 7] = [
    "44565300000",
    "52000000000",
    "41111111111",
    "40000000000",
    "55555555555",
    "67594100000",
    "60110000000",
];

/// A test card's number that is there in the clear, with or without spaces or
/// hyphens between its digits.
pub fn number_in(bytes: &[u8]) -> Option<String> {
    let packed: Vec<u8> = bytes
        .iter()
        .copied()
        .filter(|b| !matches!(b, b' ' | b'-'))
        .collect();
    let found = BEGINNINGS.into_iter().find_map(|beginning| {
        packed
            .windows(beginning.len() + 5)
            .find(|w| w.starts_with(beginning.as_bytes()) && w.iter().all(u8::is_ascii_digit))
    });
    found.map(|digits| String::from_utf8_lossy(digits).into_owned())
}

/// The numbers on the page of test cards.
pub async fn test_cards(app: &App) -> Vec<String> {
    let page = app.stranger().get("/docs/test-cards").await;
    assert_eq!(page.status, 200, "{}", page.text());
    numbers(&page.text())
}

/// The number on the page of test cards whose row speaks of that.
pub async fn test_card(app: &App, about: &str) -> String {
    let page = app.stranger().get("/docs/test-cards").await.text();
    let mut rows = page
        .split("<tr")
        .filter(|row| row.to_lowercase().contains(about));
    let found = rows.find_map(|row| numbers(row).into_iter().next());
    found.unwrap_or_else(|| panic!("no test card speaks of {about:?}: {page}"))
}

fn numbers(page: &str) -> Vec<String> {
    page.split(|c: char| !(c.is_ascii_digit() || c == ' '))
        .map(|text| text.replace(' ', ""))
        .filter(|digits| (14..=19).contains(&digits.len()))
        .collect()
}

/// What came of a payment: the answer's `statusCode` and its other properties.
#[derive(Clone, Debug)]
pub struct Paid {
    /// 0 approved, 3 challenge, 4 referred, 5 declined, …
    pub code: i64,
    /// The whole answer.
    pub answer: Value,
}

impl Paid {
    /// Reads an answer of the component endpoint.
    pub fn of(reply: &Reply) -> Self {
        let answer = reply.json();
        let code = answer["statusCode"]
            .as_i64()
            .unwrap_or_else(|| panic!("{}: no statusCode in {answer}", reply.url));
        Self { code, answer }
    }
}

/// Pays with a card under a client session secret.
pub async fn pay(app: &App, secret: &str, card: Card<'_>) -> Paid {
    let path = format!("/connect-e/api/payments/{secret}");
    let reply = app
        .stranger()
        .send(&path, card.body())
        .without("version")
        .await;
    Paid::of(&reply)
}

/// Pays an intent with a card and gives the intent as it is then.
pub async fn pay_intent(app: &App, id: &str, card: Card<'_>) -> Value {
    let secret = app.secret(id).await;
    pay(app, &secret, card).await;
    app.intent(id).await
}

/// Goes through the challenge of a payment as its holder's browser would, and
/// gives the proof (`paRes`) that the bank's page hands back. `decision` is
/// `approve`, `refuse` or `cancel`.
pub async fn prove(app: &App, challenge: &Value, decision: &str) -> String {
    let field = |name: &str| challenge[name].as_str().expect("a text").to_owned();
    let bank = app.stranger();
    let url = field("stepUpUrl");
    let path = url.strip_prefix(&app.base).unwrap_or(&url);
    let mut fields = vec![
        ("PaReq".to_owned(), field("paReq")),
        ("MD".to_owned(), field("md")),
        ("TermUrl".to_owned(), String::new()),
        ("presentation".to_owned(), "frame".to_owned()),
    ];
    let page = bank.post(path).form(&fields).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let html = page.text();

    fields = elements(&html, "input")
        .filter(|input| attribute(input, "type").as_deref() == Some("hidden"))
        .filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value")?)))
        .collect();
    let code = element(&html, "code");
    if let Some(name) = code.and_then(|code| attribute(code, "name")) {
        fields.push((name, "123456".to_owned()));
    }
    let button = element(&html, decision).expect("the decision's button");
    if let (Some(name), Some(value)) = (attribute(button, "name"), attribute(button, "value")) {
        fields.push((name, value));
    }
    let action = elements(&html, "form")
        .find_map(|form| attribute(form, "action"))
        .filter(|action| !action.is_empty())
        .unwrap_or_else(|| path.to_owned());
    let answer = bank.post(&action).form(&fields).await;
    let html = answer.text();
    let proof = element(&html, "proof").unwrap_or_else(|| panic!("no proof: {html}"));
    attribute(proof, "data-pa-res").expect("a paRes")
}

/// Goes on with a payment after the challenge.
pub async fn complete(app: &App, secret: &str, challenge: &Value, proof: &str) -> Paid {
    let body = json!({ "transactionId": challenge["md"], "paRes": proof });
    let path = format!("/connect-e/api/payments/{secret}/three-ds-complete");
    Paid::of(&app.stranger().send(&path, body).without("version").await)
}

/// The tags of that name.
fn elements<'h>(html: &'h str, tag: &str) -> impl Iterator<Item = &'h str> {
    let start = format!("<{tag} ");
    html.match_indices(&start)
        .map(|(at, _)| &html[at..])
        .filter_map(|rest| rest.split_once('>'))
        .map(|(tag, _)| tag)
        .collect::<Vec<_>>()
        .into_iter()
}

/// The tag with that id.
fn element<'h>(html: &'h str, id: &str) -> Option<&'h str> {
    let at = html.find(&format!(" id=\"{id}\""))?;
    let start = html[..at].rfind('<')?;
    html[start..].split_once('>').map(|(tag, _)| tag)
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = format!(" {name}=\"");
    let rest = &tag[tag.find(&start)? + start.len()..];
    let (value, _) = rest.split_once('"')?;
    Some(
        value
            .replace("&#38;", "&")
            .replace("&amp;", "&")
            .replace("&#x2F;", "/"),
    )
}
