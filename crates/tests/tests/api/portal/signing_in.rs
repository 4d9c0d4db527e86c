//! Signing in with a password: what is told, what is not, and how often one may try.

use tatami_tests::{App, Browser, PASSWORD, Tatami, shared};

use super::owner;

#[tokio::test]
async fn an_address_in_any_case_and_the_password_sign_in() {
    let (_, _app) = owner("Signs.In@example.com").await;
    let browser = Browser::new(shared());
    browser
        .get("/portal")
        .await
        .goes_to("/portal/sign-in?next=%2Fportal");
    browser
        .sign_in(" signs.in@EXAMPLE.com ")
        .await
        .goes_to("/portal");
    browser
        .get("/portal/profile")
        .await
        .expect_page(200, "Signs.In@example.com");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_told_alike() {
    let (_, _app) = owner("told-alike@example.com").await;
    let browser = Browser::new(shared());
    let mut pages = Vec::new();
    for email in ["told-alike@example.com", "nobody-here@example.com"] {
        let fields = [
            ("email", email),
            ("password", "a wrong password"),
            ("next", "/portal"),
        ];
        let page = browser.submit("/portal/sign-in", &fields).await;
        page.expect_page(401, "The e-mail address or the password is wrong.");
        assert_eq!(page.header("set-cookie"), "");
        pages.push(page.text().replace(email, ""));
    }
    assert_eq!(pages[0], pages[1]);
    // The password is not changed on its way.
    for other in [
        PASSWORD.to_uppercase(),
        format!("{PASSWORD} "),
        PASSWORD[..20].to_owned(),
    ] {
        let fields = [
            ("email", "told-alike@example.com"),
            ("password", other.as_str()),
        ];
        let page = browser.submit("/portal/sign-in", &fields).await;
        page.expect_page(401, "is wrong");
    }
}

#[tokio::test]
async fn a_user_waits_after_wrong_passwords_and_so_does_nobody_else() {
    let (_, _app) = owner("waits@example.com").await;
    let browser = Browser::new(shared());
    let wrong = [
        ("email", "waits@example.com"),
        ("password", "a wrong password"),
    ];
    for _ in 0..5 {
        browser
            .submit("/portal/sign-in", &wrong)
            .await
            .expect_page(401, "is wrong");
    }
    let page = browser.sign_in("waits@example.com").await;
    page.expect_page(429, "Too many tries failed. Try again in");
    assert_eq!(page.header("set-cookie"), "");
    let (_, _app) = owner("does-not-wait@example.com").await;
    browser
        .sign_in("does-not-wait@example.com")
        .await
        .goes_to("/portal");
}

#[tokio::test]
async fn tries_are_counted_on_after_a_restart() {
    let mut server = Tatami::start();
    let app = App::on(&server);
    let email = "restarts@example.com";
    Browser::of_user(&server, &app.account, email, "owner").await;
    let wrong = [("email", email), ("password", "a wrong password")];
    for n in 0..5 {
        if n == 3 {
            server.restart();
        }
        let page = Browser::new(&server)
            .submit("/portal/sign-in", &wrong)
            .await;
        page.expect_page(401, "is wrong");
    }
    server.restart();
    let page = Browser::new(&server).sign_in(email).await;
    page.expect_page(429, "Too many tries failed");
}

#[tokio::test]
async fn tries_from_elsewhere_keep_no_user_out_of_a_known_browser() {
    let email = "known-browser@example.com";
    let (known, _app) = owner(email).await;
    let wrong = [("email", email), ("password", "a wrong password")];
    for _ in 0..5 {
        let page = Browser::new(shared())
            .submit("/portal/sign-in", &wrong)
            .await;
        page.expect_page(401, "is wrong");
    }
    let stranger = Browser::new(shared()).sign_in(email).await;
    stranger.expect_page(429, "Too many tries failed");
    known.keep("");
    known.sign_in(email).await.goes_to("/portal");
    // It has its own tries, no more than others.
    for _ in 0..5 {
        known
            .submit("/portal/sign-in", &wrong)
            .await
            .expect_page(401, "is wrong");
    }
    known
        .sign_in(email)
        .await
        .expect_page(429, "Too many tries failed");
}

#[tokio::test]
async fn what_a_browser_is_known_by_signs_nobody_in() {
    let email = "knows-alone@example.com";
    let (browser, _app) = owner(email).await;
    browser.keep("");
    assert!(!browser.known_by().is_empty());
    assert_eq!(browser.get("/portal/profile").await.status, 303);
    let wrong = [("email", email), ("password", "a wrong password")];
    browser
        .submit("/portal/sign-in", &wrong)
        .await
        .expect_page(401, "is wrong");
}

#[tokio::test]
async fn a_mail_reports_a_new_browser_and_no_known_one() {
    let email = "new-browser@example.com";
    let (known, _app) = owner(email).await;
    known.keep("");
    known.sign_in(email).await.goes_to("/portal");
    let developer = Browser::of_developer(shared()).await;
    let mails = async || {
        let page = developer.get("/portal/mails").await.text();
        let to = format!("To {email}<");
        let mails = page.split("<article").filter(|mail| mail.contains(&to));
        mails
            .filter(|mail| mail.contains("A new browser signed in"))
            .count()
    };
    assert_eq!(mails().await, 0);
    let new = Browser::new(shared());
    new.sign_in(email).await.goes_to("/portal");
    assert_eq!(mails().await, 1);
    new.keep("");
    new.sign_in(email).await.goes_to("/portal");
    assert_eq!(mails().await, 1);
    // With a new password, no other browser is known any more.
    let fields = [("present", PASSWORD), ("password", "another good password")];
    let page = new
        .send("/portal/profile", "/portal/profile/password", &fields)
        .await;
    page.goes_to("/portal/profile?done=password");
    known.keep("");
    let right = [("email", email), ("password", "another good password")];
    known
        .submit("/portal/sign-in", &right)
        .await
        .goes_to("/portal");
    assert_eq!(mails().await, 2);
}

#[tokio::test]
async fn an_address_waits_whoever_it_tries() {
    let server = Tatami::start_with(&["--payer-address-header", "x-client"]);
    let app = App::on(&server);
    let browser = Browser::of_user(&server, &app.account, "ada@example.com", "owner").await;
    let from = |address| [("x-client", address)];
    for n in 0..20 {
        let email = format!("nobody-{n}@example.com");
        let fields = [("email", email.as_str()), ("password", "a wrong password")];
        let page = browser
            .submit_with("/portal/sign-in", &fields, &from("192.0.2.1"))
            .await;
        page.expect_page(401, "is wrong");
    }
    let right = [("email", "ada@example.com"), ("password", PASSWORD)];
    let page = browser
        .submit_with("/portal/sign-in", &right, &from("192.0.2.1"))
        .await;
    page.expect_page(429, "Too many tries failed");
    let page = browser
        .submit_with("/portal/sign-in", &right, &from("192.0.2.2"))
        .await;
    page.goes_to("/portal");
}

#[tokio::test]
async fn a_form_of_another_site_signs_nobody_in() {
    let (_, _app) = owner("foreign-form@example.com").await;
    let browser = Browser::new(shared());
    let fields = [
        ("email", "foreign-form@example.com"),
        ("password", PASSWORD),
    ];
    for header in [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let page = browser
            .submit_with("/portal/sign-in", &fields, &[header])
            .await;
        page.expect_page(403, "another site");
        assert_eq!(page.header("set-cookie"), "");
    }
}

#[tokio::test]
async fn one_is_led_on_within_this_host_alone() {
    let (_, _app) = owner("led-on@example.com").await;
    for (next, to) in [
        ("/portal/profile", "/portal/profile"),
        ("https://evil.example/", "/portal"),
        ("//evil.example/", "/portal"),
        ("/\\evil.example/", "/portal"),
    ] {
        let fields = [
            ("email", "led-on@example.com"),
            ("password", PASSWORD),
            ("next", next),
        ];
        Browser::new(shared())
            .submit("/portal/sign-in", &fields)
            .await
            .goes_to(to);
    }
}

#[tokio::test]
async fn passwords_are_long_enough_and_none_that_is_tried_first() {
    let (browser, _app) = owner("chooses@example.com").await;
    for (password, rule) in [
        ("eleven char", "at least 12 characters"),
        ("Password1234!", "too common"),
        ("passwordpassword", "too common"),
        ("aaaaaaaaaaaaaaa", "too common"),
        (&"long ".repeat(26), "at most 128 characters"),
    ] {
        let fields = [("present", PASSWORD), ("password", password)];
        let page = browser
            .send("/portal/profile", "/portal/profile/password", &fields)
            .await;
        page.expect_page(400, rule);
    }
    let good = "plum otter 9";
    let fields = [("present", PASSWORD), ("password", good)];
    let page = browser
        .send("/portal/profile", "/portal/profile/password", &fields)
        .await;
    page.goes_to("/portal/profile?done=password");
    let other = Browser::new(shared());
    other
        .sign_in("chooses@example.com")
        .await
        .expect_page(401, "is wrong");
    let fields = [("email", "chooses@example.com"), ("password", good)];
    other
        .submit("/portal/sign-in", &fields)
        .await
        .goes_to("/portal");
}

#[tokio::test]
async fn the_present_password_is_asked_for_before_it_is_changed() {
    let (browser, _app) = owner("present@example.com").await;
    for present in ["", "a wrong password"] {
        let fields = [("present", present), ("password", "another good password")];
        let page = browser
            .send("/portal/profile", "/portal/profile/password", &fields)
            .await;
        page.expect_page(400, "not your current password");
    }
}

#[tokio::test]
async fn no_password_is_stored_or_logged() {
    let server = Tatami::start();
    let app = App::on(&server);
    let secret = "canary of a password";
    let browser = Browser::of_user(&server, &app.account, "ada@example.com", "owner").await;
    let fields = [("present", PASSWORD), ("password", secret)];
    let page = browser
        .send("/portal/profile", "/portal/profile/password", &fields)
        .await;
    page.goes_to("/portal/profile?done=password");
    let token = browser
        .cookie()
        .split_once('=')
        .expect("a cookie")
        .1
        .to_owned();
    for canary in [secret, PASSWORD, token.as_str()] {
        let is_in = |bytes: &[u8]| {
            bytes
                .windows(canary.len())
                .any(|it| it == canary.as_bytes())
        };
        for (path, bytes) in server.stored() {
            assert!(!is_in(&bytes), "{canary} is in {}", path.display());
        }
        assert!(
            !is_in(server.output().as_bytes()),
            "{canary} is in the output"
        );
    }
}
