//! API keys in the portal.

use tatami_tests::{App, Browser, shared};

use super::owner;

#[tokio::test]
async fn a_key_is_shown_once_and_works_until_it_is_deleted() {
    let (browser, app) = owner("makes-keys@example.com").await;
    let keys = format!("/portal/{}/test/keys", app.account);
    browser
        .send(&keys, &keys, &[("name", " ")])
        .await
        .expect_page(400, "1 to 60 characters");
    let page = browser.send(&keys, &keys, &[("name", "Web shop")]).await;
    page.expect_page(200, "Your new key");
    let text = page.text();
    let key = text
        .split("aria-label=\"The new key\">")
        .nth(1)
        .and_then(|rest| rest.split('<').next());
    let key = key.expect("a key").to_owned();
    assert!(key.starts_with("sk_sandbox_"), "{key}");
    let page = browser.get(&keys).await;
    page.expect_page(200, "Web shop");
    page.expect_page(200, "not used yet");
    assert!(!page.text().contains(&key));
    let client = App::with_key(shared(), &key);
    assert_eq!(client.get("/webhooks").await.status, 200);
    let row = |text: &str| {
        let row = text
            .split("<li>")
            .find(|row| row.contains("Web shop"))
            .expect("a row");
        row.to_owned()
    };
    let deadline = std::time::Instant::now() + tatami_tests::PATIENCE;
    while !row(&browser.get(&keys).await.text()).contains("last used") {
        assert!(std::time::Instant::now() < deadline, "the use is not noted");
    }
    let row = row(&browser.get(&keys).await.text());
    let path = row
        .split("action=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("a form");
    // Another company's owner does not delete it by its id.
    let (stranger, other) = owner("takes-keys@example.com").await;
    let id = path.rsplit('/').nth(1).expect("an id");
    let theirs = format!("/portal/{}/test/keys", other.account);
    let answer = stranger
        .send(&theirs, &format!("{theirs}/{id}/delete"), &[])
        .await;
    answer.expect_page(404, "no such key");
    browser
        .send(&keys, path, &[])
        .await
        .goes_to(&format!("{keys}?done=deleted"));
    client.get("/webhooks").await.problem(401);
    let trail = browser.get("/portal/audit").await.text();
    assert!(trail.contains("key.create") && trail.contains("key.delete") && !trail.contains(&key));
}

#[tokio::test]
async fn keys_are_of_one_mode_and_for_developers() {
    let (boss, app) = owner("modes-of-keys@example.com").await;
    let live = format!("/portal/{}/live/keys", app.account);
    let page = boss.send(&live, &live, &[("name", "Live shop")]).await;
    page.expect_page(200, "sk_prod_");
    let test = boss
        .get(&format!("/portal/{}/test/keys", app.account))
        .await
        .text();
    assert!(!test.contains("Live shop"));
    let viewer = Browser::of_user(shared(), &app.account, "no-keys@example.com", "viewer").await;
    viewer.get(&live).await.expect_page(403, "does not allow");
}
