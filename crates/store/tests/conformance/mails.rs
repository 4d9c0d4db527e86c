//! Mail that waits, and the local mailbox.

use tatami_core::account::Scope;
use tatami_engine::ports::documents::DocumentKind;
use tatami_engine::ports::jobs::{DueClaim, DueJob, JobEnd};
use tatami_engine::ports::mail::Mail;

use crate::world::{HOUR, Lookups as _, MINUTE, SECOND, World, empty, with_mail};

async fn owed(w: &World<'_>, scope: &Scope, to: &str) -> Mail {
    let mail = w.mail(scope, to);
    let commit = with_mail(&mail, None, empty(scope, w.now()));
    w.store.commit(commit).await.expect("committed");
    w.clock.advance(SECOND);
    mail
}

async fn claimed(w: &World<'_>, limit: usize) -> Vec<DueJob> {
    let claim = DueClaim {
        now: w.now(),
        lease: MINUTE,
        kinds: vec![DocumentKind::Mail],
        scope: None,
        busy: Vec::new(),
        per_scope: 9,
        limit,
    };
    w.store.claim_due(claim).await.expect("claimed")
}

fn mails_of(claimed: &[DueJob]) -> Vec<Mail> {
    let mails = claimed.iter().map(|due| due.record.value.read());
    mails.collect::<Result<_, _>>().expect("mails")
}

pub async fn mails_are_claimed_until_sent(w: &World<'_>) {
    let scope = w.scope();
    let (first, second) = (
        owed(w, &scope, "a@b.example").await,
        owed(w, &scope, "c@d.example").await,
    );
    assert_eq!(mails_of(&claimed(w, 1).await), std::slice::from_ref(&first));
    assert_eq!(
        mails_of(&claimed(w, 9).await),
        std::slice::from_ref(&second)
    );
    assert!(claimed(w, 9).await.is_empty());
    let at = w.now();
    let sent = Mail {
        sent_at: Some(at),
        due_at: None,
        ..first
    };
    let commit = with_mail(&sent, Some(1), empty(&scope, at));
    w.store.commit(commit).await.expect("committed");
    w.clock.advance(MINUTE - SECOND);
    assert!(claimed(w, 9).await.is_empty());
    w.clock.advance(SECOND);
    assert_eq!(
        mails_of(&claimed(w, 9).await),
        [second],
        "not sent: tried again"
    );
    let mails = w.store.mails(&scope).await.expect("read");
    assert_eq!(mails[1].sent_at, Some(at));
}

pub async fn mails_are_listed_newest_first(w: &World<'_>) {
    let scope = w.scope();
    let mut all = Vec::new();
    for to in ["a@b.example", "c@d.example", "e@f.example"] {
        all.insert(0, owed(w, &scope, to).await);
    }
    assert_eq!(w.store.mails(&scope).await.expect("read"), all);
}

pub async fn mail_waits_apart_from_other_documents_and_no_clock_for_it(w: &World<'_>) {
    let scope = w.scope();
    let mail = owed(w, &scope, "a@b.example").await;
    let next = w.store.next_due(&scope).await.expect("read");
    assert_eq!(next, None, "no clock waits for it");
    let others = DueClaim {
        now: w.now() + HOUR,
        lease: MINUTE,
        kinds: vec![DocumentKind::PaymentIntent],
        scope: None,
        busy: Vec::new(),
        per_scope: 9,
        limit: 9,
    };
    let of_others = w.store.claim_due(others).await.expect("claimed");
    assert!(of_others.is_empty());
    assert_eq!(mails_of(&claimed(w, 9).await), [mail]);
}

pub async fn a_failed_mail_is_over_until_it_is_restarted(w: &World<'_>) {
    let scope = w.scope();
    let mail = owed(w, &scope, "a@b.example").await;
    let kept = Mail {
        due_at: None,
        ..w.mail(&scope, "c@d.example")
    };
    let commit = with_mail(&kept, None, empty(&scope, w.now()));
    w.store.commit(commit).await.expect("committed");
    let counts = async || {
        let backlog = w.store.backlog().await.expect("counted");
        (backlog.mails, backlog.failed_jobs)
    };
    assert_eq!(counts().await, (1, 0), "what is only kept does not wait");
    let job = claimed(w, 9).await.remove(0).job;
    let failed = JobEnd::Failed("no such user".to_owned());
    w.store.end_job(&job, failed).await.expect("ended");
    assert_eq!(counts().await, (0, 1));
    w.clock.advance(MINUTE);
    assert!(claimed(w, 9).await.is_empty());
    let failed = w.store.failed_jobs(9).await.expect("read");
    let (kind, key) = (failed[0].kind.as_str(), failed[0].key.as_str());
    assert_eq!((kind, key), ("mail", mail.id.as_str()));
    assert_eq!(failed[0].error, "no such user");
    assert!(w.store.restart_job(kind, key).await.expect("restarted"));
    assert!(!w.store.restart_job(kind, key).await.expect("no more"));
    assert_eq!(counts().await, (1, 0));
    assert_eq!(mails_of(&claimed(w, 9).await), [mail]);
}
