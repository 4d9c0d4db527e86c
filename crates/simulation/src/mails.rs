//! Mails that a mail server refuses, keeps waiting or takes.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tatami_core::Facts;
use tatami_core::account::AnyScope;
use tatami_core::id::MailId;
use tatami_core::time::SignedDuration;
use tatami_engine::ports::mail::{Mail, Mailer};
use tokio::time::Instant;

use crate::shared::calm;
use crate::{Engine, World};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// A mail server that refuses so many times.
#[derive(Default)]
struct Courier {
    refusals_left: AtomicU32,
    /// Whether it does not answer at all.
    hangs: bool,
    tries: Mutex<Vec<Instant>>,
}

impl Courier {
    fn refusing(times: u32) -> Self {
        Self {
            refusals_left: AtomicU32::new(times),
            ..Self::default()
        }
    }

    fn tried(&self) {
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        tries.push(Instant::now());
    }

    fn tries(&self) -> Vec<Instant> {
        let tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        tries.clone()
    }
}

#[async_trait]
impl Mailer for Courier {
    async fn send(&self, _mail: &Mail) -> Result<(), String> {
        self.tried();
        if self.hangs {
            std::future::pending::<()>().await;
        }
        let left = |left: u32| left.checked_sub(1);
        let refuses = self
            .refusals_left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, left);
        refuses.map_or(Ok(()), |_| Err("There is no such mailbox.".to_owned()))
    }
}

/// A world with a mail that is due, and an engine that works on it.
async fn owing(courier: &Arc<Courier>) -> (World, Engine) {
    let mut world = calm(7);
    world.mailer = Some(courier.clone());
    let engine = world.engine().await.expect("an engine");
    let now = engine.now(&world.scope);
    let mut entropy = world.dice.clone();
    let facts = &mut Facts {
        now,
        entropy: &mut entropy,
    };
    let mail = Mail {
        id: MailId::mint(world.scope.environment, facts),
        scope: AnyScope::from(&world.scope),
        to: "payer@example.com".to_owned(),
        subject: "Receipt".to_owned(),
        text: "Thank you.".to_owned(),
        html: "<p>Thank you.</p>".to_owned(),
        created_at: now,
        due_at: Some(now),
        refusals: 0,
        sent_at: None,
        payment: None,
    };
    world.store.seed(&mail).expect("a mail");
    let jobs = engine.clone();
    tokio::spawn(async move { jobs.jobs().run(std::future::pending()).await });
    (world, engine)
}

async fn the_mail(world: &World, engine: &Engine) -> Mail {
    let mails = engine.overview().mails(&world.scope, 10).await;
    mails.expect("read").remove(0)
}

/// Waits until the mail is as it is to be.
async fn until(world: &World, engine: &Engine, is: impl Fn(&Mail) -> bool) -> Mail {
    loop {
        let mail = the_mail(world, engine).await;
        if is(&mail) {
            return mail;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_is_refused_is_tried_again_after_longer_and_longer_waits() {
    let courier = Arc::new(Courier::refusing(5));
    let (world, engine) = owing(&courier).await;
    let mail = until(&world, &engine, |mail| mail.sent_at.is_some()).await;
    assert_eq!((mail.refusals, mail.due_at), (5, None));
    let tries = courier.tries();
    let waits = tries.windows(2).map(|pair| pair[1] - pair[0]);
    let waits: Vec<u64> = waits.map(|wait| wait.as_secs()).collect();
    assert_eq!(waits, [1, 2, 4, 8, 16]);
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    assert_eq!(courier.tries().len(), 6, "it is sent once");
}

#[tokio::test(start_paused = true)]
async fn a_mail_server_that_does_not_answer_is_asked_again_while_the_claim_lasts() {
    let courier = Arc::new(Courier {
        hangs: true,
        ..Courier::default()
    });
    let (world, engine) = owing(&courier).await;
    let mail = until(&world, &engine, |mail| mail.refusals == 2).await;
    assert_eq!((mail.sent_at, courier.tries().len()), (None, 2));
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_nobody_takes_is_given_up_and_can_be_tried_anew() {
    let courier = Arc::new(Courier::refusing(u32::MAX));
    let (world, engine) = owing(&courier).await;
    let failed = loop {
        engine
            .clocks()
            .advance(&world.scope, HOUR)
            .await
            .expect("moved");
        tokio::time::sleep(Duration::from_secs(2)).await;
        let failed = engine.jobs().failed(10).await.expect("read");
        if !failed.is_empty() {
            break failed;
        }
    };
    let mail = the_mail(&world, &engine).await;
    assert_eq!(
        (failed[0].kind.as_str(), &failed[0].key),
        ("mail", &mail.id.to_string())
    );
    let age = engine.now(&world.scope).duration_since(mail.created_at);
    assert!(age > HOUR * 72 && age < HOUR * 75, "{age}");
    let tries = courier.tries().len();
    engine
        .clocks()
        .advance(&world.scope, HOUR * 24)
        .await
        .expect("moved");
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    assert_eq!(courier.tries().len(), tries, "it is given up");
    courier.refusals_left.store(0, Ordering::SeqCst);
    let restarted = engine.jobs().restart("mail", mail.id.as_str()).await;
    assert!(restarted.expect("restarted"));
    until(&world, &engine, |mail| mail.sent_at.is_some()).await;
}
