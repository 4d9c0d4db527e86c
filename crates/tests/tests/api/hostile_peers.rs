//! Peers that send or take nothing, or next to nothing: they are given up, and
//! everybody else is served meanwhile as if they were not there.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::json;
use socket2::{Domain, Socket, Type};
use tatami_tests::{App, Card, PATIENCE, Tatami, pay};

use crate::operating::{sample, soon};
use crate::{id, long_lines};

/// So long may be taken over a request beside hostile ones. It is long for machines
/// that do much else, and far below any of the program's own limits.
const AT_ONCE: Duration = Duration::from_secs(5);
/// A card that the acquirer takes five seconds of account time over.
const SLOW: &str = "4456530000002151";
/// What a peer is given that does nothing, where a test waits for its end.
const SHORT_GRACE: [&str; 2] = ["--peer-grace", "300"];

fn address(app: &App) -> SocketAddr {
    let address = app.base.trim_start_matches("http://");
    address.parse().expect("an address")
}

/// A connection of our own, to send what a good client would not.
fn connect(app: &App) -> TcpStream {
    let stream = TcpStream::connect(address(app)).expect("a connection");
    stream
        .set_read_timeout(Some(PATIENCE))
        .expect("a time limit");
    stream
}

/// A connection from another address of this machine, with little room for answers.
fn connect_from(app: &App, from: [u8; 4]) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let from = SocketAddr::from((from, 0));
    socket
        .bind(&from.into())
        .expect("an address of this machine");
    socket.connect(&address(app).into()).expect("a connection");
    let stream = TcpStream::from(socket);
    stream
        .set_read_timeout(Some(PATIENCE))
        .expect("a time limit");
    stream
}

/// Reads until what came holds `end`, or the connection is over.
fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let (mut all, mut part) = (String::new(), [0; 4096]);
    while !all.contains(end) {
        match stream.read(&mut part) {
            Ok(0) => break,
            Ok(n) => all.push_str(&String::from_utf8_lossy(&part[..n])),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
            Err(error) => panic!("{error}: {all}"),
        }
    }
    all
}

/// Whether the other side has closed.
fn is_closed(stream: &mut TcpStream) -> bool {
    stream.set_nonblocking(true).expect("a socket");
    let read = stream.read(&mut [0; 1]);
    stream.set_nonblocking(false).expect("a socket");
    match read {
        Ok(bytes) => bytes == 0,
        Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
    }
}

/// Makes room for thousands of sockets in this process.
fn many_files() {
    let wanted = "--nofile=16384:";
    let process = std::process::id().to_string();
    let set = std::process::Command::new("prlimit")
        .args(["--pid", &process, wanted])
        .status()
        .expect("prlimit can be started");
    assert!(set.success(), "there is no room for that many sockets");
}

/// Others are served, each at once, with and without a body.
async fn others_are_served(app: &App) {
    for _ in 0..5 {
        let started = Instant::now();
        let intent = app.create(json!({ "reference": "Meanwhile" })).await;
        let path = format!("/payment-intents/{}", id(&intent));
        app.get(&path).await.expect(200);
        let took = started.elapsed();
        assert!(took < AT_ONCE, "{took:?}");
    }
}

fn head_of_a_payment(length: usize) -> String {
    format!(
        "POST /connect-e/api/payments/x HTTP/1.1\r\nhost: here\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    )
}

#[tokio::test]
async fn heads_without_bodies_keep_nobody_out_and_are_given_up() {
    let server = Tatami::start_with(&[&SHORT_GRACE[..], &["--max-requests", "8"]].concat());
    let app = App::on(&server);
    let silent = (0..64).map(|_| {
        let mut stream = connect(&app);
        stream
            .write_all(head_of_a_payment(9).as_bytes())
            .expect("sent");
        stream
    });
    let mut silent: Vec<_> = silent.collect();
    others_are_served(&app).await;
    for stream in &mut silent {
        let answer = read_until(stream, "\r\n\r\n");
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
        let rest = answer + &read_until(stream, "never");
        assert!(rest.contains("The body took too long to arrive."), "{rest}");
    }
    let told = app.metrics().await.text();
    let slow = sample(&told, "tatami_http_turned_away_total", &["slow"]);
    assert_eq!(slow, Some(64.0));
}

#[tokio::test]
async fn silent_bodies_take_no_turn() {
    // With the time limits of the program as they are.
    let server = Tatami::start_with(&["--max-requests", "1"]);
    let app = App::on(&server);
    let mut silent = Vec::new();
    for _ in 0..64 {
        let mut stream = connect(&app);
        let head = head_of_a_payment(9).replace("\r\n\r\n", "\r\nexpect: 100-continue\r\n\r\n");
        stream.write_all(head.as_bytes()).expect("sent");
        // Whoever is asked for its body is waited for.
        let asked = read_until(&mut stream, "\r\n\r\n");
        assert!(asked.starts_with("HTTP/1.1 100"), "{asked}");
        silent.push(stream);
    }
    others_are_served(&app).await;
    // One that comes late is answered all the same.
    let mut late = silent.swap_remove(0);
    late.write_all(br#"{"cv2":1}"#).expect("sent");
    assert!(read_until(&mut late, "}").starts_with("HTTP/1.1 401"));
}

#[tokio::test]
async fn a_body_that_trickles_in_is_given_up() {
    let server = Tatami::start_with(&SHORT_GRACE);
    let app = App::on(&server);
    let mut stream = connect(&app);
    stream
        .write_all(head_of_a_payment(100_000).as_bytes())
        .expect("sent");
    soon(|| async {
        // A byte for ten requests of others, until it is closed.
        others_are_served(&app).await;
        let mut other = &stream;
        let sent = other.write_all(b" ");
        let told = app.metrics().await.text();
        let slow = sample(&told, "tatami_http_turned_away_total", &["slow"]);
        sent.is_err() || slow == Some(1.0)
    })
    .await;
    let answer = read_until(&mut stream, "\r\n\r\n");
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 408"),
        "{answer}"
    );
}

/// Large intents, and a request for all of them.
async fn large_search(app: &App) -> String {
    for _ in 0..20 {
        app.create(json!({ "itemLines": long_lines(80) })).await;
    }
    let body = r#"{"cursor":{"limit":100}}"#;
    format!(
        "POST /payment-intents/search HTTP/1.1\r\nhost: here\r\nauthorization: Basic {}\r\n\
         version: 2026-02-27\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        app.key,
        body.len()
    )
}

#[tokio::test]
async fn an_answer_that_is_taken_a_byte_at_a_time_is_given_up() {
    let server = Tatami::start_with(&SHORT_GRACE);
    let app = App::on(&server);
    let search = large_search(&app).await;
    let slow: Vec<_> = (0..20)
        .map(|_| {
            let mut stream = connect_from(&app, [127, 0, 0, 1]);
            stream.write_all(search.as_bytes()).expect("sent");
            let mut byte = [0; 1];
            stream.read_exact(&mut byte).expect("an answer");
            stream
        })
        .collect();
    others_are_served(&app).await;
    soon(|| async {
        let mut byte = [0; 1];
        // They are still reading; what the system holds for them is little.
        for mut stream in &slow {
            let _ = stream.read(&mut byte);
        }
        let told = app.metrics().await.text();
        let closed = sample(&told, "tatami_http_connections_closed_total", &["slow"]);
        closed.is_some_and(|closed| closed >= 20.0)
    })
    .await;
}

#[tokio::test]
async fn what_slow_readers_hold_is_bounded() {
    // Room for one large answer, and not for two.
    let server = Tatami::start_with(&["--max-waiting-bytes", "3000000"]);
    let app = App::on(&server);
    let search = large_search(&app).await;
    let slow = (0..20).map(|_| {
        let mut stream = connect_from(&app, [127, 0, 0, 2]);
        stream.write_all(search.as_bytes()).expect("sent");
        let mut byte = [0; 1];
        let _ = stream.read(&mut byte);
        stream
    });
    let mut slow: Vec<_> = slow.collect();
    soon(|| async {
        let told = app.metrics().await.text();
        let closed = sample(&told, "tatami_http_connections_closed_total", &["memory"]);
        closed.is_some_and(|closed| closed >= 19.0)
    })
    .await;
    others_are_served(&app).await;
    let last = slow.last_mut().expect("a reader");
    assert!(!is_closed(last), "the last one is served");
}

#[tokio::test]
async fn idle_connections_give_way_to_those_that_ask() {
    many_files();
    let server = Tatami::start_with(&["--max-connections", "1000"]);
    let app = App::on(&server);
    let mut idle = Vec::new();
    for _ in 0..4000 {
        idle.push(connect(&app));
    }
    // From the same address, and from others.
    others_are_served(&app).await;
    let ask = b"GET /healthz HTTP/1.1\r\nhost: here\r\n\r\n";
    let mut kept: Vec<_> = (10..20)
        .map(|last| {
            let mut stream = connect_from(&app, [127, 0, 0, last]);
            stream.write_all(ask).expect("sent");
            let answer = read_until(&mut stream, "\"ok\"");
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            stream
        })
        .collect();
    // Whoever has few connections keeps them, however many somebody else opens.
    for _ in 0..1000 {
        idle.push(connect(&app));
    }
    // On a new connection: the one that it has open gives way to these, perhaps just when
    // a request is sent on it.
    let app = app.moved_to(&server);
    others_are_served(&app).await;
    for stream in &mut kept {
        assert!(!is_closed(stream));
    }
    let told = app.metrics().await.text();
    let open = sample(&told, "tatami_http_connections", &[]);
    assert!(open.is_some_and(|open| open <= 1100.0), "{open:?}");
}

#[tokio::test]
async fn a_connection_at_work_is_not_closed_for_another() {
    let server = Tatami::start_with(&["--max-connections", "2"]);
    let app = App::on(&server);
    let intent = id(&app.create(json!({})).await);
    let secret = app.secret(&intent).await;
    let paying = tokio::spawn({
        let app = app.moved_to(&server);
        async move { pay(&app, &secret, Card::new(SLOW)).await }
    });
    soon(|| async {
        let told = app.metrics().await.text();
        sample(&told, "tatami_attempts_open", &[]) == Some(1.0)
    })
    .await;
    let ask = b"GET /healthz HTTP/1.1\r\nhost: here\r\n\r\n";
    for _ in 0..20 {
        let mut stream = connect(&app);
        stream.write_all(ask).expect("sent");
        let answer = read_until(&mut stream, "\"ok\"");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    app.moved_to(&server).advance("0.00:00:06").await;
    let paid = paying.await.expect("an answer");
    assert_eq!(paid.code, 0, "{}", paid.answer);
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let app = App::new();
    let mut stream = connect(&app);
    let endless = format!("GET / HTTP/1.1\r\nx: {}", "a".repeat(70_000));
    // It may be cut off before all of it is sent.
    let _ = stream.write_all(endless.as_bytes());
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all);
    let answer = String::from_utf8_lossy(&all).into_owned();
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 431"),
        "{answer}"
    );
}
