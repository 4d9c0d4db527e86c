//! Backups, and the way from one database to the other: nothing is lost, and
//! what was under way goes on.

use std::path::Path;

use serde_json::{Value, json};
use tatami_testkit::PostgresCluster;
use tatami_tests::{APPROVED, App, Entry, Exit, Kind, Tatami, booked, pay_intent, run};

use crate::{authorized, captured, id, pounds, text};

/// A shop with something of every kind, and what it was told.
struct Shop {
    app: App,
    intents: Vec<Value>,
    webhooks: Value,
    books: Vec<Entry>,
    now: jiff::Timestamp,
    open: String,
    held: String,
    order: (Value, String),
}

impl Shop {
    async fn fill(server: &Tatami) -> Self {
        let app = App::on(server);
        let subscription = json!({
            "url": "https://127.0.0.1:9/hook",
            "events": ["payment_intent.created", "payment_intent.status_updated"],
        });
        app.send("/webhooks", subscription).await.expect(200);
        app.advance("1.02:03:04").await;
        let paid = captured(&app).await;
        let held = authorized(&app).await;
        let refund = json!({ "amount": 250, "refundReason": "Too salty: \"très\" 塩\n" });
        app.send(&format!("/payment-intents/{paid}/refunds"), refund)
            .key("refund-1")
            .await
            .expect(200);
        let body = json!({ "amount": pounds(1234), "reference": "Kept" });
        let order = app
            .send("/payment-intents", body.clone())
            .key("order-1")
            .await;
        let open = id(&order.expect(200));
        let mut shop = Self {
            intents: Vec::new(),
            webhooks: app.get("/webhooks").await.expect(200),
            books: app.books().await,
            now: app.now().await,
            order: (body, order.text()),
            app,
            open,
            held,
        };
        for id in [&paid, &shop.held, &shop.open] {
            shop.intents.push(shop.app.intent(id).await);
        }
        shop
    }

    /// Everything is there on another server, and can be gone on with.
    async fn opens_on(&self, server: &Tatami) {
        let app = self.app.moved_to(server);
        for intent in &self.intents {
            let here = app.intent(&id(intent)).await;
            // Links name the server that answers.
            assert_eq!(without_links(here), without_links(intent.clone()));
        }
        assert_eq!(app.get("/webhooks").await.expect(200), self.webhooks);
        assert_eq!(app.books().await, self.books);
        assert!(app.now().await >= self.now, "the account's clock ran back");
        let (body, told) = &self.order;
        let again = app
            .send("/payment-intents", body.clone())
            .key("order-1")
            .await;
        assert_eq!(again.text(), *told);
    }

    /// Timers, secrets and the acquirer's references work there.
    async fn goes_on_at(&self, server: &Tatami) {
        let app = self.app.moved_to(server);
        let paid = pay_intent(&app, &self.open, APPROVED).await;
        assert_eq!(paid["status"], "Captured", "{paid}");
        app.advance("7.00:00:00").await;
        assert_eq!(app.status(&self.held).await, "Reversed");
        let reversed = booked(&app.books().await, "reverse");
        assert_eq!(reversed, 1000, "the hold was not given back once");
    }
}

fn without_links(mut intent: Value) -> Value {
    for name in ["paymentLink", "clientSessionSecret"] {
        intent.as_object_mut().expect("an intent").remove(name);
    }
    intent
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

#[track_caller]
fn done(exit: &Exit) -> &str {
    assert!(exit.status.success(), "{}", exit.output);
    &exit.output
}

#[track_caller]
fn refused<'e>(exit: &'e Exit, why: &str) -> &'e str {
    assert!(!exit.status.success(), "{}", exit.output);
    assert!(exit.output.contains(why), "{}", exit.output);
    &exit.output
}

#[tokio::test]
async fn a_backup_of_a_serving_program_is_one_moment_of_it() {
    let server = Tatami::start_on_kind(Kind::Sqlite, &[]);
    let shop = Shop::fill(&server).await;
    let place = tempfile::tempdir().expect("a folder");
    let (copy, restored) = (place.path().join("copy"), tempfile::tempdir().expect("one"));
    let serving = path(server.data());

    // Somebody pays all the while.
    let busy = shop.app.clone();
    let traffic = tokio::spawn(async move {
        let mut paid = Vec::new();
        for _ in 0..40 {
            paid.push(captured(&busy).await);
        }
        paid
    });
    let backup = ["backup", path(&copy), "--with-key", "--data", serving];
    let made = tokio::task::spawn_blocking({
        let backup = backup.map(str::to_owned);
        move || run(backup)
    });
    done(&made.await.expect("a backup"));
    let later = traffic.await.expect("payments");
    refused(&run(backup), "already exists");

    let restore = ["restore", path(&copy), "--data", path(restored.path())];
    done(&run(restore));
    refused(&run(restore), "--replace");
    let mut second = Tatami::start_on(restored, &[]);
    let app = shop.app.moved_to(&second);
    // What the copy says was paid is in the copy of the acquirer's books too.
    let books = app.books().await;
    for intent in later {
        let found = app.get(&format!("/payment-intents/{intent}")).await;
        if found.status != 404 && found.expect(200)["status"] == "Captured" {
            let transaction = text(&found.json()["paymentDetails"], "transactionId");
            let booked = books.iter().filter(|e| e.transaction == transaction);
            assert_eq!(booked.count(), 1, "{}", found.text());
        }
    }
    shop.goes_on_at(&second).await;
    second.restart();

    let serving = path(second.data()).to_owned();
    let onto = ["restore", path(&copy), "--replace", "--data", &serving];
    refused(&run(onto), "in use");
    assert!(second.sigterm().success());
    done(&run(onto));
    second.again();
    let app = shop.app.moved_to(&second);
    assert_eq!(app.status(&shop.open).await, "Created");
}

#[tokio::test]
async fn a_backup_without_its_key_says_so() {
    let server = Tatami::start_on_kind(Kind::Sqlite, &[]);
    Shop::fill(&server).await;
    let place = tempfile::tempdir().expect("a folder");
    let (copy, empty) = (place.path().join("copy"), place.path().join("empty"));
    let made = run(["backup", path(&copy), "--data", path(server.data())]);
    assert!(done(&made).contains("Keep the keys"), "{}", made.output);
    assert!(!copy.join("installation.key").exists());
    let restore = ["restore", path(&copy), "--data", path(&empty)];
    refused(&run(restore), "--installation-key");
    let wrong = ["--installation-key", &"A".repeat(43)];
    refused(&run(restore.iter().chain(&wrong)), "does not match");

    let file = std::fs::File::options()
        .write(true)
        .open(copy.join("tatami.db"));
    file.and_then(|file| file.set_len(8192)).expect("damage");
    refused(&run(restore.iter().chain(&["--without-key"])), "damaged");
    assert!(!empty.join("tatami.db").exists(), "something half done");
}

#[tokio::test]
async fn everything_moves_to_postgres_and_back_without_loss() {
    let mut server = Tatami::start_on_kind(Kind::Sqlite, &[]);
    let shop = Shop::fill(&server).await;
    let place = tempfile::tempdir().expect("a folder");
    let (there, back) = (place.path().join("there"), place.path().join("back"));
    let first = path(server.data()).to_owned();
    let keys = server.keys();
    let key: Vec<&str> = keys.iter().map(String::as_str).collect();
    // It says what it said before: the export is taken beside the running program.
    let export = ["export", path(&there), "--data", &first];
    assert!(done(&run(export)).contains("exported"));
    assert!(server.sigterm().success());

    let cluster = PostgresCluster::start();
    let url = cluster.new_database();
    let folder = tempfile::tempdir().expect("a folder");
    let import = |file| ["import", file, "--data", path(folder.path())];
    let database = ["--database", url.as_str()];
    let onto = import(path(&there));
    let onto: Vec<&str> = onto.iter().chain(&database).chain(&key).copied().collect();
    refused(&run(&onto[..6]), "--installation-key");
    assert!(done(&run(&onto)).contains("imported"));
    refused(&run(&onto), "not empty");

    let all: Vec<&str> = database.iter().chain(&key).copied().collect();
    let data = path(folder.path()).to_owned();
    let postgres = Tatami::start_on(folder, &all);
    shop.opens_on(&postgres).await;
    let export = ["export", path(&back), "--data", &data];
    done(&run(export.iter().chain(&all)));
    drop(postgres);

    let last = tempfile::tempdir().expect("a folder");
    let import = ["import", path(&back), "--data", path(last.path())];
    done(&run(import.iter().chain(&key)));
    let sqlite = Tatami::start_on(last, &key);
    shop.opens_on(&sqlite).await;
    shop.goes_on_at(&sqlite).await;
}

#[tokio::test]
async fn a_damaged_export_is_refused_whole() {
    let server = Tatami::start_on_kind(Kind::Sqlite, &[]);
    Shop::fill(&server).await;
    let place = tempfile::tempdir().expect("a folder");
    let file = place.path().join("export");
    done(&run(["export", path(&file), "--data", path(server.data())]));
    let whole = std::fs::read_to_string(&file).expect("an export");
    let lines: Vec<&str> = whole.lines().collect();
    let half = lines.len() / 2;
    let without_one: Vec<&str> = [&lines[..half], &lines[half + 1..]].concat();
    let changed = whole.replacen("Kept", "Lost", 1);
    for damaged in [
        lines[..half].join("\n"),
        without_one.join("\n"),
        changed,
        whole.replacen("tatami-export", "something", 1),
    ] {
        let target = tempfile::tempdir().expect("a folder");
        std::fs::write(&file, damaged).expect("damage");
        let import = ["import", path(&file), "--data", path(target.path())];
        let exit = run(import.iter().chain(&["--without-key"]));
        assert!(!exit.status.success(), "{}", exit.output);
        // Nothing is in it, so the right file still can be.
        std::fs::write(&file, &whole).expect("the export");
        done(&run(import.iter().chain(&["--without-key"])));
    }
}
