//! The mailbox, the clock and faults of a sandbox.

use reqwest::Method;
use serde_json::{Value, json};
use tatami_tests::{APPROVED, App, Browser, Till, pay};

use super::owner;
use crate::id;

fn page(app: &App, name: &str) -> String {
    format!("/portal/{}/test/{name}", app.account)
}

async fn trail(browser: &Browser) -> String {
    browser.get("/portal/audit").await.text()
}

#[tokio::test]
async fn mails_are_listed_found_and_shown_as_text_whatever_they_hold() {
    let (browser, app) = owner("reads-mail@example.com").await;
    let mailbox = page(&app, "mailbox");
    browser.get(&mailbox).await.expect_page(200, "No mail yet");
    let reference = "<script>alert(1)</script>";
    let intent = id(&app.create(json!({ "reference": reference })).await);
    pay(&app, &app.secret(&intent).await, APPROVED).await;
    let to = json!({ "emails": ["ada@example.com", "grace@example.com"] });
    let path = format!("/payment-intents/{intent}/receipt");
    app.send(&path, to).await.expect(204);
    let list = browser.get(&mailbox).await.text();
    assert!(list.contains("ada@example.com") && list.contains("grace@example.com"));
    assert!(!list.contains(reference), "{list}");
    let found = browser
        .get(&format!("{mailbox}?q=GRACE+receipt"))
        .await
        .text();
    assert!(found.contains("grace@example.com") && !found.contains("ada@example.com"));
    let none = browser.get(&format!("{mailbox}?q=nobody")).await;
    none.expect_page(200, "No mail holds");
    let link = found.split(&format!("href=\"{mailbox}/")).nth(1);
    let mail = link
        .and_then(|link| link.split('"').next())
        .expect("a mail");
    for part in ["html", "text", "source"] {
        let shown = browser
            .get(&format!("{mailbox}/{mail}?as={part}"))
            .await
            .text();
        assert!(!shown.contains(reference), "{part}: {shown}");
        assert!(shown.contains("grace@example.com"), "{part}");
    }
    let html = browser.get(&format!("{mailbox}/{mail}/html")).await;
    assert!(html.text().contains("<base target=\"_blank\">"));
    let policy = html.header("content-security-policy");
    assert!(
        policy.contains("sandbox") && !policy.contains("script"),
        "{policy}"
    );
    // Another account's mail is in no other's mailbox.
    let (stranger, other) = owner("reads-no-other-mail@example.com").await;
    let theirs = format!("{}/{mail}", page(&other, "mailbox"));
    stranger.get(&theirs).await.expect_page(404, "no such mail");
}

#[tokio::test]
async fn the_clock_is_moved_by_steps_to_what_is_due_and_to_a_date() {
    let (browser, app) = owner("moves-clocks@example.com").await;
    let clock = page(&app, "clock");
    browser.get(&clock).await.expect_page(200, "Nothing is due");
    let nothing = browser.send(&clock, &clock, &[("by", "next")]).await;
    nothing.expect_page(409, "Nothing is due");
    let intent = id(&app.create(json!({})).await);
    let page = browser.get(&clock).await;
    page.expect_page(200, "A payment intent expires");
    assert!(page.text().contains(&intent));
    let done = format!("{clock}?done=moved");
    let before = app.now().await;
    browser
        .send(&clock, &clock, &[("by", "day")])
        .await
        .goes_to(&done);
    let moved = app.now().await.duration_since(before);
    assert!(moved.as_hours() >= 24, "{moved:?}");
    assert_eq!(app.status(&intent).await, "Created");
    browser
        .send(&clock, &clock, &[("by", "next")])
        .await
        .goes_to(&done);
    assert_eq!(app.status(&intent).await, "Canceled");
    for past in ["2020-01-01T10:00", "soon", ""] {
        let refused = browser.send(&clock, &clock, &[("to", past)]).await;
        refused.expect_page(400, "later than the time of the clock");
        assert!(
            refused.text().contains(&format!("value=\"{past}\"")),
            "{past}"
        );
    }
    let far = [("to", "2099-01-01T10:00")];
    let refused = browser.send(&clock, &clock, &far).await;
    refused.expect_page(400, "at most 20 years");
    let far = [("to", "2036-01-01T10:00")];
    browser.send(&clock, &clock, &far).await.goes_to(&done);
    assert!(app.now().await.to_string().starts_with("2036-01-01T10:00:"));
    assert!(trail(&browser).await.contains("<code>clock.advance</code>"));
}

#[tokio::test]
async fn a_fault_is_played_once_however_the_payment_is_made() {
    let (browser, app) = owner("sets-faults@example.com").await;
    let faults = page(&app, "faults");
    let paid = async || {
        let intent = id(&app.create(json!({})).await);
        pay(&app, &app.secret(&intent).await, APPROVED).await;
        app.status(&intent).await
    };
    let set = async |fault: &str| browser.send(&faults, &faults, &[("fault", fault)]).await;
    set("insufficientFunds")
        .await
        .goes_to(&format!("{faults}?done=set"));
    let seen = app.get("/sandbox/next-payment").await.expect(200);
    assert_eq!(seen, json!({ "fault": "insufficientFunds" }));
    assert_eq!(paid().await, "Created");
    assert_eq!(paid().await, "Captured");
    assert_eq!(
        app.get("/sandbox/next-payment").await.expect(200),
        json!({})
    );
    set("lostOrStolen")
        .await
        .goes_to(&format!("{faults}?done=set"));
    set("").await.goes_to(&format!("{faults}?done=cleared"));
    assert_eq!(paid().await, "Captured");
    set("elsewhere")
        .await
        .expect_page(400, "must be one of the list");
    let next = |fault: Value| {
        let request = app.request(Method::PUT, "/sandbox/next-payment");
        request.json(json!({ "fault": fault }))
    };
    for (fault, status) in [("answerLost", "Captured"), ("requestLost", "Created")] {
        next(json!(fault)).await.expect(200);
        let intent = id(&app.create(json!({})).await);
        pay(&app, &app.secret(&intent).await, APPROVED).await;
        app.advance("00:01:00").await;
        assert_eq!(app.status(&intent).await, status, "{fault}");
    }
    next(json!("nothing")).await.blames(400);
    app.request(Method::PUT, "/sandbox/next-payment")
        .json(json!({}))
        .await
        .blames(400);
    assert!(trail(&browser).await.contains("<code>faults.set</code>"));
}

#[tokio::test]
async fn a_pos_is_shown_with_what_it_was_asked_and_tested_by_a_button() {
    let (browser, app) = owner("tests-a-pos@example.com").await;
    let pos = page(&app, "pos");
    browser
        .get(&pos)
        .await
        .expect_page(200, "No POS is registered yet");
    let none = browser
        .send(&pos, &format!("{pos}/flows"), &[("flow", "Nothing")])
        .await;
    none.expect_page(400, "There is no flow of this name");
    let fields = [("flow", "Get Order"), ("param.orderId", "1")];
    let started = browser.send(&pos, &format!("{pos}/flows"), &fields).await;
    let run = started.header("location").to_owned();
    assert!(run.starts_with(&format!("{pos}/flows/")), "{started:?}");
    let deadline = std::time::Instant::now() + tatami_tests::PATIENCE;
    loop {
        let text = browser.get(&run).await.text();
        if text.contains("FAILURE") {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "{text}");
    }
    let shown = browser.get(&pos).await.text();
    assert!(shown.contains(&run), "{shown}");
    assert!(trail(&browser).await.contains("<code>pos.test</code>"));
    let codes = browser.get(&format!("{pos}/qr-codes")).await;
    codes.expect_page(409, "QR codes of tables");
}

#[tokio::test]
async fn streams_of_pages_end_with_their_session() {
    let (browser, app) = owner("sandbox-streams@example.com").await;
    let tid = Till { app: app.clone() }.tid("MAN0").await;
    let base = format!("/portal/{}/test", app.account);
    let streams = [
        format!("{base}/mailbox/live"),
        format!("{base}/calls/sandbox/card-machines/{tid}/live"),
    ];
    let mut open = Vec::new();
    for path in streams {
        let asked = reqwest::Client::new().get(format!("{}{path}", app.base));
        let answer = asked.header("cookie", browser.cookie()).send().await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        open.push(answer);
    }
    let out = browser.send("/portal/profile", "/portal/sign-out", &[]);
    out.await.goes_to("/portal/sign-in");
    for answer in open {
        // It has an end.
        answer.text().await.expect("the rest");
    }
}
