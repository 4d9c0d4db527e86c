//! The users of a company: roles, and that there is always an owner.

use tatami_tests::{App, Browser, PASSWORD, path, shared};

use super::{mailed, owner};

/// The id of a user in the list of people.
async fn id_of(owner: &Browser, email: &str) -> String {
    let page = owner.get("/portal/people").await.text();
    let row = page.split("<li>").find(|row| row.contains(email));
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
    let here = format!("role-{}", app.account);
    let fields = [("where", "some"), (here.as_str(), "developer")];
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
        let there = format!("role-{location}");
        let fields = [("where", "some"), (there.as_str(), "viewer")];
        let page = boss.send("/portal/people", &path, &fields).await;
        assert!(
            [400, 404].contains(&page.status.as_u16()),
            "{}",
            page.text()
        );
    }
    let none = [("where", "some"), (here.as_str(), "")];
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
async fn an_owner_signs_a_user_out_everywhere() {
    let (boss, app) = owner("signs-out@example.com").await;
    let email = "signed-out@example.com";
    let member = Browser::of_user(shared(), &app.account, email, "developer").await;
    let path = format!("/portal/people/{}/end-sessions", id_of(&boss, email).await);
    let forged = member.send("/portal/profile", &path, &[]).await;
    forged.expect_page(403, "does not allow");
    boss.send("/portal/people", &path, &[])
        .await
        .goes_to("/portal/people?done=ended");
    assert_eq!(member.get("/portal/profile").await.status, 303);
    member.sign_in(email).await.goes_to("/portal");
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

/// The id of a location with a name, as the page of the company links to it.
async fn location(owner: &Browser, name: &str) -> String {
    let page = owner.get("/portal/company").await.text();
    let before = page.split(&format!("\">{name}</a>")).next();
    let id = before.and_then(|before| before.rsplit("/portal/").next()?.split('/').next());
    id.unwrap_or_else(|| panic!("no {name}: {page}")).to_owned()
}

#[tokio::test]
async fn a_company_has_locations_with_a_role_at_each() {
    let (boss, app) = owner("locations@example.com").await;
    let add = [("location", "Harbour Café")];
    boss.send("/portal/company", "/portal/company/locations", &add)
        .await
        .goes_to("/portal/company?done=location");
    boss.send(
        "/portal/company",
        "/portal/company/locations",
        &[("location", " ")],
    )
    .await
    .expect_page(400, "1 to 100 characters");
    let new = location(&boss, "Harbour Café").await;
    let payments = format!("/portal/{new}/test/payments");
    boss.get(&payments).await.expect_page(200, "Harbour Café");
    let email = "at-both@example.com";
    let member = Browser::of_user(shared(), &app.account, email, "viewer").await;
    let path = format!("/portal/people/{}/role", id_of(&boss, email).await);
    let (old_role, new_role) = (format!("role-{}", app.account), format!("role-{new}"));
    let fields = [
        ("where", "some"),
        (old_role.as_str(), "viewer"),
        (new_role.as_str(), "developer"),
    ];
    boss.send("/portal/people", &path, &fields)
        .await
        .goes_to("/portal/people?done=role");
    // The role at one is none at the other, at once.
    let keys = |account: &str| format!("/portal/{account}/test/keys");
    member.get(&keys(&new)).await.expect_page(200, "API keys");
    member
        .get(&keys(&app.account))
        .await
        .expect_page(403, "does not allow");
    let page = member
        .send(&keys(&new), &keys(&new), &[("name", "Till")])
        .await;
    page.expect_page(200, "Your new key");
    boss.get("/portal/people")
        .await
        .expect_page(200, "developer at Harbour Café");
    let fields = [("where", "some"), (old_role.as_str(), "viewer")];
    boss.send("/portal/people", &path, &fields)
        .await
        .goes_to("/portal/people?done=role");
    let gone = member.get(&keys(&new)).await;
    gone.expect_page(404, "not your company");
    let trail = boss.get("/portal/audit?what=location").await.text();
    assert!(trail.contains("location.add") && !trail.contains("user.set-role"));
}

#[tokio::test]
async fn a_company_is_renamed_by_its_owners_alone() {
    let (boss, app) = owner("renames@example.com").await;
    let email = "no-owner@example.com";
    let member = Browser::of_user(shared(), &app.account, email, "developer").await;
    let name = [("name", "Harbour Group")];
    boss.send("/portal/company", "/portal/company/name", &name)
        .await
        .goes_to("/portal/company?done=name");
    member
        .get("/portal/profile")
        .await
        .expect_page(200, "Harbour Group");
    member
        .send("/portal/profile", "/portal/company/name", &name)
        .await
        .expect_page(403, "does not allow");
}

#[tokio::test]
async fn an_invitation_is_sent_again_and_withdrawn() {
    let (boss, _app) = owner("invites-again@example.com").await;
    let email = "invited-again@example.com";
    let fields = [("email", email), ("role", "viewer"), ("where", "all")];
    boss.send("/portal/people", "/portal/people", &fields)
        .await
        .goes_to("/portal/people?done=invited");
    boss.get("/portal/people")
        .await
        .expect_page(200, "The invitation is valid until");
    let first = mailed(shared(), email).await;
    let first = path(&first);
    Browser::new(shared())
        .get(first)
        .await
        .expect_page(200, "Choose a password");
    let id = id_of(&boss, email).await;
    boss.send(
        "/portal/people",
        &format!("/portal/people/{id}/invite"),
        &[],
    )
    .await
    .goes_to("/portal/people?done=invited");
    Browser::new(shared())
        .get(first)
        .await
        .expect_page(404, "no longer valid");
    let second = mailed(shared(), email).await;
    boss.send(
        "/portal/people",
        &format!("/portal/people/{id}/remove"),
        &[],
    )
    .await
    .goes_to("/portal/people?done=removed");
    Browser::new(shared())
        .get(path(&second))
        .await
        .expect_page(404, "no longer valid");
    boss.send(
        "/portal/people",
        &format!("/portal/people/{id}/invite"),
        &[],
    )
    .await
    .expect_page(404, "no such invitation");
}

#[tokio::test]
async fn a_user_leaves_with_the_password_and_the_last_owner_does_not() {
    let (boss, app) = owner("stays@example.com").await;
    let right = [("present", PASSWORD)];
    boss.send("/portal/profile", "/portal/profile/leave", &right)
        .await
        .expect_page(409, "needs an owner");
    let email = "leaves@example.com";
    let member = Browser::of_user(shared(), &app.account, email, "viewer").await;
    member
        .send("/portal/profile", "/portal/profile/leave", &[])
        .await
        .expect_page(400, "not your current password");
    member
        .send("/portal/profile", "/portal/profile/leave", &right)
        .await
        .goes_to("/portal/sign-in");
    member.sign_in(email).await.expect_page(401, "is wrong");
    let page = boss
        .get("/portal/audit?by=leaves%40example.com")
        .await
        .text();
    assert!(
        page.contains("user.leave") && !page.contains("company."),
        "{page}"
    );
}
