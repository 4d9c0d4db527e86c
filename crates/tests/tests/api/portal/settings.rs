//! The settings of a location, and its limits.

use serde_json::json;
use tatami_tests::{App, Browser, pay_intent, shared};

use super::{owner, trail};
use crate::id;

fn page(app: &App, name: &str) -> String {
    format!("/portal/{}/test/{name}", app.account)
}

#[tokio::test]
async fn a_name_and_a_zone_are_changed_and_seen_by_merchants_and_payers() {
    let (browser, app) = owner("sets-a-location@example.com").await;
    let settings = page(&app, "settings");
    let before = browser.get(&settings).await;
    let old = before.field("name");
    assert_eq!(before.field("zone"), "Europe/London");
    let customer = json!({ "customer": { "emailAddress": "ada@example.com" } });
    let intent = id(&app.create(customer).await);
    let named = [("name", " Café Ñ & Söhne "), ("zone", "asia/tokyo")];
    let saved = browser.send(&settings, &settings, &named).await;
    saved.goes_to(&format!("{settings}?done=saved"));
    let name = "Café Ñ & Söhne";
    let after = browser.get(&settings).await;
    assert_eq!(after.field("zone"), "Asia/Tokyo");
    let read = app.intent(&intent).await;
    assert_eq!(read["config"]["tradingName"], name);
    let checkout = app
        .stranger()
        .get(&format!("/checkout/{intent}"))
        .await
        .text();
    assert!(checkout.contains("Café Ñ &#38; Söhne"), "{checkout}");
    pay_intent(&app, &intent, tatami_tests::APPROVED).await;
    let mailbox = app.get("/sandbox/mailbox");
    let mails = mailbox.header("accept", "application/json").await;
    let text = mails.expect(200)[0]["text"].to_string();
    assert!(text.contains(name), "{text}");
    // Written down with what was there; what changes nothing is not.
    browser.send(&settings, &settings, &named).await;
    let rows = trail(&browser).await;
    let changes: Vec<_> = rows
        .iter()
        .filter(|row| row.contains("<code>location.change</code>"))
        .collect();
    assert_eq!(changes.len(), 1, "{rows:?}");
    for part in [old.as_str(), "Europe/London", "Asia/Tokyo", "Söhne"] {
        assert!(changes[0].contains(part), "{part}: {}", changes[0]);
    }
}

#[tokio::test]
async fn settings_that_break_a_rule_come_back_at_their_fields() {
    let (browser, app) = owner("mistypes-settings@example.com").await;
    let settings = page(&app, "settings");
    let before = browser.get(&settings).await.field("name");
    let named = [("name", "Corner Shop"), ("zone", "Europe/Atlantis")];
    let refused = browser.send(&settings, &settings, &named).await;
    refused.expect_page(400, "id=\"zone-error\"");
    assert_eq!(refused.field("name"), "Corner Shop");
    assert_eq!(refused.field("zone"), "Europe/Atlantis");
    let nameless = [("name", " "), ("zone", "UTC")];
    let refused = browser.send(&settings, &settings, &nameless).await;
    refused.expect_page(400, "id=\"name-error\"");
    assert!(!refused.text().contains("zone-error"));
    assert_eq!(browser.get(&settings).await.field("name"), before);
}

#[tokio::test]
async fn others_than_owners_look_at_settings_and_change_none() {
    let app = App::new();
    let email = "looks-at-settings@example.com";
    let browser = Browser::of_user(shared(), &app.account, email, "viewer").await;
    let settings = page(&app, "settings");
    let shown = browser.get(&settings).await;
    shown.expect_page(200, "Europe/London");
    assert!(!shown.text().contains("name=\"zone\""));
    for product in ["Online payments", "Card machines", "Orders of a POS"] {
        assert!(shown.text().contains(product), "{product}");
    }
    let named = [("name", "Mine"), ("zone", "UTC")];
    let refused = browser.send("/portal/profile", &settings, &named).await;
    refused.expect_page(403, "Your role does not allow this");
    let live = settings.replace("/test/", "/live/");
    browser.get(&live).await.expect_page(200, "Off");
}

/// How much of a limit the page says is used.
async fn used(browser: &Browser, limits: &str, title: &str) -> usize {
    let page = browser.get(limits).await.text();
    let row = page.split(title).nth(1);
    let digits = row.and_then(|row| row.split("data-label=\"Used now\">").nth(1));
    let used = digits.and_then(|rest| rest.split('<').next());
    used.and_then(|used| used.parse().ok())
        .unwrap_or_else(|| panic!("{title}: {page}"))
}

#[tokio::test]
async fn limits_say_how_much_of_them_is_used() {
    let (browser, app) = owner("reads-limits@example.com").await;
    let (limits, keys) = (page(&app, "limits"), page(&app, "keys"));
    let shown = browser.get(&limits).await;
    shown.expect_page(200, "href=\"/docs/reference/limits\"");
    let title = "API keys of this location and mode";
    let before = used(&browser, &limits, title).await;
    let made = browser.send(&keys, &keys, &[("name", "Web shop")]).await;
    made.expect_page(200, "Your new key");
    assert_eq!(used(&browser, &limits, title).await, before + 1);
    // Others lend permits meanwhile, so that there may be none: but there is a number.
    used(&browser, &limits, "Requests to this installation").await;
}
