//! The outbox and the local mailbox.

use tatami_core::account::Scope;
use tatami_engine::ports::mail::Mail;
use tatami_engine::ports::store::Commit;

use crate::world::{MINUTE, SECOND, World, empty};

async fn owed(w: &World<'_>, scope: &Scope, to: &str) -> Mail {
    let mail = w.mail(scope, to);
    let commit = Commit {
        mails: vec![mail.clone()],
        ..empty(scope, w.now())
    };
    w.store.commit(commit).await.expect("committed");
    mail
}

pub async fn mails_are_claimed_until_sent(w: &World<'_>) {
    let scope = w.scope();
    let (first, second) = (
        owed(w, &scope, "a@b.example").await,
        owed(w, &scope, "c@d.example").await,
    );
    let claim = async |limit| {
        let mails = w.store.claim_mails(w.now(), MINUTE, limit).await;
        mails.expect("claimed")
    };
    assert_eq!(claim(1).await, std::slice::from_ref(&first));
    assert_eq!(claim(9).await, std::slice::from_ref(&second));
    assert!(claim(9).await.is_empty());
    w.store.mail_sent(&first, w.now()).await.expect("marked");
    w.clock.advance(MINUTE - SECOND);
    assert!(claim(9).await.is_empty());
    w.clock.advance(SECOND);
    assert_eq!(claim(9).await, [second], "not sent: tried again");
    let sent = w.store.mails(&scope, 9).await.expect("read");
    assert_eq!(sent[1].sent_at, Some(w.now() - MINUTE));
}

pub async fn mails_are_listed_newest_first(w: &World<'_>) {
    let scope = w.scope();
    let mut all = Vec::new();
    for to in ["a@b.example", "c@d.example", "e@f.example"] {
        all.insert(0, owed(w, &scope, to).await);
    }
    assert_eq!(w.store.mails(&scope, 9).await.expect("read"), all);
    assert_eq!(w.store.mails(&scope, 2).await.expect("read"), all[..2]);
}

pub async fn a_failed_mail_is_over_until_it_is_restarted(w: &World<'_>) {
    let scope = w.scope();
    let mail = owed(w, &scope, "a@b.example").await;
    let kept = Mail {
        waits: false,
        ..w.mail(&scope, "c@d.example")
    };
    let commit = Commit {
        mails: vec![kept],
        ..empty(&scope, w.now())
    };
    w.store.commit(commit).await.expect("committed");
    let counts = async || {
        let backlog = w.store.backlog().await.expect("counted");
        (backlog.mails, backlog.failed_jobs)
    };
    assert_eq!(counts().await, (1, 0), "what is only kept does not wait");
    w.store
        .mail_failed(&mail, "no such user")
        .await
        .expect("ok");
    assert_eq!(counts().await, (0, 1));
    w.clock.advance(MINUTE);
    let claim = async || w.store.claim_mails(w.now(), MINUTE, 9).await.expect("read");
    assert!(claim().await.is_empty());
    let failed = w.store.failed_jobs(9).await.expect("read");
    let (kind, key) = (failed[0].kind.as_str(), failed[0].key.as_str());
    assert_eq!((kind, key), ("mail", mail.id.as_str()));
    assert_eq!(failed[0].error, "no such user");
    assert!(w.store.restart_job(kind, key).await.expect("restarted"));
    assert!(!w.store.restart_job(kind, key).await.expect("no more"));
    assert_eq!(counts().await, (1, 0));
    assert_eq!(claim().await, [mail]);
}
