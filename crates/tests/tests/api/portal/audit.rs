//! The audit trail: what is in it, for whom, and that nothing takes it back.

use serde_json::json;
use tatami_tests::{App, Browser, PASSWORD, shared};

use super::{owner, trail};

#[tokio::test]
async fn what_people_do_is_written_down_for_their_owners() {
    let (boss, app) = owner("trail@example.com").await;
    let member = Browser::of_user(shared(), &app.account, "trailed@example.com", "viewer").await;
    Browser::new(shared())
        .submit(
            "/portal/sign-in",
            &[
                ("email", "trailed@example.com"),
                ("password", "a wrong one"),
            ],
        )
        .await
        .expect_page(401, "is wrong");
    let page = boss.get("/portal/people").await.text();
    let row = page
        .split("<li>")
        .find(|row| row.contains("trailed@example.com ·"))
        .expect("a row");
    let id = row
        .split("/portal/people/")
        .nth(1)
        .and_then(|rest| rest.split('/').next())
        .expect("an id");
    let fields = [("role", "developer"), ("where", "all")];
    let path = format!("/portal/people/{id}/role");
    boss.send("/portal/people", &path, &fields)
        .await
        .goes_to("/portal/people?done=role");
    let fields = [("present", PASSWORD), ("password", "another good password")];
    let page = member
        .send("/portal/profile", "/portal/profile/password", &fields)
        .await;
    page.goes_to("/portal/profile?done=password");
    let trail = boss.get("/portal/audit").await.text();
    for action in [
        "user.invite",
        "invitation.accept",
        "session.begin",
        "session.refuse",
        "user.set-role",
        "password.change",
    ] {
        assert!(
            trail.contains(&format!("<code>{action}</code>")),
            "{action}: {trail}"
        );
    }
    let change = trail
        .split("<tr>")
        .find(|row| row.contains("user.set-role"))
        .expect("the change");
    assert!(change.contains("trail@example.com") && change.contains("trailed@example.com"));
    let file = boss.get("/portal/audit/export?what=user.set-role").await;
    let file = file.text();
    let lines: Vec<&str> = file.trim_end().split("\r\n").collect();
    assert_eq!(lines.len(), 2, "{file}");
    assert!(lines[0].starts_with("time,user,action,subject"), "{file}");
    assert!(
        lines[1].contains(",trail@example.com,user.set-role,"),
        "{file}"
    );
    assert!(change.contains("127.0.0.1"), "{change}");
    let (old, new) = (change.find("viewer"), change.find("developer"));
    assert!(old.is_some() && old < new, "{change}");
    assert!(!trail.contains(PASSWORD) && !trail.contains("another good password"));
    member
        .get("/portal/audit")
        .await
        .expect_page(403, "does not allow");
    let (stranger, _app) = owner("other-trail@example.com").await;
    let theirs = stranger.get("/portal/audit").await.text();
    assert!(!theirs.contains("trailed@example.com"), "{theirs}");
}

/// The rows of the trail that name an action.
async fn rows(owner: &Browser, action: &str) -> Vec<String> {
    let action = format!("<code>{action}</code>");
    let rows = trail(owner).await.into_iter();
    rows.filter(|row| row.contains(&action)).collect()
}

#[tokio::test]
async fn an_action_is_written_down_when_it_is_done_and_not_when_it_is_refused() {
    let (boss, app) = owner("refused-trail@example.com").await;
    let keys = format!("/portal/{}/test/keys", app.account);
    boss.send(&keys, &keys, &[("name", " ")])
        .await
        .expect_page(400, "1 to 60 characters");
    assert!(rows(&boss, "key.create").await.is_empty());
    boss.send(&keys, &keys, &[("name", "Web shop")])
        .await
        .expect_page(200, "Your new key");
    assert_eq!(rows(&boss, "key.create").await.len(), 1);
    let intent = app.create(json!({})).await;
    let id = intent["id"].as_str().expect("an id");
    let payment = format!("/portal/{}/test/payments/{id}", app.account);
    // What is not paid cannot be refunded; it can be canceled, and that once.
    let refund = [("refund", "1.00"), ("once", "a")];
    let page = boss
        .send(&payment, &format!("{payment}/refund"), &refund)
        .await;
    assert!(page.status.is_client_error(), "{}", page.text());
    assert!(rows(&boss, "payment.refund").await.is_empty());
    for _ in 0..2 {
        let cancel = [("once", "b")];
        let page = boss
            .send(&payment, &format!("{payment}/cancel"), &cancel)
            .await;
        page.goes_to(&format!("{payment}?done=cancel"));
    }
    let canceled = rows(&boss, "payment.cancel").await;
    assert!(
        canceled.len() == 1 && canceled[0].contains(id),
        "{canceled:?}"
    );
}

#[tokio::test]
async fn it_outlives_those_whom_it_names_and_has_pages() {
    let app = App::new();
    let boss = Browser::of_user(shared(), &app.account, "pages@example.com", "owner").await;
    for n in 0..30 {
        let email = format!("guest-{n}@example.com");
        let fields = [
            ("email", email.as_str()),
            ("role", "viewer"),
            ("where", "all"),
        ];
        let csrf = boss.csrf("/portal/profile").await;
        let fields = [&[("csrf", csrf.as_str())], &fields[..]].concat();
        boss.submit("/portal/people", &fields)
            .await
            .goes_to("/portal/people?done=invited");
        let page = boss.get("/portal/people").await.text();
        let row = page
            .split("<li>")
            .find(|row| row.contains(email.as_str()))
            .expect("a row");
        let id = row
            .split("/portal/people/")
            .nth(1)
            .and_then(|rest| rest.split('/').next())
            .expect("an id");
        let path = format!("/portal/people/{id}/remove");
        boss.submit(&path, &[("csrf", &csrf)])
            .await
            .goes_to("/portal/people?done=removed");
    }
    let rows = trail(&boss).await;
    let seen = rows.iter().filter(|row| row.contains("<code>user."));
    // With the invitation of the owner.
    assert_eq!(seen.count(), 61);
}
