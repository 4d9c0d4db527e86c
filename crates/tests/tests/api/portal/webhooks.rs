//! Webhooks in the portal.

use std::time::Instant;

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
        if shown.contains("delivered</span>") {
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
    refused.expect_page(200, "no answer");
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
    sent.expect_page(200, "dojo-signature: sha256=");
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
    let shown = shows(&browser, &page, "delivered</span>").await;
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
    shows(&browser, &page, "gave-up</span>").await;
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
