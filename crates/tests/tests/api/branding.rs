//! How an account's checkout pages look, and where its merchant is.

use reqwest::Method;
use serde_json::{Value, json};
use tatami_tests::{App, Reply, booking, run, shared};

use crate::{id, text};

const BRANDING: &str = "/sandbox/branding";
const PNG: &str = "data:image/png;base64,iVBORw0KGgo=";
/// `<svg xmlns="http://www.w3.org/2000/svg"/>`
const SVG: &str =
    "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4=";

fn branding() -> Value {
    json!({
        "logo": SVG, "favicon": PNG, "primaryColour": "#ffd84d", "backgroundColour": "#101820",
    })
}

async fn set(app: &App, body: Value) -> Reply {
    app.request(Method::PUT, BRANDING).json(body).await
}

async fn public_config(app: &App) -> Value {
    let intent = id(&app.create(json!({})).await);
    let path = format!("/payment-intents/public/{intent}");
    app.stranger().get(&path).await.expect(200)["config"].clone()
}

/// The path of a link to this installation.
fn path(link: &str) -> String {
    let at = link.find("/checkout/").expect("a link to a page's file");
    link[at..].to_owned()
}

#[tokio::test]
async fn a_branding_is_set_read_and_removed() {
    let app = App::new();
    assert_eq!(app.get(BRANDING).await.expect(200), json!({}));
    assert_eq!(set(&app, branding()).await.expect(200), branding());
    assert_eq!(app.get(BRANDING).await.expect(200), branding());
    // Another account's pages look as they did.
    assert_eq!(App::new().get(BRANDING).await.expect(200), json!({}));
    let part = json!({ "primaryColour": "#0A0" });
    set(&app, part).await.problem(400);
    let part = json!({ "primaryColour": "#070" });
    assert_eq!(
        set(&app, part).await.expect(200),
        json!({ "primaryColour": "#007700" })
    );
    for _ in 0..2 {
        let removed = app.delete(BRANDING).await;
        assert_eq!(removed.status, 204);
    }
    assert_eq!(app.get(BRANDING).await.expect(200), json!({}));
    assert_eq!(public_config(&app).await["branding"], json!({}));
}

#[tokio::test]
async fn what_cannot_be_shown_or_read_is_refused() {
    let app = App::new();
    for (field, value) in [
        ("logo", "https://shop.example/logo.png"),
        ("logo", "data:image/gif;base64,R0lGODlh"),
        // <svg onload="alert(1)"/>
        (
            "favicon",
            "data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9ImFsZXJ0KDEpIi8+",
        ),
        ("primaryColour", "teal"),
        ("backgroundColour", "#12345"),
    ] {
        let problem = set(&app, json!({ field: value })).await.problem(400);
        let name = format!("{}{}", field[..1].to_uppercase(), &field[1..]);
        assert!(problem["errors"][&name].is_array(), "{problem}");
    }
    let large = format!("data:image/png;base64,{}", "iVBORw0KGgoA".repeat(7400));
    set(&app, json!({ "logo": large })).await.problem(400);
    let colours = json!({ "primaryColour": "#ffd84d", "backgroundColour": "#fff" });
    let problem = set(&app, colours).await.problem(400);
    for pair in ["PrimaryColour", "BackgroundColour"] {
        let rule = problem["errors"][pair][0].as_str().unwrap_or_default();
        assert!(
            rule.contains("#ffd84d") && rule.contains("#ffffff"),
            "{problem}"
        );
    }
    assert_eq!(app.get(BRANDING).await.expect(200), json!({}));
}

#[tokio::test]
async fn pages_and_apps_find_what_is_set() {
    let app = App::new();
    set(&app, branding()).await.expect(200);
    let seen = public_config(&app).await["branding"].clone();
    assert_eq!(seen["primaryColour"], "#ffd84d");
    let intent = id(&app.create(json!({})).await);
    let page = app
        .stranger()
        .get(&format!("/checkout/{intent}"))
        .await
        .text();
    for (link, media_type) in [("logoUrl", "image/svg+xml"), ("faviconUrl", "image/png")] {
        let path = path(&text(&seen, link));
        assert!(page.contains(&path), "{path}");
        let file = app.stranger().get(&path).await;
        assert_eq!(file.status, 200);
        assert_eq!(file.header("content-type"), media_type);
        let policy = file.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
    }
    let colours = path(&text(&seen, "logoUrl")).replace("logo.svg", "colours.css");
    assert!(page.contains(&colours));
    let sheet = app.stranger().get(&colours).await.text();
    assert!(sheet.contains("--page:#101820"), "{sheet}");
    // What is set anew has another address, and the old one is gone.
    set(&app, json!({ "logo": PNG })).await.expect(200);
    assert_eq!(app.stranger().get(&colours).await.status, 404);
    let unknown = colours.replace("sandbox", "production");
    assert_eq!(app.stranger().get(&unknown).await.status, 404);
}

#[tokio::test]
async fn setup_intents_look_the_same() {
    let app = App::new();
    set(&app, branding()).await.expect(200);
    let setup = app
        .send("/setup-intents", booking(json!({})))
        .await
        .expect(200);
    let setup = id(&setup);
    let path = format!("/setup-intents/public/{setup}");
    let seen = app.stranger().get(&path).await.expect(200);
    let logo = text(&seen["config"]["branding"], "logoUrl");
    let page = app
        .stranger()
        .get(&format!("/checkout/{setup}"))
        .await
        .text();
    assert!(page.contains(&self::path(&logo)));
}

#[tokio::test]
async fn the_command_line_sets_it_and_the_country() {
    let server = shared();
    let accounts = |arguments: &[&str]| {
        let all = ["accounts"].iter().chain(arguments).copied();
        run(all.chain(server.place()))
    };
    let made = accounts(&["create", "Harbour Books", "--country", "ie"]);
    assert!(made.status.success(), "{}", made.output);
    let account = made.output.trim().trim_start_matches("account ").to_owned();
    let app = App::of(server, &account, "sandbox");
    assert_eq!(public_config(&app).await["marketId"], "IE");
    let branded = accounts(&["brand", &account, "--primary-colour", "#175c4c"]);
    assert!(branded.status.success(), "{}", branded.output);
    assert_eq!(
        app.get(BRANDING).await.expect(200)["primaryColour"],
        "#175c4c"
    );
    let refused = accounts(&["brand", &account, "--primary-colour", "#eee"]);
    assert!(
        !refused.status.success() && refused.output.contains("contrast"),
        "{}",
        refused.output
    );
    let unknown = accounts(&["create", "Nowhere", "--country", "UK"]);
    assert!(!unknown.status.success(), "{}", unknown.output);
    assert_eq!(public_config(&App::new()).await["marketId"], "UK");
}
