//! The first page: who is signed in without a password.

use tatami_tests::{App, Browser, Tatami, shared};

#[tokio::test]
async fn the_developer_at_this_machine_is_signed_in_at_once() {
    let browser = Browser::of_developer(shared()).await;
    let home = browser.get("/portal").await;
    assert_eq!(home.status, 303);
    let home = browser.get(home.header("location")).await;
    assert_eq!(home.status, 200);
    assert!(home.text().contains("Test mode") && home.text().contains("Developer"));
    // Once is enough.
    let again = browser.get("/").await;
    again.goes_to("/portal");
    assert_eq!(again.header("set-cookie"), "");
}

#[tokio::test]
async fn a_foreign_name_or_a_request_that_was_passed_on_gets_the_sign_in_page() {
    let stranger = App::with_key(shared(), "");
    for (name, value) in [
        ("host", "evil.example:8080"),
        ("host", "localhost.evil.example"),
        ("x-forwarded-for", "192.0.2.1"),
        ("forwarded", "for=192.0.2.1"),
        ("via", "1.1 proxy"),
        ("x-real-ip", "127.0.0.1"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let page = stranger.get("/").header(name, value).await;
        assert_eq!(page.status, 200, "{name}");
        assert_eq!(page.header("set-cookie"), "", "{name}");
        assert!(page.text().contains("<h1>Sign in</h1>"), "{name}");
    }
}

#[tokio::test]
async fn the_printed_link_signs_in_and_no_other_does() {
    let server = Tatami::start();
    // What is for people is printed after the lines for programs.
    let deadline = std::time::Instant::now() + tatami_tests::PATIENCE;
    let link = loop {
        let said = server.output();
        let link = said
            .split_whitespace()
            .find(|word| word.contains("/portal/start/"));
        if let Some(link) = link.filter(|_| said.contains("signs you in")) {
            break link.to_owned();
        }
        assert!(std::time::Instant::now() < deadline, "no link: {said}");
    };
    let path = link
        .strip_prefix(server.base())
        .expect("a link of this installation");
    let browser = Browser::new(&server);
    browser
        .get("/portal/start/nothing")
        .await
        .expect_page(404, "not valid");
    browser.get(path).await.goes_to("/portal");
    let here = browser.get("/portal/profile").await;
    here.expect_page(200, "developer@tatami.localhost");
}

#[tokio::test]
async fn nobody_is_signed_in_where_others_reach_the_installation() {
    let server = Tatami::start_with(&["--public-url", "https://pay.example/"]);
    let front = Browser::new(&server).get("/").await;
    front.expect_page(200, "<h1>Sign in</h1>");
    assert_eq!(front.header("set-cookie"), "");
    assert!(!server.output().contains("/portal/start/"));
}

#[tokio::test]
async fn pages_run_and_load_only_what_is_their_own() {
    let browser = Browser::of_developer(shared()).await;
    let stranger = Browser::new(shared());
    for page in [
        browser.get("/portal/profile").await,
        stranger.get("/portal/sign-in").await,
    ] {
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("cache-control"), "no-store");
        let text = page.text();
        assert!(!text.contains("<style") && !text.contains(" style=") && !text.contains("onclick"));
        for file in text.split("href=\"/portal/assets/").skip(1) {
            let file = file.split('"').next().expect("a path");
            let file = stranger.get(&format!("/portal/assets/{file}")).await;
            assert_eq!(file.status, 200, "{}", file.url);
        }
    }
}

#[tokio::test]
async fn fields_of_passwords_are_masked_and_known_to_managers() {
    let browser = Browser::of_developer(shared()).await;
    for (path, name, purpose) in [
        ("/portal/sign-in", "password", "current-password"),
        ("/portal/profile", "password", "new-password"),
    ] {
        let page = browser.get(path).await.text();
        let field = page
            .split("<input")
            .find(|field| field.contains(&format!("name=\"{name}\"")));
        let field = field.and_then(|field| field.split('>').next());
        let field = field.unwrap_or_else(|| panic!("no {name}: {page}"));
        assert!(field.contains("type=\"password\""), "{field}");
        let purpose = format!("autocomplete=\"{purpose}\"");
        assert!(field.contains(&purpose), "{field}");
    }
}

#[tokio::test]
async fn every_page_has_a_way_out() {
    let browser = Browser::of_developer(shared()).await;
    for path in ["/portal/profile", "/portal/people", "/portal/audit"] {
        let page = browser.get(path).await.text();
        assert!(page.contains("action=\"/portal/sign-out\""), "{path}");
    }
}

#[tokio::test]
async fn documentation_leads_to_sections_of_the_first_location() {
    let (browser, app) = super::owner("sections@shop.example").await;
    let home = format!("/portal/{}/test", app.account);
    for (asked, to) in [
        ("/portal?to=payments", format!("{home}/payments")),
        ("/portal?to=people", "/portal/people".to_owned()),
        ("/portal?to=nothing", home.clone()),
        ("/portal?to=//evil.example", home.clone()),
        ("/portal", home.clone()),
    ] {
        browser.get(asked).await.goes_to(&to);
    }
}
