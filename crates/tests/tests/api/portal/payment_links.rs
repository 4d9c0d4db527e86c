//! Payment links in the portal.

use serde_json::json;
use tatami_tests::{APPROVED, App, Browser, pay_intent, shared};

use super::owner;

fn links(app: &App) -> String {
    format!("/portal/{}/test/payment-links", app.account)
}

/// The last part of the path that a form led to.
fn made(location: &str) -> String {
    let path = location.split('?').next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_link_is_made_once_shared_and_paid() {
    let (browser, app) = owner("links@example.com").await;
    let list = links(&app);
    browser
        .get(&list)
        .await
        .expect_page(200, "Take a payment without a website");
    let form = browser.get(&format!("{list}/new")).await;
    let (csrf, once) = (form.field("csrf"), form.field("once"));
    let fields = [
        ("csrf", csrf.as_str()),
        ("once", &once),
        ("amount", "1,012.50"),
        ("currency", "EUR"),
        ("reference", "Invoice <7>"),
        ("description", "Ten hats"),
        ("email", "ada@example.com"),
        ("expires", "2099-01-31"),
        ("offer", "tips"),
        ("offer", "email"),
        ("capture", "manual"),
        ("on-expiry", "capture"),
    ];
    let first = browser.submit(&list, &fields).await;
    let to = first.header("location").to_owned();
    assert_eq!(first.status, 303, "{}", first.text());
    browser.submit(&list, &fields).await.goes_to(&to);
    let id = made(&to);

    let intent = app.intent(&id).await;
    for (name, value) in [
        ("paymentSource", json!("payment-links")),
        ("captureMode", json!("Manual")),
        ("autoExpireAction", json!("Capture")),
        ("description", json!("Ten hats")),
        ("amount", json!({ "value": 101_250, "currencyCode": "EUR" })),
    ] {
        assert_eq!(intent[name], value, "{intent}");
    }
    assert_eq!(intent["config"]["payment"]["tipsAllowed"], true, "{intent}");
    assert_eq!(
        intent["config"]["customerEmail"]["collectionRequired"], true,
        "{intent}"
    );

    let page = browser.get(&format!("{list}/{id}")).await;
    page.expect_page(200, "Invoice &#60;7&#62;");
    page.expect_page(200, &format!("/checkout/{id}\" readonly"));
    page.expect_page(200, "31 Jan 2099, 23:59:59");
    page.expect_page(200, "<svg xmlns=");
    let code = browser.get(&format!("{list}/{id}/qr.svg")).await;
    assert_eq!(code.header("content-type"), "image/svg+xml");
    assert!(code.text().starts_with("<svg "));
    browser
        .get(&format!("{list}?state=open"))
        .await
        .expect_page(200, &id);

    pay_intent(&app, &id, APPROVED).await;
    let page = browser.get(&format!("{list}/{id}")).await;
    page.expect_page(200, "Authorized</span>");
    assert!(!page.text().contains("readonly"), "{}", page.text());
    let paid = browser.get(&format!("{list}?state=paid")).await;
    paid.expect_page(200, &id);
    let open = browser.get(&format!("{list}?state=open")).await.text();
    assert!(!open.contains(&id), "{open}");
    // Other payments are no links.
    let other = crate::id(&app.create(json!({})).await);
    let all = browser.get(&list).await.text();
    assert!(all.contains(&id) && !all.contains(&other), "{all}");
    browser
        .get("/portal/audit")
        .await
        .expect_page(200, "payment-link.create");
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_field_and_what_was_typed_stays() {
    let (browser, app) = owner("wrong-links@example.com").await;
    let list = links(&app);
    let form = format!("{list}/new");
    let fields = [
        ("amount", "much"),
        ("currency", "GBP"),
        ("reference", "Invoice 8"),
        ("email", "nobody"),
        ("expires", "2001-01-01"),
    ];
    let page = browser.send(&form, &list, &fields).await;
    page.expect_page(400, "id=\"amount-error\">Write the amount as 12.50.");
    page.expect_page(400, "id=\"email-error\">");
    page.expect_page(400, "id=\"expires-error\">This must be in the future.");
    page.expect_page(400, "value=\"Invoice 8\"");
    page.expect_page(400, "value=\"much\"");
    let page = browser.send(&form, &list, &[("currency", "USD")]).await;
    page.expect_page(400, "id=\"amount-error\">This field is required.");
    page.expect_page(400, "id=\"reference-error\">This field is required.");
}

#[tokio::test]
async fn a_link_is_mailed_to_its_payer_and_canceled() {
    let (browser, app) = owner("mails-links@example.com").await;
    let list = links(&app);
    let fields = [
        ("amount", "25"),
        ("currency", "GBP"),
        ("reference", "Invoice 9"),
    ];
    let made_at = browser.send(&format!("{list}/new"), &list, &fields).await;
    let id = made(made_at.header("location"));
    let page = format!("{list}/{id}");
    let bad = [("email", "nobody")];
    let answer = browser.send(&page, &format!("{page}/mail"), &bad).await;
    answer.expect_page(400, "not a valid e-mail address");
    let to = [("email", "ada@example.com")];
    let answer = browser.send(&page, &format!("{page}/mail"), &to).await;
    answer.goes_to(&format!("{page}?done=mailed"));
    let mails = app.get("/sandbox/mailbox").await.expect(200);
    let mail = &mails[0];
    assert_eq!(mail["to"], "ada@example.com", "{mails}");
    let link = format!("/checkout/{id}");
    for part in ["text", "html"] {
        let part = mail[part].as_str().expect("a text");
        assert!(part.contains(&link) && part.contains("£25.00"), "{part}");
    }
    assert_eq!(mails.as_array().map(Vec::len), Some(1), "{mails}");

    // A form that is sent twice sends one mail, whether or not the first is answered by then.
    let form = browser.get(&page).await;
    let (csrf, once) = (form.field("csrf"), form.field("once"));
    let fields = |email| [("csrf", csrf.as_str()), ("once", &once), ("email", email)];
    let send = format!("{page}/mail");
    let (twice, other) = (fields("twice@example.com"), fields("other@example.com"));
    let (one, two) = tokio::join!(browser.submit(&send, &twice), browser.submit(&send, &twice));
    for answer in [one, two, browser.submit(&send, &twice).await] {
        answer.goes_to(&format!("{page}?done=mailed"));
    }
    let answer = browser.submit(&send, &other).await;
    answer.goes_to(&format!("{page}?done=mailed"));
    let mails = app.get("/sandbox/mailbox").await.expect(200);
    let sent_to = |to: &str| {
        let mails = mails.as_array().expect("a list").iter();
        mails.filter(|mail| mail["to"] == to).count()
    };
    for to in ["ada@example.com", "twice@example.com", "other@example.com"] {
        assert_eq!(sent_to(to), 1, "{to}: {mails}");
    }

    let answer = browser.send(&page, &format!("{page}/cancel"), &[]).await;
    answer.goes_to(&format!("{page}?done=canceled"));
    assert_eq!(app.status(&id).await, "Canceled");
    let answer = browser.send(&page, &format!("{page}/mail"), &to).await;
    answer.expect_page(409, "can still be paid");
    let ended = browser.get(&format!("{list}?state=ended")).await;
    ended.expect_page(200, &id);
}

#[tokio::test]
async fn a_viewer_sees_links_and_another_company_does_not() {
    let (browser, app) = owner("own-links@example.com").await;
    let list = links(&app);
    let fields = [
        ("amount", "1.00"),
        ("currency", "GBP"),
        ("reference", "A link"),
    ];
    let answer = browser.send(&format!("{list}/new"), &list, &fields).await;
    let id = made(answer.header("location"));
    let viewer =
        Browser::of_user(shared(), &app.account, "views-links@example.com", "viewer").await;
    let page = viewer.get(&format!("{list}/{id}")).await;
    page.expect_page(200, "readonly");
    assert!(!page.text().contains("/cancel"), "{}", page.text());
    let all = viewer.get(&list).await.text();
    assert!(!all.contains("payment-links/new"), "{all}");

    let (stranger, other) = owner("foreign-links@example.com").await;
    let theirs = links(&other);
    for path in [format!("{theirs}/{id}"), format!("{theirs}/{id}/qr.svg")] {
        stranger.get(&path).await.expect_page(404, "no such");
    }
    for what in ["cancel", "mail"] {
        let path = format!("{theirs}/{id}/{what}");
        let fields = [("email", "ada@example.com")];
        let answer = stranger.send(&theirs, &path, &fields).await;
        assert_eq!(answer.status, 404, "{}", answer.text());
    }
    assert_eq!(app.status(&id).await, "Created");
}
