//! Every page of the portal for everybody: signed out, of another company, in each role.

use tatami_core::people::{Right, Role};
use tatami_portal::{Listed, Need};
use tatami_tests::{App, Browser, Reply, shared};

use super::trail;

/// A page with its ids filled in with those of an account.
fn path(page: &Listed, account: &str) -> String {
    let parts = page.path.split('/').map(|part| match part {
        "{account}" => account.to_owned(),
        "{mode}" => "test".to_owned(),
        part if part.starts_with('{') => "nothing".to_owned(),
        part => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

async fn ask(browser: &Browser, page: &Listed, account: &str) -> Reply {
    let path = path(page, account);
    match page.method {
        "GET" if path.ends_with("/live") => browser.head(&path).await,
        "GET" => browser.get(&path).await,
        _ => {
            let csrf = browser.csrf("/portal/profile").await;
            browser.submit(&path, &[("csrf", &csrf)]).await
        }
    }
}

const fn right(need: Need) -> Option<Right> {
    match need {
        Need::SignedIn => None,
        Need::Company(right) | Need::Location(right) | Need::Sandbox(right) => Some(right),
    }
}

#[tokio::test]
async fn every_page_is_for_those_who_may_see_it_alone() {
    let pages = [tatami_portal::listed(), tatami_sandbox::listed()].concat();
    assert!(pages.len() > 10);
    let app = App::new();
    let email = "matrix-trail@example.com";
    let boss = Browser::of_user(shared(), &app.account, email, "owner").await;
    let written = trail(&boss).await;
    assert!(!written.is_empty());
    let stranger = App::new();
    let signed_out = Browser::new(shared());
    let other = Browser::of_user(
        shared(),
        &stranger.account,
        "matrix-other@example.com",
        "owner",
    )
    .await;
    for page in &pages {
        let at = format!("{} {}", page.method, page.path);
        let reply = match page.method {
            "GET" => signed_out.get(&path(page, &app.account)).await,
            _ => signed_out.submit(&path(page, &app.account), &[]).await,
        };
        match page.method {
            "GET" => assert!(
                reply
                    .header("location")
                    .starts_with("/portal/sign-in?next="),
                "{at}"
            ),
            _ => assert_eq!(reply.status, 401, "{at}"),
        }
        if let Need::Location(_) | Need::Sandbox(_) = page.need {
            let reply = ask(&other, page, &app.account).await;
            assert_eq!(reply.status, 404, "{at}: another company's account");
        }
    }
    for role in Role::ALL {
        let email = format!("matrix-{}@example.com", role.word());
        let browser = Browser::of_user(shared(), &app.account, &email, role.word()).await;
        // Signing out comes last: all else is done while signed in.
        let (last, pages): (Vec<_>, Vec<_>) = pages
            .iter()
            .partition(|page| page.path.ends_with("/sign-out"));
        for page in pages.into_iter().chain(last) {
            let at = format!("{} {} as {}", page.method, page.path, role.word());
            let reply = ask(&browser, page, &app.account).await;
            let is_allowed = right(page.need).is_none_or(|right| role.has(right));
            let is_refused = reply.status == 403;
            assert_eq!(is_refused, !is_allowed, "{at}: {}", reply.text());
            assert!(!reply.status.is_server_error(), "{at}: {}", reply.text());
        }
    }
    // Whatever was asked, no entry of the audit trail changed or went.
    let now = trail(&boss).await;
    for row in written {
        assert!(now.contains(&row), "{row}");
    }
}
