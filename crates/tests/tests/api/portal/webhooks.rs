//! Webhooks in the portal.

use std::time::Instant;

use axum::http::{HeaderMap, HeaderName};
use serde_json::json;
use tatami_tests::{Browser, PATIENCE, Receiver, signature};

use super::owner;
use crate::id;

const CREATED: &str = "payment_intent.created";

#[tokio::test]
async fn an_endpoint_is_added_and_what_it_gets_is_shown() {
    let (browser, app) = owner("hooks@example.com").await;
    let page = format!("/portal/{}/test/webhooks", app.account);
    let shop = Receiver::open().await;
    let url = shop.url("/hook");
    browser
        .send(&page, &page, &[("url", &url)])
        .await
        .expect_page(400, "At least one event");
    let answer = browser
        .send(&page, &page, &[("url", url.as_str()), ("event", CREATED)])
        .await;
    answer.goes_to(&format!("{page}?done=added"));
    let intent = id(&app.create(json!({})).await);
    let delivery = shop.wait_for(1).await.remove(0);
    let shown = browser.get(&page).await.text();
    let secret = shown
        .split("<code>")
        .nth(1)
        .and_then(|rest| rest.split('<').next())
        .expect("a secret");
    assert_eq!(delivery.signature(), signature(&delivery.body, secret));
    let deadline = std::time::Instant::now() + tatami_tests::PATIENCE;
    loop {
        let shown = browser.get(&page).await.text();
        if shown.contains("Delivered</span>") {
            assert!(shown.contains(&intent), "{shown}");
            break;
        }
        assert!(
            std::time::Instant::now() < deadline,
            "it is not shown: {shown}"
        );
    }
    let home = browser.get(&format!("/portal/{}/test", app.account)).await;
    home.expect_page(
        200,
        "Receive a webhook</strong><span class=\"visually-hidden\"> (done)",
    );
    // A second secret signs once it is activated.
    let endpoint = shown
        .split("/webhooks/ws_")
        .nth(1)
        .and_then(|rest| rest.split('/').next())
        .expect("an id");
    let endpoint = format!("{page}/ws_{endpoint}");
    let added = browser
        .send(&page, &format!("{endpoint}/secrets"), &[])
        .await;
    added.goes_to(&format!("{page}?done=secret"));
    let shown = browser.get(&page).await.text();
    let new = shown
        .split("/secrets/")
        .nth(1)
        .and_then(|rest| rest.split('/').next())
        .expect("a secret");
    let activated = browser
        .send(&page, &format!("{endpoint}/secrets/{new}/activate"), &[])
        .await;
    activated.goes_to(&format!("{page}?done=secret"));
    let (stranger, other) = owner("foreign-hooks@example.com").await;
    let theirs = format!("/portal/{}/test/webhooks", other.account);
    let id = endpoint.rsplit('/').next().expect("an id");
    for what in ["delete", "secrets"] {
        let answer = stranger
            .send(&theirs, &format!("{theirs}/{id}/{what}"), &[])
            .await;
        answer.expect_page(404, "no such subscription");
    }
    let fields = [("number", "1"), ("endpoint", id)];
    let answer = stranger
        .send(&theirs, &format!("{theirs}/resend"), &fields)
        .await;
    answer.expect_page(404, "no such subscription");
    let gone = browser
        .send(&page, &format!("{endpoint}/delete"), &[])
        .await;
    gone.goes_to(&format!("{page}?done=deleted"));
}

/// What is shown once it holds some words.
async fn shows(browser: &Browser, page: &str, words: &str) -> String {
    let started = Instant::now();
    loop {
        let shown = browser.get(page).await.text();
        if shown.contains(words) {
            return shown;
        }
        assert!(started.elapsed() < PATIENCE, "no {words}: {shown}");
    }
}

#[tokio::test]
async fn an_endpoint_is_changed_and_tried_with_an_event_that_says_so() {
    let (browser, app) = owner("tries-hooks@example.com").await;
    let page = format!("/portal/{}/test/webhooks", app.account);
    let shop = Receiver::open().await;
    let first = [("url", "http://127.0.0.1:9/"), ("event", CREATED)];
    browser
        .send(&page, &page, &first)
        .await
        .goes_to(&format!("{page}?done=added"));
    let shown = browser.get(&page).await.text();
    let id = shown
        .split("/webhooks/ws_")
        .nth(1)
        .and_then(|rest| rest.split('/').next())
        .expect("an id");
    let endpoint = format!("{page}/ws_{id}");
    let refused = browser.send(&page, &format!("{endpoint}/test"), &[]).await;
    refused.expect_page(200, "The test event was not accepted.");
    refused.expect_page(200, "No answer");
    let url = shop.url("/hook");
    let change = [
        ("url", url.as_str()),
        ("event", "payment_intent.status_updated"),
    ];
    let changed = browser
        .send(&page, &format!("{endpoint}/change"), &change)
        .await;
    changed.goes_to(&format!("{page}?done=changed"));
    let bad = browser
        .send(&page, &format!("{endpoint}/change"), &[("url", "here")])
        .await;
    bad.expect_page(400, "At least one event");

    let sent = browser.send(&page, &format!("{endpoint}/test"), &[]).await;
    sent.expect_page(200, "The test event was delivered.");
    sent.expect_page(200, "<code>dojo-signature</code></th><td><code>sha256=");
    let arrived = shop.wait_for(1).await.remove(0);
    let body = arrived.json();
    assert_eq!(
        (&body["event"], &body["data"]["isTest"]),
        (&json!("webhook.test"), &json!(true)),
        "{body}"
    );
    assert_eq!(body["accountId"], app.account.as_str(), "{body}");
    let shown = browser.get(&page).await.text();
    let secret = shown
        .split("<code>")
        .nth(1)
        .and_then(|rest| rest.split('<').next())
        .expect("a secret");
    assert_eq!(arrived.signature(), signature(&arrived.body, secret));
    for language in ["Node.js", "Python", "PHP", "C#", "Rust"] {
        assert!(
            shown.contains(&format!("<summary>{language}</summary>")),
            "{language}"
        );
    }
    let strange = owner("tries-foreign@example.com").await;
    let theirs = format!("/portal/{}/test/webhooks", strange.1.account);
    for what in ["test", "change"] {
        let path = format!("{theirs}/ws_{id}/{what}");
        let answer = strange.0.send(&theirs, &path, &change).await;
        answer.expect_page(404, "no such subscription");
    }
    browser
        .get("/portal/audit")
        .await
        .expect_page(200, "webhook.test");
}

#[tokio::test]
async fn the_page_of_an_event_leads_to_its_test_event() {
    let (browser, app) = owner("tried-hooks@example.com").await;
    let page = format!("/portal/{}/test/webhooks", app.account);
    let docs = browser
        .get("/docs/api/webhooks/payment_intent_created")
        .await;
    let link = format!("/portal?to=webhooks&event={CREATED}");
    docs.expect_page(200, &link.replace('&', "&#38;"));
    let shown = format!("{page}?event={CREATED}");
    browser.get(&link).await.goes_to(&shown);
    let none = browser.get(&shown).await;
    none.expect_page(200, "No endpoint gets it yet.");
    none.expect_page(200, &format!("value=\"{CREATED}\" checked"));
    let first = [("url", "http://127.0.0.1:9/tried"), ("event", CREATED)];
    browser.send(&page, &page, &first).await;
    let found = browser.get(&shown).await.text();
    let section = found.split("id=\"tried-title\"").nth(1);
    let section = section.and_then(|rest| rest.split("</section>").next());
    let section = section.expect("a section");
    assert!(section.contains("127.0.0.1:9/tried"), "{section}");
    assert!(section.contains("/test\""), "{section}");
    let other = browser.get(&format!("{page}?event=webhook.test")).await;
    assert!(!other.text().contains("tried-title"), "{}", other.text());
}

/// The rows of the table whose caption begins so.
fn rows_of(shown: &str, caption: &str) -> Vec<String> {
    let begins = |table: &&str| {
        let text = table.split("</caption>").next().unwrap_or_default();
        text.replace("<span class=\"visually-hidden\">", "")
            .starts_with(caption)
    };
    let table = shown.split("<caption>").skip(1).find(begins);
    let table = table.and_then(|table| table.split("</table>").next());
    let rows = table.expect("a table").split("<tr>").skip(1);
    rows.map(str::to_owned).collect()
}

#[tokio::test]
async fn headers_of_answers_are_shown_masked_and_cut() {
    let (browser, app) = owner("heads-hooks@example.com").await;
    let page = format!("/portal/{}/test/webhooks", app.account);
    let shop = Receiver::open().await;
    let mut headers = HeaderMap::new();
    let long = "v ".repeat(300);
    let known = [
        ("x-request-id", "request-1"),
        ("set-cookie", "a=planted"),
        ("x-tried", "4456 5300-0000 1096"),
        ("x-long", &long),
    ];
    let more: Vec<String> = (0..40).map(|n| format!("x-more-{n}")).collect();
    let more = more.iter().map(|name| (name.as_str(), "<b>"));
    for (name, value) in known.into_iter().chain(more) {
        let name: HeaderName = name.parse().expect("a name");
        headers.insert(name, value.parse().expect("a value"));
    }
    shop.answers_with(headers);
    let url = shop.url("/hook");
    browser
        .send(&page, &page, &[("url", url.as_str()), ("event", CREATED)])
        .await;
    let shown = browser.get(&page).await.text();
    let id = shown.split("/webhooks/ws_").nth(1).expect("an id");
    let id = id.split('/').next().unwrap_or_default();
    let test = format!("{page}/ws_{id}/test");
    let tried = browser.send(&page, &test, &[]).await.text();
    app.create(json!({})).await;
    let delivered = shows(&browser, &page, "Headers of the answer").await;
    for (shown, caption) in [
        (tried, "Headers received"),
        (delivered, "Headers of the answer"),
    ] {
        let sent = rows_of(&shown, "Headers sent");
        assert!(
            sent.iter().any(|row| row.contains("dojo-signature")),
            "{sent:?}"
        );
        let rows = rows_of(&shown, caption);
        assert_eq!(rows.len(), 31, "{rows:?}");
        let value = |name: &str| {
            let start = format!("<code>{name}</code></th><td><code>");
            let row = rows.iter().find_map(|row| row.split(&start).nth(1));
            let value = row.and_then(|rest| rest.split("</code>").next());
            value
                .unwrap_or_else(|| panic!("no {name}: {rows:?}"))
                .to_owned()
        };
        assert_eq!(value("x-request-id"), "request-1");
        assert_eq!(value("set-cookie"), "****");
        assert_eq!(value("x-tried"), "****");
        assert_eq!(value("x-long"), format!("{}…", &long[..256]));
        assert!(value("…").ends_with(" more"), "{rows:?}");
        for planted in ["a=planted", "4456", "<b>"] {
            assert!(!shown.contains(planted), "{planted}: {shown}");
        }
    }
}

#[tokio::test]
async fn deliveries_are_sent_again_one_or_all_that_failed() {
    let (browser, app) = owner("again-hooks@example.com").await;
    let page = format!("/portal/{}/test/webhooks", app.account);
    let shop = Receiver::open().await;
    let url = shop.url("/hook");
    browser
        .send(&page, &page, &[("url", url.as_str()), ("event", CREATED)])
        .await;
    app.create(json!({})).await;
    shop.wait_for(1).await;
    let shown = shows(&browser, &page, "Delivered</span>").await;
    let value = |name: &str| {
        let field = shown.split(&format!("name=\"{name}\" value=\"")).nth(1);
        let value = field.and_then(|rest| rest.split('"').next());
        value.expect("a field").to_owned()
    };
    let (number, endpoint) = (value("number"), value("endpoint"));
    let fields = [("number", number.as_str()), ("endpoint", &endpoint)];
    let resend = format!("{page}/resend");
    browser
        .send(&page, &resend, &fields)
        .await
        .goes_to(&format!("{page}?done=resent"));
    let twice = shop.wait_for(2).await;
    assert_eq!(twice[0].body, twice[1].body, "the same event");
    let none = [("number", "999999999"), ("endpoint", endpoint.as_str())];
    browser
        .send(&page, &resend, &none)
        .await
        .expect_page(404, "no such delivery");

    shop.answers(&[], 500);
    for _ in 0..2 {
        app.create(json!({})).await;
    }
    // Eight tries take about a day.
    for _ in 0..9 {
        app.advance("12.00:00:00").await;
    }
    shows(&browser, &page, "Failed</span>").await;
    shop.answers(&[], 204);
    let before = shop.got().len();
    let all = format!("{page}/resend-failed");
    let later = [("since", "2999-01-01T00:00")];
    browser
        .send(&page, &all, &later)
        .await
        .goes_to(&format!("{page}?done=resent-failed&count=0"));
    browser
        .send(&page, &all, &[("since", "soon")])
        .await
        .expect_page(400, "Write the time as");
    let since = [("since", "2020-01-01T00:00")];
    browser
        .send(&page, &all, &since)
        .await
        .goes_to(&format!("{page}?done=resent-failed&count=2"));
    shop.wait_for(before + 2).await;
}
