//! The request log in the portal.

use std::time::Instant;

use serde_json::json;
use tatami_tests::{App, Browser, DEVELOPMENT_KEY, PATIENCE, Reply, Tatami};

use super::owner;
use crate::id;

/// A page as soon as it says something: requests are written a second later.
async fn shown(browser: &Browser, path: &str, words: &str) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let page = browser.get(path).await.text();
        if page.contains(words) {
            return page;
        }
        assert!(
            Instant::now() < deadline,
            "{path} does not say {words}: {page}"
        );
    }
}

/// The first entry's page that a list links to.
fn entry(list: &str) -> String {
    let link = list.split("<tbody").nth(1).expect("rows");
    let link = link
        .split("href=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    link.expect("a link").to_owned()
}

#[tokio::test]
async fn a_request_is_found_and_shown_whole_without_its_secrets() {
    let (browser, app) = owner("logs@example.com").await;
    let page = format!("/portal/{}/test/logs", app.account);
    browser.get(&page).await.expect_page(200, "No requests yet");
    let reference = "Logged-0001";
    let intent = app
        .create(json!({ "reference": reference, "generateRemoteToken": true }))
        .await;
    let secret = crate::text(&intent, "clientSessionSecret").to_owned();
    let intent = id(&intent);
    let list = shown(&browser, &page, ">/payment-intents</a>").await;
    let one = browser.get(&entry(&list)).await;
    one.expect_page(200, reference);
    let one = one.text();
    for part in [
        intent.as_str(),
        "clientSessionSecret&#34;: &#34;****&#34;",
        "curl &#39;http",
        "sk_YOUR_KEY",
        "Trace id",
    ] {
        assert!(one.contains(part), "{part}: {one}");
    }
    assert!(!one.contains(&secret), "{one}");
    // By what it is searched.
    for (query, is_there) in [
        (format!("text={intent}"), true),
        ("text=logged-0001".to_owned(), true),
        ("text=nowhere".to_owned(), false),
        ("status=done&method=POST".to_owned(), true),
        ("status=failed".to_owned(), false),
        ("method=GET".to_owned(), false),
        ("route=/payment-intents".to_owned(), true),
        ("route=/terminals".to_owned(), false),
        ("from=2020-01-01".to_owned(), true),
        ("to=2020-01-01".to_owned(), false),
    ] {
        let found = browser.get(&format!("{page}?{query}")).await.text();
        assert_eq!(
            found.contains(">/payment-intents</a>"),
            is_there,
            "{query}: {found}"
        );
    }
    browser
        .get(&format!("{page}?from=yesterday"))
        .await
        .expect_page(400, "yesterday is not a date");
    // Nobody else's.
    let (other, stranger) = owner("logs-other@example.com").await;
    let number = entry(&list)
        .rsplit('/')
        .next()
        .expect("a number")
        .to_owned();
    let of_other = format!("/portal/{}/test/logs/{number}", stranger.account);
    assert_eq!(other.get(&of_other).await.status, 404);
    assert_eq!(browser.get(&format!("{page}/nothing")).await.status, 404);
}

#[tokio::test]
async fn a_refusal_is_explained() {
    let (browser, app) = owner("logs-refused@example.com").await;
    let page = format!("/portal/{}/test/logs?status=refused", app.account);
    app.send("/payment-intents", json!({ "amount": { "value": -1 } }))
        .await
        .problem(400);
    let list = shown(&browser, &page, ">400</span>").await;
    let one = browser.get(&entry(&list)).await.text();
    for part in [
        "Why was this refused?",
        "<code>Amount.Value</code> The Amount must be greater than 0.",
        "<code>Reference</code> The Reference field is required.",
        "href=\"/docs/payments/intents\"",
    ] {
        assert!(one.contains(part), "{part}: {one}");
    }
}

#[tokio::test]
async fn what_comes_in_is_told_live_until_the_session_ends() {
    let (browser, app) = owner("logs-live@example.com").await;
    let page = format!("/portal/{}/test/logs", app.account);
    browser
        .get(&format!("{page}/live"))
        .await
        .expect_page(400, "must be the number of a request");
    let stream = browser.asks(app.stranger().get(&format!("{page}/live?after=0")));
    let reading = tokio::spawn(async move { stream.await });
    let intent = id(&app.create(json!({})).await);
    shown(
        &browser,
        &format!("{page}?text={intent}"),
        ">/payment-intents</a>",
    )
    .await;
    browser
        .send("/portal/profile", "/portal/sign-out", &[])
        .await;
    // The stream's end is the end of its answer.
    let told: Reply = reading.await.expect("read");
    assert_eq!(told.header("content-type"), "text/event-stream");
    assert!(told.text().contains("/payment-intents"), "{}", told.text());
}

#[tokio::test]
async fn a_payments_timeline_has_its_calls_and_mails() {
    let (browser, app) = owner("logs-timeline@example.com").await;
    let intent = id(&app.create(json!({})).await);
    tatami_tests::pay_intent(&app, &intent, tatami_tests::APPROVED).await;
    app.send(
        &format!("/payment-intents/{intent}/receipt"),
        json!({ "emails": ["ada@example.com"] }),
    )
    .await;
    let page = format!("/portal/{}/test/payments/{intent}", app.account);
    let shown = shown(&browser, &page, "/receipt</a>").await;
    for part in [
        "POST /payment-intents</a>",
        "POST /connect-e/api/payments/{token}</a>",
        "To ada@example.com. In the local mailbox.",
        "Trace id <code>00-",
        "--header &#39;Authorization: Basic sk_YOUR_KEY&#39;",
        "/refunds",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[tokio::test]
async fn old_requests_give_way_to_new_ones() {
    const KEPT: usize = 60;
    let server = Tatami::start_with(&["--request-log-entries", "60"]);
    let app = App::with_key(&server, DEVELOPMENT_KEY);
    let browser = Browser::of_developer(&server).await;
    for _ in 0..4 {
        for _ in 0..KEPT {
            app.get("/webhooks/events").await.expect(200);
        }
    }
    let last = id(&app.create(json!({})).await);
    let home = browser.get("/portal").await.header("location").to_owned();
    let page = format!("{home}/logs");
    shown(
        &browser,
        &format!("{page}?text={last}"),
        ">/payment-intents</a>",
    )
    .await;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let (mut rows, mut next) = (0, Some(String::new()));
        while let Some(query) = next {
            let list = browser.get(&format!("{page}{query}")).await.text();
            rows += list.matches("<tr><td>").count();
            next = list
                .split("rel=\"next\" href=\"")
                .nth(1)
                .and_then(|rest| rest.split('"').next())
                .map(|query| query.replace("&amp;", "&").replace("&#38;", "&"));
        }
        if rows <= KEPT {
            assert!(rows > 0);
            return;
        }
        assert!(Instant::now() < deadline, "{rows} are kept");
    }
}

#[tokio::test]
async fn the_log_can_be_switched_off() {
    let server = Tatami::start_with(&["--request-log", "off"]);
    let app = App::with_key(&server, DEVELOPMENT_KEY);
    let browser = Browser::of_developer(&server).await;
    app.create(json!({})).await;
    let home = browser.get("/portal").await.header("location").to_owned();
    browser
        .get(&format!("{home}/logs"))
        .await
        .expect_page(200, "Requests are not kept");
    let stored = server.stored();
    let is_log = |name: &str| name.starts_with("requests.db");
    assert!(!stored.iter().any(|(path, _)| {
        path.file_name()
            .is_some_and(|name| is_log(&name.to_string_lossy()))
    }));
}
