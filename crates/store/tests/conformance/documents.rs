//! Records: what every aggregate is kept as.

use tatami_core::account::{AnyScope, Scope};
use tatami_core::time::Timestamp;
use tatami_engine::ports::documents::{
    Document, DocumentKind, DocumentQuery, DocumentWrite, IndexValue, ValueRange,
};
use tatami_engine::ports::store::{Commit, CommitError, Stored};

use crate::world::{HOUR, Lookups as _, MINUTE, World, empty, intent_of, refusal};

fn record(w: &World<'_>, scope: impl Into<AnyScope>, id: &str) -> Document {
    Document {
        kind: DocumentKind::Customer,
        id: id.to_owned(),
        scope: scope.into(),
        owner: None,
        status: "active".to_owned(),
        created_at: w.now(),
        due_at: None,
        body: format!("{{\"id\":\"{id}\"}}"),
    }
}

fn put(record: &Document, expected: Option<i64>) -> DocumentWrite {
    valued(record, &[], expected)
}

fn valued(record: &Document, values: &[IndexValue], expected: Option<i64>) -> DocumentWrite {
    DocumentWrite::Put {
        record: Box::new(record.clone()),
        values: values.to_vec(),
        facets: String::new(),
        expected,
    }
}

fn commit(
    w: &World<'_>,
    scope: impl Into<AnyScope>,
    at: Timestamp,
    documents: Vec<DocumentWrite>,
) -> Commit {
    Commit {
        scope: scope.into(),
        documents,
        ..empty(&w.scope(), at)
    }
}

async fn keep(w: &World<'_>, record: &Document, expected: Option<i64>) {
    let write = commit(
        w,
        record.scope.clone(),
        w.now(),
        vec![put(record, expected)],
    );
    w.store.commit(write).await.expect("committed");
}

async fn found(w: &World<'_>, record: &Document) -> Option<Stored<Document>> {
    let scope = Some(&record.scope);
    let found = w.store.document(record.kind, scope, &record.id).await;
    found.expect("read")
}

pub async fn a_record_comes_back_as_it_was_written(w: &World<'_>) {
    let (ours, theirs) = (w.scope(), w.scope());
    let full = Document {
        owner: Some("someone".to_owned()),
        due_at: Some(w.now() + HOUR),
        ..record(w, &ours, "one")
    };
    keep(w, &full, None).await;
    let stored = found(w, &full).await.expect("there");
    assert_eq!((stored.value, stored.version), (full.clone(), 1));
    let read = async |kind, scope: Option<&Scope>| {
        let scope = scope.map(AnyScope::from);
        let read = w.store.document(kind, scope.as_ref(), "one").await;
        read.expect("read")
    };
    assert!(read(DocumentKind::Customer, None).await.is_some());
    assert!(read(DocumentKind::Customer, Some(&theirs)).await.is_none());
    assert!(read(DocumentKind::Terminal, Some(&ours)).await.is_none());
}

pub async fn an_entry_of_the_audit_trail_neither_changes_nor_goes(w: &World<'_>) {
    let entry = Document {
        kind: DocumentKind::AuditEntry,
        ..record(w, AnyScope::Installation, &format!("aud_{}", w.now()))
    };
    keep(w, &entry, None).await;
    let before = found(w, &entry).await.expect("there");
    let delete = DocumentWrite::Delete {
        kind: entry.kind,
        id: entry.id.clone(),
        expected: before.version,
    };
    for write in [put(&entry, Some(before.version)), delete] {
        let refused = commit(w, AnyScope::Installation, w.now(), vec![write]);
        let refused = w.store.commit(refused).await.expect_err("refused");
        assert!(matches!(refused, CommitError::Store(_)), "{refused}");
    }
    let after = found(w, &entry).await.expect("there");
    assert_eq!((after.value, after.version), (before.value, before.version));
}

pub async fn records_change_and_go_by_version(w: &World<'_>) {
    let scope = w.scope();
    let first = record(w, &scope, "one");
    keep(w, &first, None).await;
    let changed = Document {
        status: "gone".to_owned(),
        due_at: Some(w.now() + MINUTE),
        ..first.clone()
    };
    keep(w, &changed, Some(1)).await;
    assert_eq!(found(w, &first).await.expect("there").value, changed);
    let deletion = |expected| DocumentWrite::Delete {
        kind: first.kind,
        id: first.id.clone(),
        expected,
    };
    for stale in [put(&first, None), put(&first, Some(1)), deletion(1)] {
        let refused = w
            .store
            .commit(commit(w, &scope, w.now(), vec![stale]))
            .await;
        assert!(matches!(refused, Err(CommitError::Stale)), "{refused:?}");
    }
    let gone = commit(w, &scope, w.now(), vec![deletion(2)]);
    w.store.commit(gone).await.expect("committed");
    assert!(found(w, &first).await.is_none());
}

pub async fn records_are_written_with_their_intent_or_not_at_all(w: &World<'_>) {
    let scope = w.scope();
    let kept = record(w, &scope, "kept");
    keep(w, &kept, None).await;
    let with_intent = |creation: &Commit, records: Vec<DocumentWrite>| Commit {
        documents: [creation.documents.clone(), records].concat(),
        ..creation.clone()
    };
    let (creation, new) = (w.creation(&scope), record(w, &scope, "new"));
    let id = intent_of(&creation).id;
    let bad = with_intent(&creation, vec![put(&new, None), put(&kept, None)]);
    let refused = w.store.commit(bad).await;
    assert!(matches!(refused, Err(CommitError::Stale)), "{refused:?}");
    let intent = async || w.store.payment_intent(&scope, &id).await.expect("read");
    assert!(intent().await.is_none());
    assert!(found(w, &new).await.is_none());
    let good = with_intent(&creation, vec![put(&new, None), put(&kept, Some(1))]);
    w.store.commit(good).await.expect("committed");
    assert!(intent().await.is_some());
    assert_eq!(found(w, &kept).await.expect("there").version, 2);
    let twice = commit(
        w,
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
    keep(w, &record(w, w.scope(), "id9"), None).await;
    let page = async |before: Option<&str>, after: Option<&str>| {
        let query = DocumentQuery {
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
            limit: 3,
            ..DocumentQuery::default()
        };
        let page = w
            .store
            .documents(DocumentKind::Customer, &AnyScope::from(&scope), query)
            .await;
        let page = page.expect("read");
        let ids: Vec<_> = page.documents.into_iter().map(|r| r.value.id).collect();
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
        let one = Document {
            owner: Some(owner.to_owned()),
            status: status.to_owned(),
            ..record(w, &scope, id)
        };
        keep(w, &one, None).await;
    }
    let ids = |records: Vec<Stored<Document>>| {
        let ids: Vec<_> = records.into_iter().map(|r| r.value.id).collect();
        ids.join("")
    };
    let listed = async |owner: Option<&str>, statuses: &[&str]| {
        let query = DocumentQuery {
            owner: owner.map(str::to_owned),
            statuses: statuses.iter().map(|&s| s.to_owned()).collect(),
            limit: 10,
            ..DocumentQuery::default()
        };
        let page = w
            .store
            .documents(DocumentKind::Customer, &AnyScope::from(&scope), query)
            .await;
        ids(page.expect("read").documents)
    };
    assert_eq!(listed(Some("x"), &[]).await, "dca");
    assert_eq!(listed(Some("x"), &["new", "old"]).await, "ca");
    assert_eq!(listed(None, &["new"]).await, "ba");
    let of_status = async |after| {
        let found = w
            .store
            .documents_of_status(DocumentKind::Customer, "new", after, 10);
        ids(found.await.expect("read"))
    };
    assert_eq!(of_status(None).await, "ab");
    assert_eq!(of_status(Some("a")).await, "b");
}

pub async fn due_records_follow_the_clock(w: &World<'_>) {
    let (scope, other) = (w.scope(), w.scope());
    let timed = |scope: &Scope, id: &str, due_at| Document {
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
        let due = w.store.due_documents(at, scope, 10).await.expect("read");
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
    let cleared = Document {
        due_at: None,
        ..soon.clone()
    };
    keep(w, &cleared, Some(1)).await;
    assert_eq!(next().await, late.due_at);
}

/// The ids of the records with a value in a range, as one text.
async fn with_value(w: &World<'_>, scope: &AnyScope, range: ValueRange) -> String {
    let query = DocumentQuery {
        value: Some(range),
        limit: 10,
        ..DocumentQuery::default()
    };
    let page = w
        .store
        .documents(DocumentKind::Customer, scope, query)
        .await;
    let found = page.expect("read").documents.into_iter();
    found.map(|r| r.value.id).collect::<Vec<_>>().join("")
}

pub async fn records_are_found_by_their_values(w: &World<'_>) {
    let (scope, other) = (AnyScope::from(w.scope()), w.scope());
    let at = |minutes: i32| w.now() + MINUTE * minutes;
    for (id, minutes) in [("a", 3), ("b", 1), ("c", 2)] {
        let values = [
            IndexValue::new("table", if id == "b" { "window" } else { "bar" }),
            IndexValue::moment("booked", at(minutes)),
        ];
        let one = valued(&record(w, scope.clone(), id), &values, None);
        let one = commit(w, scope.clone(), w.now(), vec![one]);
        w.store.commit(one).await.expect("committed");
    }
    let theirs = [IndexValue::new("table", "bar")];
    let theirs = valued(&record(w, &other, "d"), &theirs, None);
    let theirs = commit(w, &other, w.now(), vec![theirs]);
    w.store.commit(theirs).await.expect("committed");

    let table = |value| with_value(w, &scope, ValueRange::exactly("table", value));
    assert_eq!(table("bar").await, "ca");
    assert_eq!(table("window").await, "b");
    assert_eq!(table("ba").await, "");
    let booked = |from, to| with_value(w, &scope, ValueRange::moments("booked", at(from), at(to)));
    assert_eq!(booked(1, 2).await, "cb");
    assert_eq!(booked(2, 9).await, "ca");

    // What a record has no more, it is not found by.
    let moved = [IndexValue::moment("booked", at(9))];
    let moved = valued(&record(w, scope.clone(), "a"), &moved, Some(1));
    let moved = commit(w, scope.clone(), w.now(), vec![moved]);
    w.store.commit(moved).await.expect("committed");
    assert_eq!(table("bar").await, "c");
    assert_eq!(booked(3, 9).await, "a");
    let gone = DocumentWrite::Delete {
        kind: DocumentKind::Customer,
        id: "c".to_owned(),
        expected: 1,
    };
    let gone = commit(w, scope.clone(), w.now(), vec![gone]);
    w.store.commit(gone).await.expect("committed");
    assert_eq!(table("bar").await, "");
}

pub async fn records_with_several_values_of_a_range_are_listed_once(w: &World<'_>) {
    let scope = AnyScope::from(w.scope());
    for (n, id) in ["a", "b", "c", "d", "e", "f"].into_iter().enumerate() {
        let values = ["bea", "beb", "cab"].map(|value| IndexValue::new("word", value));
        let mut one = record(w, scope.clone(), id);
        one.owner = (id != "e").then(|| "owner".to_owned());
        one.status = if id == "c" { "closed" } else { "active" }.to_owned();
        let one = valued(&one, &values[n % 2..], None);
        let one = commit(w, scope.clone(), w.now(), vec![one]);
        w.store.commit(one).await.expect("committed");
    }
    let query = DocumentQuery {
        owner: Some("owner".to_owned()),
        statuses: vec!["active".to_owned()],
        value: Some(ValueRange {
            name: "word",
            from: "be".to_owned(),
            to: "be~".to_owned(),
        }),
        limit: 2,
        ..DocumentQuery::default()
    };
    let page = async |before: Option<&str>, after: Option<&str>| {
        let query = DocumentQuery {
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
            ..query.clone()
        };
        let page = w.store.documents(DocumentKind::Customer, &scope, query);
        let page = page.await.expect("read");
        let ids = page.documents.iter().map(|it| it.value.id.as_str());
        (ids.collect::<String>(), page.more_before, page.more_after)
    };
    assert_eq!(page(None, None).await, ("fd".to_owned(), false, true));
    assert_eq!(page(None, Some("d")).await, ("ba".to_owned(), true, false));
    assert_eq!(page(Some("a"), None).await, ("db".to_owned(), true, true));
}

pub async fn records_are_read_by_their_ids(w: &World<'_>) {
    let (scope, other) = (AnyScope::from(w.scope()), w.scope());
    for id in ["a", "b", "c"] {
        keep(w, &record(w, scope.clone(), id), None).await;
    }
    keep(w, &record(w, &other, "d"), None).await;
    let read = async |kind, ids: &[&str]| {
        let ids = ids.iter().map(|id| (*id).to_owned()).collect();
        let found = w.store.documents_by_id(kind, &scope, ids).await;
        let found = found.expect("read").into_iter();
        let mut ids: Vec<_> = found.map(|it| it.value.id).collect();
        ids.sort();
        ids.concat()
    };
    let kind = DocumentKind::Customer;
    assert_eq!(read(kind, &["c", "gone", "d", "a"]).await, "ac");
    assert_eq!(read(kind, &[]).await, "");
    assert_eq!(read(DocumentKind::SetupIntent, &["a"]).await, "");
}

pub async fn a_unique_value_is_one_records_of_its_scope(w: &World<'_>) {
    let (ours, theirs) = (w.scope(), w.scope());
    let email = [IndexValue::unique("email", "a@b.example")];
    let save = async |scope: &Scope, id: &str, expected| {
        let one = valued(&record(w, scope, id), &email, expected);
        refusal(w.store.commit(commit(w, scope, w.now(), vec![one])).await)
    };
    assert_eq!(save(&ours, "a", None).await, "committed");
    assert_eq!(save(&ours, "b", None).await, "value taken");
    assert_eq!(save(&ours, "a", Some(1)).await, "committed");
    assert_eq!(save(&theirs, "c", None).await, "committed");
    let rid = put(&record(w, &ours, "a"), Some(2));
    let rid = w.store.commit(commit(w, &ours, w.now(), vec![rid])).await;
    assert_eq!(refusal(rid), "committed");
    assert_eq!(save(&ours, "b", None).await, "committed");
}

pub async fn records_need_not_be_an_accounts(w: &World<'_>) {
    let scopes = [
        AnyScope::Installation,
        AnyScope::Company("one".to_owned()),
        AnyScope::User("one".to_owned()),
    ];
    for (n, scope) in scopes.iter().enumerate() {
        let due = w.now() + MINUTE * n as i32;
        let one = Document {
            due_at: Some(due),
            ..record(w, scope.clone(), &format!("id{n}"))
        };
        keep(w, &one, None).await;
        assert_eq!(found(w, &one).await.expect("there").value, one);
        let page = w
            .store
            .documents(DocumentKind::Customer, scope, DocumentQuery::default());
        let page = page.await.expect("read");
        assert_eq!((page.documents.len(), &page.documents[0].value), (1, &one));
    }
    let due = w.store.due_documents(w.now() + MINUTE, None, 10).await;
    assert_eq!(due.expect("read").len(), 2);
    // Any account's decision may change them; those of other accounts it may not.
    let account = w.scope();
    let both = vec![
        put(&record(w, &account, "mine"), None),
        put(&record(w, AnyScope::Installation, "ours"), None),
    ];
    let both = w.store.commit(commit(w, &account, w.now(), both)).await;
    assert_eq!(refusal(both), "committed");
    let theirs = vec![put(&record(w, w.scope(), "theirs"), None)];
    let theirs = w.store.commit(commit(w, &account, w.now(), theirs)).await;
    assert_eq!(refusal(theirs), "storage");
}
