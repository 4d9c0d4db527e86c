//! Pages of a search, against a plain list.

use tatami_core::account::Scope;
use tatami_core::payment_intent::{PaymentIntent, Status};
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_engine::IntentQuery;

use crate::world::{IntentPage, Lookups as _, SECOND, Seeded, World, intent_of, write};

const TICK: SignedDuration = SignedDuration::from_nanos(100);

/// Commits an intent of that time and status.
async fn add(w: &World<'_>, scope: &Scope, at: Timestamp, status: Status) -> PaymentIntent {
    let mut intent = intent_of(&w.creation_at(scope, at));
    intent.status = status;
    let commit = write(&intent, None, at);
    w.store.commit(commit).await.expect("committed");
    intent
}

/// Intents in the order of the listing, three of them in one millisecond.
async fn many(w: &World<'_>, scope: &Scope, count: usize) -> Vec<PaymentIntent> {
    let mut all = Vec::new();
    for i in 0..count {
        let seconds = SignedDuration::from_secs((i / 3) as i64);
        let at = w.now() + seconds + TICK * (i % 3) as i32;
        all.push(add(w, scope, at, Status::ALL[i % Status::ALL.len()]).await);
    }
    all.sort_by(|a, b| b.id.cmp(&a.id));
    all
}

async fn page(w: &World<'_>, scope: &Scope, query: IntentQuery) -> IntentPage {
    let page = w.store.search_payment_intents(scope, query).await;
    page.expect("a page")
}

fn filters() -> [Vec<Status>; 2] {
    [Vec::new(), vec![Status::Captured, Status::Created]]
}

fn matching(all: &[PaymentIntent], statuses: &[Status]) -> Vec<PaymentIntent> {
    let wanted = |i: &&PaymentIntent| statuses.is_empty() || statuses.contains(&i.status);
    all.iter().filter(wanted).cloned().collect()
}

pub async fn pages_forward_are_stable_under_inserts(w: &World<'_>) {
    for statuses in filters() {
        let scope = w.scope();
        let wanted = matching(&many(w, &scope, 25).await, &statuses);
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let query = IntentQuery {
                statuses: statuses.clone(),
                after: after.clone(),
                limit: 4,
                ..IntentQuery::default()
            };
            let page = page(w, &scope, query).await;
            assert_eq!(page.more_before, after.is_some());
            after = page.intents.last().map(|i| i.id.clone());
            seen.extend(page.intents);
            if !page.more_after {
                break;
            }
            add(w, &scope, w.now() + SECOND * 3600, Status::Created).await;
        }
        assert_eq!(seen, wanted);
    }
}

pub async fn pages_backward_are_stable_under_inserts(w: &World<'_>) {
    for statuses in filters() {
        let scope = w.scope();
        let wanted = matching(&many(w, &scope, 25).await, &statuses);
        let oldest = wanted.last().expect("some");
        let mut seen = vec![oldest.clone()];
        loop {
            let query = IntentQuery {
                statuses: statuses.clone(),
                before: Some(seen[0].id.clone()),
                limit: 4,
                ..IntentQuery::default()
            };
            let page = page(w, &scope, query).await;
            assert!(page.more_after);
            seen.splice(0..0, page.intents);
            if !page.more_before {
                break;
            }
            add(w, &scope, w.now() - SECOND * 3600, Status::Created).await;
        }
        assert_eq!(seen, wanted);
    }
}

pub async fn dates_are_exact(w: &World<'_>) {
    let scope = w.scope();
    let at = w.now() + TICK * 7;
    let intent = add(w, &scope, at, Status::Created).await;
    let found = async |from: Option<Timestamp>, to: Option<Timestamp>| {
        let query = IntentQuery {
            from,
            to,
            limit: 9,
            ..IntentQuery::default()
        };
        let page = page(w, &scope, query).await;
        page.intents.first().is_some_and(|i| i.id == intent.id)
    };
    assert!(found(Some(at), Some(at)).await);
    assert!(!found(Some(at + TICK), None).await);
    assert!(!found(None, Some(at - TICK)).await);
    assert!(found(Some(Timestamp::MIN), Some(Timestamp::MAX)).await);
    assert!(found(Some(Timestamp::UNIX_EPOCH), None).await);
    assert!(!found(Some(Timestamp::MAX), None).await);
    assert!(!found(None, Some(Timestamp::MIN)).await);
}

/// A query of any shape.
fn any_query(draw: &mut Seeded, all: &[PaymentIntent]) -> IntentQuery {
    let mut query = IntentQuery {
        limit: 1 + draw.below(6),
        ..IntentQuery::default()
    };
    for status in Status::ALL {
        if draw.below(3) == 0 {
            query.statuses.push(status);
        }
    }
    let one = |draw: &mut Seeded| all[draw.below(all.len())].clone();
    if draw.below(3) == 0 {
        query.from = Some(one(draw).created_at);
    }
    if draw.below(3) == 0 {
        query.to = Some(one(draw).created_at);
    }
    match draw.below(3) {
        0 => query.before = Some(one(draw).id),
        1 => query.after = Some(one(draw).id),
        _ => {}
    }
    query
}

/// The page as a plain list gives it.
fn expected(all: &[PaymentIntent], query: &IntentQuery) -> IntentPage {
    let mut listing = matching(all, &query.statuses);
    listing.retain(|i| {
        query.from.is_none_or(|from| i.created_at >= from)
            && query.to.is_none_or(|to| i.created_at <= to)
    });
    let end = listing.len();
    let (from, to) = match (&query.before, &query.after) {
        (Some(before), _) => {
            let to = listing.partition_point(|i| i.id > *before);
            (to.saturating_sub(query.limit), to)
        }
        (None, after) => {
            let from = after.as_ref();
            let from = from.map_or(0, |id| listing.partition_point(|i| i.id >= *id));
            (from, end.min(from + query.limit))
        }
    };
    IntentPage {
        intents: listing[from..to].to_vec(),
        more_before: from > 0,
        more_after: to < end,
    }
}

pub async fn a_page_is_cut_where_it_is_large(w: &World<'_>) {
    let scope = w.scope();
    let mut all = Vec::new();
    for seconds in 0..6 {
        let at = w.now() + SECOND * seconds;
        let mut intent = intent_of(&w.creation_at(&scope, at));
        intent.details.description = Some("x".repeat(1_500_000));
        let commit = write(&intent, None, at);
        w.store.commit(commit).await.expect("committed");
        all.insert(0, intent.id);
    }
    for statuses in [Vec::new(), vec![Status::Created]] {
        for (before, after, wanted, more) in [
            (None, None, 0..3, (false, true)),
            (None, Some(2), 3..6, (true, false)),
            (Some(5), None, 2..5, (true, true)),
            (Some(3), None, 0..3, (false, true)),
        ] {
            let id = |index: Option<usize>| index.map(|i| all[i].clone());
            let query = IntentQuery {
                statuses: statuses.clone(),
                before: id(before),
                after: id(after),
                limit: 100,
                ..IntentQuery::default()
            };
            let got = page(w, &scope, query.clone()).await;
            let ids: Vec<_> = got.intents.into_iter().map(|intent| intent.id).collect();
            assert_eq!(ids, all[wanted], "{query:?}");
            assert_eq!((got.more_before, got.more_after), more, "{query:?}");
        }
    }
}

pub async fn every_page_is_the_one_a_plain_list_gives(w: &World<'_>) {
    let scope = w.scope();
    let all = many(w, &scope, 40).await;
    let mut draw = Seeded::new(11);
    for _ in 0..400 {
        let query = any_query(&mut draw, &all);
        let wanted = expected(&all, &query);
        let got = page(w, &scope, query.clone()).await;
        assert_eq!(got.intents, wanted.intents, "{query:?}");
        assert_eq!(got.more_before, wanted.more_before, "{query:?}");
        assert_eq!(got.more_after, wanted.more_after, "{query:?}");
    }
}
