//! Mail against a mail server of a few lines.

#![allow(
    clippy::expect_used,
    reason = "a failed expectation is how a test fails"
)]

use std::sync::Arc;
use std::time::Duration;

use tatami_core::account::{AnyScope, Scope};
use tatami_core::id::{AccountId, Environment, MailId};
use tatami_core::time::Timestamp;
use tatami_delivery::SmtpMailer;
use tatami_engine::ports::clock::{Clock, SystemClock};
use tatami_engine::ports::mail::{Mail, Mailer as _};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// Serves SMTP on a free port, refuses the first `refusals` recipients, and
/// gives what it took in. Its URL comes with it.
async fn mail_server(refusals: usize) -> (String, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("smtp://{}", listener.local_addr().expect("an address"));
    let (taken, inbox) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut refusals = refusals;
        while let Ok((socket, _)) = listener.accept().await {
            let (read, mut write) = socket.into_split();
            let mut lines = BufReader::new(read).lines();
            let mut say = async |line: &str| {
                let line = format!("{line}\r\n");
                write.write_all(line.as_bytes()).await.is_ok()
            };
            say("220 here").await;
            let mut letter = String::new();
            while let Ok(Some(line)) = lines.next_line().await {
                letter.push_str(&line);
                letter.push('\n');
                match line.split([' ', ':']).next() {
                    Some("DATA") => {
                        say("354 go on").await;
                        while let Ok(Some(line)) = lines.next_line().await {
                            if line == "." {
                                break;
                            }
                            letter.push_str(&line);
                            letter.push('\n');
                        }
                        let _ = taken.send(std::mem::take(&mut letter));
                        say("250 taken").await
                    }
                    Some("RCPT") if refusals > 0 => {
                        refusals -= 1;
                        say("451 later").await
                    }
                    Some("QUIT") => say("221 bye").await,
                    _ => say("250 fine").await,
                };
            }
        }
    });
    (url, inbox)
}

struct HandClock(i64);
impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0).expect("in range")
    }
}

const START: i64 = 1_800_000_000;

fn mail() -> Mail {
    Mail {
        id: MailId::parse("mail_sandbox_0123456789abcdefghijkl").expect("an id"),
        scope: AnyScope::from(Scope {
            account: AccountId::parse("acc_0123456789abcdefghijkl").expect("an id"),
            environment: Environment::Sandbox,
        }),
        to: "payer@example.com".to_owned(),
        subject: "Your receipt from The Corner Bakery".to_owned(),
        text: "Paid: £12.00".to_owned(),
        html: "<p>Paid: £12.00</p>".to_owned(),
        created_at: Timestamp::from_second(START).expect("in range"),
        due_at: None,
        refusals: 0,
        sent_at: None,
        payment: None,
    }
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what)
        .await
        .expect("it happens")
}

#[tokio::test]
async fn mail_goes_out() {
    let (url, mut inbox) = mail_server(0).await;
    let from = "Tatami <receipts@shop.example>";
    let mailer = SmtpMailer::new(&url, from, Arc::new(HandClock(START)));
    let sent = mailer.expect("a mailer").send(&mail()).await;
    assert_eq!(sent, Ok(()));
    let letter = soon(inbox.recv()).await.expect("a letter");
    for part in [
        "MAIL FROM:<receipts@shop.example>",
        "RCPT TO:<payer@example.com>",
        "From: Tatami <receipts@shop.example>",
        "To: payer@example.com",
        "Subject: Your receipt from The Corner Bakery",
        "Message-ID: <mail_sandbox_0123456789abcdefghijkl@shop.example>",
        "Date: Fri, 15 Jan 2027 08:00:00 +0000",
        "Auto-Submitted: auto-generated",
        "Content-Type: multipart/alternative",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Type: text/html; charset=utf-8",
    ] {
        assert!(letter.contains(part), "{part} in {letter}");
    }
    assert!(inbox.try_recv().is_err(), "once");
}

#[tokio::test]
async fn mail_goes_to_the_ascii_form_of_a_domain() {
    let (url, mut inbox) = mail_server(0).await;
    let mailer = SmtpMailer::new(&url, "receipts@shop.example", Arc::new(SystemClock));
    let to = "jo@müller.example".to_owned();
    let sent = mailer.expect("a mailer").send(&Mail { to, ..mail() }).await;
    assert_eq!(sent, Ok(()));
    let letter = soon(inbox.recv()).await.expect("a letter");
    for part in [
        "RCPT TO:<jo@xn--mller-kva.example>",
        "To: jo@xn--mller-kva.example",
    ] {
        assert!(letter.contains(part), "{part} in {letter}");
    }
}

#[tokio::test]
async fn a_name_that_the_server_cannot_take_is_a_mail_that_was_not_sent() {
    let (url, mut inbox) = mail_server(0).await;
    let mailer = SmtpMailer::new(&url, "receipts@shop.example", Arc::new(SystemClock));
    let to = "jürgen@example.com".to_owned();
    let sent = mailer.expect("a mailer").send(&Mail { to, ..mail() }).await;
    let why = sent.expect_err("it cannot be sent");
    assert!(why.contains("SMTPUTF8"), "{why}");
    assert!(inbox.try_recv().is_err());
}

#[tokio::test]
async fn mail_that_was_refused_can_be_tried_again() {
    let (url, mut inbox) = mail_server(1).await;
    let mailer = SmtpMailer::new(&url, "receipts@shop.example", Arc::new(SystemClock));
    let mailer = mailer.expect("a mailer");
    let refused = mailer.send(&mail()).await.expect_err("refused");
    assert!(!refused.is_empty());
    assert!(inbox.try_recv().is_err());
    assert_eq!(mailer.send(&mail()).await, Ok(()));
    soon(inbox.recv()).await.expect("a letter");
}
