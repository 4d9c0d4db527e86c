//! The users of a company: roles, and that there is always an owner.

use tatami_tests::{App, Browser, PASSWORD, shared};

use super::owner;

/// The id of a user in the list of people.
async fn id_of(owner: &Browser, email: &str) -> String {
    let page = owner.get("/portal/people").await.text();
    let row = page
        .split("<li>")
        .find(|row| row.contains(&format!("{email} ·")));
    let id = row.and_then(|row| row.split("/portal/people/").nth(1)?.split('/').next());
    id.unwrap_or_else(|| panic!("no {email}: {page}"))
        .to_owned()
}

#[tokio::test]
async fn a_role_can_be_of_some_locations() {
    let (boss, app) = owner("some-locations@example.com").await;
    let email = "at-one@example.com";
    let member = Browser::of_user(shared(), &app.account, email, "viewer").await;
    let home = format!("/portal/{}/test", app.account);
    member.get(&home).await.expect_page(200, "Corner Shop");
    let path = format!("/portal/people/{}/role", id_of(&boss, email).await);
    let fields = [
        ("role", "developer"),
        ("where", "some"),
        ("location", app.account.as_str()),
    ];
    boss.send("/portal/people", &path, &fields)
        .await
        .goes_to("/portal/people?done=role");
    member.get(&home).await.expect_page(200, "Corner Shop");
    member
        .get("/portal/profile")
        .await
        .expect_page(200, "developer at 1 location");
    // A location of another company is none.
    let strange = App::new().account;
    for location in [strange.as_str(), "acc_nothing"] {
        let fields = [
            ("role", "viewer"),
            ("where", "some"),
            ("location", location),
        ];
        let page = boss.send("/portal/people", &path, &fields).await;
        assert!(
            [400, 404].contains(&page.status.as_u16()),
            "{}",
            page.text()
        );
    }
    let none = [("role", "viewer"), ("where", "some")];
    boss.send("/portal/people", &path, &none)
        .await
        .expect_page(400, "one or more locations");
}

#[tokio::test]
async fn who_is_removed_is_out_at_once() {
    let (boss, app) = owner("removes@example.com").await;
    let email = "removed@example.com";
    let member = Browser::of_user(shared(), &app.account, email, "developer").await;
    let path = format!("/portal/people/{}/remove", id_of(&boss, email).await);
    boss.send("/portal/people", &path, &[])
        .await
        .goes_to("/portal/people?done=removed");
    assert_eq!(member.get("/portal/profile").await.status, 303);
    member.sign_in(email).await.expect_page(401, "is wrong");
}

#[tokio::test]
async fn a_company_keeps_an_owner() {
    let (boss, app) = owner("last-owner@example.com").await;
    let own = id_of(&boss, "last-owner@example.com").await;
    let as_viewer = [("role", "viewer"), ("where", "all")];
    for (path, fields) in [
        (format!("/portal/people/{own}/role"), &as_viewer[..]),
        (format!("/portal/people/{own}/remove"), &[]),
    ] {
        let page = boss.send("/portal/people", &path, fields).await;
        page.expect_page(409, "needs an owner");
    }
    let other = Browser::of_user(shared(), &app.account, "other-owner@example.com", "owner").await;
    let path = format!("/portal/people/{own}/remove");
    other
        .send("/portal/people", &path, &[])
        .await
        .goes_to("/portal/people?done=removed");
    assert_eq!(boss.get("/portal/profile").await.status, 303);
}

#[tokio::test]
async fn nobody_touches_the_users_of_another_company() {
    let (boss, _app) = owner("mine@example.com").await;
    let (other, _app) = owner("theirs@example.com").await;
    let theirs = id_of(&other, "theirs@example.com").await;
    for (what, fields) in [
        ("role", &[("role", "viewer"), ("where", "all")][..]),
        ("remove", &[]),
    ] {
        let path = format!("/portal/people/{theirs}/{what}");
        boss.send("/portal/people", &path, fields)
            .await
            .expect_page(404, "no such user");
    }
    let page = boss.get("/portal/people").await.text();
    assert!(page.contains("mine@example.com") && !page.contains("theirs@example.com"));
}

#[tokio::test]
async fn a_role_takes_effect_at_once() {
    let (boss, app) = owner("demotes@example.com").await;
    let email = "demoted@example.com";
    let member = Browser::of_user(shared(), &app.account, email, "owner").await;
    member
        .get("/portal/people")
        .await
        .expect_page(200, "Invite a user");
    let path = format!("/portal/people/{}/role", id_of(&boss, email).await);
    let fields = [("role", "support"), ("where", "all")];
    boss.send("/portal/people", &path, &fields)
        .await
        .goes_to("/portal/people?done=role");
    member
        .get("/portal/people")
        .await
        .expect_page(403, "does not allow");
    let forged = [("present", PASSWORD)];
    let page = member
        .send("/portal/profile", "/portal/people", &forged)
        .await;
    page.expect_page(403, "does not allow");
}
