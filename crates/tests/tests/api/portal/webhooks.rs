//! Webhooks in the portal.

use serde_json::json;
use tatami_tests::{Receiver, signature};

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
    let fields = [("event", "evt_sandbox_nothing"), ("endpoint", id)];
    let answer = stranger
        .send(&theirs, &format!("{theirs}/resend"), &fields)
        .await;
    answer.expect_page(404, "no such subscription");
    let gone = browser
        .send(&page, &format!("{endpoint}/delete"), &[])
        .await;
    gone.goes_to(&format!("{page}?done=deleted"));
}
