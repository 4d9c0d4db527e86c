//! The second factor: codes of an app, and recovery codes.

use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use tatami_tests::{Browser, PASSWORD, Reply, path, shared};

use super::{mailed, owner};

/// The codes of an app around this moment, the present one first.
#[expect(
    clippy::disallowed_methods,
    reason = "an app goes by the clock of its own device"
)]
fn codes(secret: &str) -> [String; 3] {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut key, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for c in secret.chars().filter(|c| *c != ' ') {
        held = held << 5 | u32::try_from(alphabet.find(c).expect("base32")).expect("small");
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            key.push(u8::try_from(held >> bits & 0xff).expect("a byte"));
        }
    }
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a time")
        .as_secs()
        / 30;
    [now, now + 1, now - 1].map(|step| {
        let mut mac = Hmac::<Sha1>::new_from_slice(&key).expect("any length");
        mac.update(&step.to_be_bytes());
        let tag = mac.finalize().into_bytes();
        let at = usize::from(tag[19] & 0xf);
        let number = u32::from_be_bytes([tag[at], tag[at + 1], tag[at + 2], tag[at + 3]]);
        format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
    })
}

fn secret(page: &Reply) -> String {
    let text = page.text();
    let secret = text
        .split("id=\"secret\">")
        .nth(1)
        .and_then(|rest| rest.split('<').next());
    secret
        .unwrap_or_else(|| panic!("no secret: {text}"))
        .to_owned()
}

/// A user with a second factor: its secret and its recovery codes.
async fn with_second_factor(email: &str) -> (Browser, String, Vec<String>) {
    let (browser, _app) = owner(email).await;
    let offered = browser
        .send(
            "/portal/profile",
            "/portal/profile/second-factor",
            &[("present", PASSWORD)],
        )
        .await;
    offered.expect_page(200, "<svg");
    let secret = secret(&offered);
    let confirm = "/portal/profile/second-factor/confirm";
    let page = browser
        .send("/portal/profile", confirm, &[("code", "000 000 ")])
        .await;
    page.expect_page(400, "not the current code");
    let page = browser
        .send("/portal/profile", confirm, &[("code", &codes(&secret)[0])])
        .await;
    let recovery = recovery_codes(&page);
    (browser, secret, recovery)
}

fn recovery_codes(page: &Reply) -> Vec<String> {
    page.expect_page(200, "shown only once");
    let text = page.text();
    let listed = text.split("aria-label=\"Recovery codes\">").nth(1);
    let listed = listed.and_then(|rest| rest.split('<').next());
    let codes = listed.expect("codes").split_whitespace();
    let codes: Vec<_> = codes.map(str::to_owned).collect();
    assert_eq!(codes.len(), 8, "{text}");
    codes
}

#[tokio::test]
async fn a_password_alone_opens_nothing_and_a_code_is_good_once() {
    let email = "two-factors@example.com";
    let (_, secret, _) = with_second_factor(email).await;
    let browser = Browser::new(shared());
    browser
        .sign_in(email)
        .await
        .goes_to("/portal/code?next=%2Fportal");
    assert_eq!(browser.get("/portal/profile").await.status, 303, "not yet");
    let half = browser.cookie();
    // The code that turned it on was used.
    let [used, next, _] = codes(&secret);
    browser
        .submit("/portal/code", &[("code", &used)])
        .await
        .expect_page(401, "was used before");
    browser
        .submit("/portal/code", &[("code", &next)])
        .await
        .goes_to("/portal");
    assert_ne!(browser.cookie(), half, "the token is new");
    assert_eq!(browser.get("/portal/profile").await.status, 200);
    browser.keep(&half);
    browser
        .submit("/portal/code", &[("code", &next)])
        .await
        .expect_page(401, "sign in anew");
}

#[tokio::test]
async fn a_recovery_code_is_good_once() {
    let email = "recovers@example.com";
    let (_, _, recovery) = with_second_factor(email).await;
    for (code, good) in [
        (recovery[0].to_lowercase().replace('-', " "), true),
        (recovery[0].clone(), false),
        (recovery[1].clone(), true),
    ] {
        let browser = Browser::new(shared());
        browser
            .sign_in(email)
            .await
            .goes_to("/portal/code?next=%2Fportal");
        let page = browser.submit("/portal/code", &[("code", &code)]).await;
        match good {
            true => page.goes_to("/portal"),
            false => page.expect_page(401, "wrong"),
        }
    }
}

#[tokio::test]
async fn after_five_wrong_codes_the_password_is_asked_for_anew() {
    let email = "guesses@example.com";
    let (_, _, recovery) = with_second_factor(email).await;
    let browser = Browser::new(shared());
    browser
        .sign_in(email)
        .await
        .goes_to("/portal/code?next=%2Fportal");
    // The password counts as a try as long as it is not proved.
    for _ in 0..4 {
        browser
            .submit("/portal/code", &[("code", "nonsense")])
            .await
            .expect_page(401, "wrong");
    }
    let page = browser
        .submit("/portal/code", &[("code", &recovery[0])])
        .await;
    page.expect_page(429, "Too many tries failed");
}

#[tokio::test]
async fn it_is_turned_on_and_off_with_the_password_alone() {
    let (browser, _, _) = with_second_factor("turns-off@example.com").await;
    let end = "/portal/profile/second-factor/end";
    let page = browser
        .send("/portal/profile", end, &[("present", "a wrong password")])
        .await;
    page.expect_page(400, "not your current password");
    let page = browser
        .send("/portal/profile", end, &[("present", PASSWORD)])
        .await;
    page.goes_to("/portal/profile?done=second-factor-off");
    Browser::new(shared())
        .sign_in("turns-off@example.com")
        .await
        .goes_to("/portal");
    let begin = "/portal/profile/second-factor";
    let page = browser
        .send("/portal/profile", begin, &[("present", "wrong")])
        .await;
    page.expect_page(400, "not your current password");
}

#[tokio::test]
async fn new_recovery_codes_take_the_place_of_earlier_ones() {
    let email = "renews-codes@example.com";
    let (browser, _, earlier) = with_second_factor(email).await;
    let renew = "/portal/profile/second-factor/codes";
    browser
        .send("/portal/profile", renew, &[("present", "wrong")])
        .await
        .expect_page(400, "not your current password");
    let page = browser
        .send("/portal/profile", renew, &[("present", PASSWORD)])
        .await;
    let new = recovery_codes(&page);
    let other = Browser::new(shared());
    other
        .sign_in(email)
        .await
        .goes_to("/portal/code?next=%2Fportal");
    other
        .submit("/portal/code", &[("code", &earlier[0])])
        .await
        .expect_page(401, "wrong");
    other
        .submit("/portal/code", &[("code", &new[0])])
        .await
        .goes_to("/portal");
    browser
        .get("/portal/profile")
        .await
        .expect_page(200, "7 recovery codes are left");
}

#[tokio::test]
async fn a_company_may_require_it_and_nobody_works_without() {
    let (boss, app) = owner("requires@example.com").await;
    let rule = "/portal/company/second-factor";
    boss.send("/portal/company", rule, &[("required", "yes")])
        .await
        .expect_page(409, "your own second factor first");
    let begin = "/portal/profile/second-factor";
    let offered = boss
        .send("/portal/profile", begin, &[("present", PASSWORD)])
        .await;
    let code = &codes(&secret(&offered))[0];
    boss.send(
        "/portal/profile",
        &format!("{begin}/confirm"),
        &[("code", code)],
    )
    .await
    .expect_page(200, "shown only once");
    let member = Browser::of_user(shared(), &app.account, "has-none@example.com", "owner").await;
    let home = format!("/portal/{}/test", app.account);
    member.get(&home).await.expect_page(200, "Home");
    boss.send("/portal/company", rule, &[("required", "yes")])
        .await
        .goes_to("/portal/company?done=second-factor");
    // At once, in a session that is open.
    for path in [home.as_str(), "/portal/people"] {
        member
            .get(path)
            .await
            .goes_to("/portal/profile?done=required");
    }
    let fields = [
        ("email", "x@example.com"),
        ("role", "owner"),
        ("where", "all"),
    ];
    let refused = member
        .send("/portal/profile", "/portal/people", &fields)
        .await;
    refused.goes_to("/portal/profile?done=required");
    let page = boss.get("/portal/people").await.text();
    assert!(!page.contains("x@example.com"));
    boss.send(
        "/portal/profile",
        &format!("{begin}/end"),
        &[("present", PASSWORD)],
    )
    .await
    .expect_page(409, "requires a second factor");
}

#[tokio::test]
async fn a_reset_asks_for_it_all_the_same() {
    let email = "resets-with-two@example.com";
    let (_, secret, _) = with_second_factor(email).await;
    let browser = Browser::new(shared());
    browser
        .submit("/portal/forgot", &[("email", email)])
        .await
        .expect_page(200, "on its way");
    // The mail of the second factor has no link.
    let link = mailed(shared(), email).await;
    browser
        .submit(path(&link), &[("password", "quite another password")])
        .await
        .goes_to("/portal/code?next=%2Fportal");
    assert_eq!(browser.get("/portal/profile").await.status, 303, "not yet");
    browser
        .submit("/portal/code", &[("code", &codes(&secret)[1])])
        .await
        .goes_to("/portal");
}
