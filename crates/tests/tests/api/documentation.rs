//! The documentation that the program serves: pages, plain texts, and whether it
//! names all that the program has.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;
use tatami_tests::{App, DEVELOPMENT_KEY, Tatami, VERSIONS, run, shared};

/// All of it as one text.
async fn everything(app: &App) -> String {
    let text = app.stranger().get("/llms-full.txt").await;
    assert_eq!(text.status, 200, "{}", text.text());
    text.text()
}

#[tokio::test]
async fn pages_are_served_without_a_key_under_a_strict_policy() {
    let reader = App::on(shared()).stranger();
    for (path, says) in [
        ("/docs", "Documentation"),
        ("/docs/payments/refunds", "Refunds"),
        ("/docs/payments/refunds/", "Refunds"),
        ("/docs/search?q=refund", "/docs/payments/refunds"),
        ("/docs/search", "Search"),
        ("/docs/search?q=%3Cscript%3E", "&#60;script&#62;"),
    ] {
        let page = reader.get(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text());
        assert!(page.text().contains(says), "{path}: {}", page.text());
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
    }
    let missing = reader.get("/docs/nothing/here").await;
    assert_eq!(missing.status, 404);
    assert!(missing.text().contains("no such page"));
    let markdown = reader.get("/docs/payments/refunds.md").await;
    assert_eq!(markdown.status, 200);
    assert!(
        markdown.text().starts_with("# Refunds\n"),
        "{}",
        markdown.text()
    );
}

#[tokio::test]
async fn samples_have_the_address_and_on_this_machine_the_key() {
    let app = App::on(shared());
    let page = app.stranger().get("/docs/start/first-payment").await.text();
    assert!(page.contains(&format!("curl {}/payment-intents", app.base)));
    assert!(page.contains(DEVELOPMENT_KEY));

    let server = Tatami::start_with(&["--public-url", "https://pay.example"]);
    let reader = App::on(&server).stranger();
    let page = reader.get("/docs/start/first-payment").await.text();
    assert!(page.contains("curl https://pay.example/payment-intents"));
    assert!(!page.contains(DEVELOPMENT_KEY));

    let server = Tatami::start_with(&["--no-sandbox"]);
    assert!(
        !everything(&App::with_key(&server, ""))
            .await
            .contains(DEVELOPMENT_KEY)
    );
}

#[tokio::test]
async fn each_version_s_description_has_an_address() {
    let app = App::on(shared());
    for version in VERSIONS {
        let path = format!("/docs/openapi/{version}.json");
        let document = app.stranger().get(&path).await.expect(200);
        let same = app.stranger().get("/openapi.json").version(version).await;
        assert_eq!(document, same.expect(200), "{version}");
    }
    let other = app.stranger().get("/docs/openapi/2023-01-01.json").await;
    assert_eq!(other.status, 404);
}

/// Where each document is, with its operations: the paths, or the names, under which the
/// explorer lists them.
async fn documents(app: &App) -> Vec<(String, Value)> {
    let index = app.stranger().get("/docs/api").await.text();
    let links = index.split("href=\"").skip(1);
    let links = links.filter_map(|rest| rest.split('"').next());
    let links = links.filter(|link| link.ends_with(".json") && link.starts_with("/docs/"));
    let links: BTreeSet<&str> = links.collect();
    let mut documents = Vec::new();
    for link in links {
        let document = app.stranger().get(link).await.expect(200);
        documents.push((link.to_owned(), document));
    }
    documents
}

fn name_of(link: &str) -> &str {
    let file = link.rsplit('/').next().unwrap_or_default();
    file.strip_suffix(".json").unwrap_or_default()
}

fn ids_of(document: &Value) -> Vec<String> {
    if let Some(operations) = document["operations"].as_object() {
        return operations.keys().cloned().collect();
    }
    let items = document["paths"].as_object().expect("paths").values();
    let operations = items.flat_map(|item| item.as_object().expect("operations").values());
    operations
        .map(|operation| operation["operationId"].as_str().expect("an id").to_owned())
        .collect()
}

#[tokio::test]
async fn every_document_is_listed_and_every_operation_of_it_has_a_page() {
    let app = App::on(shared());
    let documents = documents(&app).await;
    let names: BTreeSet<&str> = documents.iter().map(|(link, _)| name_of(link)).collect();
    for name in VERSIONS.into_iter().chain([
        "pci",
        "tap-to-pay",
        "epos-tester-tool",
        "sandbox",
        "components",
        "epos-data",
        "epos-data-websocket",
        "webhooks",
    ]) {
        assert!(names.contains(name), "{name}: {names:?}");
    }
    for (link, document) in &documents {
        let name = name_of(link);
        let list = app.stranger().get(&format!("/docs/api/{name}")).await;
        assert_eq!(list.status, 200, "{name}");
        let ids = ids_of(document);
        assert!(!ids.is_empty(), "{name}");
        for id in ids {
            let path = format!("/docs/api/{name}/{id}");
            let page = app.stranger().get(&path).await;
            assert_eq!(page.status, 200, "{path}");
            assert!(
                list.text().contains(&format!("/{id}\"")),
                "{path} is not listed"
            );
        }
    }
    for missing in ["/docs/api/Nothing_Get", "/docs/api/pci/Nothing_Get"] {
        assert_eq!(app.stranger().get(missing).await.status, 404);
    }
}

#[tokio::test]
async fn tables_are_made_from_the_program() {
    let app = App::on(shared());
    for (page, says) in [
        (
            "options",
            "| `--max-requests MAX_REQUESTS` `TATAMI_MAX_REQUESTS` |",
        ),
        ("options", "### `tatami users invite`"),
        ("metrics", "| `tatami_pos_calls_total` | counter |"),
        ("events", "| `payment_intent.send-receipt` |"),
        ("events", "| `OrderUpdated` | `orderId` |"),
        (
            "events",
            "| `SearchOrders` | `POST /v1/orders/search` | `SearchOrdersV1` |",
        ),
        ("errors", "| `cv2Required` |"),
        ("errors", "| `401` |"),
        ("data-types", "| `pi_` | payment intent |"),
        ("test-cards", "| `4456530000001005` |"),
        ("api", "[AsyncAPI](/docs/asyncapi/webhooks.json)"),
        ("llms", "[/llms-bookings.txt]"),
    ] {
        let path = format!("/docs/reference/{page}.md");
        let text = app.stranger().get(&path).await.text();
        assert!(text.contains(says), "{path}: {says}\n{text}");
        assert!(!text.contains("{{"), "{path}");
    }
}

#[tokio::test]
async fn documents_describe_what_is_served() {
    let app = App::on(shared());
    for (link, document) in documents(&app).await {
        let base = document["servers"][0]["url"].as_str();
        if base.is_some_and(|url| url != app.base) || document["paths"].is_null() {
            continue;
        }
        for (path, item) in document["paths"].as_object().expect("paths") {
            let path = path.replace(['{', '}'], "");
            for method in item.as_object().expect("operations").keys() {
                let sent: Method = method.to_uppercase().parse().expect("a method");
                let answer = app.stranger().request(sent, &path).await;
                let at = format!("{link}: {method} {path}");
                assert_ne!(answer.status, 405, "{at}");
                let text = answer.text();
                assert!(!text.contains("there is no such path"), "{at}: {text}");
                assert!(!text.contains("no such page"), "{at}: {text}");
            }
        }
    }
}

#[tokio::test]
async fn documents_are_at_their_published_addresses_too() {
    let app = App::on(shared());
    for (address, own) in [
        ("/api/v3/bundled.json", "/docs/openapi/2026-02-27.json"),
        ("/pci-api/bundled.json", "/docs/openapi/pci.json"),
        ("/epos-data/bundled.json", "/docs/openapi/epos-data.json"),
        (
            "/epos-data-asyncapi/bundled.yaml",
            "/docs/asyncapi/epos-data-websocket.json",
        ),
    ] {
        let published = app.stranger().get(address).await;
        let own = app.stranger().get(own).await;
        assert_eq!(published.status, 200, "{address}");
        assert_eq!(published.body, own.body, "{address}");
    }
}

#[tokio::test]
async fn the_index_of_texts_leads_to_all_of_them() {
    let app = App::on(shared());
    let index = app.stranger().get("/llms.txt").await.text();
    let links = index
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    let links: Vec<&str> = links.collect();
    assert!(links.len() > 45, "{index}");
    for link in links {
        let path = link
            .strip_prefix(&app.base)
            .expect("a link to this program");
        let text = app.stranger().get(path).await;
        assert_eq!(text.status, 200, "{link}");
        assert!(!text.body.is_empty(), "{link}");
    }
}

#[tokio::test]
async fn it_names_every_option_metric_event_and_status() {
    let app = App::on(shared());
    let text = everything(&app).await;
    let mut names = BTreeSet::new();
    let help = run(["serve", "--help"]).output;
    let options = help
        .split_whitespace()
        .filter(|word| word.starts_with("--"));
    let bare = |word: &str| {
        word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric())
            .to_owned()
    };
    let without_value = |option: String| match option.split_once('[') {
        Some((option, _)) => option.to_owned(),
        None => option,
    };
    names.extend(options.map(bare).map(without_value));
    assert!(names.len() > 20, "{help}");
    let metrics = app.metrics().await.text();
    let metrics = metrics
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "));
    names.extend(
        metrics
            .filter_map(|line| line.split(' ').next())
            .map(str::to_owned),
    );
    for model in app
        .get("/webhooks/events")
        .await
        .expect(200)
        .as_array()
        .expect("models")
    {
        names.extend(words(&model["events"]));
    }
    let document = app.get("/openapi.json").await.expect(200);
    for schema in [
        "PaymentIntentStatus",
        "SetupIntentStatus",
        "TerminalSessionStatus",
    ] {
        names.extend(words(&document["components"]["schemas"][schema]["enum"]));
    }
    // Every program has these.
    for own in ["--help", "--version"] {
        names.remove(own);
    }
    let missing: Vec<&String> = names.iter().filter(|name| !text.contains(*name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test]
async fn it_tells_every_status_of_a_refusal() {
    let app = App::on(shared());
    let page = app.stranger().get("/docs/reference/errors.md").await.text();
    let document = app.get("/openapi.json").await.expect(200);
    let mut statuses = BTreeSet::new();
    for item in document["paths"].as_object().expect("paths").values() {
        for operation in item.as_object().expect("operations").values() {
            let answers = operation["responses"].as_object();
            statuses.extend(
                answers
                    .into_iter()
                    .flat_map(|answers| answers.keys().cloned()),
            );
        }
    }
    statuses.retain(|status| status.as_str() >= "400");
    assert!(statuses.len() > 8, "{statuses:?}");
    for status in statuses {
        assert!(page.contains(&format!("\n| {status} | ")), "{status}");
    }
}

fn words(list: &Value) -> Vec<String> {
    let words = list.as_array().expect("a list").iter();
    words
        .map(|word| word.as_str().expect("a word").to_owned())
        .collect()
}
