//! The portal: who gets in, as whom, and what is written down of it.

mod audit;
mod branding;
mod customers;
mod front;
mod keys;
mod links;
mod lists;
mod logs;
mod matrix;
mod payment_links;
mod payments;
mod people;
mod rules;
mod sandbox;
mod second_factor;
mod sessions;
mod settings;
mod signing_in;
mod virtual_terminal;
mod webhooks;

use tatami_tests::{App, Browser, Tatami, shared};

/// An owner of a new company on the shared server, and the company's account.
async fn owner(email: &str) -> (Browser, App) {
    let app = App::new();
    let browser = Browser::of_user(shared(), &app.account, email, "owner").await;
    (browser, app)
}

/// All rows of the audit trail of an owner's company, newest first.
async fn trail(owner: &Browser) -> Vec<String> {
    let (mut path, mut rows) = ("/portal/audit".to_owned(), Vec::new());
    loop {
        let page = owner.get(&path).await.text();
        let body = page.split("<tbody>").nth(1).unwrap_or_default();
        rows.extend(body.split("<tr>").skip(1).map(|row| {
            let row = row.split("</tr>").next().unwrap_or_default();
            row.to_owned()
        }));
        let next = page.split("rel=\"next\" href=\"").nth(1);
        match next.and_then(|rest| rest.split('"').next()) {
            Some(next) => path = format!("/portal/audit{next}"),
            None => return rows,
        }
    }
}

/// The link in the newest mail to an address, as the developer of the machine reads it.
async fn mailed(server: &Tatami, to: &str) -> String {
    let developer = Browser::of_developer(server).await;
    let deadline = std::time::Instant::now() + tatami_tests::PATIENCE;
    loop {
        let page = developer.get("/portal/mails").await.text();
        let mail = page.split(&format!("To {to}<")).nth(1);
        let link = mail.and_then(|mail| mail.split("</article>").next()?.split("http").nth(1));
        if let Some(link) = link.and_then(|link| link.split_whitespace().next()) {
            return format!("http{link}");
        }
        assert!(
            std::time::Instant::now() < deadline,
            "no mail to {to}: {page}"
        );
    }
}
