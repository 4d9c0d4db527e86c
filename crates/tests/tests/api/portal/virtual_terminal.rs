//! The virtual terminal in the portal.

use serde_json::json;
use tatami_tests::{App, Browser, DEVELOPMENT_KEY, Tatami, number_in, shared, test_card};

use super::owner;

const NUMBER: &str = "4456 5300 0000 1005";
/// The bank asks every holder of this card who is there.
const CHALLENGED: &str = "4456530000001096";
const DECLINED: &str = "4456530000001013";

fn terminal(app: &App) -> String {
    format!("/portal/{}/test/virtual-terminal", app.account)
}

type Form<'f> = Vec<(&'f str, &'f str)>;

/// A whole form.
fn form<'f>(csrf: &'f str, once: &'f str, number: &'f str, reference: &'f str) -> Form<'f> {
    vec![
        ("csrf", csrf),
        ("once", once),
        ("amount", "42.00"),
        ("currency", "GBP"),
        ("reference", reference),
        ("email", "ada@example.com"),
        ("card-number", number),
        ("card-expiry", "12 / 39"),
        ("card-code", "020"),
        ("card-name", "Ada Lovelace"),
        ("address1", "1 High Street"),
        ("city", "London"),
        ("postcode", "SW1A 1AA"),
        ("country", "GB"),
    ]
}

fn made(location: &str) -> String {
    let path = location.split('?').next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

/// How often money moved.
async fn approved(app: &App) -> usize {
    let books = app.books().await;
    books.iter().filter(|entry| entry.approved()).count()
}

#[tokio::test]
async fn a_card_that_is_told_is_charged_once_without_3_d_secure() {
    let (browser, app) = owner("terminal@example.com").await;
    let page = terminal(&app);
    let shown = browser.get(&page).await;
    shown.expect_page(200, "Take payment");
    let (csrf, once) = (shown.field("csrf"), shown.field("once"));
    let fields = form(&csrf, &once, CHALLENGED, "Telephone order 8");
    let (one, two) = tokio::join!(
        browser.submit(&page, &fields),
        browser.submit(&page, &fields)
    );
    let to = one.header("location").to_owned();
    one.goes_to(&to);
    two.goes_to(&to);
    browser.submit(&page, &fields).await.goes_to(&to);
    assert_eq!(approved(&app).await, 1, "one charge");

    let id = made(&to);
    let intent = app.intent(&id).await;
    assert_eq!(intent["status"], "Captured", "{intent}");
    assert_eq!(intent["paymentSource"], "virtual-terminal", "{intent}");
    assert_eq!(intent["cardHolderNotPresent"], true, "{intent}");
    assert_eq!(intent["billingAddress"]["postcode"], "SW1A 1AA", "{intent}");
    let result = browser.get(&to).await;
    result.expect_page(200, "Payment taken");
    result.expect_page(200, &format!("/payments/{id}\""));
    assert!(!result.text().contains("card-code"), "{}", result.text());

    // The same form with another amount is none that was shown.
    let mut other = form(&csrf, &once, NUMBER, "Telephone order 8");
    other[2] = ("amount", "43.00");
    let answer = browser.submit(&page, &other).await;
    answer.expect_page(409, "done already");
    assert_eq!(number_in(&answer.body), None);
    assert_eq!(approved(&app).await, 1);

    let payment = format!("/portal/{}/test/payments/{id}", app.account);
    let receipt = [("email", "bob@example.com")];
    let sent = browser
        .send(&to, &format!("{payment}/receipt"), &receipt)
        .await;
    sent.goes_to(&format!("{payment}?done=receipt"));
    let mails = app.get("/sandbox/mailbox").await.expect(200);
    assert_eq!(mails[0]["to"], "bob@example.com", "{mails}");
}

#[tokio::test]
async fn a_declined_card_is_told_so_and_another_is_taken() {
    let (browser, app) = owner("declined-terminal@example.com").await;
    let page = terminal(&app);
    let shown = browser.get(&page).await;
    let (csrf, once) = (shown.field("csrf"), shown.field("once"));
    let fields = form(&csrf, &once, DECLINED, "Order 1");
    let answer = browser.submit(&page, &fields).await;
    let to = answer.header("location").to_owned();
    assert!(to.contains("?declined="), "{to}");
    // Loaded anew, or sent again, it tries nothing.
    let id = made(&to);
    browser
        .submit(&page, &fields)
        .await
        .goes_to(&format!("{page}/{id}"));
    let declines = |intent: &serde_json::Value| {
        let events = intent["paymentEvents"].as_array().cloned();
        let events = events.unwrap_or_default();
        let declined = events.iter().filter(|it| it["eventType"] == "Declined");
        declined.count()
    };
    assert_eq!(declines(&app.intent(&id).await), 1);
    let shown = browser.get(&to).await;
    shown.expect_page(200, "Declined: ");
    shown.expect_page(200, "£42.00");
    assert_eq!(number_in(&shown.body), None);

    let session = shown.field("session");
    let card = |number, session| {
        [
            ("session", session),
            ("card-number", number),
            ("card-expiry", "12/39"),
            ("card-code", "020"),
            ("card-name", "Ada"),
        ]
    };
    let again = format!("{page}/{id}");
    let wrong = browser
        .send(&again, &again, &card("4456530000001006", &session))
        .await;
    wrong.expect_page(400, "id=\"card-number-error\">");
    assert!(!wrong.text().contains("4456530000001006"));
    let fields = card(NUMBER, &session);
    let (one, two) = tokio::join!(
        browser.send(&again, &again, &fields),
        browser.send(&again, &again, &fields),
    );
    one.goes_to(&again);
    two.goes_to(&again);
    browser.get(&again).await.expect_page(200, "Payment taken");
    assert_eq!(approved(&app).await, 1);
    let funds = test_card(&app, "insufficient funds").await;
    let shown = browser.get(&page).await;
    let (csrf, once) = (shown.field("csrf"), shown.field("once"));
    let fields = form(&csrf, &once, &funds, "Order 2");
    let answer = browser.submit(&page, &fields).await;
    let to = answer.header("location").to_owned();
    browser.get(&to).await.expect_page(200, "not enough money");
}

#[tokio::test]
async fn what_is_typed_is_checked_and_nothing_of_the_card_is_shown_again() {
    let (browser, app) = owner("typed-terminal@example.com").await;
    let page = terminal(&app);
    let shown = browser.get(&page).await;
    let (csrf, once) = (shown.field("csrf"), shown.field("once"));
    let mut fields = form(&csrf, &once, NUMBER, "");
    fields[2] = ("amount", "much");
    fields[8] = ("card-code", "77");
    let answer = browser.submit(&page, &fields).await;
    answer.expect_page(400, "id=\"amount-error\">");
    answer.expect_page(400, "id=\"reference-error\">");
    answer.expect_page(400, "id=\"card-code-error\">");
    answer.expect_page(400, "value=\"ada@example.com\"");
    assert_eq!(number_in(&answer.body), None);
    assert!(!answer.text().contains("value=\"77\""));
    // A number in another field is refused before anything is kept of it.
    let note = "card 4456-5300-0000-1005";
    let mut fields = form(&csrf, &once, NUMBER, "Order 3");
    fields.push(("description", note));
    let answer = browser.submit(&page, &fields).await;
    answer.expect_page(400, "Remove the card number from the description.");
    let found = app
        .send("/payment-intents/search", json!({}))
        .await
        .expect(200);
    assert_eq!(found["data"], json!([]), "{found}");
    let trail = browser.get("/portal/audit").await.text();
    assert!(!trail.contains("virtual-terminal.pay"), "{trail}");
}

#[tokio::test]
async fn another_payment_is_none_of_the_terminal_s() {
    let (browser, app) = owner("own-terminal@example.com").await;
    let page = terminal(&app);
    let online = crate::id(&app.create(json!({})).await);
    let strange = App::new();
    let moto = json!({ "cardHolderNotPresent": true });
    let foreign = crate::id(&strange.create(moto).await);
    let card = [
        ("card-number", NUMBER),
        ("card-expiry", "12/39"),
        ("card-code", "020"),
        ("card-name", "Ada"),
    ];
    for (app, id) in [(&app, online), (&strange, foreign)] {
        let at = format!("{page}/{id}");
        browser.get(&at).await.expect_page(404, "no such payment");
        let secret = app.secret(&id).await;
        let fields = [&[("session", secret.as_str())][..], &card].concat();
        let answer = browser.send(&page, &at, &fields).await;
        answer.expect_page(404, "no such payment");
        assert_eq!(app.status(&id).await, "Created");
    }
    let support =
        Browser::of_user(shared(), &app.account, "no-terminal@example.com", "support").await;
    support.get(&page).await.expect_page(403, "does not allow");
}

#[tokio::test]
async fn nothing_of_a_card_that_is_told_is_kept() {
    let mut server = Tatami::start_with(&["--log-format", "json"]);
    let app = App::with_key(&server, DEVELOPMENT_KEY);
    let browser = Browser::of_developer(&server).await;
    let home = browser.get("/portal").await;
    let base = home.header("location").to_owned();
    let page = format!("{base}/virtual-terminal");
    for (number, code) in [
        (NUMBER, "020"),
        (DECLINED, "020"),
        ("4456530000001006", "987"),
    ] {
        let shown = browser.get(&page).await;
        let (csrf, once) = (shown.field("csrf"), shown.field("once"));
        let mut fields = form(&csrf, &once, number, "Canary");
        fields[8] = ("card-code", code);
        let answer = browser.submit(&page, &fields).await;
        assert_eq!(number_in(&answer.body), None);
        let to = answer.header("location").to_owned();
        if !to.is_empty() {
            assert!(!to.contains("4456"), "{to}");
            assert_eq!(number_in(&browser.get(&to).await.body), None);
        }
    }
    let trail = browser.get("/portal/audit").await;
    trail.expect_page(200, "virtual-terminal.pay");
    assert_eq!(number_in(&trail.body), None);
    drop(app);
    server.sigterm();
    assert_eq!(number_in(server.output().as_bytes()), None);
    for (path, bytes) in server.stored() {
        assert_eq!(number_in(&bytes), None, "{}", path.display());
    }
}
