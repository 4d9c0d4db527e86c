//! Customers, saved cards and setup intents in the portal.

use serde_json::json;
use tatami_tests::{APPROVED, App, Browser, shared};

use super::owner;
use crate::customers::customer;
use crate::id;
use crate::saved_cards::save_for;

fn pages(app: &App) -> String {
    format!("/portal/{}/test", app.account)
}

fn made(location: &str) -> String {
    let path = location.split('?').next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_customer_is_made_found_changed_and_deleted() {
    let (browser, app) = owner("has-customers@example.com").await;
    let list = format!("{}/customers", pages(&app));
    browser
        .get(&list)
        .await
        .expect_page(200, "No customers yet");
    let form = format!("{list}/new");
    let bad = [("name", "Ada Lovelace"), ("email", "nobody")];
    let answer = browser.send(&form, &list, &bad).await;
    answer.expect_page(400, "id=\"email-error\">");
    answer.expect_page(400, "value=\"Ada Lovelace\"");
    let good = [
        ("name", "Ada  Lovelace"),
        ("email", "Ada.L@example.com"),
        ("address1", "1 High Street"),
        ("country", "GB"),
    ];
    let answer = browser.send(&form, &list, &good).await;
    let ada = made(answer.header("location"));
    let other = customer(&app).await;
    for (find, is_found) in [
        ("", true),
        ("ada", true),
        ("LOVE", true),
        ("ada+love", true),
        ("ada.l%40EX", true),
        (ada.as_str(), true),
        ("lace", false),
        ("bob", false),
        (&other, false),
    ] {
        let page = browser.get(&format!("{list}?find={find}")).await.text();
        assert_eq!(
            page.contains(&format!("/customers/{ada}\"")),
            is_found,
            "{find}: {page}"
        );
    }
    let page = format!("{list}/{ada}");
    browser
        .get(&page)
        .await
        .expect_page(200, "1 High Street, GB");
    let change = browser.get(&format!("{page}/change")).await;
    change.expect_page(200, "value=\"Ada.L@example.com\"");
    let fields = [("name", "Ada King"), ("email", ""), ("country", "GB")];
    let answer = browser.send(&page, &page, &fields).await;
    answer.goes_to(&format!("{page}?done=changed"));
    let shown = browser.get(&page).await.text();
    assert!(
        shown.contains("Ada King") && !shown.contains("example.com"),
        "{shown}"
    );
    let page_of = |find: &str| format!("{list}?find={find}");
    let found = browser.get(&page_of("lovelace")).await.text();
    assert!(!found.contains(&ada), "{found}");
    browser.get(&page_of("king")).await.expect_page(200, &ada);

    let viewer = Browser::of_user(shared(), &app.account, "no-change@example.com", "viewer").await;
    let shown = viewer.get(&page).await.text();
    assert!(
        !shown.contains("/delete") && !shown.contains("/change"),
        "{shown}"
    );
    let answer = browser.send(&page, &format!("{page}/delete"), &[]).await;
    answer.goes_to(&format!("{list}?done=deleted"));
    browser
        .get(&page)
        .await
        .expect_page(404, "no such customer");
    let (stranger, theirs) = owner("foreign-customers@example.com").await;
    let at = format!("{}/customers/{other}", pages(&theirs));
    stranger.get(&at).await.expect_page(404, "no such customer");
    let answer = stranger
        .send(
            &format!("{}/customers", pages(&theirs)),
            &format!("{at}/delete"),
            &[],
        )
        .await;
    answer.expect_page(404, "no such customer");
    browser
        .get(&format!("{list}/{other}"))
        .await
        .expect_page(200, &other);
}

#[tokio::test]
async fn a_customer_s_cards_payments_and_setup_intents_are_shown() {
    let (browser, app) = owner("has-cards@example.com").await;
    let base = pages(&app);
    let ada = customer(&app).await;
    let card = save_for(&app, &ada, APPROVED).await;
    let page = format!("{base}/customers/{ada}");
    let shown = browser.get(&page).await;
    shown.expect_page(200, "44565300****1005");
    shown.expect_page(200, "Captured</span>");
    let fields = [
        ("reference", "Table 4"),
        ("kind", "NoShow"),
        ("terms", "If you do not come, we charge £10.00."),
        ("amount", "10.00"),
        ("currency", "GBP"),
        ("customer", ada.as_str()),
    ];
    let list = format!("{base}/setup-intents");
    let answer = browser.send(&format!("{list}/new"), &list, &fields).await;
    let setup = made(answer.header("location"));
    browser
        .get(&page)
        .await
        .expect_page(200, &format!("/setup-intents/{setup}\""));

    let gone = format!("{page}/cards/{card}/delete");
    browser
        .send(&page, &gone, &[])
        .await
        .goes_to(&format!("{page}?done=card"));
    browser
        .get(&page)
        .await
        .expect_page(200, "No card is saved.");
    browser
        .send(&page, &gone, &[])
        .await
        .expect_page(404, "no such payment method");
}

#[tokio::test]
async fn a_setup_intent_is_made_given_a_card_and_given_up() {
    let (browser, app) = owner("has-setups@example.com").await;
    let list = format!("{}/setup-intents", pages(&app));
    let form = format!("{list}/new");
    browser
        .get(&list)
        .await
        .expect_page(200, "Keep a card to charge later");
    let wrong = [
        ("reference", "Table 5"),
        ("amount", "ten"),
        ("currency", "GBP"),
    ];
    let answer = browser.send(&form, &list, &wrong).await;
    answer.expect_page(400, "id=\"terms-error\">");
    answer.expect_page(400, "id=\"amount-error\">");
    let fields = [
        ("reference", "Table 5"),
        ("kind", "Unscheduled"),
        ("terms", "We charge what you order."),
    ];
    let answer = browser.send(&form, &list, &fields).await;
    let setup = made(answer.header("location"));
    let page = format!("{list}/{setup}");
    let shown = browser.get(&page).await;
    shown.expect_page(200, &format!("/checkout/{setup}\" readonly"));
    shown.expect_page(200, "<svg xmlns=");
    browser
        .get(&format!("{list}?status=Created"))
        .await
        .expect_page(200, &setup);
    let answer = browser.send(&page, &format!("{page}/cancel"), &[]).await;
    answer.goes_to(&format!("{page}?done=canceled"));
    assert_eq!(app.setup_now(&setup).await["status"], "Canceled");

    let with_card = app.set_up(json!({}), APPROVED).await;
    let page = format!("{list}/{with_card}");
    browser
        .get(&page)
        .await
        .expect_page(200, "44565300****1005");
    let cancel = format!("{page}/cancel");
    let answer = browser.send(&page, &cancel, &[]).await;
    assert_eq!(answer.status, 409, "{}", answer.text());
    let answer = browser.send(&page, &cancel, &[("with-card", "yes")]).await;
    answer.goes_to(&format!("{page}?done=canceled"));
    assert_eq!(app.setup_now(&with_card).await["status"], "Closed");
    let strange = id(&App::new().setup(json!({})).await);
    browser
        .get(&format!("{list}/{strange}"))
        .await
        .expect_page(404, "no such setup intent");
}
