//! The card machines' pages: who gets them, and what they may do.

use tatami_tests::{App, Reply};

const PAGES: [&str; 2] = ["/card-machines", "/card-machines/anything"];

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
    for path in PAGES {
        let refused = app.stranger().get(path).await;
        refused.problem(401);
        assert!(
            refused.header("www-authenticate").starts_with("Basic realm="),
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
async fn they_run_and_load_only_what_is_their_own() {
    let app = App::new();
    for path in PAGES {
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
