//! Starting, stopping and configuring the program.

use std::os::unix::fs::PermissionsExt;

use serde_json::json;
use tatami_tests::{App, DEVELOPMENT_KEY, Exit, Kind, Tatami, run, run_with};

use crate::{captured, id};

fn refused(exit: &Exit, about: &str) {
    assert!(!exit.status.success(), "{}", exit.output);
    let lines: Vec<&str> = exit
        .output
        .lines()
        .filter(|l| !l.trim().is_empty())
        .collect();
    assert_eq!(lines.len(), 1, "one clear sentence: {}", exit.output);
    assert!(
        lines[0].to_lowercase().contains(about),
        "{about:?} in {}",
        exit.output
    );
}

#[tokio::test]
async fn it_says_where_it_is_and_how_to_pay_first() {
    let server = Tatami::start();
    let output = server.output();
    let first = output.lines().next().expect("a line");
    assert_eq!(first, format!("listening on {}", server.base()));
    App::with_key(&server, DEVELOPMENT_KEY)
        .get("/webhooks")
        .await
        .expect(200);
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let mut server = Tatami::start();
    let app = App::on(&server);
    let paid = captured(&app).await;
    app.advance("1.00:00:00").await;
    let before = app.intent(&paid).await;
    for stop in [Tatami::restart, Tatami::crash] {
        stop(&mut server);
        let app = app.moved_to(&server);
        let mut after = app.intent(&paid).await;
        after["paymentLink"] = before["paymentLink"].clone();
        assert_eq!(after, before);
        let later = app.create(json!({})).await;
        assert!(
            later["createdAt"].as_str() > before["updatedAt"].as_str(),
            "the clock stays moved"
        );
        app.get("/readyz").await;
    }
}

#[tokio::test]
async fn it_ends_with_success_on_sigterm_and_ctrl_c() {
    for name in ["TERM", "INT"] {
        let mut server = Tatami::start();
        assert!(server.stop(name).success(), "{}", server.output());
    }
}

#[tokio::test]
async fn what_is_under_way_is_finished_first() {
    let mut server = Tatami::start();
    let app = App::on(&server);
    let intent = id(&app.create(json!({})).await);
    let secret = app.secret(&intent).await;
    let slow = tatami_tests::test_card(&app, "slow").await;
    let payer = app.clone();
    let paying = tokio::spawn(async move {
        let mut body = tatami_tests::APPROVED.body();
        body["cardNumber"] = json!(slow);
        payer
            .stranger()
            .send(&format!("/connect-e/api/payments/{secret}"), body)
            .await
    });
    under_way(&app).await;
    let status = tokio::task::spawn_blocking(move || {
        let status = server.sigterm();
        (status, server)
    });
    let answer = paying.await.expect("an answer").json();
    let (status, mut server) = status.await.expect("an end");
    assert!(status.success());
    assert_eq!(answer["statusCode"], 0, "{answer}");
    server.again();
    assert_eq!(app.moved_to(&server).status(&intent).await, "Captured");
}

/// Waits until the acquirer has heard of a payment.
async fn under_way(app: &App) {
    let deadline = std::time::Instant::now() + tatami_tests::PATIENCE;
    while app.books().await.is_empty() {
        assert!(
            std::time::Instant::now() < deadline,
            "the payment never started"
        );
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_port_in_use_is_said() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let data = tempfile::tempdir().expect("a folder");
    let data = data.path().to_str().expect("a plain path");
    refused(
        &run(["serve", "--listen", &address, "--data", data]),
        &address,
    );
}

#[test]
fn a_folder_that_cannot_be_written_is_said() {
    let place = tempfile::tempdir().expect("a folder");
    let file = place.path().join("file");
    std::fs::write(&file, "").expect("a file");
    let data = file.join("data");
    let data = data.to_str().expect("a plain path");
    refused(
        &run(["serve", "--listen", "127.0.0.1:0", "--data", data]),
        "data",
    );

    let locked = place.path().join("locked");
    std::fs::create_dir(&locked).expect("a folder");
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o500)).expect("a mode");
    if std::fs::write(locked.join("probe"), "").is_ok() {
        return; // The superuser may write everywhere.
    }
    let data = locked.to_str().expect("a plain path");
    refused(
        &run(["serve", "--listen", "127.0.0.1:0", "--data", data]),
        "locked",
    );
}

#[test]
fn a_second_process_on_the_same_data_is_said() {
    let server = Tatami::start();
    let data = server.data().to_str().expect("a plain path");
    refused(
        &run(["serve", "--listen", "127.0.0.1:0", "--data", data]),
        "data",
    );
}

#[test]
fn a_database_of_a_newer_program_is_said() {
    let mut server = Tatami::start_on_kind(Kind::Sqlite, &[]);
    assert!(server.sigterm().success());
    let data = server.data().to_str().expect("a plain path").to_owned();
    let marks = [(
        "tatami.db",
        "INSERT INTO migrations (number, name) VALUES (9999, 'later')",
        "newer",
    )];
    for (name, mark, about) in marks {
        let path = server.data().join(name);
        let kept = std::fs::read(&path).expect("a database");
        let newer = rusqlite::Connection::open(&path).expect("a database");
        newer.execute_batch(mark).expect("a mark");
        newer.close().expect("written");
        let exit = run(["serve", "--listen", "127.0.0.1:0", "--data", &data]);
        refused(&exit, about);
        std::fs::write(&path, kept).expect("a database");
    }
    server.again();
}

#[tokio::test]
async fn a_database_of_another_installation_is_said() {
    let mut server = Tatami::start();
    let app = App::on(&server);
    let paid = captured(&app).await;
    let database: Vec<String> = server.place()[2..].iter().map(|&a| a.to_owned()).collect();
    let serve = |data: &str, more: &[&str]| {
        let named = ["serve", "--listen", "127.0.0.1:0", "--data", data];
        run(named
            .iter()
            .chain(more)
            .map(|&a| a.to_owned())
            .chain(database.clone()))
    };
    assert!(server.sigterm().success());
    let own = server.data().to_str().expect("a plain path").to_owned();
    // A key may begin with any of its characters.
    let other = format!("-{}", "A".repeat(42));
    refused(
        &serve(&own, &["--installation-key", &other]),
        "another installation key",
    );
    let kept = server.data().join("installation.key");
    let aside = server.data().join("aside");
    std::fs::rename(&kept, &aside).expect("moved");
    refused(&serve(&own, &[]), "not found");
    assert!(!kept.exists(), "no key is made for what has one");
    std::fs::rename(&aside, &kept).expect("moved");
    server.again();
    assert_eq!(app.moved_to(&server).status(&paid).await, "Captured");
}

#[tokio::test]
async fn without_the_sandbox_its_controls_do_not_exist() {
    let server = Tatami::start_with(&["--no-sandbox"]);
    let app = App::on(&server);
    for path in [
        "/sandbox/clock",
        "/sandbox/acquirer/books",
        "/sandbox/mailbox",
        "/sandbox",
        "/card-machines",
    ] {
        app.get(path).await.problem(404);
    }
    app.send("/sandbox/clock/advance", json!({ "by": "00:00:01" }))
        .await
        .problem(404);
}

#[tokio::test]
async fn a_public_url_is_where_payment_links_lead() {
    let server = Tatami::start_with(&["--public-url", "https://pay.shop.example/"]);
    let intent = App::on(&server).create(json!({})).await;
    let link = format!("https://pay.shop.example/checkout/{}", id(&intent));
    assert_eq!(intent["paymentLink"], link);
}

#[test]
fn a_file_and_the_environment_configure_it_and_flags_win() {
    let place = tempfile::tempdir().expect("a folder");
    let config = place.path().join("tatami.toml");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let data = place.path().join("data");
    let text = format!("listen = \"{address}\"\ndata = {data:?}\n");
    std::fs::write(&config, text).expect("a file");
    let config = config.to_str().expect("a plain path");

    // Every way to name the taken port leads to the same refusal.
    refused(&run(["serve", "--config", config]), &address);
    let environment = [
        ("TATAMI_LISTEN", address.as_str()),
        ("TATAMI_DATA", data.to_str().expect("a path")),
    ];
    refused(&run_with(["serve"], &environment), &address);
    refused(&run_with(["serve"], &[("TATAMI_CONFIG", config)]), &address);
    // The environment wins over the file, a flag over both.
    let other = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let second = other.local_addr().expect("an address").to_string();
    refused(
        &run_with(["serve", "--config", config], &[("TATAMI_LISTEN", &second)]),
        &second,
    );
    let third = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let third = third
        .local_addr()
        .map(|address| (third, address.to_string()));
    let (_held, third) = third.expect("an address");
    refused(
        &run_with(
            ["serve", "--config", config, "--listen", &third],
            &environment,
        ),
        &third,
    );
}

#[test]
fn wrong_arguments_are_refused_with_help() {
    for wrong in [
        vec!["serve", "--listen", "nowhere"],
        vec!["dance"],
        vec!["serve", "--log-format", "xml"],
    ] {
        let exit = run(&wrong);
        assert!(!exit.status.success(), "{wrong:?}");
        assert!(!exit.output.is_empty(), "{wrong:?}");
    }
    assert!(run(["--help"]).status.success());
    assert!(run(["--version"]).output.contains("tatami"));
}

#[tokio::test]
async fn what_is_kept_is_its_owner_s_alone_even_where_it_was_open_before() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut server = Tatami::start_on_kind(tatami_tests::Kind::Sqlite, &[]);
    let app = App::on(&server);
    app.create(json!({})).await;
    let mode = |path: &std::path::Path| {
        let about = std::fs::metadata(path).expect("a file");
        about.permissions().mode() & 0o777
    };
    let open = |path: &std::path::Path, mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(path, permissions).expect("changed");
    };
    let files = |folder: &std::path::Path| {
        let entries = std::fs::read_dir(folder).expect("a folder");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        paths.collect::<Vec<_>>()
    };
    let folder = server.data().to_owned();
    for file in files(&folder) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    assert!(server.sigterm().success());
    for file in files(&folder) {
        open(&file, 0o644);
    }
    open(&folder, 0o755);
    server.again();
    app.moved_to(&server).create(json!({})).await;
    for file in files(&folder) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    assert_eq!(mode(&folder), 0o700);
    // Where there is more than ours, others may have to get at it.
    assert!(server.sigterm().success());
    let other = folder.join("somebody-else's");
    std::fs::write(&other, "").expect("written");
    open(&folder, 0o755);
    let before = mode(&other);
    server.again();
    assert_eq!((mode(&folder), mode(&other)), (0o755, before));
}

#[tokio::test]
async fn keys_whose_database_is_gone_are_no_new_installation() {
    let mut server = Tatami::start_on_kind(tatami_tests::Kind::Sqlite, &[]);
    App::on(&server).create(json!({})).await;
    assert!(server.sigterm().success());
    let folder = server.data().to_owned();
    let start = || {
        let data = folder.to_str().expect("a plain path").to_owned();
        run(["serve", "--listen", "127.0.0.1:0", "--data", &data].map(str::to_owned))
    };
    let (state, aside) = (folder.join("tatami.db"), folder.join("aside"));
    std::fs::rename(&state, &aside).expect("moved");
    refused(&start(), "missing or empty");
    std::fs::write(&state, "").expect("emptied");
    refused(&start(), "missing or empty");
    let exit = run([
        "accounts",
        "list",
        "--data",
        folder.to_str().expect("a path"),
    ]);
    refused(&exit, "missing or empty");
    std::fs::rename(&aside, &state).expect("moved");
    server.again();
    App::on(&server).create(json!({})).await;
}
