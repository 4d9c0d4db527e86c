//! Accounts, environments and keys keep to themselves.

use reqwest::Method;
use serde_json::json;
use tatami_tests::{App, Tatami, shared};

use crate::{captured, id, text};

#[tokio::test]
async fn data_of_another_account_or_environment_is_not_there() {
    let app = App::new();
    let paid = captured(&app).await;
    let production = App::of(shared(), &app.account, "production");
    for stranger in [App::new(), production] {
        let path = format!("/payment-intents/{paid}");
        let reply = stranger.get(&path).await;
        // Production answers 403 to everything while it has no acquirer.
        assert!(
            [403, 404].contains(&reply.status.as_u16()),
            "{}",
            reply.text()
        );
        reply.problem(reply.status.as_u16());
    }
}

#[tokio::test]
async fn two_keys_of_an_account_see_the_same() {
    let app = App::new();
    let second = App::of(shared(), &app.account, "sandbox");
    assert_ne!(app.key, second.key);
    let intent = id(&app.create(json!({})).await);
    assert_eq!(second.status(&intent).await, "Created");
}

#[tokio::test]
async fn a_deleted_key_stops_working_at_once() {
    let server = shared();
    let app = App::new();
    let second = App::of(server, &app.account, "sandbox");
    second.get("/webhooks").await.expect(200);
    let keys_command = |arguments: &[&str]| {
        let all = ["keys"].iter().chain(arguments).copied();
        tatami_tests::run(all.chain(server.place()))
    };
    let listed = keys_command(&["list", "--account", &app.account]);
    assert!(listed.status.success(), "{}", listed.output);
    let keys: Vec<&str> = listed
        .output
        .split_whitespace()
        .filter(|word| word.starts_with("key_"))
        .collect();
    assert_eq!(keys.len(), 2, "{}", listed.output);
    assert!(!listed.output.contains(&app.key), "a key is shown once");
    let deleted = keys_command(&["delete", keys[1]]);
    assert!(deleted.status.success(), "{}", deleted.output);
    second.get("/webhooks").await.problem(401);
    app.get("/webhooks").await.expect(200);
    let again = keys_command(&["delete", keys[1]]);
    assert!(!again.status.success(), "{}", again.output);
}

#[tokio::test]
async fn accounts_are_listed_with_their_names() {
    let server = Tatami::start();
    let account = server.admin(&["accounts", "create", "Blue Door Café"], "account");
    let listed = tatami_tests::run(["accounts", "list"].into_iter().chain(server.place()));
    assert!(listed.status.success(), "{}", listed.output);
    assert!(listed.output.contains(&account), "{}", listed.output);
    assert!(
        listed.output.contains("Blue Door Café"),
        "{}",
        listed.output
    );
    let unknown = "acc_0123456789012345678901";
    let create = [
        "keys",
        "create",
        "--environment",
        "sandbox",
        "--account",
        unknown,
    ];
    let nobody = tatami_tests::run(create.into_iter().chain(server.place()));
    assert!(!nobody.status.success(), "{}", nobody.output);
}

#[tokio::test]
async fn keys_are_not_kept_in_the_clear() {
    let server = Tatami::start();
    let app = App::on(&server);
    app.create(json!({})).await;
    let body = app.key.strip_prefix("sk_sandbox_").expect("a sandbox key");
    for (path, bytes) in server.stored() {
        let found = bytes
            .windows(body.len())
            .any(|window| window == body.as_bytes());
        assert!(!found, "{}", path.display());
    }
    assert!(!server.output().contains(body));
}

#[tokio::test]
async fn sandbox_controls_act_on_their_own_account() {
    let (app, other) = (App::new(), App::new());
    captured(&app).await;
    assert!(other.books().await.is_empty());
    let before = text(&other.get("/sandbox/clock").await.expect(200), "now");
    app.advance("100.00:00:00").await;
    let after = text(&other.get("/sandbox/clock").await.expect(200), "now");
    assert_eq!(before[..7], after[..7], "{before} and {after}");
    for path in [
        "/sandbox/clock",
        "/sandbox/acquirer/books",
        "/sandbox/webhook-deliveries",
    ] {
        app.request(Method::GET, path)
            .without("authorization")
            .await
            .problem(401);
    }
}

#[test]
fn an_account_has_the_merchant_id_and_category_that_were_agreed() {
    let server = shared();
    let create = ["accounts", "create", "Harbour Books"];
    let terms = ["--merchant-id", "HARBOUR1", "--merchant-category", "5942"];
    let account = server.admin(&[&create[..], &terms].concat(), "account");
    let listed = tatami_tests::run(["accounts", "list"].into_iter().chain(server.place()));
    let line = listed
        .output
        .lines()
        .find(|line| line.starts_with(&account));
    let line = line.expect("it is listed");
    assert!(line.contains("merchant HARBOUR1  category 5942"), "{line}");
    for wrong in [
        ["--merchant-id", "1234567890123456"],
        ["--merchant-id", "HARBOUR 1"],
        ["--merchant-category", "594"],
        ["--merchant-category", "books"],
    ] {
        let all = create.into_iter().chain(wrong);
        let refused = tatami_tests::run(all.chain(server.place()));
        assert!(!refused.status.success(), "{wrong:?}");
    }
}
