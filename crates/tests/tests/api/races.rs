//! Two changes of one intent at the same time: one wins, the other is refused
//! for the state that it finds.

use serde_json::json;
use tatami_tests::{APPROVED, App, Reply, booked, pay};

use crate::{authorized, captured, id};

async fn together(requests: Vec<tatami_tests::Pending>) -> Vec<Reply> {
    let running: Vec<_> = requests
        .into_iter()
        .map(|request| tokio::spawn(async move { request.await }))
        .collect();
    let mut replies = Vec::new();
    for one in running {
        replies.push(one.await.expect("an answer"));
    }
    replies
}

fn won(replies: &[Reply]) -> usize {
    for reply in replies {
        if reply.status != 200 {
            reply.problem(reply.status.as_u16());
            assert!(
                [400, 409].contains(&reply.status.as_u16()),
                "{}",
                reply.text()
            );
        }
    }
    replies.iter().filter(|reply| reply.status == 200).count()
}

#[tokio::test]
async fn capture_against_reversal() {
    let app = App::new();
    for _ in 0..5 {
        let intent = authorized(&app).await;
        let replies = together(vec![
            app.send(
                &format!("/payment-intents/{intent}/captures"),
                json!({ "amount": 1000 }),
            ),
            app.post(&format!("/payment-intents/{intent}/reversal")),
        ])
        .await;
        assert_eq!(won(&replies), 1, "{replies:?}");
        let expected = if replies[0].status == 200 {
            "Captured"
        } else {
            "Reversed"
        };
        assert_eq!(app.status(&intent).await, expected);
    }
}

#[tokio::test]
async fn full_captures_and_full_refunds() {
    let app = App::new();
    let intent = authorized(&app).await;
    let captures = (0..6)
        .map(|_| {
            app.send(
                &format!("/payment-intents/{intent}/captures"),
                json!({ "amount": 1000 }),
            )
        })
        .collect();
    let replies = together(captures).await;
    let statuses: Vec<u16> = replies.iter().map(|r| r.status.as_u16()).collect();
    assert_eq!(
        statuses.iter().filter(|s| **s == 200).count(),
        1,
        "{statuses:?}"
    );
    assert!(
        statuses.iter().all(|s| [200, 400, 409].contains(s)),
        "{statuses:?}"
    );

    let refunds = (0..6)
        .map(|i| {
            app.send(
                &format!("/payment-intents/{intent}/refunds"),
                json!({ "amount": 1000 }),
            )
            .key(&format!("refund-{i}"))
        })
        .collect();
    let replies = together(refunds).await;
    let statuses: Vec<u16> = replies.iter().map(|r| r.status.as_u16()).collect();
    assert_eq!(
        statuses.iter().filter(|s| **s == 200).count(),
        1,
        "{statuses:?}"
    );

    let books = app.books().await;
    assert_eq!(booked(&books, "capture"), 1000, "{books:?}");
    assert_eq!(booked(&books, "refund"), 1000, "{books:?}");
}

#[tokio::test]
async fn reversals_of_one_payment() {
    let app = App::new();
    let intent = captured(&app).await;
    let reversals = (0..6)
        .map(|_| app.post(&format!("/payment-intents/{intent}/reversal")))
        .collect();
    assert_eq!(won(&together(reversals).await), 1);
    assert_eq!(booked(&app.books().await, "reverse"), 1000);
}

#[tokio::test]
async fn payment_against_cancellation() {
    let app = App::new();
    for _ in 0..5 {
        let intent = id(&app.create(json!({})).await);
        let secret = app.secret(&intent).await;
        let cancel = app.delete(&format!("/payment-intents/{intent}"));
        let payer = app.clone();
        let (canceled, paid) = tokio::join!(async { cancel.await }, async move {
            pay(&payer, &secret, APPROVED).await
        });
        let status = app.status(&intent).await;
        if paid.code == 0 {
            assert_eq!(status, "Captured");
            canceled.problem(400);
        } else {
            assert_eq!(status, "Canceled");
            canceled.expect(200);
        }
    }
}

#[tokio::test]
async fn one_secret_submitted_many_times_at_once() {
    let app = App::new();
    let intent = id(&app.create(json!({})).await);
    let secret = app.secret(&intent).await;
    let path = format!("/connect-e/api/payments/{secret}");
    let tries = (0..8)
        .map(|_| app.stranger().send(&path, APPROVED.body()))
        .collect();
    let replies = together(tries).await;
    let approved = replies
        .iter()
        .filter(|reply| reply.json()["statusCode"] == 0)
        .count();
    assert_eq!(approved, 1, "{replies:?}");
    assert_eq!(app.status(&intent).await, "Captured");
    assert_eq!(app.books().await.len(), 1);
}
