//! The sandbox's pages in the portal: who gets them, and what they may do.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::json;
use tatami_tests::{App, Browser, Reply, Tatami, shared};

use crate::id;

/// An owner of a new company, and the pages of its account: the list, and one machine.
async fn pages(email: &str) -> (App, Browser, [String; 2]) {
    let app = App::new();
    let browser = Browser::of_user(shared(), &app.account, email, "owner").await;
    let machines = app.get("/sandbox/card-machines").await.expect(200);
    let tid = machines[0]["tid"].as_str().expect("a TID");
    let list = format!("/portal/{}/test/card-machines", app.account);
    let machine = format!("{list}/{tid}");
    (app, browser, [list, machine])
}

/// What the browser is told to load from the page.
fn files(page: &Reply) -> Vec<String> {
    let html = page.text();
    let attributes = ["href=\"", "src=\""];
    let values = attributes
        .iter()
        .flat_map(|name| html.split(name).skip(1))
        .filter_map(|rest| rest.split('"').next())
        .filter(|value| value.contains("/assets/"));
    values.map(str::to_owned).collect()
}

#[tokio::test]
async fn they_are_for_those_who_are_signed_in_and_there_is_none_in_live_mode() {
    let (app, browser, pages) = pages("machines@example.com").await;
    for path in &pages {
        let out = Browser::new(shared());
        let back = path.replace('/', "%2F");
        out.get(path)
            .await
            .goes_to(&format!("/portal/sign-in?next={back}"));
        app.get(path)
            .await
            .goes_to(&format!("/portal/sign-in?next={back}"));
        browser.get(path).await.expect_page(200, "ard machine");
        let live = path.replace("/test/", "/live/");
        browser.get(&live).await.expect_page(404, "no such page");
    }
    let live = format!("/portal/{}/live", app.account);
    let home = browser.get(&live).await.text();
    for section in ["card-machines", "mailbox", "clock", "faults"] {
        assert!(!home.contains(&format!("/{section}\"")), "{section}");
        let path = format!("{live}/{section}");
        browser.get(&path).await.expect_page(404, "no such page");
    }
}

#[tokio::test]
async fn old_and_short_addresses_lead_to_them() {
    let (app, browser, [list, machine]) = pages("old-machines@example.com").await;
    let html = |path: &str| {
        let request = app.stranger().get(path);
        request.header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
    };
    let tid = machine.rsplit('/').next().expect("a TID");
    for (old, short, page) in [
        ("/card-machines", "/portal?to=card-machines", list.clone()),
        (
            &format!("/card-machines/{tid}"),
            &format!("/portal?to=card-machines/{tid}"),
            machine.clone(),
        ),
        (
            "/sandbox/mailbox",
            "/portal?to=mailbox",
            format!("/portal/{}/test/mailbox", app.account),
        ),
    ] {
        let led = html(old).await;
        assert!(led.status.is_redirection(), "{old}: {led:?}");
        assert_eq!(led.header("location"), short);
        browser.get(short).await.goes_to(&page);
    }
    // Programs are answered as ever.
    app.get("/sandbox/mailbox").await.expect(200);
    app.stranger().get("/sandbox/mailbox").await.problem(401);
}

#[tokio::test]
async fn their_scripts_call_what_a_page_needs_in_the_name_of_the_user() {
    let (app, browser, [list, machine]) = pages("calls@example.com").await;
    let calls = format!("/portal/{}/test/calls", app.account);
    let tid = machine.rsplit('/').next().expect("a TID");
    let seen = browser
        .get(&format!("{calls}/sandbox/card-machines/{tid}"))
        .await
        .expect(200);
    assert_eq!(seen["tid"], tid);
    let press = format!("{calls}/sandbox/card-machines/{tid}/power-off");
    let pressed = browser.call(&list, &press, json!({})).await.expect(200);
    assert_eq!(pressed["power"], false);
    let sale = json!({
        "amount": { "value": 1000, "currencyCode": "GBP" },
        "reference": "Till",
    });
    let create = format!("{calls}/payment-intents");
    let made = browser.call(&list, &create, sale.clone()).await.expect(200);
    assert_eq!(app.status(&id(&made)).await, "Created");
    // Nothing else of the API, and nothing without the token of the page.
    for other in ["sandbox/clock", "payment-intents/search", "webhooks"] {
        let path = format!("{calls}/{other}");
        let reply = browser.call(&list, &path, json!({})).await;
        assert!(
            [404, 405].contains(&reply.status.as_u16()),
            "{other}: {reply:?}"
        );
    }
    let bare = browser.asks(app.stranger().send(&create, sale)).await;
    bare.expect_page(403, "not of your present session");
    let looks = Browser::of_user(shared(), &app.account, "looks@example.com", "viewer").await;
    looks.get(&machine).await.expect_page(200, "not to use it");
    looks
        .call(&list, &press, json!({}))
        .await
        .expect_page(403, "does not allow");
}

#[tokio::test]
async fn they_run_and_load_only_what_is_their_own() {
    let (app, browser, pages) = pages("loads@example.com").await;
    for path in &pages {
        let page = browser.get(path).await;
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        let files = files(&page);
        assert!(files.len() >= 4, "{files:?}");
        for file in files {
            let answer = app.stranger().get(&file).await;
            assert_eq!(answer.status, 200, "{file}");
        }
    }
}

#[tokio::test]
async fn a_machine_that_the_account_does_not_have_has_no_page() {
    let (_, browser, [list, _]) = pages("none@example.com").await;
    let page = browser.get(&format!("{list}/nothing")).await;
    page.expect_page(404, "no card machine with that TID");
}

#[tokio::test]
async fn an_open_page_does_not_keep_the_program_from_stopping() {
    let mut server = Tatami::start();
    let app = App::on(&server);
    let machines = app.get("/sandbox/card-machines").await.expect(200);
    let tid = machines[0]["tid"].as_str().expect("a TID");
    let address = app.base.trim_start_matches("http://").to_owned();
    let mut line = TcpStream::connect(&address).expect("connects");
    let request = format!(
        "GET /sandbox/card-machines/{tid}/live HTTP/1.1\r\nhost: {address}\r\nauthorization: Basic {}\r\n\r\n",
        app.key
    );
    line.write_all(request.as_bytes()).expect("asks");
    let mut heard = Vec::new();
    while !String::from_utf8_lossy(&heard).contains("\"screen\"") {
        let mut more = [0; 4096];
        let length = line.read(&mut more).expect("listens");
        assert!(length > 0, "{}", String::from_utf8_lossy(&heard));
        heard.extend_from_slice(&more[..length]);
    }
    assert!(server.sigterm().success());
    let said = server.output();
    assert!(!said.contains("before all requests"), "{said}");
}
