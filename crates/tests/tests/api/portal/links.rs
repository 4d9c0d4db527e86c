//! Links that are mailed: to choose a new password, and invitations.

use tatami_tests::{Browser, PASSWORD, shared};

use super::{mailed, owner};

const NEW: &str = "quite another password";

fn path(link: &str) -> &str {
    link.strip_prefix(shared().base())
        .expect("a link of this installation")
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_a_link_that_is_good_once() {
    let email = "forgets@example.com";
    let (earlier, _app) = owner(email).await;
    let browser = Browser::new(shared());
    let page = browser
        .submit("/portal/forgot", &[("email", "FORGETS@example.com")])
        .await;
    page.expect_page(200, "If there is a user with this address");
    let link = mailed(shared(), email).await;
    let path = path(&link);
    browser
        .get(path)
        .await
        .expect_page(200, "Choose a password");
    browser
        .submit(path, &[("password", "short")])
        .await
        .expect_page(400, "at least 12");
    browser
        .submit(path, &[("password", NEW)])
        .await
        .goes_to("/portal");
    assert_eq!(
        earlier.get("/portal/profile").await.status,
        303,
        "other sessions are over"
    );
    browser
        .submit(path, &[("password", "yet another password")])
        .await
        .expect_page(404, "no longer valid");
    browser.get(path).await.expect_page(404, "no longer valid");
    Browser::new(shared())
        .sign_in(email)
        .await
        .expect_page(401, "is wrong");
}

#[tokio::test]
async fn an_unknown_address_is_told_the_same_and_gets_nothing() {
    let (_, _app) = owner("known-here@example.com").await;
    let browser = Browser::new(shared());
    let ask = |email: &'static str| {
        let browser = &browser;
        async move { browser.submit("/portal/forgot", &[("email", email)]).await }
    };
    let (known, unknown) = (
        ask("known-here@example.com").await,
        ask("unknown-here@example.com").await,
    );
    assert_eq!(
        (known.status, known.text()),
        (unknown.status, unknown.text())
    );
    mailed(shared(), "known-here@example.com").await;
    let developer = Browser::of_developer(shared()).await;
    let mails = developer.get("/portal/mails").await.text();
    assert!(!mails.contains("unknown-here@example.com"));
}

#[tokio::test]
async fn a_newer_link_replaces_an_earlier_one_and_one_can_ask_only_so_often() {
    let email = "asks-often@example.com";
    let (_, _app) = owner(email).await;
    let browser = Browser::new(shared());
    browser
        .submit("/portal/forgot", &[("email", email)])
        .await
        .expect_page(200, "on its way");
    let first = mailed(shared(), email).await;
    browser
        .submit("/portal/forgot", &[("email", email)])
        .await
        .expect_page(200, "on its way");
    let deadline = std::time::Instant::now() + tatami_tests::PATIENCE;
    while browser.get(path(&first)).await.status != 404 {
        assert!(
            std::time::Instant::now() < deadline,
            "the first link is still good"
        );
    }
    for _ in 2..5 {
        browser
            .submit("/portal/forgot", &[("email", email)])
            .await
            .expect_page(200, "on its way");
    }
    browser
        .submit("/portal/forgot", &[("email", email)])
        .await
        .expect_page(429, "Too many tries");
}

#[tokio::test]
async fn an_invitation_makes_a_user_of_that_company() {
    let (owner, app) = owner("invites@example.com").await;
    let email = "invited@example.com";
    let fields = [("email", email), ("role", "support"), ("where", "all")];
    owner
        .send("/portal/people", "/portal/people", &fields)
        .await
        .goes_to("/portal/people?done=invited");
    owner
        .get("/portal/people")
        .await
        .expect_page(200, "Invited");
    let link = mailed(shared(), email).await;
    let browser = Browser::new(shared());
    let page = browser
        .submit(path(&link), &[("name", ""), ("password", PASSWORD)])
        .await;
    page.expect_page(400, "1 to 100 characters");
    browser.accept(&link).await;
    let home = browser.get(&format!("/portal/{}/test", app.account)).await;
    home.expect_page(200, "Corner Shop");
    browser
        .get("/portal/people")
        .await
        .expect_page(403, "does not allow");
    // Whoever is a user already is not invited anew, by nobody.
    for owner in [&owner, &super::owner("invites-too@example.com").await.0] {
        let page = owner
            .send("/portal/people", "/portal/people", &fields)
            .await;
        page.expect_page(409, "There is a user with this e-mail address already.");
    }
}

#[tokio::test]
async fn links_of_one_kind_are_not_of_the_other() {
    let (owner, _app) = owner("kinds@example.com").await;
    let fields = [
        ("email", "kind@example.com"),
        ("role", "viewer"),
        ("where", "all"),
    ];
    owner
        .send("/portal/people", "/portal/people", &fields)
        .await
        .goes_to("/portal/people?done=invited");
    let link = mailed(shared(), "kind@example.com").await;
    let as_reset = path(&link).replace("/invitation/", "/reset/");
    let browser = Browser::new(shared());
    browser
        .get(&as_reset)
        .await
        .expect_page(404, "no longer valid");
    browser
        .submit(&as_reset, &[("password", NEW)])
        .await
        .expect_page(404, "no longer valid");
}

#[tokio::test]
async fn the_operator_can_make_a_link_on_the_command_line() {
    let email = "helped@example.com";
    let (_, _app) = owner(email).await;
    let base = format!("{}/", shared().base());
    let arguments = ["users", "reset", "--email", email, "--public-url", &base];
    let link = shared().admin(&arguments, "link");
    let browser = Browser::new(shared());
    browser
        .submit(path(&link), &[("password", NEW)])
        .await
        .goes_to("/portal");
}

#[tokio::test]
async fn mails_to_users_are_in_no_sandbox_s_mailbox_and_for_no_other_owner() {
    let (browser, app) = owner("reads-no-mail@example.com").await;
    Browser::new(shared())
        .submit("/portal/forgot", &[("email", "reads-no-mail@example.com")])
        .await;
    mailed(shared(), "reads-no-mail@example.com").await;
    let mails = app
        .get("/sandbox/mailbox")
        .header("accept", "application/json")
        .await
        .expect(200);
    assert_eq!(mails, serde_json::json!([]));
    browser
        .get("/portal/mails")
        .await
        .expect_page(404, "no such page");
}
