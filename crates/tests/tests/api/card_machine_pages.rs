//! The card machines' pages: who gets them, and what they may do.

use std::io::{Read, Write};
use std::net::TcpStream;

use tatami_tests::{App, Reply, Tatami};

/// The pages of an account: the list, and one machine.
async fn pages(app: &App) -> [String; 2] {
    let machines = app.get("/sandbox/card-machines").await.expect(200);
    let tid = machines[0]["tid"].as_str().expect("a TID").to_owned();
    let list = "/card-machines".to_owned();
    [list, format!("/card-machines/{tid}")]
}

/// What the browser is told to load from the page.
fn files(page: &Reply) -> Vec<String> {
    let html = page.text();
    let attributes = ["href=\"", "src=\""];
    let values = attributes
        .iter()
        .flat_map(|name| html.split(name).skip(1))
        .filter_map(|rest| rest.split('"').next())
        .filter(|value| value.starts_with("/card-machines/assets/"));
    values.map(str::to_owned).collect()
}

#[tokio::test]
async fn they_ask_for_the_key_of_a_sandbox() {
    let app = App::new();
    for path in &pages(&app).await {
        let refused = app.stranger().get(path).await;
        refused.problem(401);
        assert!(
            refused
                .header("www-authenticate")
                .starts_with("Basic realm="),
            "browsers ask their user: {refused:?}"
        );
        let page = app.get(path).await;
        assert_eq!(page.status, 200);
        assert!(page.header("content-type").starts_with("text/html"));
    }
    let production = App::of(tatami_tests::shared(), &app.account, "production");
    production.get("/card-machines").await.problem(403);
}

#[tokio::test]
async fn a_browser_without_the_key_is_told_on_a_page() {
    let app = App::new();
    let [list, machine] = pages(&app).await;
    for path in [list.as_str(), &machine, "/sandbox/mailbox"] {
        let page = app
            .stranger()
            .get(path)
            .header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
            .await;
        assert_eq!(page.status, 401, "{path}");
        assert!(page.header("www-authenticate").starts_with("Basic realm="));
        assert!(page.header("content-type").starts_with("text/html"));
        assert!(page.text().contains("needs your sandbox key"), "{path}");
        app.stranger().get(path).await.problem(401);
    }
}

#[tokio::test]
async fn they_run_and_load_only_what_is_their_own() {
    let app = App::new();
    for path in &pages(&app).await {
        let page = app.get(path).await;
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
    let app = App::new();
    let [_, strange] = pages(&App::new()).await;
    for path in ["/card-machines/nothing", &strange] {
        let page = app.get(path).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(page.text().contains("No such card machine"), "{path}");
    }
}

#[tokio::test]
async fn an_open_page_does_not_keep_the_program_from_stopping() {
    let mut server = Tatami::start();
    let app = App::on(&server);
    let [_, page] = pages(&app).await;
    let address = app.base.trim_start_matches("http://").to_owned();
    let mut line = TcpStream::connect(&address).expect("connects");
    let request = format!(
        "GET /sandbox{page}/live HTTP/1.1\r\nhost: {address}\r\nauthorization: Basic {}\r\n\r\n",
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
