//! Searching and its pages.

use serde_json::{Value, json};
use tatami_tests::App;

use crate::{authorized, captured, id, long_lines, text};

async fn search(app: &App, body: Value) -> Value {
    app.send("/payment-intents/search", body).await.expect(200)
}

fn ids(page: &Value) -> Vec<String> {
    page["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(id)
        .collect()
}

#[tokio::test]
async fn pages_go_forth_and_back_and_stand_still_under_inserts() {
    let app = App::new();
    let mut made = Vec::new();
    for _ in 0..7 {
        made.push(id(&app.create(json!({})).await));
    }
    made.reverse();
    let first = search(&app, json!({ "cursor": { "limit": 3 } })).await;
    assert_eq!(ids(&first), made[0..3]);
    assert!(first.get("before").is_none(), "{}", first["before"]);

    let newer = id(&app.create(json!({})).await);
    let after = text(&first, "after");
    assert!(after.len() <= 200, "{after}");
    let second = search(&app, json!({ "cursor": { "limit": 3, "after": after } })).await;
    assert_eq!(ids(&second), made[3..6]);
    let after = text(&second, "after");
    let third = search(&app, json!({ "cursor": { "limit": 3, "after": after } })).await;
    assert_eq!(ids(&third), made[6..]);
    assert!(third.get("after").is_none(), "{}", third["after"]);

    let before = text(&third, "before");
    let back = search(&app, json!({ "cursor": { "limit": 3, "before": before } })).await;
    assert_eq!(ids(&back), made[3..6]);
    let before = text(&back, "before");
    let back = search(&app, json!({ "cursor": { "limit": 3, "before": before } })).await;
    assert_eq!(ids(&back), made[0..3]);
    let before = text(&back, "before");
    let newest = search(&app, json!({ "cursor": { "limit": 3, "before": before } })).await;
    assert_eq!(ids(&newest), [newer]);
}

#[tokio::test]
async fn statuses_and_dates_narrow_it() {
    let app = App::new();
    let created = id(&app.create(json!({})).await);
    let canceled = id(&app.create(json!({})).await);
    app.delete(&format!("/payment-intents/{canceled}"))
        .await
        .expect(200);
    let held = authorized(&app).await;
    app.advance("2.00:00:00").await;
    let taken = captured(&app).await;

    for (statuses, expected) in [
        (json!(["Created"]), vec![&created]),
        (json!(["Captured", "Authorized"]), vec![&taken, &held]),
        (json!(["Canceled"]), vec![&canceled]),
        (json!(["Refunded"]), vec![]),
    ] {
        let page = search(&app, json!({ "statuses": statuses })).await;
        assert_eq!(
            ids(&page),
            expected.into_iter().cloned().collect::<Vec<_>>(),
            "{statuses}"
        );
    }
    let late = text(&app.intent(&taken).await, "createdAt");
    let page = search(&app, json!({ "startDate": late })).await;
    assert_eq!(ids(&page), std::slice::from_ref(&taken));
    let page = search(
        &app,
        json!({ "endDate": text(&app.intent(&held).await, "createdAt") }),
    )
    .await;
    assert!(!ids(&page).contains(&taken));
    assert!(ids(&page).contains(&created));
    let found = &search(&app, json!({ "statuses": ["Captured"] })).await["data"][0];
    assert_eq!(*found, app.intent(&taken).await);
}

#[tokio::test]
async fn an_account_sees_its_own() {
    let (app, other) = (App::new(), App::new());
    other.create(json!({})).await;
    let page = search(&app, json!({})).await;
    assert!(ids(&page).is_empty(), "{page}");
}

#[tokio::test]
async fn fifty_are_given_when_no_number_is() {
    let app = App::new();
    for _ in 0..52 {
        app.create(json!({})).await;
    }
    assert_eq!(ids(&search(&app, json!({})).await).len(), 50);
    let all = search(&app, json!({ "cursor": { "limit": 100 } })).await;
    assert_eq!(ids(&all).len(), 52);
}

#[tokio::test]
async fn wrong_questions_are_refused() {
    let app = App::new();
    app.create(json!({})).await;
    for wrong in [
        json!({ "cursor": { "limit": 0 } }),
        json!({ "cursor": { "limit": 101 } }),
        json!({ "cursor": { "before": "a", "after": "b" } }),
        json!({ "cursor": { "after": "nonsense" } }),
        json!({ "cursor": { "after": "x".repeat(300) } }),
        json!({ "statuses": ["Lost"] }),
        json!({ "startDate": "yesterday" }),
    ] {
        app.send("/payment-intents/search", wrong)
            .await
            .problem(400);
    }
}

#[tokio::test]
async fn a_page_is_cut_at_four_megabytes_and_its_cursors_lead_on() {
    let app = App::new();
    let mut made = Vec::new();
    for _ in 0..15 {
        made.push(id(&app
            .create(json!({ "itemLines": long_lines(300) }))
            .await));
    }
    made.reverse();
    for (direction, start) in [("after", None), ("before", Some(made.len()))] {
        let mut found: Vec<String> = Vec::new();
        let mut cursor = match start {
            None => None,
            // Backwards from beyond the last.
            Some(_) => {
                let last = search(&app, json!({ "cursor": { "limit": 15 } })).await;
                assert!(last["after"].is_string(), "one page is not all");
                found.push(made[14].clone());
                let mut forth = last;
                while let Some(after) = forth["after"].as_str() {
                    forth = search(&app, json!({ "cursor": { "limit": 1, "after": after } })).await;
                }
                forth["before"].as_str().map(str::to_owned)
            }
        };
        loop {
            let mut wish = json!({ "limit": 100 });
            if let Some(cursor) = &cursor {
                wish[direction] = cursor.as_str().into();
            }
            let reply = app
                .send("/payment-intents/search", json!({ "cursor": wish }))
                .await;
            assert!(reply.body.len() < 4_001_000, "{}", reply.body.len());
            let page = reply.expect(200);
            let ids = ids(&page);
            assert!(!ids.is_empty());
            found = match direction {
                "after" => [found, ids].concat(),
                _ => [ids, found].concat(),
            };
            match page[direction].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => break,
            }
        }
        assert_eq!(found, made, "{direction}");
    }
}
