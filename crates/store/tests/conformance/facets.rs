//! Listings that are filtered by facets, and values in their order.

use tatami_core::account::{AnyScope, Scope};
use tatami_engine::ports::documents::{
    Document, DocumentKind, DocumentPage, DocumentQuery, DocumentWrite, FacetFilter, IndexValue,
    ValueQuery, ValueRange,
};
use tatami_engine::ports::store::Commit;

use crate::world::World;

const WORDS: [&str; 3] = ["red", "green %", "blue_*[?]\\"];

/// Documents of two statuses, of which every third has the same word; oldest first.
async fn fill(w: &World<'_>, scope: &Scope, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..count {
        let id = format!("cust_sandbox_{}_{n:022}", scope.account);
        let record = Document {
            kind: DocumentKind::Customer,
            id: id.clone(),
            scope: scope.into(),
            owner: None,
            status: if n % 2 == 0 { "even" } else { "odd" }.to_owned(),
            created_at: w.now(),
            due_at: None,
            body: "{}".to_owned(),
        };
        let write = DocumentWrite::Put {
            record: Box::new(record),
            values: vec![
                IndexValue::new("word", WORDS[n % 3]),
                IndexValue::new("line", format!("{n:04} of {n}")),
            ],
            facets: format!("{n:04}\nword {}\nend\n", WORDS[n % 3]),
            expected: None,
        };
        let commit = Commit {
            scope: scope.into(),
            documents: vec![write],
            events: Vec::new(),
            claims: Vec::new(),
            idempotency: None,
            at: w.now(),
        };
        w.store.commit(commit).await.expect("committed");
        ids.push(id);
    }
    ids
}

async fn page(w: &World<'_>, scope: &Scope, query: DocumentQuery) -> DocumentPage {
    let scope = AnyScope::from(scope);
    let page = w.store.documents(DocumentKind::Customer, &scope, query);
    page.await.expect("a page")
}

fn ids(page: &DocumentPage) -> Vec<String> {
    let ids = page.documents.iter().map(|it| it.value.id.clone());
    ids.collect()
}

pub async fn a_listing_is_filtered_by_its_facets(w: &World<'_>) {
    let scope = w.scope();
    let all = fill(w, &scope, 24).await;
    fill(w, &w.scope(), 3).await;
    for (n, word) in WORDS.iter().enumerate() {
        for value in [None, Some(ValueRange::exactly("word", word))] {
            let query = |after: Option<String>| DocumentQuery {
                statuses: vec!["even".to_owned(), "odd".to_owned()],
                facets: Some(FacetFilter {
                    between: Some(("0006".to_owned(), "0020~".to_owned())),
                    parts: vec!["word ".to_owned(), (*word).to_owned()],
                }),
                value: value.clone(),
                after,
                limit: 3,
                ..DocumentQuery::default()
            };
            let wanted: Vec<_> = (6..=20).rev().filter(|at| at % 3 == n).collect();
            let wanted: Vec<_> = wanted.into_iter().map(|at| all[at].clone()).collect();
            let first = page(w, &scope, query(None)).await;
            assert_eq!(ids(&first), wanted[..3], "{word}");
            assert!(first.more_after && first.looked_to.is_none());
            let rest = page(w, &scope, query(Some(wanted[2].clone()))).await;
            assert_eq!(ids(&rest), wanted[3..], "{word}");
            assert!(!rest.more_after && rest.looked_to.is_none());
        }
    }
    let nothing = DocumentQuery {
        statuses: vec!["even".to_owned()],
        facets: Some(FacetFilter {
            between: None,
            parts: vec!["green _".to_owned()],
        }),
        limit: 3,
        ..DocumentQuery::default()
    };
    assert_eq!(ids(&page(w, &scope, nothing).await), Vec::<String>::new());
}

pub async fn values_come_in_their_order(w: &World<'_>) {
    let scope = w.scope();
    let all = fill(w, &scope, 12).await;
    fill(w, &w.scope(), 3).await;
    for ascending in [true, false] {
        let query = ValueQuery {
            kind: DocumentKind::Customer,
            name: "line",
            above: "0002 of 2".to_owned(),
            below: "0009".to_owned(),
            ascending,
            limit: 4,
        };
        let found = w.store.values(&AnyScope::from(&scope), query).await;
        let found = found.expect("values");
        let wanted: Vec<usize> = match ascending {
            true => vec![3, 4, 5, 6],
            false => vec![8, 7, 6, 5],
        };
        let wanted = wanted
            .iter()
            .map(|n| (format!("{n:04} of {n}"), all[*n].clone()));
        assert_eq!(found, wanted.collect::<Vec<_>>());
    }
}
