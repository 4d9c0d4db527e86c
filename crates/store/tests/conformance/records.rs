//! Records: aggregates beside the payment intent.

use tatami_core::account::Scope;
use tatami_core::time::Timestamp;
use tatami_engine::ports::records::{Record, RecordKind, RecordQuery, RecordWrite};
use tatami_engine::ports::store::{Commit, CommitError, Stored};

use crate::world::{HOUR, MINUTE, World, empty, intent_of};

fn record(w: &World<'_>, scope: &Scope, id: &str) -> Record {
    Record {
        kind: RecordKind::Customer,
        id: id.to_owned(),
        scope: scope.clone(),
        owner: None,
        status: "active".to_owned(),
        created_at: w.now(),
        due_at: None,
        body: format!("{{\"id\":\"{id}\"}}"),
    }
}

fn put(record: &Record, expected: Option<i64>) -> RecordWrite {
    RecordWrite::Put {
        record: Box::new(record.clone()),
        expected,
    }
}

fn commit(scope: &Scope, at: Timestamp, records: Vec<RecordWrite>) -> Commit {
    Commit {
        records,
        ..empty(scope, at)
    }
}

async fn keep(w: &World<'_>, record: &Record, expected: Option<i64>) {
    let write = commit(&record.scope, w.now(), vec![put(record, expected)]);
    w.store.commit(write).await.expect("committed");
}

async fn found(w: &World<'_>, record: &Record) -> Option<Stored<Record>> {
    let scope = Some(&record.scope);
    let found = w.store.record(record.kind, scope, &record.id).await;
    found.expect("read")
}

pub async fn a_record_comes_back_as_it_was_written(w: &World<'_>) {
    let (ours, theirs) = (w.scope(), w.scope());
    let full = Record {
        owner: Some("someone".to_owned()),
        due_at: Some(w.now() + HOUR),
        ..record(w, &ours, "one")
    };
    keep(w, &full, None).await;
    let stored = found(w, &full).await.expect("there");
    assert_eq!((stored.value, stored.version), (full.clone(), 1));
    let read = async |kind, scope| w.store.record(kind, scope, "one").await.expect("read");
    assert!(read(RecordKind::Customer, None).await.is_some());
    assert!(read(RecordKind::Customer, Some(&theirs)).await.is_none());
    assert!(read(RecordKind::Terminal, Some(&ours)).await.is_none());
}

pub async fn records_change_and_go_by_version(w: &World<'_>) {
    let scope = w.scope();
    let first = record(w, &scope, "one");
    keep(w, &first, None).await;
    let changed = Record {
        status: "gone".to_owned(),
        due_at: Some(w.now() + MINUTE),
        ..first.clone()
    };
    keep(w, &changed, Some(1)).await;
    assert_eq!(found(w, &first).await.expect("there").value, changed);
    let deletion = |expected| RecordWrite::Delete {
        kind: first.kind,
        id: first.id.clone(),
        expected,
    };
    for stale in [put(&first, None), put(&first, Some(1)), deletion(1)] {
        let refused = w.store.commit(commit(&scope, w.now(), vec![stale])).await;
        assert!(matches!(refused, Err(CommitError::Stale)), "{refused:?}");
    }
    let gone = commit(&scope, w.now(), vec![deletion(2)]);
    w.store.commit(gone).await.expect("committed");
    assert!(found(w, &first).await.is_none());
}

pub async fn records_are_written_with_their_intent_or_not_at_all(w: &World<'_>) {
    let scope = w.scope();
    let kept = record(w, &scope, "kept");
    keep(w, &kept, None).await;
    let creation = Commit {
        records: vec![put(&record(w, &scope, "new"), None), put(&kept, None)],
        ..w.creation(&scope)
    };
    let id = intent_of(&creation).id;
    let refused = w.store.commit(creation.clone()).await;
    assert!(matches!(refused, Err(CommitError::Stale)), "{refused:?}");
    let intent = async || w.store.payment_intent(&scope, &id).await.expect("read");
    assert!(intent().await.is_none());
    assert!(found(w, &record(w, &scope, "new")).await.is_none());
    let good = Commit {
        records: vec![put(&record(w, &scope, "new"), None), put(&kept, Some(1))],
        ..creation
    };
    w.store.commit(good).await.expect("committed");
    assert!(intent().await.is_some());
    assert_eq!(found(w, &kept).await.expect("there").version, 2);
    let twice = commit(
        &scope,
        w.now(),
        vec![put(&kept, Some(2)), put(&kept, Some(2))],
    );
    assert!(w.store.commit(twice).await.is_err());
}

pub async fn pages_of_records_go_both_ways(w: &World<'_>) {
    let scope = w.scope();
    for n in 0..7 {
        keep(w, &record(w, &scope, &format!("id{n}")), None).await;
    }
    keep(w, &record(w, &w.scope(), "id9"), None).await;
    let page = async |before: Option<&str>, after: Option<&str>| {
        let query = RecordQuery {
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
            limit: 3,
            ..RecordQuery::default()
        };
        let page = w.store.records(RecordKind::Customer, &scope, query).await;
        let page = page.expect("read");
        let ids: Vec<_> = page.records.into_iter().map(|r| r.value.id).collect();
        (ids.join(" "), page.more_before, page.more_after)
    };
    let expect = |ids: &str, before, after| (ids.to_owned(), before, after);
    assert_eq!(page(None, None).await, expect("id6 id5 id4", false, true));
    let second = page(None, Some("id4")).await;
    assert_eq!(second, expect("id3 id2 id1", true, true));
    assert_eq!(page(None, Some("id1")).await, expect("id0", true, false));
    let back = page(Some("id1"), None).await;
    assert_eq!(back, expect("id4 id3 id2", true, true));
    assert_eq!(page(Some("id5"), None).await, expect("id6", false, true));
    assert_eq!(page(None, Some("id0")).await, expect("", true, false));
}

pub async fn records_are_found_by_owner_and_status(w: &World<'_>) {
    let scope = w.scope();
    for (id, owner, status) in [
        ("a", "x", "new"),
        ("b", "y", "new"),
        ("c", "x", "old"),
        ("d", "x", "odd"),
    ] {
        let one = Record {
            owner: Some(owner.to_owned()),
            status: status.to_owned(),
            ..record(w, &scope, id)
        };
        keep(w, &one, None).await;
    }
    let ids = |records: Vec<Stored<Record>>| {
        let ids: Vec<_> = records.into_iter().map(|r| r.value.id).collect();
        ids.join("")
    };
    let listed = async |owner: Option<&str>, statuses: &[&str]| {
        let query = RecordQuery {
            owner: owner.map(str::to_owned),
            statuses: statuses.iter().map(|&s| s.to_owned()).collect(),
            limit: 10,
            ..RecordQuery::default()
        };
        let page = w.store.records(RecordKind::Customer, &scope, query).await;
        ids(page.expect("read").records)
    };
    assert_eq!(listed(Some("x"), &[]).await, "dca");
    assert_eq!(listed(Some("x"), &["new", "old"]).await, "ca");
    assert_eq!(listed(None, &["new"]).await, "ba");
    let of_status = async |after| {
        let found = w
            .store
            .records_of_status(RecordKind::Customer, "new", after, 10);
        ids(found.await.expect("read"))
    };
    assert_eq!(of_status(None).await, "ab");
    assert_eq!(of_status(Some("a")).await, "b");
}

pub async fn due_records_follow_the_clock(w: &World<'_>) {
    let (scope, other) = (w.scope(), w.scope());
    let timed = |scope: &Scope, id: &str, due_at| Record {
        due_at: Some(due_at),
        ..record(w, scope, id)
    };
    let late = timed(&scope, "late", w.now() + HOUR * 2);
    let soon = timed(&scope, "soon", w.now() + HOUR);
    let elsewhere = timed(&other, "elsewhere", w.now() + MINUTE);
    for one in [&late, &soon, &elsewhere] {
        keep(w, one, None).await;
    }
    let due = async |at: Timestamp, scope: Option<&Scope>| {
        let due = w.store.due_records(at, scope, 10).await.expect("read");
        let ids: Vec<_> = due.into_iter().map(|r| r.value.id).collect();
        ids.join(" ")
    };
    assert_eq!(due(w.now(), None).await, "");
    assert_eq!(due(w.now() + HOUR, None).await, "elsewhere soon");
    assert_eq!(due(w.now() + HOUR * 3, Some(&scope)).await, "soon late");
    let next = async || w.store.next_due(&scope).await.expect("read");
    assert_eq!(next().await, soon.due_at);

    let moved = w.store.set_clock_offset(&scope, HOUR).await;
    moved.expect("moved");
    assert_eq!(due(w.now(), None).await, "soon");
    assert_eq!(due(w.now(), Some(&scope)).await, "soon");
    // What is kept is account time: it does not move with the clock.
    assert_eq!(found(w, &late).await.expect("there").value, late);
    assert_eq!(next().await, soon.due_at);
    let cleared = Record {
        due_at: None,
        ..soon.clone()
    };
    keep(w, &cleared, Some(1)).await;
    assert_eq!(next().await, late.due_at);
}
