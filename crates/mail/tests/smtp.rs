//! The postman against a mail server of a few lines.

#![allow(
    clippy::expect_used,
    reason = "a failed expectation is how a test fails"
)]

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tatami_core::account::Scope;
use tatami_core::id::{AccountId, Environment, MailId};
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_engine::ports::clock::{Clock, SystemClock};
use tatami_engine::ports::mail::{Mail, Mailer as _};
use tatami_engine::ports::store::StoreError;
use tatami_mail::{Outbox, Parts, Postman, SmtpMailer};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc, oneshot};

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

struct HandClock(AtomicI64);
impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).expect("in range")
    }
}

/// One mail in memory, and until when it is claimed.
struct OneMail {
    mail: Mail,
    free_at: Mutex<Timestamp>,
    claims: Notify,
    marked: mpsc::UnboundedSender<(Mail, Timestamp)>,
    given_up: Notify,
}

#[async_trait]
impl Outbox for OneMail {
    async fn claim(
        &self,
        now: Timestamp,
        lease: SignedDuration,
        _limit: usize,
    ) -> Result<Vec<Mail>, StoreError> {
        self.claims.notify_one();
        let mut free_at = self.free_at.lock().expect("a moment");
        if *free_at > now {
            return Ok(Vec::new());
        }
        *free_at = now + lease;
        Ok(vec![self.mail.clone()])
    }

    async fn sent(&self, mail: &Mail, at: Timestamp) -> Result<(), StoreError> {
        *self.free_at.lock().expect("a moment") = Timestamp::MAX;
        self.marked
            .send((mail.clone(), at))
            .map_err(|e| StoreError(e.to_string()))
    }

    async fn failed(&self, _mail: &Mail, error: &str) -> Result<(), StoreError> {
        assert!(!error.is_empty());
        *self.free_at.lock().expect("a moment") = Timestamp::MAX;
        self.given_up.notify_one();
        Ok(())
    }
}

const START: i64 = 1_800_000_000;

fn mail() -> Mail {
    Mail {
        id: MailId::parse("mail_sandbox_0123456789abcdefghijkl").expect("an id"),
        scope: Scope {
            account: AccountId::parse("acc_0123456789abcdefghijkl").expect("an id"),
            environment: Environment::Sandbox,
        },
        to: "payer@example.com".to_owned(),
        subject: "Your receipt from The Corner Bakery".to_owned(),
        text: "Paid: £12.00".to_owned(),
        html: "<p>Paid: £12.00</p>".to_owned(),
        created_at: Timestamp::from_second(START).expect("in range"),
        waits: true,
        sent_at: None,
    }
}

struct Bench {
    clock: Arc<HandClock>,
    outbox: Arc<OneMail>,
    wake: Arc<Notify>,
    postman: Postman,
    marked: mpsc::UnboundedReceiver<(Mail, Timestamp)>,
}

fn bench(url: &str) -> Bench {
    let clock = Arc::new(HandClock(AtomicI64::new(START)));
    let (marks, marked) = mpsc::unbounded_channel();
    let outbox = Arc::new(OneMail {
        mail: mail(),
        free_at: Mutex::new(Timestamp::UNIX_EPOCH),
        claims: Notify::new(),
        marked: marks,
        given_up: Notify::new(),
    });
    let wake = Arc::new(Notify::new());
    let mailer = SmtpMailer::new(url, "Tatami <receipts@shop.example>", clock.clone());
    let machine = clock.clone();
    let postman = Postman::new(Parts {
        outbox: outbox.clone(),
        mailer: Arc::new(mailer.expect("a mailer")),
        clock: clock.clone(),
        account_time: Arc::new(move |_| machine.now() + SignedDuration::from_hours(1)),
        wake: wake.clone(),
    });
    Bench {
        clock,
        outbox,
        wake,
        postman,
        marked,
    }
}

/// Runs the postman in the background; the sender stops it.
fn start(postman: Postman) -> (oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(async move {
        postman
            .run(async {
                let _ = stopped.await;
            })
            .await;
    });
    (stop, running)
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what)
        .await
        .expect("it happens")
}

#[tokio::test]
async fn mail_goes_out_and_is_marked() {
    let (url, mut inbox) = mail_server(0).await;
    let mut bench = bench(&url);
    let (stop, running) = start(bench.postman);
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
    let (marked, at) = soon(bench.marked.recv()).await.expect("a mark");
    assert_eq!(marked, mail());
    assert_eq!(at, bench.clock.now() + SignedDuration::from_hours(1));
    stop.send(()).expect("it runs");
    soon(running).await.expect("it ended");
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
async fn mail_that_was_refused_is_tried_again_later() {
    let (url, mut inbox) = mail_server(1).await;
    let mut bench = bench(&url);
    let (stop, running) = start(bench.postman);
    // The second look finds the mail still claimed by the first try.
    soon(bench.outbox.claims.notified()).await;
    bench.wake.notify_one();
    soon(bench.outbox.claims.notified()).await;
    assert!(inbox.try_recv().is_err());

    bench.clock.0.fetch_add(3_600, Ordering::SeqCst);
    bench.wake.notify_one();
    soon(inbox.recv()).await.expect("a letter");
    soon(bench.marked.recv()).await.expect("a mark");
    drop(stop);
    soon(running).await.expect("it ended");
}

#[tokio::test]
async fn mail_nobody_takes_for_days_is_given_up() {
    let (url, mut inbox) = mail_server(1).await;
    let bench = bench(&url);
    bench.clock.0.fetch_add(4 * 86_400, Ordering::SeqCst);
    let (stop, running) = start(bench.postman);
    soon(bench.outbox.given_up.notified()).await;
    stop.send(()).expect("it runs");
    soon(running).await.expect("it ended");
    assert!(inbox.try_recv().is_err());
}
