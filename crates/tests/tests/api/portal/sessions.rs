//! Sessions: their cookie, their tokens, their ends, and the forms within them.

use tatami_tests::{App, Browser, Tatami, shared};

use super::owner;

#[tokio::test]
async fn the_cookie_is_for_this_host_and_for_no_script() {
    let (_, _app) = owner("cookie@example.com").await;
    let cookie = Browser::new(shared()).sign_in("cookie@example.com").await;
    let cookie = cookie.header("set-cookie");
    let port = shared().base().rsplit(':').next().expect("a port");
    assert!(cookie.starts_with(&format!("tatami_{port}=")), "{cookie}");
    for part in ["; Path=/", "; HttpOnly", "; SameSite=Lax"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(
        !cookie.contains("Secure") && !cookie.contains("Domain"),
        "{cookie}"
    );
    let server = Tatami::start_with(&["--public-url", "https://pay.example/"]);
    let app = App::on(&server);
    let browser = Browser::of_user(&server, &app.account, "ada@example.com", "owner").await;
    let cookie = browser.sign_in("ada@example.com").await;
    let cookie = cookie.header("set-cookie");
    assert!(
        cookie.starts_with("__Host-tatami=") && cookie.ends_with("; Secure"),
        "{cookie}"
    );
}

#[tokio::test]
async fn a_token_is_new_at_each_sign_in_and_the_earlier_one_is_over() {
    let (browser, _app) = owner("renewed@example.com").await;
    let earlier = browser.cookie();
    browser
        .sign_in("renewed@example.com")
        .await
        .goes_to("/portal");
    assert_ne!(browser.cookie(), earlier);
    browser.keep(&earlier);
    let page = browser.get("/portal/profile").await;
    page.goes_to("/portal/sign-in?next=%2Fportal%2Fprofile");
    // A token of somebody's own choosing is none.
    let (name, _) = earlier.split_once('=').expect("a cookie");
    browser.keep(&format!("{name}=chosen-by-somebody-else"));
    browser
        .sign_in("renewed@example.com")
        .await
        .goes_to("/portal");
    assert!(!browser.cookie().contains("chosen"));
}

#[tokio::test]
async fn who_signs_out_is_out() {
    let (browser, _app) = owner("out@example.com").await;
    let cookie = browser.cookie();
    let page = browser
        .send("/portal/profile", "/portal/sign-out", &[])
        .await;
    page.goes_to("/portal/sign-in");
    assert_eq!(browser.cookie(), "");
    browser.keep(&cookie);
    assert_eq!(browser.get("/portal/profile").await.status, 303);
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one() {
    let (browser, _app) = owner("listed@example.com").await;
    let other = Browser::new(shared());
    other.sign_in("listed@example.com").await.goes_to("/portal");
    let page = browser.get("/portal/profile").await.text();
    let sessions: Vec<_> = page
        .split("/portal/profile/sessions/")
        .skip(1)
        .filter_map(|rest| rest.split("/end").next())
        .collect();
    assert_eq!(sessions.len(), 2, "{page}");
    // This one comes first.
    let path = format!("/portal/profile/sessions/{}/end", sessions[1]);
    let (stranger, _app) = owner("not-listed@example.com").await;
    stranger
        .send("/portal/profile", &path, &[])
        .await
        .expect_page(404, "no such session");
    assert_eq!(other.get("/portal/profile").await.status, 200);
    let page = browser.send("/portal/profile", &path, &[]).await;
    page.goes_to("/portal/profile?done=session");
    assert_eq!(other.get("/portal/profile").await.status, 303);
    assert_eq!(browser.get("/portal/profile").await.status, 200);
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions() {
    let (browser, _app) = owner("ends-others@example.com").await;
    let other = Browser::new(shared());
    other
        .sign_in("ends-others@example.com")
        .await
        .goes_to("/portal");
    let earlier = browser.cookie();
    let fields = [
        ("present", tatami_tests::PASSWORD),
        ("password", "another good password"),
    ];
    let page = browser
        .send("/portal/profile", "/portal/profile/password", &fields)
        .await;
    page.goes_to("/portal/profile?done=password");
    assert_eq!(other.get("/portal/profile").await.status, 303);
    assert_eq!(browser.get("/portal/profile").await.status, 200);
    assert_ne!(browser.cookie(), earlier, "the token is new");
    browser.keep(&earlier);
    assert_eq!(browser.get("/portal/profile").await.status, 303);
}

#[tokio::test]
async fn a_user_has_so_many_sessions_and_the_oldest_gives_way() {
    let (browser, _app) = owner("many@example.com").await;
    for _ in 0..20 {
        Browser::new(shared())
            .sign_in("many@example.com")
            .await
            .goes_to("/portal");
    }
    assert_eq!(browser.get("/portal/profile").await.status, 303);
}

#[tokio::test]
async fn a_form_without_the_session_s_token_changes_nothing() {
    let (browser, _app) = owner("csrf@example.com").await;
    let (other, _app) = owner("csrf-other@example.com").await;
    let of_other = other.csrf("/portal/profile").await;
    let own = browser.csrf("/portal/profile").await;
    assert_ne!(own, of_other);
    for csrf in ["", "guessed", &of_other] {
        let page = browser.submit("/portal/sign-out", &[("csrf", csrf)]).await;
        page.expect_page(403, "not of your present session");
    }
    for header in [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let page = browser
            .submit_with("/portal/sign-out", &[("csrf", &own)], &[header])
            .await;
        page.expect_page(403, "not of your present session");
    }
    assert_eq!(browser.get("/portal/profile").await.status, 200);
    browser
        .submit("/portal/sign-out", &[("csrf", &own)])
        .await
        .goes_to("/portal/sign-in");
}

#[tokio::test]
async fn sessions_survive_a_restart() {
    let mut server = Tatami::start();
    let browser = Browser::of_developer(&server).await;
    let token = browser
        .cookie()
        .split_once('=')
        .expect("a cookie")
        .1
        .to_owned();
    server.restart();
    let port = server.base().rsplit(':').next().expect("a port").to_owned();
    let browser = Browser::new(&server);
    browser.keep(&format!("tatami_{port}={token}"));
    assert_eq!(browser.get("/portal/profile").await.status, 200);
}
